"""Tables on PDF pages: which characters share a cell is told by rules drawn and by gaps left.

A PDF has no tables, only lines and letters. Between two rules across that lie above each other
stands a row, and between two rules downwards, or two gaps that run through all rows, a column.
Where nothing is ruled, lines of text that leave the same gaps are rows.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from corpus.pdf_columns import (
    Cell,
    Column,
    Lines,
    Part,
    agree,
    alike,
    beside,
    by_height,
    columns_of,
    common_columns,
    in_columns,
    is_over_two,
    pieces_of,
)
from corpus.pdf_rules import SNAP, Box, Grid, Rule, grids_of

_FARTHEST = 3.0  # line heights between rows that nothing is ruled between
_CLOSE = 1.6  # line heights between lines of one row
_WIDER = 1.2  # times the least distance of lines, where rows are parted
_FEWEST_ROWS = 3  # where nothing is ruled
_FILLED = 0.4  # share of the cells of a table that hold text
_ALL_FILLED = 0.9  # the same, from which lines of text between two rules are rows of their own
_LONGEST_CELL = 600  # characters; what has more is a page in two columns
_MARKER = re.compile(r"[^\w\s]|\(?[\dIVXivx]{1,4}(?:\.\d+)*[.)]?|\(?[a-zA-Z][.)]")  # of a list
_NAME = re.compile(r"[^\W\d]|(?:1[5-9]|20|21)\d\d")  # a letter or a year
_LONGEST_TITLE = 120  # characters over all columns; more is no title of rows
_LEADERS = "....."
_FEWEST_ENTRIES = 5  # of a table of contents without leaders
_LONGEST_ENTRY = 30  # characters; columns of longer ones are prose where nothing is ruled


class Row(NamedTuple):
    """The cells of a row, each of the lines in it; `table` counts the tables of a page from 1."""

    cells: Sequence[Cell]
    table: int


class _Table(NamedTuple):
    """The rows of a table, and which lines of the page they are made of."""

    places: list[int]
    rows: list[list[Cell]]


def with_tables(parts: Sequence[Part], rules: Sequence[Box]) -> Iterator[Part | Row]:
    """Yield the lines of a page in their order, those of tables as rows.

    A table comes where the first of its lines was.
    """
    tables: list[_Table] = []
    free = {place: part for place, part in enumerate(parts) if _stands(part)}
    for grid in grids_of(rules):
        _keep(tables, free, list(_ruled(free, grid)))
    runs = [run for lines in _lined_up(free) for run in _runs(lines)]
    _keep(tables, free, (_unruled(lines, above) for lines, above in runs))
    table_of = {place: number for number, table in enumerate(tables, 1) for place in table.places}
    shown: set[int] = set()
    for place, part in enumerate(parts):
        number = table_of.get(place)
        if number is None:
            yield part
        elif number not in shown:
            shown.add(number)
            yield from (Row(cells, number) for cells in tables[number - 1].rows)


def _stands(part: Part) -> bool:
    """Whether the characters of a line stand beside each other, not below."""
    if not part.text or len(part.boxes) != len(part.text):
        return False
    across, up = part.right - part.left, abs(part.boxes[-1][1] - part.boxes[0][1])
    return across > 0 and up < max(part.height, across / 2)


def _keep(tables: list[_Table], free: dict[int, Part], found: Iterable[_Table]) -> None:
    """Add what are tables, at least two rows of two columns, filled with what is no prose."""
    for places, rows in found:
        letters = [sum(len(part.text) for part in cell) for row in rows for cell in row]
        if len(rows) < 2 or len(rows[0]) < 2 or max(letters) > _LONGEST_CELL:
            continue
        if sum(map(bool, letters)) >= _FILLED * len(letters):
            tables.append(_Table(places, rows))
            for place in places:
                del free[place]


def _ruled(free: dict[int, Part], grid: Grid) -> Iterator[_Table]:
    """Yield the tables between rules across, which part their rows."""
    tops, sides = grid.tops, grid.sides
    bands: Lines = [{} for _ in range(len(tops) + 1)]
    for place, part in free.items():
        if sides[0] - SNAP <= part.left and part.right <= sides[-1] + SNAP:
            bands[sum(top > part.middle for top in tops)][place] = part
    if len(sides) > 2:
        yield from _in_cells(bands[1:-1], grid)
        return
    runs = [[number + 1 for number in run] for run in alike(bands[1:-1])]
    taken = {number for run in runs for number in run}
    for run in runs:
        yield from _of_run(run, bands, tops, taken)


def _of_run(
    run: Sequence[int], bands: Lines, tops: Sequence[float], taken: Collection[int]
) -> Iterator[_Table]:
    """Yield the table of a run of bands, if it is one, with its names above and last row below."""
    first, last = run[0], run[-1]
    columns = columns_of(pieces_of([bands[number] for number in run[1:] or run]))
    rows = [_lines_at(bands[first], tops[first], columns), *(bands[number] for number in run[1:])]
    if first - 1 not in taken and len(rows[0]) == len(bands[first]):
        rows.insert(0, _lines_at(bands[first - 1], tops[first - 1], columns))
    if last + 1 not in taken:
        rows.append(_lines_at(bands[last + 1], tops[last], columns))
    if len(rows := [row for row in rows if row]) > 1:
        yield _between(rows)


def _lines_at(band: dict[int, Part], top: float, columns: Sequence[Column]) -> dict[int, Part]:
    """Return the row of names above all rules, or the last one below: the lines next to a rule.

    They stand close to each other, in at least two columns and no word of them in two.
    """
    found: dict[int, Part] = {}
    last, least = top, _FARTHEST
    nearest = sorted(band.items(), key=lambda item: abs(item[1].middle - top))
    for _, some in groupby(nearest, key=lambda item: round(item[1].middle)):
        line = dict(some)
        part = next(iter(line.values()))
        cells = in_columns(list(line.values()), columns)
        if abs(part.middle - last) > least * part.height or is_over_two(cells, columns):
            break
        found |= line
        last, least = part.middle, _CLOSE
    cells = in_columns(list(found.values()), columns)
    return dict(sorted(found.items())) if sum(map(bool, cells)) > 1 else {}


def _in_cells(bands: Lines, grid: Grid) -> Iterator[_Table]:
    """Yield the tables of bands between rules across that rules down part into cells.

    A long text beside which nothing stands belongs to none, nor does one above or below all others.
    """
    pieces = [_pieces(row, band, grid) for row, band in enumerate(bands)]
    lengths = [sum(len(piece.text) for _, piece in some) for some in pieces]
    full = [row for row, some in enumerate(pieces) if len(dict(some)) > 1]

    def is_row(row: int) -> bool:
        return row in full or (full[0] < row < full[-1] and lengths[row] < _LONGEST_TITLE)

    for within, some in groupby(range(len(bands)), key=is_row if full else lambda row: False):
        numbers = list(some)
        while within and numbers[-1] not in full:
            numbers.pop()
        if within:
            first, last = numbers[0], numbers[-1] + 1
            rows = _merged(pieces[first:last], grid, first)
            split = [line for row in rows for line in _by_line(row, _FEWEST_ROWS)]
            places = [place for band in bands[first:last] for place in band]
            yield _Table(places, _named(_divided(_filled(split))))


def _pieces(row: int, band: dict[int, Part], grid: Grid) -> list[tuple[int, Part]]:
    """Return what rules down part in a row, each piece with the number of its column."""
    sides, middle = grid.sides, (grid.tops[row] + grid.tops[row + 1]) / 2
    inner = [side for side in sides[1:-1] if _crossed(grid.down, side, middle)]
    parted = [sides[0], *inner, sides[-1]]
    cut = (both for part in band.values() for both in _cut(part, parted))
    return [(sides.index(parted[column]), piece) for column, piece in cut]


def _merged(
    pieces: Sequence[Sequence[tuple[int, Part]]], grid: Grid, first: int
) -> list[list[Cell]]:
    """Return the cells of rows from the `first` on; one that reaches down is of its first row."""
    tops, sides = grid.tops, grid.sides
    rows: list[list[list[Part]]] = [[[] for _ in sides[1:]] for _ in pieces]
    for row, some in enumerate(pieces):
        for column, piece in some:
            top, center = row, (sides[column] + sides[column + 1]) / 2
            while top and not _crossed(grid.across, tops[first + top], center):
                top -= 1
            rows[top][column].append(piece)
    return [[tuple(cell) for cell in row] for row in rows]


def _crossed(rules: Sequence[Rule], place: float, other: float) -> bool:
    """Whether a rule at a place reaches over another place along it."""
    return any(abs(rule[0] - place) < SNAP and rule[1] <= other <= rule[2] for rule in rules)


def _cut(part: Part, sides: Sequence[float]) -> Iterator[tuple[int, Part]]:
    """Yield the pieces of a line that stand between sides, each with the number of its column."""
    stretches = [*_stretches(part, sides), (len(part.text), 0)]
    for (start, column), (end, _) in pairwise(stretches):
        yield from ((column, piece) for piece in part.piece(start, end))


def _stretches(part: Part, sides: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield where characters of another column than those before begin, and which that is."""
    last = -1
    for place, (left, _, right, _) in enumerate(part.boxes):
        column = bisect_right(sides, (left + right) / 2) - 1
        column = min(max(0, column), len(sides) - 2)
        if column != last and not (place and part.text[place].isspace()):
            yield place, column
            last = column


