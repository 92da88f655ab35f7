"""Rows of tables as they are read: each alone, its figures with the names of their columns.

"Ward A | 388 | 412" is read as "Flats built by ward", "Ward A: 388 (2020); 412 (2021).", and the
answer is a cell of the stored row. Of the short wordings that were tried this has the right cell
most often; among other rows the reader loses it. So are lines that have a label each read, "Site
visit: 4 June": they are a table of two columns without names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from corpus.headings import headings_over
from corpus.tables import Span, Table, cells, table_at
from index.lexical import terms_again
from index.searching import Hit
from qa.asked import Asked
from qa.layout import ENTRIES, Entry, entries
from qa.reader import Reading
from qa.reader import Span as Found

REPEATED = 12.0  # logits off a cell that says nothing but what the question says
_WORD = re.compile(r"\w+")
LONGEST_CELL = 8  # words of a cell that is marked as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table.

    `text` is what is read for it; of each cell that it holds `inside` are the ``(start, end)``
    characters there, `cells` the document's, and `names` that of its column. `header` is the line
    that names the columns, None where they have no names, `caption` what says what the table is
    on, both in document offsets.
    """

    text: str
    inside: tuple[Span, ...]
    cells: tuple[Span, ...]
    names: tuple[str, ...]
    header: Span | None
    caption: Span

    @property
    def own(self) -> tuple[str, ...]:
        """What the cells hold, the first of which mostly says what the row is on."""
        return tuple(self.text[start:end] for start, end in self.inside)

    @property
    def common(self) -> str:
        """What all rows of the table are on, and its columns' names."""
        return self.text[: self.inside[0][0]] + "; ".join(self.names)

    def answer(self, reading: Reading, again: Sequence[bool]) -> Found | None:
        """Return the best span of the row as read, in document offsets, inside one cell.

        A short cell answers as a whole. One that only says the question `again` is the last choice.
        """
        found = [
            (span.score - REPEATED * known, span, place, cell)
            for place, cell, known in zip(self.inside, self.cells, again, strict=True)
            if (span := reading.best_span(*place)) is not None
        ]
        if not found:
            return None
        _, span, (start, end), (first, last) = max(found, key=itemgetter(0))
        if len(self.text[start:end].split()) > LONGEST_CELL:
            first, last = span.start - start + first, span.end - start + first
        return Found(start=first, end=last, score=span.score)


def rows_of(hit: Hit) -> dict[int, Row | None]:
    """Return the rows of a hit's chunk by the places of their sentences; None for no answer.

    That is the line that names the columns, unless it may be a row as well, and one without a word.
    """
    text, sentences = hit.document.text, hit.chunk.sentences
    found: dict[int, Row | None] = {}
    if hit.chunk.text.count(":") >= ENTRIES:
        found |= {place: _entry(text, one) for place, one in entries(text, sentences).items()}
    return found | (_rows_of_tables(text, sentences) if "|" in hit.chunk.text else {})


def _rows_of_tables(text: str, sentences: Sequence[Span]) -> dict[int, Row | None]:
    found: dict[int, Row | None] = {}
    for place, (start, end) in enumerate(sentences):
        table = table_at(text, start)
        if table is None or table.header is None:
            continue
        line = table.row_at(start)
        whole = not (text[line[0] : start] + text[end : line[1]]).strip()
        if line == table.header and whole and table.certain:
            found[place] = None
        elif line != table.header and whole:
            found[place] = _row(text, table, table.header, line)
    return found


def _row(text: str, table: Table, header: Span, line: Span) -> Row | None:
    names = [text[slice(*cell)] for cell in cells(text, header)]
    read = f"{text[slice(*table.caption)]}\n".lstrip()
    inside: list[Span] = []
    used: list[str] = []
    held: list[Span] = []
    for name, cell in zip(names, cells(text, line), strict=True):
        if cell[0] == cell[1]:
            continue
        inside.append((len(read), len(read) + cell[1] - cell[0]))
        column = f" ({name})" if name and held else ""
        read += f"{text[slice(*cell)]}{column}{'; ' if held else ': '}"
        held.append(cell)
        used.append(name)
    if not held:
        return None
    return Row(
        text=f"{read[:-2]}.", inside=tuple(inside), cells=tuple(held), names=tuple(used),
        header=header, caption=table.caption,
    )  # fmt: skip


def _entry(text: str, entry: Entry) -> Row:
    lead = f"{text[slice(*entry.caption)]}\n".lstrip()
    label, value = text[slice(*entry.label)], text[slice(*entry.value)]
    middle = len(lead) + len(label)
    return Row(
        text=f"{lead}{label}: {value}.", names=("", ""), header=None, caption=entry.caption,
        inside=((len(lead), middle), (middle + 2, middle + 2 + len(value))),
        cells=(entry.label, entry.value),
    )  # fmt: skip


def naming(offsets: npt.NDArray[np.int32], row: Row, start: int) -> npt.NDArray[np.bool_]:
    """Tell which tokens (n,) of a chunk that begins at `start` name a row's columns and table.

    What is above the chunk was encoded before it, if the columns have names.
    """
    parts = [span for span in (row.caption, row.header) if span is not None and span[0] < span[1]]
    encoded = row.header is not None
    before = sum(end - begin + 1 for begin, end in parts if end <= start) * encoded
    marks = (offsets[:, 0] >= start - before) & (offsets[:, 1] <= start)
    for begin, end in parts:
        marks |= (offsets[:, 0] >= begin) & (offsets[:, 1] <= end) & (offsets[:, 0] >= start)
    return marks


def says_again(asked: Asked, row: Row) -> list[bool]:
    """Tell of each cell of a row whether it says nothing but what the question says."""
    known = asked.term_weights.keys()
    return [bool(held := asked.terms_in(cell)) and held <= known for cell in row.own]


def called(asked: Asked, row: Row) -> float:
    """Return the share (0–1) of the words of a row's first cell that a question has."""
    words = _WORD.findall(row.own[0].lower())
    asking = {*_WORD.findall(asked.text.lower()), *asked.term_weights}
    held = [word for word in words if word in asking or asking.issuperset(terms_again(word))]
    return len(held) / len(words) if words else 0.0


def is_of_the_row(asked: Asked, hit: Hit, row: Row) -> bool:
    """Whether a question is on this row of a table and not on another one, or on none there is.

    It has a word of the row, or all that its first cell says, and of its names and figures more are
    the row's than are not. Words of the title, of the column names and of what the table is on do
    not tell one row from another; of a line with a label, which has a wording of its own, they do.
    Names are not asked for where a cell is a sentence: such leave out what is known, as prose does.
    """
    headings = headings_over(hit.document, row.cells[0][0])
    shared = asked.terms_in("\n".join((hit.document.title, *headings, row.common)))
    own = asked.terms_in("; ".join(row.own))
    telling = asked.term_weights.keys() - (set() if row.header is None else shared)
    if telling.isdisjoint(own) and called(asked, row) < 1:
        return False
    if any(len(cell.split()) > LONGEST_CELL for cell in row.own):
        return True
    named = [set(terms_again(name)) for name in asked.named]
    told = [name <= own for name in named if not name <= shared]
    return not told or 2 * sum(told) > len(told)
