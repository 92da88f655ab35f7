"""Correct the words of a question that an index does not have by those that it has.

Never changed are a word that the index has, in any inflection; one that the encoder's model has as
a whole, for that is a word, if one that the documents do not use; figures and abbreviations; and
what stands in quotation marks. Of the words within reach the one is taken that is common, and
common near the rest of the question.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.lexical import LexicalIndex, terms
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
_SAME_BEGINNING = 1.5  # the same, of the same first letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Speller:
    """Corrects questions to one index; `known` says whether a lower-case word is one anywhere."""

    words: Words
    lexical: LexicalIndex
    known: Callable[[str], bool]

    def correct(self, question: str) -> str:
        """Return the question with each misspelt word replaced, the same one if none is."""
        corrected: list[str] = []
        end = 0
        for word, unknown in self._unknown(question):
            better = self._correction(unknown, word.group(), question)
            if better is not None:
                corrected += [question[end : word.start()], _in_case_of(word.group(), better)]
                end = word.end()
        return "".join([*corrected, question[end:]])

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
        ]
        return self._best(word, near, others) or self._parted(word)

    def _best(
        self, word: str, near: Sequence[tuple[str, int]], others: Sequence[str]
    ) -> str | None:
        """Return the best of (word, passages) near a word."""
        scored = [
            (
                math.log(count)
                + _SAME_BEGINNING * (other[0] == word[0])
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


def _in_case_of(written: str, word: str) -> str:
    return word[0].upper() + word[1:] if written[0].isupper() else word
