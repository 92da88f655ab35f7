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
from qa.values import count_the_same, differ

NEAREST = 3  # quotes shown when abstaining
# Confidence below which a quote is not shown beside a better one: of 225 questions in the askers'
# own words that are answered, 205 have a right quote among those shown; 206 with .3 and a seventh
# more wrong ones, 202 with .5 and a fifth fewer (with the reader of three cycles).
SUPPORTING = 0.4
# What the verifier takes for no answer by so much is not shown either, though its passage be on the
# subject: benchmarks/README.md, "The verifier".
SUPPORTING_MARGIN = -4.0
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
# The same where both count the same thing, "83 employees" and "58 employees", and the title and the
# sentences beside the quote hold what it lacks: "the agency had". Of all 5,801 questions of SQuAD
# dev-a with one answer each 89 are flagged so, 86 without it, and 90 before figures had units.
AS_MUCH_COUNTED = 0.6
AS_SURE_COUNTED = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A quote, the fitted probability (0–1) that it answers, and what its question asks for.

    `margin` is the verifier's, 0 where that read nothing. `complete` says that its passage holds
    every name, figure and date of the question, `timely` that the quote itself has every year of
    it, `near` that its passage is on what the question is about. `missing` are the names, figures
    and dates that no quote's passage holds. `quoted` is the share (0–1) of the question's idf
    weight in the quote, `around` that in its title, the quote and the sentences beside it. `value`
    are the words marked in it, where they are few, less names and figures of the question. `part`
    counts the questions that the sentence asks from 0.
    """

    quote: Quote
    sure: float
    kind: Kind
    margin: float = 0.0
    complete: bool = True
    timely: bool = True
    near: bool = True
    missing: tuple[str, ...] = ()
    quoted: float = 1.0
    around: float = 1.0
    value: str = ""
    part: int = 0


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
    judged = woven(
        [of_the_year_first(part, threshold=threshold) for part in parts], threshold=threshold
    )
    if not judged or judged[0].sure < threshold:
        kind, reason = why_not(judged)
        return Decision(
            answered=False, confidence=judged[0].sure if judged else 0.0, text=None, citations=(),
            nearest=_citations(judged[:NEAREST], frozenset()), reason=reason, reason_kind=kind,
        )  # fmt: skip
    shown = [judged[0], *(one for one in judged[1:] if _supports(one, several=several))]
    shown = spread(shown) if several else shown
    shown = by_date(shown, threshold=threshold) if newest_first else shown
    shown, differing = side_by_side(shown, threshold=threshold)
    citations = _citations(shown[:k], differing)
    return Decision(
        answered=True, confidence=shown[0].sure, text=citations[0].quote, citations=citations,
        nearest=(), reason=None, reason_kind=None,
    )  # fmt: skip


def _supports(judged: Judged, *, several: bool) -> bool:
    """Whether a quote is worth showing beside a better one; `several` as for `decide`."""
    if several:
        return judged.sure >= SUPPORTING_SEVERAL
    return judged.sure >= SUPPORTING and judged.margin >= SUPPORTING_MARGIN


def surest_first(wordings: Sequence[Sequence[Judged]]) -> list[Judged]:
    """Return the quotes of one question asked in several wordings, those of the surest first.

    The first wording is the asker's own: another quote comes before its first only if clearly
    surer, the same one if surer at all.
    """
    own = wordings[0]

    def place(quotes: Sequence[Judged]) -> tuple[int, int, int] | None:
        best = quotes[0].quote.best if quotes else None
        return None if best is None else (best.hit.row, best.start, best.end)

    def sure(quotes: Sequence[Judged]) -> float:
        other = quotes is not own and place(quotes) != place(own)
        return (quotes[0].sure if quotes else 0.0) - CLEARLY * other

    return [one for quotes in sorted(wordings, key=sure, reverse=True) for one in quotes]


def of_the_year_first(judged: Sequence[Judged], *, threshold: float) -> list[Judged]:
    """Return the quotes with one that has the year asked for before a first one that has not.

    Only one that gives another value for the same takes its place.
    """
    timely = (
        one
        for one in judged[1:]
        if one.timely
        and one.sure >= threshold
        and _comparable(judged[0], one)
        and (one.kind != "number" or count_the_same(judged[0].value, one.value))
    )
    first = None if not judged or judged[0].timely else next(timely, None)
    return list(judged) if first is None else [first, *(one for one in judged if one is not first)]


def woven(parts: Sequence[Sequence[Judged]], *, threshold: float) -> list[Judged]:
    """Return the quotes of all parts in turn, the parts that are answered first.

    A quote that overlaps an earlier one is left out, one that says the same is merged with it. What
    says the same as the answer to one part, but answers another, is a quote of its own.
    """
    found: list[Judged] = []
    numbered = [[replace(one, part=i) for one in part] for i, part in enumerate(parts)]
    numbered.sort(key=lambda part: not part or part[0].sure < threshold)
    for one in (one for turn in zip_longest(*numbered) for one in turn if one is not None):
        found = [_without(other, one) for other in found]
        if any(overlaps(one.quote, other.quote) for other in found):
            continue
        twin = next((i for i, o in enumerate(found) if say_the_same(one.quote, o.quote)), None)
        if twin is None:
            found.append(one)
        else:
            found[twin] = replace(found[twin], quote=merged(found[twin].quote, one.quote))
    return found


def _without(judged: Judged, other: Judged) -> Judged:
    """Return a quote without the twins in which something else answers another part."""
    twins = tuple(
        twin
        for twin in judged.quote.twins
        if judged.part == other.part or not _answers_otherwise(other.quote, twin)
    )
    return replace(judged, quote=replace(judged.quote, twins=twins))


def _answers_otherwise(one: Quote, other: Quote) -> bool:
    """Whether two quotes share a sentence in which each has other words marked."""
    (start, end), (first, last) = one.best.mark, other.best.mark
    apart = end <= first or last <= start
    a, b = one.best.hit.document.doc_id, other.best.hit.document.doc_id
    return apart and a == b and one.best.start == other.best.start


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

    Of a sentence that asks several questions that is done for each, with one quote beside the
    first, so that the answers to the others are not pushed aside. Those that differ, with the
    first, come newest first, undated ones last; the others follow as they were.
    """
    firsts = {one.part: one for one in reversed(judged) if one.sure >= threshold}
    most = len(judged) if len(firsts) == 1 else 1
    shown: list[Judged] = []
    differing: set[int] = set()
    for one in judged:
        if one in shown:
            continue
        group = [one]
        if firsts.get(one.part) is one and (beside := _beside(one, judged, threshold)[:most]):
            group = sorted([one, *beside], key=lambda each: newness(_date(each)), reverse=True)
            differing.update(range(len(shown), len(shown) + len(group)))
        shown += group
    return shown, frozenset(differing)