def _by_line(row: list[Cell], fewest: int) -> list[list[Cell]]:
    """Return the lines of text of a row as rows if nearly every cell has each of them."""
    lines = by_height(part for cell in row for part in cell)
    split = [[tuple(part for part in cell if part in line) for cell in row] for line in lines]
    width = sum(map(bool, row))
    held = sum(bool(cell) for one in split for cell in one)
    return split if len(lines) >= fewest and held >= _ALL_FILLED * width * len(lines) else [row]


def _by_gap(row: list[Cell]) -> list[list[Cell]]:
    """Return what wider gaps between lines of text part in a row, as rows."""
    lines = by_height(part for cell in row for part in cell)
    gaps = [above[0].middle - below[0].middle for above, below in pairwise(lines)]
    starts = [0, *(place for place, gap in enumerate(gaps, 1) if gap > _WIDER * min(gaps))]
    groups = [
        [part for line in lines[start:end] for part in line]
        for start, end in pairwise([*starts, len(lines)])
    ]
    split = [[tuple(part for part in cell if part in group) for cell in row] for group in groups]
    return split if all(sum(map(bool, one)) > 1 for one in split) else [row]


def _between(bands: Lines) -> _Table:
    """Return the table of bands between rules across; gaps part its columns.

    Two bands are the names of columns and all rows below them.
    """
    columns = columns_of(pieces_of(bands[1:]))
    rows = [in_columns(list(band.values()), columns) for band in bands]
    split = [row for one in rows for row in _by_line(one, _FEWEST_ROWS)]
    if len(split) == 2:
        body = _by_line(split[1], 2)
        split = [split[0], *(body if len(body) > 1 else _by_gap(split[1]))]
    whole = len(split) > 2 or all(len(cell) < 2 for row in split for cell in row)
    return _Table([place for band in bands for place in band], _filled(split) if whole else [])


