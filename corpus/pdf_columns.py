"""Columns of text: what stands beside each other, and which gaps run through several lines."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from corpus.pdf_rules import Box

_GAP = 0.8  # line heights between columns that nothing else parts
_SAME_LINE = 0.6  # line heights


class Part(NamedTuple):
    """A line of text, and the box of each of its characters in points."""

    text: str
    boxes: Sequence[Box]

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.boxes[0][0]

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.boxes[-1][2]

    @property
    def middle(self) -> float:
        """The height of its middle, from the bottom of the page."""
        return (self.boxes[0][1] + self.boxes[0][3]) / 2

    @property
    def height(self) -> float:
        """How high its first character is, 0 without one."""
        return self.boxes[0][3] - self.boxes[0][1] if self.boxes else 0.0

    def piece(self, start: int, end: int) -> Iterator["Part"]:
        """Yield the characters from `start` to `end`, trimmed of white space, if there are any."""
        body = self.text[start:end]
        if body.strip():
            start += len(body) - len(body.lstrip())
            end -= len(body) - len(body.rstrip())
            yield Part(self.text[start:end], self.boxes[start:end])

    def pieces(self) -> list["Part"]:
        """Return what wide gaps set apart."""
        inked = [place for place, letter in enumerate(self.text) if not letter.isspace()]
        cuts = [
            b for a, b in pairwise(inked)
            if self.boxes[b][0] - self.boxes[a][2] > _GAP * self.height
        ]  # fmt: skip
        return [
            piece
            for start, end in pairwise([0, *cuts, len(self.text)])
            for piece in self.piece(start, end)
        ]


Cell = tuple[Part, ...]
Lines = list[dict[int, Part]]
Column = tuple[float, float]  # from where to where


def beside(one: Part, other: Part) -> bool:
    """Whether two are in the same line."""
    return abs(one.middle - other.middle) < _SAME_LINE * max(one.height, other.height)


def alike(bands: Lines) -> list[list[int]]:
    """Return runs of bands that gaps part into the same columns, by their numbers."""
    runs: list[list[int]] = [[]]
    for number, band in enumerate(bands):
        own = pieces_of([band])
        parted = len(columns_of(own)) > 1
        if not (parted and agree(pieces_of([bands[other] for other in runs[-1]]), own)):
            runs.append([])
        if parted:
            runs[-1].append(number)
    return [run for run in runs if run]


def agree(one: Sequence[Part], other: Sequence[Part]) -> bool:
    """Whether gaps that part one run and another still do with both below each other."""
    both = [left for left, _ in columns_of([*one, *other])]
    for columns in (columns_of(one), columns_of(other)):
        if len({bisect_right(both, left) for left, _ in columns}) < len(columns):
            return False
    return True


def pieces_of(lines: Lines) -> list[Part]:
    """Return what wide gaps set apart in lines."""
    return [piece for line in lines for part in line.values() for piece in part.pieces()]


def is_over_two(cells: Sequence[Cell], columns: Sequence[Column]) -> bool:
    """Whether a piece of a row reaches over two columns."""
    pieces = (piece for cell in cells for piece in cell)
    return any(sum(a < one.right and one.left < b for a, b in columns) > 1 for one in pieces)


def by_height(parts: Iterable[Part]) -> list[list[Part]]:
    """Return lines of text from the top, each of what stands beside each other."""
    lines: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: -part.middle):
        if lines and beside(lines[-1][0], part):
            lines[-1].append(part)
        else:
            lines.append([part])
    return lines


def columns_of(pieces: Iterable[Part]) -> list[Column]:
    """Return the columns between gaps that run through all pieces."""
    found: list[Column] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        if found and piece.left < found[-1][1] + _GAP / 2 * piece.height:
            found[-1] = found[-1][0], max(found[-1][1], piece.right)
        else:
            found.append((piece.left, piece.right))
    return found


def in_columns(parts: Sequence[Part], columns: Sequence[Column]) -> list[Cell]:
    """Return the cells of a row, each piece in the column that it is nearest to.

    Names that stand nearer to each other than what is below them are parted at their spaces.
    """
    pieces = [piece for part in parts for piece in part.pieces()]
    if len(pieces) < len(columns):
        words = [word for part in parts for word in _words(part, columns)]
        if len({_nearest_column(word, columns) for word in words}) == len(columns):
            pieces = words
    cells: list[list[Part]] = [[] for _ in columns]
    for piece in pieces:
        cells[_nearest_column(piece, columns)].append(piece)
    return [tuple(cell) for cell in cells]


def _nearest_column(piece: Part, columns: Sequence[Column]) -> int:
    off = [max(left - piece.right, piece.left - right, 0.0) for left, right in columns]
    return off.index(min(off))


def _words(part: Part, columns: Sequence[Column]) -> list[Part]:
    """Return the words of a line, those nearest to one column as one; none if one is over two."""
    near: list[tuple[int, int, int]] = []  # the column of a word, its start and end
    for start, end in (match.span() for match in re.finditer(r"\S+", part.text)):
        word = Part(part.text[start:end], part.boxes[start:end])
        if sum(left < word.right and word.left < right for left, right in columns) > 1:
            return []
        near.append((_nearest_column(word, columns), start, end))
    groups = [list(some) for _, some in groupby(near, key=itemgetter(0))]
    return [piece for some in groups for piece in part.piece(some[0][1], some[-1][2])]


def common_columns(rows: Sequence[Sequence[Part]]) -> list[Column]:
    """Return the columns of most rows, none where these do not stand below each other."""
    counts = Counter(map(len, rows)).most_common(1)
    full = [row for row in rows if len(row) == counts[0][0]]
    columns = columns_of([piece for row in full for piece in row])
    return columns if counts and len(columns) == counts[0][0] else []
