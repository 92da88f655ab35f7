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
from index.understanding.spelling import Speller
from index.understanding.variants import month_of, variants
from index.understanding.words import Words, count_words, plain

_WORDS = "words"
_ABBREVIATIONS = "abbreviations.json"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_SHORT = re.compile(r"[^\W_][\w&./-]*[^\W_]")
_ISO_DATE = re.compile(r"\b\d{4}-(0[1-9]|1[0-2])-\d{2}\b")
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

    def correct(self, question: str, known: Callable[[str], bool]) -> str:
        """Return the question with its misspelt words replaced, the same one if it has none.

        `known` says of a lower-case word whether it is one, be it none of this index.
        """
        return Speller(words=self._words, lexical=self._lexical, known=known).correct(question)

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
        for date in _ISO_DATE.finditer(question):
            yield Wording(terms=(date[1],), others=tuple(_each([month_of(int(date[1]))])))
        for word in _WORD.findall(question):
            own = terms_again(word)
            others = [
                other
                for other in _each(variants(plain(word)))
                if other != own and self._lexical.has(other)
            ]
            if len(own) == 1 and others:
                yield Wording(terms=own, others=tuple(dict.fromkeys(others)))

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
