"""The source panel: stored text as HTML, marked at exact offsets.

A long text is shown as a slice around the quote; `slice_of` gives the parts before and after.
White space is kept as it is (the style sheet says ``white-space: pre-wrap``), so the
``textContent`` of what is marked equals ``document.text[start:end]``.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Self

from corpus import Document
from corpus.pictures import CHECKSUM
from page.wording import short_source, spoken_date

SLICE = 40_000  # characters shown at once: a few milliseconds for a browser to lay out

# A short line between blank lines that does not end as a sentence does, before a longer one; it is
# set in bold.
_HEADING = re.compile(
    r"(?:\A|(?<=\n\n))(?=\S)[^\n]{1,98}[^\s.!?;,…。！？；，、”’\"')](?=\n\n[^\n]{60})"
)
_GAP = re.compile(r"(?<=\n)\n")  # a blank line; it is set lower than the others

_Layer = tuple[int, int, str]  # (start, end, CSS class) in document offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What to mark in a document: the quote, the passage around it, the words that answer.

    All spans are ``(start, end)`` code points of ``document.text``; `number` is the citation's.
    """

    start: int
    end: int
    passage: tuple[int, int]
    marks: tuple[tuple[int, int], ...] = ()
    number: int | None = None

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Make a place from what a browser sent.

        Raises:
            ValueError: a field is missing or not a number.
        """
        try:
            first, last = fields["passage"]
            return cls(
                start=int(fields["start"]), end=int(fields["end"]), passage=(int(first), int(last)),
                marks=tuple((int(start), int(end)) for start, end in fields["marks"]),
                number=None if fields.get("number") is None else int(fields["number"]),
            )  # fmt: skip
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"This is not a place in a document: {error!r}.") from error

    def check(self, document: Document) -> None:
        """Check that the passage lies in the text, the quote in it and the marks in that.

        Raises:
            ValueError: they do not.
        """
        first, last = self.passage
        if not (
            0 <= first <= self.start < self.end <= last <= len(document.text)
            and all(self.start <= start < end <= self.end for start, end in self.marks)
        ):
            raise ValueError(
                f"The place {self.start}:{self.end} does not fit {document.source}, which has "
                f"{len(document.text)} characters. Pass the offsets of a Citation of this document."
            )


def source(document: Document, place: Place | None = None) -> str:
    """Return the panel of one document, opened at `place`, or at its beginning with None.

    Raises:
        ValueError: `place` does not fit the document.
    """
    if place is None:
        start, end = _slice(document.text, 0, 0)
        text = f'<div class="cw-text">{_styled(document, start, end)}</div>'
    else:
        place.check(document)
        start, end = _slice(document.text, place.start, place.end)
        start, end = min(start, place.passage[0]), max(end, place.passage[1])
        text = f'<div class="cw-text">{_marked(document, start, end, place)}</div>'
    return f"{_head(document, place)}{_more(document, start, end, text)}"


def slice_of(document: Document, *, before: int | None = None, after: int | None = None) -> str:
    """Return the slice that ends at `before`, or else the one that starts at `after`.

    It comes with the button that asks for the next slice in the same direction, if there is one.
    """
    if before is not None:
        end = max(0, min(before, len(document.text)))
        start = _line_start(document.text, end - SLICE)
        text = f'<div class="cw-text">{_styled(document, start, end)}</div>'
        return f"{_earlier(document, start)}{text}"
    start = max(0, min(after or 0, len(document.text)))
    end = _line_end(document.text, start + SLICE)
    text = f'<div class="cw-text">{_styled(document, start, end)}</div>'
    return f"{text}{_later(document, end)}"


def _head(document: Document, place: Place | None) -> str:
    about = [spoken_date(document.date), document.metadata.get("publisher")]
    if place is not None:
        page = document.page(place.start)
        about.append(f"line {document.line(place.start)}" if page is None else f"page {page}")
    number = ""
    if place is not None and place.number is not None:
        number = f'<span class="cw-number" title="Citation {place.number}">{place.number}</span>'
    said = " · ".join(escape(part) for part in about if part)
    views = ""
    if CHECKSUM in document.metadata and document.page_starts:
        at = document.page(0 if place is None else place.start)
        views = (
            f'<div class="cw-views" role="group" aria-label="Shown as" data-doc="{document.doc_id}"'
            f' data-page="{at}"><button type="button" data-do="view" data-view="page">Page</button>'
            '<button type="button" data-do="view" data-view="text">Text</button></div>'
        )
    copies = "".join(f"<br>{escape(copy)}" for copy in document.copies)
    return (
        f'<header class="cw-source-head">{number}<h2 tabindex="-1">'
        f"{escape(document.title or short_source(document.source))}</h2>"
        f'<p>{said}</p><p class="cw-source-name">{escape(document.source)}{copies}</p>'
        f"{views}</header>"
    )


def _more(document: Document, start: int, end: int, text: str) -> str:
    return f'<div class="cw-slices">{_earlier(document, start)}{text}{_later(document, end)}</div>'


def _earlier(document: Document, start: int) -> str:
    if start == 0:
        return ""
    return (
        f'<button type="button" class="cw-more" data-do="more" data-doc="{document.doc_id}"'
        f' data-before="{start}">Show earlier text</button>'
    )


def _later(document: Document, end: int) -> str:
    if end == len(document.text):
        return ""
    return (
        f'<button type="button" class="cw-more" data-do="more" data-doc="{document.doc_id}"'
        f' data-after="{end}">Show later text</button>'
    )


def _slice(text: str, start: int, end: int) -> tuple[int, int]:
    """Return whole lines around ``start:end``, about `SLICE` characters, or all of a short text."""
    if len(text) <= SLICE:
        return 0, len(text)
    around = max(SLICE - (end - start), 0) // 2
    first = _line_start(text, start - around)
    return first, _line_end(text, max(end + around, first + SLICE))


def _line_start(text: str, at: int) -> int:
    """Return the start of the line that holds `at`; a line of over 2,000 characters is cut."""
    if at <= 0:
        return 0
    return max(text.rfind("\n", 0, at) + 1, at - 2_000)


def _line_end(text: str, at: int) -> int:
    """Return one past the line break after `at`; a line of over 2,000 characters is cut."""
    if at >= len(text):
        return len(text)
    found = text.find("\n", at, at + 2_000)
    return min(at + 2_000, len(text)) if found < 0 else found + 1


def _marked(document: Document, start: int, end: int, place: Place) -> str:
    """Return ``text[start:end]`` with the passage shaded and the quote in one ``<mark>``."""
    first, last = place.passage
    hits = [(a, b, "cw-hit") for a, b in place.marks]
    quote = _styled(document, place.start, place.end, hits)
    return (
        f"{_styled(document, start, first)}"
        f'<span class="cw-passage">{_styled(document, first, place.start)}'
        f'<mark class="cw-mark" tabindex="-1" aria-label="Quoted sentence">{quote}</mark>'
        f"{_styled(document, place.end, last)}</span>"
        f"{_styled(document, last, end)}"
    )


def _styled(document: Document, start: int, end: int, extra: Sequence[_Layer] = ()) -> str:
    """Return ``text[start:end]`` escaped; its ``textContent`` is that text.

    Furniture is dimmed, headings are bold, blank lines are low and pages are labelled: by class
    only, nothing is added to or taken from the text.
    """
    layers = [*extra, *_layers(document, start, end)]
    pages = {at: n for n, at in enumerate(document.page_starts, 1) if start <= at < end}
    cuts = {start, end, *pages}
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for a, b, name in layers:
        a, b = max(a, start), min(b, end)
        if a < b:
            opens.setdefault(a, []).append(name)
            closes.setdefault(b, []).append(name)
    cuts.update(opens, closes)
    active: Counter[str] = Counter()
    pieces = []
    for a, b in pairwise(sorted(cuts)):
        active.update(opens.get(a, ()))
        active.subtract(closes.get(a, ()))
        if a in pages:
            pieces.append(f'<span class="cw-leaf" data-page="Page {pages[a]}"></span>')
        names = sorted(name for name, count in active.items() if count > 0)
        kind = "cw-gap" if "cw-gap" in names else " ".join(["cw-t", *names])
        pieces.append(f'<span class="{kind}">{escape(document.text[a:b])}</span>')
    return "".join(pieces)


def _layers(document: Document, start: int, end: int) -> Iterator[_Layer]:
    for a, b in document.furniture:
        if a < end and b > start:
            yield a, b, "cw-furniture"
    # subtle: a heading is looked for in whole lines, so that a quote inside one changes nothing
    first, last = _line_start(document.text, start), _line_end(document.text, end) + 61
    for heading in _HEADING.finditer(document.text, first, last):
        yield *heading.span(), "cw-heading"
    for gap in _GAP.finditer(document.text, start, end):
        yield *gap.span(), "cw-gap"
