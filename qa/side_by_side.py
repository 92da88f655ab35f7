"""Read the passages of a question's quotes side by side: which of them answers, and where.

A passage read alone is compared with nothing. In one pass with the others the words of all compete
for where the answer starts and ends, so that quotes are ranked by what each has over the others,
and an answer is marked with all of them in sight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qa.asked import Asked
from qa.kinds import kind_of
from qa.quoting import Quote, is_year_of_name
from qa.reader import Reader, Reading
from qa.weighing import Weighed, in_passage, verify

# Found on fresh questions and on reports: benchmarks/README.md, "The arbiter".
PASSAGES = 3  # that are read together
PREFERENCE = 0.12  # of the margin of the arbiter's span
MARKING = 0.4  # its share in where the answer is marked, the rest is the reader's
LOWEST_MARGIN = -6.0  # that speaks against a quote; what lies below tells no more


def ranked(
    asked: Asked, quotes: Sequence[Quote], reader: Reader, *, openly: bool = False
) -> list[Weighed]:
    """Return quotes as the verifier and the arbiter rank them, best first, the answers marked anew.

    Args:
        asked: the question.
        quotes: those of it, best first.
        reader: reads.
        openly: as in `qa.weighing.judge`.
    """
    weighed, readings = read_again(asked, quotes, reader, openly=openly)
    return arbitrated(asked, weighed, readings)


def read_again(
    asked: Asked, quotes: Sequence[Quote], reader: Reader, *, openly: bool = False
) -> tuple[list[Weighed], dict[int, Reading]]:
    """Return quotes as the verifier ranks them and what the arbiter reads; arguments as `ranked`.

    Read side by side are the passages of the first quotes, each where its first one stands; the
    readings are by the row of the passage, with document offsets. The arbiter reads no question
    that the verifier does not.
    """
    firsts = _one_a_passage(quotes)[:PASSAGES]
    if asked.characters or openly or not firsts:
        return verify(asked, quotes, reader, openly=openly), {}
    parts = [in_passage(asked, quote) for quote in firsts]
    comparing = reader.compare(asked.text, [text for text, *_ in parts])  # beside the verifier
    weighed = verify(asked, quotes, reader)
    return weighed, {
        _passage(quote): reading.after(start - quote.start)
        for quote, (_, start, _), reading in zip(firsts, parts, comparing.result(), strict=True)
    }


def arbitrated(
    asked: Asked,
    weighed: Sequence[Weighed],
    readings: Mapping[int, Reading],
    *,
    preference: float = PREFERENCE,
    marking: float = MARKING,
) -> list[Weighed]:
    """Return quotes as the arbiter's readings rank them too, best first, the answers marked anew.

    In what it did not read the arbiter has no say, and as the verifier it hardly sees what is amiss
    with a quote: to a sound one such a one is not preferred. It has learnt from prose alone: that
    it finds nothing in the row of a table speaks no more against it than the verifier does.
    `preference` is the weight of its margin, `marking` its share in the marks.
    """
    margins = [_margin(one, readings) for one in weighed]
    known = [margin for margin in margins if margin is not None]
    sound = [
        margin
        for one, margin in zip(weighed, margins, strict=True)
        if margin is not None and not one.is_amiss
    ]
    best, least = max(sound or known, default=0.0), min(known, default=0.0)
    found = []
    for one, margin in zip(weighed, margins, strict=True):
        own = least if margin is None else margin
        found.append(
            replace(
                one,
                quote=_marked(asked, one.quote, readings, marking),
                evidence=replace(one.evidence, compared_margin=max(LOWEST_MARGIN, own)),
                preferred=preference * min(0.0, own - best),
            )
        )
    return sorted(found, key=lambda one: -one.score)


def _one_a_passage(quotes: Iterable[Quote]) -> list[Quote]:
    """Return the first quote of each passage."""
    firsts: dict[int, Quote] = {}
    for quote in quotes:
        firsts.setdefault(_passage(quote), quote)
    return list(firsts.values())


def _passage(quote: Quote) -> int:
    return quote.best.hit.row


def _margin(weighed: Weighed, readings: Mapping[int, Reading]) -> float | None:
    """Return by how much the arbiter finds the answer in a quote, None where it did not read it."""
    quote = weighed.quote
    reading = readings.get(_passage(quote))
    span = None if reading is None else reading.best_span(quote.start, quote.end)
    if span is None:
        return None
    is_row = quote.best.reading is None
    return max(span.score, weighed.evidence.verified_margin) if is_row else span.score


def _marked(asked: Asked, quote: Quote, readings: Mapping[int, Reading], share: float) -> Quote:
    """Return a quote in which the arbiter has a share (0–1) in where the answer is marked.

    A row of a table, and a date that was chosen by rule, stay marked as they are.
    """
    best, reading = quote.best, readings.get(_passage(quote))
    if best.reading is None or reading is None:
        return quote
    start, end = best.hit.chunk.sentences[best.place]
    mixed = best.reading.mixed(reading, start, end, share=share)
    before = best.reading.best_span(start, end)
    if mixed is None or before is None or (before.start, before.end) != best.mark:
        return quote
    span = mixed.best_span()
    if span is None:
        return quote
    mark = span.start, span.end
    if kind_of(asked.text) == "date" and is_year_of_name(asked, best.hit.document.text, mark):
        return quote
    marks = tuple(mark if one == best.mark else one for one in quote.marks)
    return replace(quote, best=replace(best, mark=mark), marks=marks)
