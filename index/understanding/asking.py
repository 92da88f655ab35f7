"""Understanding: what an index knows of words, to correct a question and to word it otherwise."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from corpus.errors import StoreError
from index.lexical import LexicalIndex, Wording, terms, terms_again
from index.understanding.abbreviations import defined_in
from index.understanding.figures import (
    days_in,
    in_words,
    numbers_in_words,
    with_days_named,
    with_figures_grouped,
)
from index.understanding.spelling import Speller, in_case_of
from index.understanding.variants import variants
from index.understanding.words import Words, count_words, plain

_WORDS = "words"
_ABBREVIATIONS = "abbreviations.json"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORT = re.compile(r"[^\W_][\w&./-]*[^\W_]")
_PAIR = re.compile(r"(?<![\w-])([^\W\d_]+)(-| )(?=([^\W\d_]+)(?![\w-]))")
_LEAST_PART = 3  # letters of each of two words that are one in the documents
_LEAST_INFLECTED = 4  # letters
_FIGURE = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d{2,12})(?![\w,]|\.\d)")
# "What does CEC stand for?" asks for the long form.
_ASKS_FOR_LONG = re.compile(
    r"\b(?:stands?|short)\s+for\b|\bmeans?\b|\b(?:abbreviat|acronym|initial)|\b(?:full|long|short) "
    r"(?:name|form)\b|^what\s+(?:is|are|was|were)\s+(?:the\s+|an?\s+)?[\w&./-]+\s*\??$",
    re.IGNORECASE,
)
_LONGEST = 8  # terms of a long form that is looked for in a question


class Understanding:
    """Corrects questions and finds other wordings of them, from the words of one index."""

    def __init__(self, words: Words, abbreviations: dict[str, str], lexical: LexicalIndex) -> None:
        self._words = words
        self._abbreviations = abbreviations
        self._lexical = lexical

    @staticmethod
    def build(texts: Sequence[str], folder: Path) -> None:
        """Write what is to be known of the words of texts into an empty or new folder."""
        Words.build(count_words(texts), folder / _WORDS)
        abbreviations = json.dumps(_asked_for(texts), ensure_ascii=False, indent=0)
        (folder / _ABBREVIATIONS).write_text(abbreviations, encoding="utf-8", newline="\n")

    @classmethod
    def open(cls, folder: Path, lexical: LexicalIndex) -> Self | None:
        """Open what `build` wrote, None where it wrote nothing: questions stay as they are.

        Raises:
            StoreError: it is not what `build` wrote.
        """
        if not folder.is_dir():
            return None
        words = Words.open(folder / _WORDS)
        try:
            abbreviations = json.loads((folder / _ABBREVIATIONS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise StoreError(
                f"{folder / _ABBREVIATIONS} cannot be read ({exc}). The index is damaged; rebuild "
                "it: citewise index build ..."
            ) from exc
        return cls(words, abbreviations, lexical)

    def correct(
        self, question: str, known: Callable[[str], bool], is_name: Callable[[str], bool]
    ) -> str:
        """Return the question with its misspelt words replaced, the same one if it has none.

        `known` says of a lower-case word whether it is one, be it none of this index, `is_name` of
        one of this index whether it is written with a capital.
        """
        speller = Speller(words=self._words, lexical=self._lexical, known=known, is_name=is_name)
        return speller.correct(question)

    def as_written(self, question: str, known: Callable[[str], bool]) -> str:
        """Return the question with dates, figures and words as the documents write them.

        "1 August 2019" for 2019-08-01, "18,500" for 18500, "headquarters" for "head-quarters" and,
        as neither they nor `known` have it, for "headquarter".
        """
        question = with_figures_grouped(with_days_named(question, self._likelier))
        question = _PAIR.sub(self._joined, question)
        return _LETTERS.sub(lambda word: self._inflected(word[0], known), question)

    def _likelier(self, days: list[str]) -> str:
        """Return the first of some days that a passage may have, else the first."""
        return next((day for day in days if self._has_day(day)), days[0])

    def _has_day(self, day: str) -> bool:
        ((_, others),) = days_in(day)
        year = day.split()[-1]
        return any(self._lexical.passages(terms(f"{other} {year}")) for other in others)

    def _joined(self, pair: re.Match[str]) -> str:
        """Return the first of two words without what parts them if they are one in the index."""
        first, between, second = pair.groups()
        short = min(len(first), len(second)) < _LEAST_PART
        if (between == " " and short) or plain(first + second) not in self._words:
            return pair[0]
        apart = self._lexical.passages([*terms(first), *terms(second)])
        return pair[0] if apart else first

    def _inflected(self, word: str, known: Callable[[str], bool]) -> str:
        """Return a word that is not written so anywhere as the documents have it.

        One that only adds an ending to theirs is seen as that word and stays.
        """
        text = plain(word)
        own = terms_again(text)
        if len(text) < _LEAST_INFLECTED or text in self._words or not self._lexical.has(own):
            return word
        near = [other for other, _ in self._words.near(text, distance=2)]
        forms = [other for other in near if terms_again(other) == own]
        stays = not forms or any(map(text.startswith, forms)) or known(text)
        return word if stays else in_case_of(word, forms[0])

    def in_full(self, question: str) -> str:
        """Return the question with each abbreviation as its long form, if it does not ask for it.

        The same question where it has none, or has the long form beside it.
        """
        if _ASKS_FOR_LONG.search(question):
            return question

        def long_form(short: re.Match[str]) -> str:
            long = self._abbreviations.get(short[0], short[0])
            return short[0] if long.lower() in question.lower() else long

        return _SHORT.sub(long_form, question)

    def wordings(self, question: str) -> tuple[Wording, ...]:
        """Return what the question may be called otherwise in the documents; no term is in two."""
        taken: set[str] = set()
        found: list[Wording] = []
        for wording in self._all_wordings(question):
            if taken.isdisjoint(wording.terms):
                taken.update(wording.terms)
                found.append(wording)
        return tuple(found)

    def _all_wordings(self, question: str) -> Iterator[Wording]:
        yield from self._long_forms(question)
        yield from self._short_forms(question)
        yield from self._figures(question)
        for word in _WORD.findall(question):
            own = terms_again(word)
            others = [
                other
                for other in _each(variants(plain(word)))
                if other != own and self._lexical.has(other)
            ]
            if len(own) == 1 and others:
                yield Wording(terms=own, others=tuple(dict.fromkeys(others)))

    def _figures(self, question: str) -> Iterator[Wording]:
        """Yield the other ways to write days and numbers that the index may have."""
        said = [
            *days_in(question),
            *((word, [other]) for word, other in numbers_in_words(question)),
        ]
        for figure in _FIGURE.findall(question):
            said.append((figure, [in_words(int(figure.replace(",", "")))]))
        for written, ways in said:
            own = terms_again(written)
            others = [other for other in _each(ways) if other != own and self._lexical.has(other)]
            if others:
                yield Wording(terms=tuple(dict.fromkeys(own)), others=tuple(dict.fromkeys(others)))

    def _long_forms(self, question: str) -> Iterator[Wording]:
        """Yield the long form of each abbreviation: as it is defined, or in small letters."""
        for word in _SHORT.findall(question):
            long = self._abbreviations.get(word)
            own = tuple(terms(word))
            if long is not None and own:
                yield Wording(terms=own, others=(tuple(terms(long)),))

    def _short_forms(self, question: str) -> Iterator[Wording]:
        """Yield the abbreviation of each long form in the question, the longest first."""
        asked = terms(question)
        for length in range(min(_LONGEST, len(asked)), 1, -1):
            for at in range(len(asked) - length + 1):
                own = tuple(asked[at : at + length])
                for short in self._by_long_form.get(own, ()):
                    yield Wording(terms=tuple(dict.fromkeys(own)), others=(tuple(terms(short)),))

    @cached_property
    def _by_long_form(self) -> dict[tuple[str, ...], list[str]]:
        found: dict[tuple[str, ...], list[str]] = {}
        for short, long in self._abbreviations.items():
            found.setdefault(tuple(terms(long)), []).append(short)
        return found


def _asked_for(texts: Sequence[str]) -> dict[str, str]:
    """Return the long form by short form, also of that in small letters where it is no word."""
    defined = defined_in(texts)
    small = {short.lower(): long for short, long in reversed(defined.items()) if len(short) > 2}
    for text in texts:
        for word in small.keys() & set(_SHORT.findall(text)):
            del small[word]
    return small | defined


def _each(words: Iterable[str]) -> Iterator[tuple[str, ...]]:
    return map(terms_again, words)
