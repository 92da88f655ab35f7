"""A look at the documents before reading: a map of them as points, and a timeline of the dated.

The places on the map come from ``index.insight``; ``page/assets/map.js`` draws them on a canvas.
Colours are classes that the style sheet fills in, and every name is escaped.
"""

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from page.wording import spoken_count, spoken_date

if TYPE_CHECKING:
    from index.insight import Point

WIDTH, HEIGHT = 640, 300  # of the map, in units that map.js knows too
MARGIN = 24  # around the points, so that a ring and a number fit
MOST_POINTS = 2_000  # drawn, in some ten milliseconds
FOLDER_COLOURS = 7  # largest folders with a colour of their own; the others share one
AGES = 5  # classes of age
MOST_PERIODS = 40  # columns of the timeline
MOST_DOTS = 9  # documents of one period shown as dots; more become a bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of the timeline: `after` and `before` are its first and last ISO date, coarse."""

    label: str
    after: str
    before: str
    points: tuple["Point", ...]


def insight(points: Sequence["Point"]) -> str:
    """Return map and timeline, the map without the points; nothing for fewer than two documents.

    Args:
        points: the documents; `x` and `y` are 0–1, near documents are near.
    """
    if len(points) < 2:
        return ""
    return f"{_map(points)}{_timeline(points)}"


