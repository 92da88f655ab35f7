"""Decide: answer with the first quote and those beside it, or abstain and say why.

Quotes that give different figures, dates or names come side by side, newest first; a question for
several things gets its quotes from several documents. Nothing is scored here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TypedDict

from index.filters import newness
from qa.answers import Citation, ReasonKind, cite
from qa.kinds import Kind
from qa.quoting import Quote, merged, overlaps, say_the_same
from qa.values import differ

NEAREST = 3  # quotes shown when abstaining
# Confidence below which a quote is not shown beside a better one: of 225 questions in the askers'
# own words that are answered, 205 have a right quote among those shown; 206 with .3 and a seventh
# more wrong ones, 202 with .5 and a fifth fewer (with the reader of three cycles).
SUPPORTING = 0.4
SUPPORTING_SEVERAL = 0.1  # the same for a question of which each quote answers a part
# A quote differs from the first only if it is on the same thing: it holds nearly as much of the
# question and is nearly as sure. Chosen on 500 SQuAD questions, which have one answer each: 9 are
# flagged there, without these two 50.
AS_MUCH = 0.8
AS_SURE = 0.2
# How much surer a question must be with its abbreviations in full to be answered so. Of 157 SQuAD
# questions with an abbreviation 137 have the right quote first, with .0 133; of 18 in which it was
# put for the long form, 17 with either.
CLEARLY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A quote, the fitted probability (0–1) that it answers, and what its question asks for.

    `complete` says that its passage holds every name, figure and date of the question, `near` that
    its passage is on what the question is about. `missing` are the names, figures and dates that no
    quote's passage holds. `quoted` is the share (0–1) of the question's idf weight in the quote,
    `value` the words marked in it, where they are few, less those of the question.
    """

    quote: Quote
    sure: float
    kind: Kind
    complete: bool = True
    near: bool = True
    missing: tuple[str, ...] = ()
    quoted: float = 1.0
    value: str = ""


class Decision(TypedDict):
    """The part of an `Answer` that the quotes and their confidences decide."""

    answered: bool
    confidence: float
    text: str | None
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    reason: str | None
    reason_kind: ReasonKind | None


def decide(
    parts: Sequence[Sequence[Judged]],
    *,
    k: int,
    threshold: float,
    several: bool = False,
    newest_first: bool = False,
) -> Decision:
    """Answer with the first quote and those that support it, or abstain and show the nearest.

    Args:
        parts: the quotes, best first, of each question that the sentence asks; mostly one.
        k: most citations.
        threshold: confidence of a first quote from which to answer.
        several: whether one document may hold only part of the answer.
        newest_first: whether the quotes that would each have answered come by date.
    """
    judged = woven(parts, threshold=threshold)
    if not judged or judged[0].sure < threshold:
        kind, reason = why_not(judged)
        return Decision(
            answered=False, confidence=judged[0].sure if judged else 0.0, text=None, citations=(),
            nearest=_citations(judged[:NEAREST], frozenset()), reason=reason, reason_kind=kind,
        )  # fmt: skip
    least = SUPPORTING_SEVERAL if several else SUPPORTING
    shown = [judged[0], *(one for one in judged[1:] if one.sure >= least)]
    shown = spread(shown) if several else shown
    shown = by_date(shown, threshold=threshold) if newest_first else shown
    shown, differing = side_by_side(shown, threshold=threshold)
    citations = _citations(shown[:k], differing)
    return Decision(
        answered=True, confidence=shown[0].sure, text=citations[0].quote, citations=citations,
        nearest=(), reason=None, reason_kind=None,
    )  # fmt: skip


def surest_first(wordings: Sequence[Sequence[Judged]]) -> list[Judged]:
    """Return the quotes of one question asked in several wordings, those of the surest first.

    The first wording is the asker's own: another comes before it only if clearly surer.
    """
    own = wordings[0]

    def sure(quotes: Sequence[Judged]) -> float:
        return (quotes[0].sure if quotes else 0.0) - CLEARLY * (quotes is not own)

    return [one for quotes in sorted(wordings, key=sure, reverse=True) for one in quotes]


def woven(parts: Sequence[Sequence[Judged]], *, threshold: float) -> list[Judged]:
    """Return the quotes of all parts in turn, the parts that are answered first.

    A quote that overlaps an earlier one is left out, one that says the same is merged with it.
    """
    found: list[Judged] = []
    answered_first = sorted(parts, key=lambda part: not part or part[0].sure < threshold)
    for turn in zip_longest(*answered_first):
        for one in turn:
            if one is None or any(overlaps(one.quote, other.quote) for other in found):
                continue
            twin = next((i for i, o in enumerate(found) if say_the_same(one.quote, o.quote)), None)
            if twin is None:
                found.append(one)
            else:
                found[twin] = _merged(found[twin], one)
    return found


