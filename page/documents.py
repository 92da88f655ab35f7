"""The table of documents as HTML, and the report of files that could not be read."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

from page.wording import short_source, spoken_count, spoken_date

if TYPE_CHECKING:
    from server.table import Entry, State

ROWS = 100  # documents listed at once, and added by a click
Column = Literal["title", "date", "source", "chunks", "state"]
COLUMNS: tuple[Column, ...] = get_args(Column)
_HEADS = ("Title", "Date", "Source", "Passages", "State")
_DOWN_FIRST = ("date", "chunks")  # columns whose largest come first
_STATES: Mapping["State", str] = {  # those to look at first
    "waiting": "Waiting", "removing": "Leaving", "unreadable": "Unreadable", "indexed": "Ready",
    "excluded": "Left out",
}  # fmt: skip
_KEYS: Mapping[Column, Callable[["Entry"], str | int]] = {
    "title": lambda entry: (entry.title or entry.source).casefold(),
    "date": lambda entry: entry.date or "",
    "source": lambda entry: entry.source.casefold(),
    "chunks": lambda entry: entry.chunks,
    "state": lambda entry: list(_STATES).index(entry.state),
}


def shelf(
    entries: Sequence["Entry"],
    match: str = "",
    *,
    sort: Column = "date",
    reverse: bool = False,
    rows: int = ROWS,
) -> str:
    """Return the table of the documents whose title, source or date holds `match`.

    Args:
        entries: the documents and files of a library.
        match: what to look for; "" lists all.
        sort: column to sort by; dates and passages begin with the largest, states with those that
            a person may have to act on, the others with A.
        reverse: sort the other way round.
        rows: most documents listed; the line above says how many there are.
    """
    wanted = match.casefold().strip()
    found = [
        entry
        for entry in entries
        if wanted in f"{entry.title}\n{entry.source}\n{entry.date or ''}".casefold()
    ]
    found.sort(key=_KEYS["title"])
    found.sort(key=_KEYS[sort], reverse=(sort in _DOWN_FIRST) != reverse)
    said = spoken_count(len(found), "document")
    if not found:
        if wanted:
            said = "No document has this in its title, source or date"
        return f'<p class="cw-found" role="status">{said}</p>'
    more = ""
    if len(found) > rows:
        said = f"The first {rows:,} of {said}"
        more = (
            '<button type="button" class="cw-more" data-do="rows">'
            f"Show {min(ROWS, len(found) - rows)} more</button>"
        )
    heads = "".join(_head(column, column == sort, reverse) for column in COLUMNS)
    body = "".join(map(_row, found[:rows]))
    # The roles are said again because a narrow page sets the rows as blocks, which drops them.
    return (
        f'<p class="cw-found" role="status">{said}</p>'
        '<table class="cw-documents" role="table" aria-label="Documents">'
        f'<thead role="rowgroup"><tr role="row">{heads}<th scope="col" role="columnheader">'
        '<span class="cw-sr">Actions</span></th></tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>{more}'
    )


def _head(column: Column, sorts: bool, reverse: bool) -> str:
    down = (column in _DOWN_FIRST) != reverse
    order = ("descending" if down else "ascending") if sorts else "none"
    return (
        f'<th scope="col" role="columnheader" aria-sort="{order}" data-column="{column}">'
        f'<button type="button" data-do="sort" data-column="{column}">'
        f"{_HEADS[COLUMNS.index(column)]}</button></th>"
    )


def _row(entry: "Entry") -> str:
    doc_id, source = escape(entry.doc_id), escape(entry.source)
    title = escape(entry.title or short_source(entry.source))
    name = f'<span class="cw-document-title">{title}</span>'
    if entry.chunks:
        name = f'<button type="button" data-do="open" data-doc="{doc_id}">{name}</button>'
    date = spoken_date(entry.date) or ("undated" if entry.chunks else "")
    passages = spoken_count(entry.chunks, "passage").removeprefix(f"{entry.chunks:,}")
    count = f"{entry.chunks:,}<span>{passages}</span>" if entry.chunks else ""
    reason = f'<span class="cw-reason">{escape(entry.reason)}</span>' if entry.reason else ""
    return (
        f'<tr role="row" data-row="{doc_id}" data-state="{entry.state}">'
        f'<th scope="row" role="rowheader">{name}{reason}</th>'
        f'<td role="cell" data-column="date">{escape(date)}</td>'
        f'<td role="cell" data-column="source">{source}</td>'
        f'<td role="cell" data-column="chunks">{count}</td>'
        f'<td role="cell" data-column="state"><span class="cw-state">{_STATES[entry.state]}</span>'
        f'</td><td role="cell" data-column="tools">{_tools(entry, doc_id, title)}</td></tr>'
    )


def _tools(entry: "Entry", doc_id: str, title: str) -> str:
    tools = []
    if entry.chunks:
        tools.append(
            f'<button type="button" class="cw-tool" data-do="only-document" data-doc="{doc_id}"'
            f' aria-pressed="false" aria-label="Ask only {title}" title="Ask only this">'
            '<span class="cw-icon" data-icon="funnel" aria-hidden="true"></span></button>'
        )
    if entry.state == "excluded":
        tools.append(
            f'<button type="button" class="cw-undo" data-do="restore" data-doc="{doc_id}"'
            f' aria-label="Take {title} back">Take back</button>'
        )
    elif entry.state != "removing":
        file = "moved" if entry.uploaded else "kept"
        tools.append(
            f'<button type="button" class="cw-tool" data-do="remove" data-doc="{doc_id}"'
            f' data-title="{title}" data-file="{file}" aria-label="Remove {title}" title="Remove">'
            '<span class="cw-icon" data-icon="bin" aria-hidden="true"></span></button>'
        )
    return "".join(tools)


def left_out(entries: Sequence["Entry"]) -> str:
    """Return the report of files that could not be read, "" where there are none."""
    problems = [entry for entry in entries if entry.state == "unreadable"]
    if not problems:
        return ""
    items = "".join(
        f"<li><strong>{escape(entry.source)}</strong><span>{escape(entry.reason or '')}</span></li>"
        for entry in problems[:ROWS]
    )
    rest = len(problems) - ROWS
    more = f"<li>and {spoken_count(rest, 'more file')}</li>" if rest > 0 else ""
    said = f"{spoken_count(len(problems), 'file')} could not be read"
    return f'<details class="cw-left-out"><summary>{said}</summary><ul>{items}{more}</ul></details>'