def dots(points: Sequence["Point"]) -> str:
    """Return the points of the map as JSON: ``[[id, x, y, folder, age, title, about], ...]``.

    `x` and `y` are in units of the map, `folder` and `age` the numbers of colours; the texts are
    not escaped.
    """
    folders, years = _folder_classes(points), _years(points)
    return json.dumps(
        [
            [
                point.doc_id,
                round(MARGIN + point.x * (WIDTH - 2 * MARGIN), 1),
                round(MARGIN + point.y * (HEIGHT - 2 * MARGIN), 1),
                folders.get(point.folder, FOLDER_COLOURS),
                _age(point.date, years),
                point.title,
                _about(point),
            ]
            for point in _drawn(points)
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _drawn(points: Sequence["Point"]) -> Sequence["Point"]:
    return points[:: -(-len(points) // MOST_POINTS) or 1]


def _map(points: Sequence["Point"]) -> str:
    count = len(_drawn(points))
    said = f"Map of {spoken_count(len(points), 'document')}: near ones are about the same"
    if count < len(points):
        said += f"; {count:,} are drawn"
    return (
        '<figure class="cw-map" data-part="map" data-colour="folder">'
        '<div class="cw-map-bar"><figcaption>Near points are about the same</figcaption>'
        '<div class="cw-switch" role="group" aria-label="Colour of the points">'
        '<button type="button" data-do="colour" data-colour="folder" aria-pressed="true">Folder'
        '</button><button type="button" data-do="colour" data-colour="date" aria-pressed="false">'
        "Date</button></div></div>"
        '<div class="cw-points" data-part="points" role="group"'
        f' aria-label="{said}; the arrow keys lead from one to the next">'
        '<canvas data-part="dots" aria-hidden="true"></canvas></div>'
        f"{_folder_legend(points, _folder_classes(points))}{_age_legend(_years(points))}</figure>"
        '<p class="cw-tip" data-part="tip" aria-hidden="true" hidden></p>'
    )


def _opens(point: "Point") -> str:
    """Return the attributes that open a document and say its name on hover and focus."""
    title = escape(point.title)
    about = escape(_about(point))
    return (
        f'data-do="open" data-doc="{escape(point.doc_id)}" data-title="{title}"'
        f' data-about="{about}" aria-label="{title}, {about}"'
    )


def _about(point: "Point") -> str:
    return " · ".join(filter(None, (_date_of(point), point.folder)))


def _years(points: Sequence["Point"]) -> list[int]:
    return sorted({year for point in points if (year := _year(point.date)) is not None})


def _folder_classes(points: Sequence["Point"]) -> dict[str, int]:
    """Return the colour of each of the largest folders, the largest first."""
    counts = Counter(point.folder for point in points)
    ordered = sorted(counts, key=lambda folder: (-counts[folder], folder))
    return {folder: place for place, folder in enumerate(ordered[:FOLDER_COLOURS])}


def _folder_legend(points: Sequence["Point"], folders: dict[str, int]) -> str:
    items = "".join(
        f'<li><button type="button" data-do="only" data-folder-name="{escape(folder)}"'
        f' title="Ask only this folder"><i data-folder="{place}"></i>{escape(folder)}'
        '<span class="cw-sr">: ask only this folder</span></button></li>'
        if folder
        else f'<li><span><i data-folder="{place}"></i>no folder</span></li>'
        for folder, place in folders.items()
    )
    rest = len({point.folder for point in points}) - len(folders)
    if rest:
        items += (
            f'<li><span><i data-folder="{FOLDER_COLOURS}"></i>'
            f"{spoken_count(rest, 'other folder')}</span></li>"
        )
    return f'<ul class="cw-legend" data-legend="folder">{items}</ul>'


def _age_legend(years: Sequence[int]) -> str:
    if not years:
        return '<p class="cw-legend" data-legend="date">No document has a date.</p>'
    shades = "".join(f'<i data-age="{age}"></i>' for age in range(AGES))
    return (
        f'<p class="cw-legend" data-legend="date"><span>{years[0]}</span>'
        f'<span class="cw-shades" aria-hidden="true">{shades}</span><span>{years[-1]}</span>'
        f'<span><i data-age="{AGES}"></i>undated</span></p>'
    )


def _age(date: str | None, years: Sequence[int]) -> int:
    """Return the age class: 0 for the oldest, ``AGES - 1`` for the newest, `AGES` for undated."""
    year = _year(date)
    if year is None:
        return AGES
    span = years[-1] - years[0]
    return AGES - 1 if span == 0 else min((year - years[0]) * AGES // span, AGES - 1)


def _timeline(points: Sequence["Point"]) -> str:
    stretch = periods(points)
    if not stretch:
        return ""
    most = max(len(period.points) for period in stretch)
    every = -(-len(stretch) // 8)
    columns = "".join(
        _column(period, most=most, named=(len(stretch) - 1 - place) % every == 0)
        for place, period in enumerate(stretch)
    )
    dated = sum(len(period.points) for period in stretch)
    undated = len(points) - dated
    rest = f" · {undated:,} undated" if undated else ""
    return (
        '<section class="cw-timeline" aria-label="Timeline">'
        f"<h3>{spoken_count(dated, 'dated document')}{rest}</h3><ol>{columns}</ol></section>"
    )


def _column(period: Period, *, most: int, named: bool) -> str:
    count = len(period.points)
    name = f"<span>{period.label}</span>" if named else ""
    if not count:
        return f'<li><span class="cw-period">{name}</span></li>'
    bar = dots = ""
    if most > MOST_DOTS:
        bar = f'<i class="cw-period-bar" style="--share:{count / most:.3f}"></i>'
    else:
        dots = "".join(
            f'<button type="button" tabindex="-1" class="cw-moment" {_opens(point)}></button>'
            for point in period.points
        )
    said = f"Ask only {period.label}: {spoken_count(count, 'document')}"
    return (
        f'<li>{dots}<button type="button" class="cw-period" data-do="only"'
        f' data-after="{period.after}" data-before="{period.before}" aria-label="{said}"'
        f' title="{said}">{bar}{name}</button></li>'
    )


def periods(points: Sequence["Point"]) -> list[Period]:
    """Return the stretches from the first to the last date, empty ones included, oldest first.

    They are months where the dates span up to two years, else years or 5, 10, 50, 100 or 1,000 of
    them, so that there are at most `MOST_PERIODS`. What is dated by the year alone counts as its
    January.
    """
    dated = sorted(
        ((month, point) for point in points if (month := _month(point.date)) is not None),
        key=lambda pair: pair[0],
    )
    if not dated:
        return []
    first, last = dated[0][0], dated[-1][0]
    lengths = (12, 60, 120, 600, 1_200, 12_000)
    step = next(n for n in lengths if last // n - first // n < MOST_PERIODS)
    if last - first < 24:
        step = 1
    held = {
        place: tuple(point for _, point in group)
        for place, group in groupby(dated, key=lambda pair: pair[0] // step)
    }
    return [
        _period(place, step, held.get(place, ()))
        for place in range(first // step, last // step + 1)
    ]


def _period(place: int, step: int, points: tuple["Point", ...]) -> Period:
    year, month = divmod(place * step, 12)
    if step == 1:
        iso = f"{year:04}-{month + 1:02}"
        label = f"{datetime.date(year, month + 1, 1):%b %Y}"
        return Period(label=label, after=iso, before=iso, points=points)
    last = year + step // 12 - 1
    label = str(year) if last == year else f"{year}–{last}"
    return Period(label=label, after=f"{year:04}", before=f"{last:04}", points=points)


def _month(date: str | None) -> int | None:
    """Return the months since year 0 of an ISO date, coarse or not; None for anything else."""
    try:
        day = datetime.date.fromisoformat(f"{date}-01-01"[:10])
    except ValueError:
        return None
    return day.year * 12 + day.month - 1


def _year(date: str | None) -> int | None:
    month = _month(date)
    return None if month is None else month // 12


def _date_of(point: "Point") -> str:
    return spoken_date(point.date) or "undated"