def _beside(first: Judged, judged: Sequence[Judged], threshold: float) -> list[Judged]:
    """Return the quotes that differ from the first of a question.

    Only quotes that would have answered alone are compared, one a document, and none of a document
    that says the first too: what one author writes in one place is not at odds with itself.
    """
    beside: dict[str, Judged] = {}
    for one in judged:
        apart = not _documents(first) & _documents(one)
        same = first.part == one.part and first.timely == one.timely
        if one.sure >= threshold and apart and same and _comparable(first, one):
            beside.setdefault(one.quote.best.hit.document.doc_id, one)
    return list(beside.values())


def _comparable(first: Judged, one: Judged) -> bool:
    """Whether two quotes speak of the same thing about as surely, and give different values."""
    return (
        first.kind == one.kind
        and first.complete
        and one.complete
        and _as_good(first, one)
        and differ(first.kind, first.value, one.value)
        # marked words beside the value may say the same as the other quote after all
        and differ(first.kind, first.value, _marked(one))
        and differ(first.kind, _marked(first), one.value)
    )


def _marked(one: Judged) -> str:
    """Return all that is marked in a quote."""
    return "; ".join(map(one.quote.whole, one.quote.marks))


def _as_good(first: Judged, one: Judged) -> bool:
    """Whether a quote, or what is around it, holds about as much of the question, as surely."""
    if one.quoted >= AS_MUCH * first.quoted:
        return one.sure >= first.sure - AS_SURE
    return (
        one.quoted >= AS_MUCH_COUNTED * first.quoted
        and one.around >= AS_MUCH * first.around
        and one.sure >= first.sure - AS_SURE_COUNTED
        and count_the_same(first.value, one.value)
    )


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
        differs=differs, header=quote.header,
    )  # fmt: skip
