"""The list of documents as HTML."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from page.wording import short_source, spoken_count, spoken_date

if TYPE_CHECKING:
    from index import Summary

SHELF = 200  # documents listed at once


def shelf(summaries: Sequence["Summary"], match: str = "") -> str:
    """Return the list of documents whose title, source or date holds `match`, newest first.

    At most `SHELF` are listed; the line above says how many there are.
    """
    wanted = match.casefold().strip()
    found = [
        summary
        for summary in summaries
        if wanted in f"{summary.title}\n{summary.source}\n{summary.date or ''}".casefold()
    ]
    found.sort(key=lambda summary: (summary.title or summary.source).casefold())
    found.sort(key=lambda summary: summary.date or "", reverse=True)
    rows = "".join(_row(summary) for summary in found[:SHELF])
    said = spoken_count(len(found), "document")
    if len(found) > SHELF:
        said = f"The first {SHELF} of {said}; type above to narrow the list"
    elif wanted and not found:
        said = "No document has this in its title, source or date"
    return f'<p class="cw-found" role="status">{said}</p><ul class="cw-documents">{rows}</ul>'


def _row(summary: "Summary") -> str:
    title = escape(summary.title or short_source(summary.source))
    date = escape(spoken_date(summary.date) or "")
    return (
        f'<li><button type="button" data-do="open" data-doc="{escape(summary.doc_id)}">'
        f'<span class="cw-document-title">{title}</span>'
        f'<span class="cw-document-about"><span>{date or "undated"}</span>'
        f'<span class="cw-document-source">{escape(summary.source)}</span>'
        f"<span>{spoken_count(summary.chunks, 'passage')}</span></span></button></li>"
    )