def _lined_up(free: dict[int, Part]) -> Iterator[Lines]:
    """Yield lines that follow each other downwards, each of one or more of `free`."""
    lines: Lines = []
    last = -2
    for place, part in free.items():
        above = next(iter(lines[-1].values())) if lines else part
        below = 0 < above.middle - part.middle <= _FARTHEST * part.height
        if place != last + 1 or not lines:
            below = False
        elif beside(above, part) and part.left > lines[-1][last].right:
            lines[-1][place] = part
            last = place
            continue
        if not below:
            yield lines
            lines = []
        lines.append({place: part})
        last = place
    yield lines


def _runs(lines: Lines) -> Iterator[tuple[Lines, dict[int, Part]]]:
    """Yield runs of lines in the same columns, and the line above each, which may name them.

    Between two lines may be one of the first column alone, or one that is too long for a column.
    """
    runs: list[list[int]] = []
    for run in (run for run in alike(lines) if len(run) > 1):
        if runs and run[0] == runs[-1][-1] + 2 and _is_between(lines, runs[-1], run):
            runs[-1] += [run[0] - 1, *run]
        else:
            runs.append(run)
    for run in runs:
        if len(run) >= _FEWEST_ROWS:
            yield [lines[number] for number in run], lines[run[0] - 1] if run[0] else {}


