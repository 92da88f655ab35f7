"""The figures, dates and names that a quote states, and whether those of two quotes differ.

Values are compared, not words: "1,000" is 1000 and "38 million" 38000000, "August 1" goes with
"1 August 2018", "CEC" with "China Electronics Corporation".
"""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from qa.kinds import Kind

ROUNDING = 0.1  # how far, relatively, a figure called "about" or "over" may be from another


class Figure(NamedTuple):
    """A number; `percent` and `rough` (about, over, nearly) are part of what it says.

    "1/3" is a share too: 33.3 percent.
    """

    value: float
    percent: bool
    rough: bool


class Day(NamedTuple):
    """A date as far as it is given: None for what is not said."""

    year: int | None
    month: int | None
    day: int | None


_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_NUMBERS = {word: float(i) for i, word in enumerate(f"{_ONES} {_TEENS}".split())}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS |= {word: 10.0 * i for i, word in enumerate(_TENS.split(), start=2)}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "万": 1e4, "亿": 1e8,
}  # fmt: skip
_MONTHS = {
    name[:3]: i
    for i, name in enumerate(
        "january february march april may june july august september october november december"
        .split(), start=1,
    )
}  # fmt: skip
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?<![\d.,])(?P<{0}>1[5-9]\d\d|20\d\d)(?![\d%]|[.,]\d)"
_DATES = re.compile(
    "|".join(
        (
            r"(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)",
            r"(?P<y2>\d{4})\s*年(?:\s*(?P<m2>\d{1,2})\s*月(?:\s*(?P<d2>\d{1,2})\s*日)?)?",
            rf"\b{_MONTH.format('m3')}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+{_YEAR.format('y3')})?",
            rf"\b(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH.format('m4')}(?:,?\s+{_YEAR.format('y4')})?",
            rf"\b{_MONTH.format('m5')},?\s+(?:of\s+)?{_YEAR.format('y5')}",
            _YEAR.format("y6"),
        )
    ),
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?P<rough>\b(?:about|around|over|nearly|almost|some|roughly|approximately|more than|"
    r"less than|at least|up to|under|fewer than)\s+(?:[$€£¥]\s?)?)?"
    rf"(?:(?<![A-Za-z\d_.])(?P<digits>\d[\d,]*(?:\.\d+)?)|\b(?P<word>{'|'.join(_NUMBERS)})\b)"
    r"(?:/(?P<parts>[1-9]\d{0,2})\b)?"
    r"(?:[\s-]*(?P<scale>hundred|thousand|million|billion|trillion|万|亿))?"
    r"(?P<percent>\s*(?:%|per\s?cent))?",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"[^\W\d_][\w’'&.-]*")
_NO_NAMES = frozenset(
    "a an and as at by for from he her his i in it its mr mrs ms dr of on or our she that the "
    "their there these they this those to was we were when while with you".split()
)


def dates_in(text: str) -> frozenset[Day]:
    """Return the dates that a text states."""
    found = set()
    for match in _DATES.finditer(text):
        given = {name[0]: value for name, value in match.groupdict().items() if value}
        month = given.get("m")
        number = None if month is None else _MONTHS.get(month[:3].lower()) or int(month)
        year, day = (int(given[part]) if part in given else None for part in "yd")
        found.add(Day(year, number, day))
    return frozenset(found)


def same_day_of_another_year(wanted: Iterable[Day], text: str) -> bool:
    """Whether a text has a day that is wanted with its year, but only in other years."""
    whole = [day for day in wanted if None not in day]
    said = dates_in(text) if whole else frozenset()
    return any(
        day not in said and any(other.year and other[1:] == day[1:] for other in said)
        for day in whole
    )


def figures_in(text: str) -> frozenset[Figure]:
    """Return the figures that a text states, dates left out."""
    found = set()
    for match in _FIGURE.finditer(_DATES.sub(lambda date: " " * len(date[0]), text)):
        digits, word, scale = match["digits"], match["word"], match["scale"]
        value = float(digits.replace(",", "")) if digits else _NUMBERS[word.lower()]
        value *= _SCALES[scale.lower()] if scale else 1
        if match["parts"]:
            value *= 100 / int(match["parts"])
        found.add(Figure(value, bool(match["percent"] or match["parts"]), bool(match["rough"])))
    return frozenset(found)


def names_in(text: str) -> frozenset[str]:
    """Return the capitalised words of a text in lower case, those that begin nothing aside."""
    words = [word.strip(".'’") for word in _CAPITALISED.findall(text)]
    return frozenset(
        word.lower() for word in words if word[:1].isupper() and word.lower() not in _NO_NAMES
    )


def figures_differ(one: Iterable[Figure], other: Iterable[Figure]) -> bool:
    """Whether two quotes state figures of one sort and agree on none."""
    pairs = [(a, b) for a in one for b in other if a.percent == b.percent]
    return bool(pairs) and not any(_same_figure(a, b) for a, b in pairs)


def _same_figure(a: Figure, b: Figure) -> bool:
    close = ROUNDING if a.rough or b.rough else 1e-9
    return math.isclose(a.value, b.value, rel_tol=close)


def dates_differ(one: Iterable[Day], other: Iterable[Day]) -> bool:
    """Whether two quotes state dates of which no two can be the same day."""
    pairs = [(a, b) for a in one for b in other]
    return bool(pairs) and all(
        any(x is not None and y is not None and x != y for x, y in zip(a, b, strict=True))
        for a, b in pairs
    )


def names_differ(one: str, other: str) -> bool:
    """Whether two texts name someone or something and share no name, nor its initials."""
    a, b = names_in(one), names_in(other)
    if not a or not b or a & b:
        return False
    return initials(one) not in b and initials(other) not in a


def initials(text: str) -> str:
    """Return the first letters of the capitalised words of a text, in lower case."""
    words = [word for word in _CAPITALISED.findall(text) if word[:1].isupper()]
    return "".join(word[0] for word in words).lower()


def differ(kind: Kind, one: str, other: str) -> bool:
    """Whether two answering spans give different values for a question of a kind.

    Only questions for one figure, date or name can be answered differently; lists and explanations
    complete one another.
    """
    match kind:
        case "number":
            return figures_differ(figures_in(one), figures_in(other))
        case "date":
            return dates_differ(dates_in(one), dates_in(other))
        case "person" | "place":
            return names_differ(one, other)
        case _:
            return False


def contradict(one: str, other: str) -> bool:
    """Whether each of two nearly equal sentences states a figure, date or name the other lacks.

    They then look the same and are not: "12 stations opened" and "31 stations opened".
    """
    return (
        _each_has_its_own(figures_in(one), figures_in(other))
        or dates_differ(dates_in(one), dates_in(other))
        or _each_has_its_own(_inner_names(one), _inner_names(other))
    )


def _each_has_its_own(one: frozenset[object], other: frozenset[object]) -> bool:
    return bool(one - other) and bool(other - one)


def _inner_names(text: str) -> frozenset[object]:
    """Return the names of a sentence without its first word, which is capitalised anyway."""
    return frozenset(names_in(text.partition(" ")[2]))
