"""Rules drawn on PDF pages, and which of them belong to one table."""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfObject, PdfPage  # type: ignore[import-untyped]  # ships no stubs

_MOST_PATHS = 4_000  # a page with more has maps or charts on it, which take long
_MOST_CORNERS = 400  # of a path
_MOST_RULES = 400  # across or down
_SHORTEST, _THICKEST = 5.0, 2.5  # points, of a rule
_HIGHEST = 300.0  # points, of a shade behind a row
SNAP = 3.0  # points by which rules may miss each other

Box = tuple[float, float, float, float]  # left, bottom, right and top in points
Rule = tuple[float, float, float]  # a place, and from where to where it reaches along it


class Grid(NamedTuple):
    """Rules that belong together: those `across`, at a height, and those `down`."""

    across: Sequence[Rule]
    down: Sequence[Rule]

    @property
    def tops(self) -> list[float]:
        """The heights of the rules across, from the top, each once."""
        return apart(y for y, _, _ in self.across)[::-1]

    @property
    def sides(self) -> list[float]:
        """The places of both ends and of the rules down, from the left, each once."""
        left = min(left for _, left, _ in self.across)
        right = max(right for _, _, right in self.across)
        return apart([left, right, *(x for x, _, _ in self.down)])


def rules_of(page: "PdfPage") -> list[Box]:
    """Return the straight rules drawn on a page, across and down, as boxes without width."""
    from pypdfium2 import raw

    paths = list(islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]), _MOST_PATHS + 1))
    return [] if len(paths) > _MOST_PATHS else [rule for path in paths for rule in _rules(path)]


def _rules(path: "PdfObject") -> Iterator[Box]:
    """Yield the rules of a path: what is stroked, filled and thin, or the edges of a shade."""
    from pypdfium2 import raw

    filled, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, filled, stroked)
    if not (filled.value or stroked.value):
        return
    for corners in _outlines(path):
        if stroked.value:
            edges = [(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
                     for a, b in pairwise(corners)]  # fmt: skip
        else:
            across, up = ([corner[axis] for corner in corners] for axis in (0, 1))
            left, bottom, right, top = min(across), min(up), max(across), max(up)
            edges = [(left, bottom, right, top)]
            if right - left > _THICKEST < top - bottom < _HIGHEST:  # as behind every other row
                edges = [(left, edge, right, edge) for edge in (bottom, top)]
        yield from filter(_is_rule, edges)


def _is_rule(box: Box) -> bool:
    wide, high = box[2] - box[0], box[3] - box[1]
    return min(wide, high) <= _THICKEST and max(wide, high) >= _SHORTEST


def _outlines(path: "PdfObject") -> Iterator[list[tuple[float, float]]]:
    """Yield the corners of each outline of a path, in points of the page."""
    from pypdfium2 import raw

    count = raw.FPDFPath_CountSegments(path)
    if count > _MOST_CORNERS:
        return
    matrix = path.get_matrix()
    within = path.container
    while within is not None:
        matrix = matrix.multiply(within.get_matrix())
        within = within.container
    corners: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for segment in (raw.FPDFPath_GetPathSegment(path, place) for place in range(count)):
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO and corners:
            yield corners
            corners = []
        corners.append(matrix.on_point(x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment):
            corners.append(corners[0])
    if corners:
        yield corners


def grids_of(rules: Sequence[Box]) -> list[Grid]:
    """Return the rules that cross each other, or that lie above each other with the same ends."""
    across = _joined([(y, x, r) for x, y, r, t in rules if r - x > t - y])
    down = _joined([(x, y, t) for x, y, r, t in rules if r - x <= t - y])
    if max(len(across), len(down)) > _MOST_RULES:
        return []
    crossed = [[one for one in down if _cross(rule, one)] for rule in across]
    groups: list[Grid] = []
    for rule, crossing in sorted(zip(across, crossed, strict=True), reverse=True):
        grid = Grid([rule], crossing)
        for other in [other for other in groups if _belong(other, grid)]:
            groups.remove(other)
            crossing = [*other.down, *(one for one in grid.down if one not in other.down)]
            grid = Grid([*other.across, *grid.across], crossing)
        groups.append(grid)
    return [grid for grid in groups if len(grid.tops) > 2]


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules ``(place, begin, end)`` with those in one line that touch as one."""
    placed: list[list[Rule]] = []
    for rule in sorted(rules):
        if placed and rule[0] - placed[-1][-1][0] < SNAP:
            placed[-1].append(rule)
        else:
            placed.append([rule])
    found = []
    for line in placed:
        place = median(rule[0] for rule in line)
        (_, begin, end), *others = sorted(line, key=itemgetter(1))
        for _, first, last in others:
            if first > end + SNAP:
                found.append((place, begin, end))
                begin, end = first, last
            end = max(end, last)
        found.append((place, begin, end))
    return found


def _cross(across: Rule, down: Rule) -> bool:
    y, left, right = across
    x, bottom, top = down
    return left - SNAP <= x <= right + SNAP and bottom - SNAP <= y <= top + SNAP


def _belong(grid: Grid, other: Grid) -> bool:
    if grid.down or other.down:
        return any(rule in grid.down for rule in other.down)
    (_, left, right), (_, first, last) = grid.across[0], other.across[0]
    return abs(left - first) < SNAP and abs(right - last) < SNAP


def apart(places: Iterable[float]) -> list[float]:
    """Return places in rising order, one of those nearer to each other than rules may miss."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] >= SNAP:
            found.append(place)
    return found
