"""Tables in stored text: which lines are rows, what their columns are called, what they are on.

The loaders write a row as a line, its cells set apart by bars. Lines with as many bars that follow
each other are a table; whether its first line names the columns is told by what the lines hold.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from corpus.document import Document

Span = tuple[int, int]

_LINE = re.compile(r"^(?!\s*[-*•]\s)[^|\n]*\|[^\n]*$", re.MULTILINE)  # with a bar, no list item
_RULE = re.compile(r"[\s|:=+-]*")  # between header and body
_FIGURE = re.compile(r"[^\w\n]{0,3}\d[\d.,\s]*[^\w\n]{0,2}")  # 1,204 or +4.1% or (12), no range
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_CAPTION_LINES = 2  # a heading, and a sentence that says what is counted
_CAPTION_LINE = 200  # characters; a longer line is a paragraph of its own
_MOST_ABOVE = 600  # characters; the model reads no more than 512 tokens with the chunk
_LOOKED_AT = 9  # lines of a table by which it is told whether the first is above the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows (start, end), one a line; all spans are offsets of the text.

    `header` is the first of `rows` where it names the columns, else None; `certain` says that it
    can be nothing else, as it stands over figures. `caption` are the lines above that say what the
    table is on, empty where none do.
    """

    rows: tuple[Span, ...]
    header: Span | None
    certain: bool
    caption: Span

    def row_at(self, offset: int) -> Span:
        """Return the row in which an offset of the table lies, or the one before it."""
        return self.rows[bisect_right(self.rows, offset, key=itemgetter(0)) - 1]


def tables_in(text: str) -> tuple[Table, ...]:
    """Return the tables of a text, in order: two or more lines with as many cells each."""
    return _tables_in(text) if "|" in text else ()


@lru_cache(maxsize=64)
def _tables_in(text: str) -> tuple[Table, ...]:
    found: list[Table] = []
    lines: list[Span] = []
    bars = 0
    for match in _LINE.finditer(text):
        count = match[0].count("|")
        if lines and (count != bars or match.start() != lines[-1][1] + 1):
            _add_table(found, text, lines)
            lines = []
        lines.append(match.span())
        bars = count
    _add_table(found, text, lines)
    return tuple(found)


def _add_table(found: list[Table], text: str, lines: Sequence[Span]) -> None:
    rows = tuple(span for span in lines if not _RULE.fullmatch(text, *span))
    if len(rows) < 2:
        return
    held = [[text[slice(*cell)] for cell in cells(text, row)] for row in rows[:_LOOKED_AT]]
    columns = [column for column in zip(*held, strict=True) if any(column)]
    named, certain = _names(columns), any(map(_over_figures, columns))
    least = found[-1].rows[-1][1] if found else 0
    found.append(
        Table(
            rows=rows, header=rows[0] if named and (certain or len(columns) > 2) else None,
            certain=certain, caption=_caption(text, rows[0][0], least),
        )
    )  # fmt: skip


def _names(columns: Sequence[Sequence[str]]) -> bool:
    """Whether the first line of a table may name its columns: figures are no names, but years are.

    Two columns without figures may as well be names and values: "Seat | Bonn".
    """
    names = [name for name, *_ in columns[1:] if name]
    return 2 * sum(map(_is_figure, names)) < len(names)


def _over_figures(column: Sequence[str]) -> bool:
    """Whether all cells of a column but its name hold digits."""
    name, *others = column
    return (not _DIGIT.search(name) or bool(_YEAR.fullmatch(name))) and all(
        _DIGIT.search(cell) for cell in others if cell
    )


def _is_figure(cell: str) -> bool:
    return bool(_FIGURE.fullmatch(cell)) and not _YEAR.fullmatch(cell)


def _caption(text: str, start: int, least: int) -> Span:
    """Return the short lines above `start`, none before `least`."""
    begin = end = stop = _trimmed(text, start)
    for _ in range(_CAPTION_LINES):
        first = text.rfind("\n", 0, stop) + 1
        if first <= least or not 0 < stop - first <= _CAPTION_LINE or "|" in text[first:stop]:
            break
        begin, stop = first, _trimmed(text, first)
    return begin, end


def _trimmed(text: str, end: int) -> int:
    """Return where the last character before `end` ends that is no white space."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


def cells(text: str, row: Span) -> list[Span]:
    """Return the cells of a row, trimmed of white space; an empty one is an empty span."""
    spans: list[Span] = []
    place = row[0]
    for cell in text[slice(*row)].split("|"):
        left = place + len(cell) - len(cell.lstrip())
        spans.append((left, max(left, place + len(cell.rstrip()))))
        place += len(cell) + 1
    return spans


def table_at(text: str, offset: int) -> Table | None:
    """Return the table in which an offset lies, None where it is in none."""
    tables = tables_in(text)
    place = bisect_right(tables, offset, key=lambda table: table.rows[0][0]) - 1
    if place < 0 or offset > tables[place].rows[-1][1]:
        return None
    return tables[place]


def above(document: Document, start: int) -> str:
    """Return what names the columns, and what the table is on, for text that begins in a table.

    "" for any other.
    """
    text = document.text
    table = table_at(text, start) if "|" in text[start : _line_end(text, start)] else None
    if table is None or table.header is None:
        return ""
    spans = [table.caption, table.header] if table.header[1] <= start else [table.caption]
    return "\n".join(text[slice(*span)] for span in spans if span[0] < span[1])[:_MOST_ABOVE]


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def title_of(document: Document, start: int) -> str:
    """Return the context in which a chunk is encoded: the title, what stands above its columns."""
    return "\n".join(filter(None, (document.title, above(document, start))))
