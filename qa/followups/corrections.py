"""Corrections that say what was not meant: "sorry, the first one, not the second"."""

import re
from collections.abc import Sequence

from index.understanding.variants import ORDINALS
from qa.followups import vocabulary as v
from qa.followups.fragments import LEAD, SENTENCE
from qa.followups.nounphrases import noun_phrases, tokens
from qa.followups.wording import swap

_SAYS = re.compile(
    r"^(?:now\s+)?(?:i\s+(?:actually\s+|really\s+)?(?:meant?|want|wanted|said|was\s+asking)|make\s+that)"
    r"\b(?:\s+(?:to\s+(?:ask|say)\s+)?about\b)?[\s,:]*",
    re.IGNORECASE,
)
_MEANT_FIRST = re.compile(r"(?P<meant>.{2,60}?)[\s,]+(?:and\s+)?not\s+(?P<other>.{2,50})", re.I)
_MEANT_LAST = re.compile(  # "not the summit but the forum"
    r"not\s+(?P<other>[^,]{2,50}?)(?:\s*,\s*(?:but\s+|rather\s+)?|\s+but\s+)(?P<meant>.{2,60})",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the|an?|that|this)\s+", re.IGNORECASE)
_ONE = re.compile(r"\s+ones?$", re.IGNORECASE)
_ORDINAL = re.compile(rf"\b(?:{'|'.join(ORDINALS)}|last|former|latter)\b", re.IGNORECASE)
_LOOKED_BACK = 2  # earlier questions in which what was not meant is looked for


def corrected(question: str, earlier: Sequence[str]) -> str | None:
    """Return an earlier question with what is meant in the place of what was not.

    None where the question does not say so, or no earlier one has what was not meant.

    Args:
        question: the question asked now.
        earlier: the completed questions before it, oldest first.
    """
    body = _SAYS.sub("", LEAD.sub("", question.strip().rstrip("?.!？ "), count=1), count=1)
    found = _MEANT_LAST.fullmatch(body) or _MEANT_FIRST.fullmatch(body)
    if found is None or _is_sentence(found["meant"]) or _is_sentence(found["other"]):
        return None
    said = (_ONE.sub("", found[name].strip(" ,")) for name in ("meant", "other"))
    meant, other = _after_the_same(*said)
    if _has(meant, earlier[-1]) and not _has(other, earlier[-1]):
        return earlier[-1]  # it was understood so
    for previous in reversed(earlier[-_LOOKED_BACK:]):
        put = _put_ordinal(meant, other, previous) or _put(meant, other, previous)
        if put is not None:
            return put
    return None


def _is_sentence(text: str) -> bool:
    return any(
        (word.lower in SENTENCE or word.lower in v.WH) and not word.capital for word in tokens(text)
    )


def _after_the_same(meant: str, other: str) -> tuple[str, str]:
    """Return "the circular" and "the plan" of "the release of the circular" and "of the plan"."""
    first, _, rest = other.partition(" ")
    if first.lower() not in v.PREPOSITIONS or not rest:
        return meant, other
    _, shared, after = f" {meant}".rpartition(f" {first} ")
    return (after if shared else meant), rest


def _put_ordinal(meant: str, other: str, previous: str) -> str | None:
    """Put "first" in the place of "second", "firstly" in that of "secondly"."""
    now, before = _ORDINAL.search(meant), _ORDINAL.search(other)
    if now is None or before is None:
        return None
    found = re.search(rf"\b{before[0]}(?P<ly>ly)?\b", previous, re.IGNORECASE)
    if found is None:
        return None
    return previous[: found.start()] + now[0] + (found["ly"] or "") + previous[found.end() :]


def _has(text: str, question: str) -> bool:
    words = re.escape(_ARTICLE.sub("", text))
    return re.search(rf"\b{words}\b", question, re.IGNORECASE) is not None


def _put(meant: str, other: str, previous: str) -> str | None:
    """Put what is meant in the place of the phrase or the words that were not."""
    words = _ARTICLE.sub("", other)
    found = re.search(rf"\b{re.escape(words)}\b", previous, re.IGNORECASE)
    if found is None or not words:
        return None
    if _ARTICLE.match(meant) or meant[:1].isupper():
        for phrase in noun_phrases(previous):
            core = tokens(previous)[phrase.core - 1]
            if core.end == found.end() and not phrase.asked:
                return swap(previous, phrase, meant, core=True)  # "the mayor" of Oskerby
    return previous[: found.start()] + _ARTICLE.sub("", meant) + previous[found.end() :]