def _merged(judged: Judged, twin: Judged) -> Judged:
    return replace(judged, quote=merged(judged.quote, twin.quote))


def spread(judged: Sequence[Judged]) -> list[Judged]:
    """Return the quotes with the first of each document before any document's second."""
    seen: dict[str, int] = {}
    turns = []
    for one in judged:
        doc_id = one.quote.best.hit.document.doc_id
        seen[doc_id] = turn = seen.get(doc_id, 0) + 1
        turns.append(turn)
    order = sorted(range(len(judged)), key=lambda i: turns[i])
    return [judged[i] for i in order]


def by_date(judged: Sequence[Judged], *, threshold: float) -> list[Judged]:
    """Return the quotes that would have answered alone newest first, then the others as they were.

    The undated come last of the former: what is not known to be news is not shown as news.
    """
    return sorted(
        judged,
        key=lambda one: (
            one.sure >= threshold,
            newness(_date(one)) if one.sure >= threshold else "",
        ),
        reverse=True,
    )


def side_by_side(
    judged: Sequence[Judged], *, threshold: float
) -> tuple[list[Judged], frozenset[int]]:
    """Return the quotes with those that differ from the first one beside it, and their places.

    Only quotes that would have answered alone are compared, one a document, and none of a document
    that says the first too: what one author writes in one place is not at odds with itself. Those
    that differ, with the first, come newest first, undated ones last; the others follow as they
    were.
    """
    first = judged[0]
    beside: dict[str, Judged] = {}
    for one in judged[1:]:
        apart = not _documents(first) & _documents(one)
        if one.sure >= threshold and apart and _comparable(first, one):
            beside.setdefault(one.quote.best.hit.document.doc_id, one)
    if not beside:
        return list(judged), frozenset()
    group = sorted([first, *beside.values()], key=lambda one: newness(_date(one)), reverse=True)
    others = [one for one in judged if one not in group]
    return [*group, *others], frozenset(range(len(group)))


def _comparable(first: Judged, one: Judged) -> bool:
    """Whether two quotes speak of the same thing about as surely, and give different values."""
    return (
        first.kind == one.kind
        and first.complete
        and one.complete
        and one.quoted >= AS_MUCH * first.quoted
        and one.sure >= first.sure - AS_SURE
        and differ(first.kind, first.value, one.value)
        # marked words beside the value may say the same as the other quote after all
        and differ(first.kind, first.value, _marked(one))
        and differ(first.kind, _marked(first), one.value)
    )


def _marked(one: Judged) -> str:
    """Return all that is marked in a quote."""
    text = one.quote.best.hit.document.text
    return "; ".join(text[start:end] for start, end in one.quote.marks)


def _documents(one: Judged) -> set[str]:
    """Return the ids of the documents that say this."""
    return {quote.best.hit.document.doc_id for quote in (one.quote, *one.quote.twins)}


def _date(one: Judged) -> str | None:
    """Return the newest date of the documents that say this."""
    quotes = (one.quote, *one.quote.twins)
    return max((quote.best.hit.document.date for quote in quotes), key=newness)


def why_not(judged: Sequence[Judged]) -> tuple[ReasonKind, str]:
    """Return why a question is not answered: no passage on it, or passages without the answer."""
    if not judged:
        return "no passage", "No passage in the documents shares anything with the question."
    words = " and ".join(f"“{word}”" for word in judged[0].missing)
    occur = "occurs" if len(judged[0].missing) == 1 else "occur"
    nowhere = f" {words} {occur} in none of the nearest." if words else ""
    if not any(one.near for one in judged):
        return "no passage", f"No passage in the documents is about this.{nowhere}"
    return (
        "no answer",
        f"The documents have passages near the question, but none that answers it.{nowhere}",
    )


def _citations(judged: Sequence[Judged], differing: frozenset[int]) -> tuple[Citation, ...]:
    return tuple(
        _citation(one.quote, place + 1, differs=place in differing)
        for place, one in enumerate(judged)
    )


def _citation(quote: Quote, number: int, *, differs: bool) -> Citation:
    chunk, document = quote.best.hit.chunk, quote.best.hit.document
    twins = tuple(_citation(twin, number, differs=differs) for twin in quote.twins)
    sources = [twin.best.hit.document.source for twin in quote.twins]
    also = dict.fromkeys((*document.copies, *sources))
    return cite(
        document, quote.start, quote.end, number=number, highlights=quote.marks,
        passage=(chunk.start, chunk.end), score=quote.best.score,
        also=tuple(source for source in also if source != document.source), twins=twins,
        differs=differs,
    )  # fmt: skip
