"""A page of a PDF as a picture with the quote marked on it, as HTML."""

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from corpus import Document
from corpus.drawing import Box
from corpus.pictures import Picture, draw_page
from page.sources import Place
from page.wording import short_source

KEPT = 64  # pictures, of some 100 kB each
_drawn = lru_cache(maxsize=KEPT)(draw_page)


def picture(
    document: Document, *, roots: Iterable[str], page: int | None = None, place: Place | None = None
) -> str:
    """Return a page as a picture, with `place` marked where it is found there for certain.

    Args:
        document: a PDF.
        roots: the files and folders that were indexed.
        page: from 1; None for the page where `place` begins.
        place: what to mark.

    Raises:
        CorpusError: the page cannot be drawn.
        ValueError: `place` does not fit the document.
    """
    spans: tuple[tuple[int, int], ...] = ()
    if place is not None:
        place.check(document)
        spans = ((place.start, place.end), *place.marks)
        page = document.page(place.start) if page is None else page
    drawn = _drawn(document, 1 if page is None else page, roots=tuple(roots), spans=spans)
    return _figure(document, drawn, place)


def _figure(document: Document, drawn: Picture, place: Place | None) -> str:
    quote, hits = (drawn.boxes[0], drawn.boxes[1:]) if drawn.boxes else ((), ())
    said = "" if place is None else escape(document.text[place.start : place.end])
    marked = _boxes(drawn, "cw-box", quote) + "".join(
        _boxes(drawn, "cw-box-hit", boxes) for boxes in hits
    )
    # The first box is where the source opens, and says the quote to those who do not see it.
    marked = marked.replace("<span", f'<span tabindex="-1" role="img" aria-label="{said}"', 1)
    title = escape(document.title or short_source(document.source))
    with_quote = " The quote is marked on it." if quote else ""
    return (
        f'<figure class="cw-picture" data-page="{drawn.page}">'
        f'<div class="cw-leafing" role="group" aria-label="Pages">'
        f"{_leaf(drawn.page - 1, drawn.pages, 'Previous page')}"
        f"<span>Page {drawn.page} of {drawn.pages}</span>"
        f"{_leaf(drawn.page + 1, drawn.pages, 'Next page')}"
        '<button type="button" class="cw-zoom" data-do="zoom" aria-pressed="false">Larger</button>'
        '</div><div class="cw-light-table" tabindex="0" role="region" aria-label="The page">'
        '<div class="cw-sheet-of-paper">'
        f'<img width="{drawn.width}" height="{drawn.height}"'
        f' alt="Page {drawn.page} of {title}.{with_quote}"'
        f' src="data:image/webp;base64,{b64encode(drawn.image).decode()}">{marked}</div></div>'
        f"{_remark(document, drawn, place)}</figure>"
    )


def _boxes(drawn: Picture, name: str, boxes: Iterable[Box]) -> str:
    return "".join(
        f'<span class="{name}" style="left:{left / drawn.width:.3%};top:{top / drawn.height:.3%};'
        f'width:{(right - left) / drawn.width:.3%};height:{(bottom - top) / drawn.height:.3%}">'
        "</span>"
        for left, top, right, bottom in boxes
    )


def _leaf(page: int, pages: int, label: str) -> str:
    able = "" if 1 <= page <= pages else " disabled"
    return (
        f'<button type="button" data-do="leaf" data-page="{page}" aria-label="{label}"{able}>'
        "</button>"
    )


def _remark(document: Document, drawn: Picture, place: Place | None) -> str:
    """Say why nothing is marked, or where the quote goes on."""
    if place is None:
        return ""
    first, last = document.page(place.start), document.page(place.end - 1)
    if first is None or last is None or not first <= drawn.page <= last:
        said = f"The quote is on page {first}."
    elif not drawn.boxes[0]:
        said = (
            "Nothing is marked: the words of the quote are not found on this picture for certain. "
            "The text shows them."
        )
    elif drawn.page < last:
        said = f"The quote goes on on page {last}."
    else:
        return ""
    return f"<figcaption>{said}</figcaption>"