def _is_between(lines: Lines, run: Sequence[int], following: Sequence[int]) -> bool:
    """Whether two runs are in the same columns and the line between them belongs to both."""
    above, below = (pieces_of([lines[number] for number in some]) for some in (run, following))
    inner = pieces_of([lines[following[0] - 1]])
    columns = columns_of([*above, *below])
    if len(columns) < 2 or not agree(above, below):
        return False
    first = inner[0]
    return len(inner) > 1 or (first.right < columns[1][0] and not first.text.endswith("."))


def _unruled(lines: Lines, above: dict[int, Part]) -> _Table:
    """Return the table of lines between which nothing is ruled; no rows if it is none."""
    places = [place for line in lines for place in line]
    entries = [pieces_of([line]) for line in lines]
    columns = common_columns(entries)
    full = [row for row in entries if len(row) == len(columns)]
    if len(columns) < 2 or len(full) < _FEWEST_ROWS or _is_list(full):
        return _Table(places, [])
    rows = [in_columns(list(line.values()), columns) for line in lines]
    names = in_columns(list(above.values()), columns)
    if all(len(cell) == 1 and len(cell[0].text) <= _LONGEST_ENTRY for cell in names):
        return _Table([*above, *places], [names, *rows])
    return _Table(places, rows)


def _is_list(rows: Sequence[Sequence[Part]]) -> bool:
    """Whether rows are rather prose in columns, marked items or a table of contents."""
    first, *others = zip(*rows, strict=True)
    if min(median(len(part.text) for part in column) for column in others) > _LONGEST_ENTRY:
        return True
    marked = sum(bool(_MARKER.fullmatch(part.text)) for part in first)
    pages = [int(part.text) for part in others[-1] if part.text.isdecimal()]
    rising = len(pages) == len(rows) >= _FEWEST_ENTRIES and pages == sorted(pages)
    if len(others) > 1:  # of a table of contents the number of each section, its title, its page
        return len(others) == 2 and rising and marked == len(rows)
    return 2 * marked > len(rows) or rising or any(_LEADERS in part.text for part in first)


def _divided(rows: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Return rows with columns parted by gaps that run through most of their cells."""
    divided: list[list[list[Cell]]] = []
    for column in zip(*rows, strict=True):
        pieces = [[piece for part in cell for piece in part.pieces()] for cell in column if cell]
        inner = common_columns([some for some in pieces if beside(some[0], some[-1])])
        apart = sum(len(some) == len(inner) for some in pieces)
        if len(inner) < 2 or 2 * apart <= len(pieces):
            divided.append([[cell] for cell in column])
            continue
        cells = [in_columns(cell, inner) for cell in column]
        if sum(map(bool, cells[0])) == 1:  # what is above several columns begins with the first
            cells[0].sort(key=bool, reverse=True)
        divided.append(cells)
    return [[cell for cells in row for cell in cells] for row in zip(*divided, strict=True)]


def _named(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Return rows with two lines of names, one above several of the other, as one.

    "2015" below "Share of trips" becomes "Share of trips 2015".
    """
    if len(rows) < _FEWEST_ROWS:
        return rows
    above, below, *others = rows
    alone = [name for over, name in zip(above[1:], below[1:], strict=True) if name and not over]
    if not alone or below[0] or not all(_NAME.search(cell[0].text) for cell in below if cell):
        return rows
    names: list[Cell] = []
    last: Cell = ()
    for over, name in zip(above, below, strict=True):
        last = over or last
        names.append((*(last if name else over), *name))
    return [names, *others]


def _filled(rows: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Return rows without those, and without columns, that hold nothing."""
    held = [any(column) for column in zip(*rows, strict=True)]
    kept = [[cell for cell, some in zip(row, held, strict=True) if some] for row in rows]
    return [row for row in kept if any(row)]
