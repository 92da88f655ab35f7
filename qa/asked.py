"""A question as ranking and reading need it: its vectors, its terms and what they weigh."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from index.encoder import Encoding, Floats
from index.lexical import Wording, terms, with_other_wordings, written_in_characters
from index.searching import Index
from qa.followups.vocabulary import CLOSED
from qa.values import Day, dates_in

_POSSESSIVE = re.compile(r"['’]s$|[.,'’]+$")
# Capitalised, and not "I", or with a digit.
_NAMED = re.compile(r"(?<=\s)(?!I(?:['’]\w+)?\s+[a-z])[A-Z][\w’'-]*|\b\w*\d[\w.,]*")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as ranking and reading need it, `text` as the documents write it.

    `token_weights` (m,) are the inverse document frequencies of its tokens' words, `term_weights`
    those of its index terms, `wordings` what the documents may call some of them, `days` its dates.
    `characters` says that it is written in Chinese, Japanese or Korean, which the reader was not
    trained on.
    """

    text: str
    encoding: Encoding
    token_weights: Floats
    term_weights: Mapping[str, float]
    characters: bool
    wordings: tuple[Wording, ...] = ()
    days: frozenset[Day] = frozenset()

    @classmethod
    def of(cls, question: str, index: Index) -> Self:
        """Encode a question, as the documents write it, and look its words up in an index."""
        question = index.as_written(question)
        encoding = index.encode_question(question)
        return cls(
            text=question, encoding=encoding,
            token_weights=index.token_weights(question, encoding),
            term_weights=index.term_weights(content(question)) or index.term_weights(question),
            characters=written_in_characters(question),
            wordings=index.wordings(question),
            days=dates_in(question),
        )  # fmt: skip

    @property
    def named(self) -> tuple[str, ...]:
        """Return the names, figures and dates of the question: capitalised words, with a digit."""
        return tuple(_POSSESSIVE.sub("", word) for word in _NAMED.findall(self.text))

    def terms_in(self, text: str) -> set[str]:
        """Return the index terms of a text, and those of the question that it has otherwise."""
        return with_other_wordings(terms_of(text), self.wordings)

    def coverage(self, text: str) -> float:
        """Return the share (0–1) of the question's idf weight that a text holds."""
        held = self.terms_in(text)
        total = sum(self.term_weights.values())
        found = sum(weight for term, weight in self.term_weights.items() if term in held)
        return found / total if total else 0.0


@lru_cache(maxsize=512)  # a question's passages are looked at several times; each takes some kB
def terms_of(text: str) -> frozenset[str]:
    """Return the index terms of a text."""
    return frozenset(terms(text))


def content(question: str) -> str:
    """Return a question without "how", "does", "of" and their like.

    In a few pages about one subject, no passage may hold them, and they would seem to be rare.
    """
    return " ".join(word for word in _WORD.findall(question) if word.lower() not in CLOSED)
