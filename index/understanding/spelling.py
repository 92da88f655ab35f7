"""Correct the words of a question that an index does not have by those that it has.

Never changed are a word that the index has, in any inflection; one that the encoder's model has as
a whole, for that is a word, if one that the documents do not use; figures and abbreviations; and
what stands in quotation marks. Of the words within reach the one is taken that is common, and
common near the rest of the question.

A short name that differs from one of the documents by a letter that the finger does not slip to is
another name, not that one misspelt: Hubei is not Hebei.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from index.lexical import LexicalIndex, terms
from index.stopwords import STOP_WORDS
from index.understanding.variants import variants
from index.understanding.words import Words, plain

_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
_LEAST = 4  # letters of a word that may be wrong
_LEAST_TWICE = 6  # letters of a word that may be wrong twice
_LEAST_BEGINNING = 8  # the same, with another first letter
_LEAST_PART = 4  # letters of each of two words that were run together
_CANDIDATES = 6  # the commonest of which it is looked up how they go with the question
_SUPPORT = 0.6  # what a unit of BM25 of the rest of the question counts beside ln(passages)
_NEGATIONS = frozenset("un in im il ir dis non mis de a".split())
_LEAST_NAME = 7  # letters of a name that may be wrong in any way
_GOES_WITH = 0.7  # of the BM25 that the rest of the question has anywhere
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_OWNER = re.compile(r"\b(?P<name>[^\W\d_]{3,})s\b(?=\s(?P<after>[^\W\d_]{3,})\b)")
_ASKING = "what which when where whose who how why".split()
_ASKS = re.compile(rf"\b(?:{'|'.join(_ASKING)})\b", re.IGNORECASE)
_FAR = 1.0  # less, for a mistake that fingers do not make
_SAME_BEGINNING = 1.5  # the same, of the same first letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Speller:
    """Corrects questions to one index.

    `known` says whether a lower-case word is one anywhere, `is_name` whether the documents write a
    word of theirs with a capital.
    """

    words: Words
    lexical: LexicalIndex
    known: Callable[[str], bool]
    is_name: Callable[[str], bool]

    def correct(self, question: str) -> str:
        """Return the question with each misspelt word replaced, the same one if none is."""
        corrected: list[str] = []
        end = 0
        for word, unknown in self._unknown(question):
            better = self._correction(unknown, word.group(), question)
            if better is not None:
                corrected += [question[end : word.start()], in_case_of(word.group(), better)]
                end = word.end()
        return self._with_apostrophes("".join([*corrected, question[end:]]))

    def _with_apostrophes(self, question: str) -> str:
        """Return "macao's plan" for "macaos plan", where the documents have the name without s.

        Only in small letters: who writes a capital writes the apostrophe.
        """
        if not question.islower():
            return question

        def owner(found: re.Match[str]) -> str:
            text = plain(found["name"])
            owns = text in self.words and f"{text}s" not in self.words and self.is_name(text)
            return f"{found['name']}'s" if owns and found["after"] not in STOP_WORDS else found[0]

        return _OWNER.sub(owner, question)

    def _unknown(self, question: str) -> Iterator[tuple[re.Match[str], str]]:
        """Yield the words that may be misspelt, and each as an index would write it."""
        # of the same length, so that places stay
        open_to_change = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), question)
        for word in _WORD.finditer(open_to_change):
            before = question[word.start() - 1 : word.start()]
            after = question[word.end() : word.end() + 1]
            text = plain(word[0])
            capitals = sum(mark.isupper() for mark in word[0])
            if len(text) < _LEAST or not text.isalpha() or capitals > 1:
                continue
            if before.isdigit() or after.isdigit() or "_" in (before, after):
                continue
            if text in self.words or self.lexical.has(terms(text)) or self.known(text):
                continue
            yield word, text

    def _correction(self, word: str, written: str, question: str) -> str | None:
        for variant in variants(word):
            if variant in self.words:
                return variant
        if not _ASKS.search(question):
            asking = [other for other in _ASKING if _one_mistake(word, other)]
            if asking:
                return asking[0]
        others = [term for term in terms(question) if term not in terms(written)]
        # Another name is not this one misspelt: Suzhou, Fuzhou.
        name = written[0].isupper() and not question.startswith(written)
        near = self.words.near(word, distance=1)
        strict = name
        if not near and len(word) >= _LEAST_TWICE:
            near = self.words.near(word, distance=2)
            strict = name or len(word) < _LEAST_BEGINNING
        near = [
            (other, count)
            for other, count in near
            if len(other) > 2
            and (other[0] == word[0] or not strict)
            and not (word.endswith(other) and word.removesuffix(other) in _NEGATIONS)
            and not self._is_another(word, other, others, name=name)
        ]
        return self._best(word, near, others) or self._parted(word)

    def _is_another(self, word: str, other: str, others: Sequence[str], *, name: bool) -> bool:
        """Whether a short name is another than one of the index, not that one misspelt.

        Two mistakes are believed where a passage with the name has what else is asked for.
        """
        once = _one_mistake(word, other)
        if len(word) >= _LEAST_NAME or (once and not _slipped_far(word, other)):
            return False
        if not (name or self.is_name(other)):
            return False
        most = self.lexical.support((), others)
        return once or self.lexical.support(terms(other), others) < _GOES_WITH * most

    def _best(
        self, word: str, near: Sequence[tuple[str, int]], others: Sequence[str]
    ) -> str | None:
        """Return the best of (word, passages) near a word."""
        scored = [
            (
                math.log(count)
                + _SAME_BEGINNING * (other[0] == word[0])
                - _FAR * _slipped_far(word, other)
                + _SUPPORT * self.lexical.support(terms(other), others),
                other,
            )
            for other, count in near[:_CANDIDATES]
        ]
        return max(scored)[1] if scored else None

    def _parted(self, word: str) -> str | None:
        """Return two words of the index that were run together."""
        for at in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
            if word[:at] in self.words and word[at:] in self.words:
                return f"{word[:at]} {word[at:]}"
        return None


def _one_mistake(word: str, other: str) -> bool:
    """Whether a letter too many, missing, wrong, or two swapped make one word of the other."""
    same = len(commonprefix((word, other)))
    a, b = word[same:], other[same:]
    swapped = a[1::-1] + a[2:]
    return b in (a[1:], swapped) or a == b[1:] or a[1:] == b[1:]


def _slipped_far(word: str, other: str) -> bool:
    """Whether a letter is wrong, or one too many, that is not beside the right ones to type."""
    same = len(commonprefix((word, other)))
    a, b = word[same:], other[same:]
    if a[1:] == b:
        return not any(
            a[0] == near or _beside(a[0], near) for near in f" {word} "[same : same + 3 : 2]
        )
    return len(a) == len(b) and a[1:] == b[1:] and not _beside(a[0], b[0])


def _beside(one: str, other: str) -> bool:
    """Whether the keys of two letters touch."""
    places = [
        (row.find(mark), y) for mark in (one, other) for y, row in enumerate(_KEYS) if mark in row
    ]
    if len(places) < 2:
        return False
    (a, above), (b, below) = sorted(places, key=lambda place: place[1])
    return (below - above, b - a) in {(0, 1), (0, -1), (1, 0), (1, -1)}


def in_case_of(written: str, word: str) -> str:
    """Return a word with a capital if another has one."""
    return word[0].upper() + word[1:] if written[0].isupper() else word
