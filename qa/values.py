"""The figures, dates and names that a quote states, and whether those of two quotes differ.

Values are compared, not words: "1,000" is 1000 and "38 million" 38000000, "August 1" goes with
"1 August 2018", "CEC" with "China Electronics Corporation". A figure is one of something: 58
employees are not compared with 58,000 inhabitants.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from index.understanding.figures import value_of
from index.understanding.variants import MONTHS, ONES, TENS
from qa.followups.vocabulary import CLOSED, DONE, PERSON
from qa.kinds import Kind, singular

ROUNDING = 0.1  # how far, relatively, a figure called "about" or "over" may be from another


class Figure(NamedTuple):
    """A number; `percent` and `rough` (about, over, nearly) are part of what it says.

    "1/3" and "a third of" are shares too: 33.3 percent. `unit` are the words for what it counts or
    measures, in the singular: "kilometre", "electric bus"; none where nothing follows it.
    """

    value: float
    percent: bool
    rough: bool
    unit: frozenset[str] = frozenset()


class Day(NamedTuple):
    """A date as far as it is given: None for what is not said."""

    year: int | None
    month: int | None
    day: int | None


_NUMBERS = {word: number for number, word in (*enumerate(ONES), *TENS.items())}
_PARTS = {
    "half": 2, "halve": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "tenth": 10,
}  # fmt: skip
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "万": 1e4, "亿": 1e8,
}  # fmt: skip
_MONTHS = {name[:3]: i for i, name in enumerate(MONTHS, start=1)}
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
_DIGIT, _SCALE, _PART = "|".join([*_NUMBERS][1:10]), "|".join([*_SCALES][:5]), "|".join(_PARTS)
_SMALL = rf"(?:(?:{'|'.join(TENS.values())})[\s-](?:{_DIGIT})|{'|'.join(_NUMBERS)})\b"
_FIGURE = re.compile(
    r"(?P<rough>\b(?:about|around|over|nearly|almost|some|roughly|approximately|more than|"
    r"less than|at least|up to|under|fewer than)\s+)?"
    r"(?P<money>(?:[$€£¥]|\b(?:EUR|USD|GBP|RMB))\s?)?"
    r"(?:(?<![A-Za-z\d_.])(?P<digits>\d[\d,]*(?:\.\d+)?)(?:/(?P<below>[1-9]\d{0,2})\b)?"
    rf"(?:[\s-]*(?P<scale>{_SCALE}|万|亿))?"
    rf"|\b(?:an?|one)[\s-](?P<part>{_PART})\s+of\b|\b(?P<half>half)\s+of\b"
    rf"|\b(?P<times>{_DIGIT})[\s-](?P<parts>{_PART})s\b"
    rf"|\b(?P<words>{_SMALL}(?:(?:[\s-]+(?:{_SCALE})\b)+(?:[\s-]+(?:and\s+)?{_SMALL})?)*))"
    r"(?P<percent>\s*(?:%|per\s?cent))?",
    re.IGNORECASE,
)
_LOOKALIKES = str.maketrans("ſı\u212a", "sik")  # patterns that ignore case take them for these
_COUNTED = re.compile(r"[\s-]?([^\W\d_][^\W\d_]*[²³]?)")  # a word of what is counted
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_LONGEST_UNIT = 3  # words
# What is measured in, in one word each; what is counted is called by many.
_MEASURES = {
    "km": "kilometre", "kilometer": "kilometre", "m": "metre", "meter": "metre", "cm": "centimetre",
    "m²": "square metre", "km²": "square kilometre", "m³": "cubic metre", "kg": "kilogram",
    "t": "tonne", "mw": "megawatt", "kw": "kilowatt", "kwh": "kilowatt hour", "ha": "hectare",
    "$": "dollar", "usd": "dollar", "€": "euro", "eur": "euro", "£": "pound", "gbp": "pound",
    "¥": "yuan", "rmb": "yuan",
}  # fmt: skip
_MEASURED = frozenset(
    "kilometre metre centimetre mile hectare acre kilogram tonne ton litre liter megawatt kilowatt "
    "degree dollar euro pound yuan cent second minute hour day week month year".split()
)
_PEOPLE = frozenset(map(singular, PERSON)) | {"inhabitant", "attendee", "passenger", "people"}
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
    return frozenset(figure for figure, _, _ in _figures(text))


def with_unit(value: str, question: str) -> str:
    """Return a bare figure that answers "how many" with what the question counts."""
    figures, asks = figures_in(value), _HOW_MANY.search(question)
    if asks is None or not figures or any(figure.percent or figure.unit for figure in figures):
        return value
    _, end = _unit(question, asks.end())
    return value + question[asks.end() : end]


def whole_figures(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span widened to all of the figures that it has a part of, and what they count."""
    parts = [(a, b) for _, a, b in _figures(text) if a < end and start < b]
    return min([start, *(a for a, _ in parts)]), max([end, *(b for _, b in parts)])


@lru_cache(maxsize=512)  # the sentences of a question's quotes are compared with one another
def _figures(text: str) -> tuple[tuple[Figure, int, int], ...]:
    """Return the figures of a text and where they begin and end, their units taken in."""
    found = []
    text = text.translate(_LOOKALIKES)
    for match in _FIGURE.finditer(_DATES.sub(lambda date: " " * len(date[0]), text)):
        unit, end = _unit(text, match.end())
        money = (match["money"] or "").strip().lower()
        share = any(match[part] for part in ("below", "part", "half", "parts", "percent"))
        if share:
            unit, end = frozenset(), match.end()
        elif money:
            unit = frozenset({_MEASURES[money]})
        figure = Figure(_number(match), share, bool(match["rough"]), unit)
        found.append((figure, match.start(), end))
    return tuple(found)


def _number(match: re.Match[str]) -> float:
    """Return the value of a figure, shares in percent."""
    if match["digits"]:
        value = float(match["digits"].replace(",", ""))
        value *= _SCALES[match["scale"].lower()] if match["scale"] else 1
        return value * 100 / int(match["below"]) if match["below"] else value
    if match["words"]:
        return float(value_of(match["words"]))
    part = match["part"] or match["half"] or match["parts"]
    times = _NUMBERS[match["times"].lower()] if match["times"] else 1
    return 100 * times / _PARTS[part.lower()]


def _unit(text: str, place: int) -> tuple[frozenset[str], int]:
    """Return the words from a place on for what a figure counts or measures, and their end."""
    unit: list[str] = []
    while len(unit) < _LONGEST_UNIT and (match := _COUNTED.match(text, place)) is not None:
        word = match[1].lower()
        if word in CLOSED or (word in DONE and unit):
            break
        word = word if word in _MEASURES else singular(word)
        unit += _MEASURES.get(word, word).split()
        place = match.end()
        if not _MEASURED.isdisjoint(unit):
            break
    return frozenset(unit), place


def names_in(text: str) -> frozenset[str]:
    """Return the capitalised words of a text in lower case, those that begin nothing aside."""
    words = [word.strip(".'’") for word in _CAPITALISED.findall(text)]
    return frozenset(
        word.lower() for word in words if word[:1].isupper() and word.lower() not in _NO_NAMES
    )


def figures_differ(one: Iterable[Figure], other: Iterable[Figure]) -> bool:
    """Whether two quotes state figures of one sort and agree on none."""
    pairs = [(a, b) for a in one for b in other if _of_one_sort(a, b)]
    return bool(pairs) and not any(_same_figure(a, b) for a, b in pairs)


def count_the_same(one: str, other: str) -> bool:
    """Whether two texts have figures of which is told that they are shares or of the same thing."""
    return any(
        (a.percent and b.percent) or a.unit & b.unit
        for a in figures_in(one)
        for b in figures_in(other)
    )


def _of_one_sort(a: Figure, b: Figure) -> bool:
    """Whether two figures are shares, or may count or measure the same thing.

    Those of which nothing tells what they count may; "people" are participants too.
    """
    if a.percent or b.percent or not a.unit or not b.unit or a.unit & b.unit:
        return a.percent == b.percent
    people = "people" in a.unit | b.unit
    return people and not (_PEOPLE.isdisjoint(a.unit) or _PEOPLE.isdisjoint(b.unit))


def _same_figure(a: Figure, b: Figure) -> bool:
    """Whether two figures of one sort are one, a share given more exactly in one of them too."""
    if a.percent and b.percent:
        places = min(_decimals(a.value), _decimals(b.value))
        if round(a.value, places) == round(b.value, places):
            return True
    close = ROUNDING if a.rough or b.rough else 1e-9
    return math.isclose(a.value, b.value, rel_tol=close)


def _decimals(value: float) -> int:
    return 0 if value.is_integer() else len(str(value).partition(".")[2])


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
    a, b = figures_in(one), figures_in(other)
    return (
        bool(_lacking(a, b) and _lacking(b, a))
        or dates_differ(dates_in(one), dates_in(other))
        or _each_has_its_own(_inner_names(one), _inner_names(other))
    )


def _lacking(figures: Iterable[Figure], others: Iterable[Figure]) -> list[Figure]:
    """Return the figures that are none of the others."""
    return [
        a for a in figures if not any(_of_one_sort(a, b) and _same_figure(a, b) for b in others)
    ]


def same_value(one: str, other: str) -> bool:
    """Whether two answering spans state the same figures or, having none, the same dates.

    False where neither states any.
    """
    a, b = figures_in(one), figures_in(other)
    if a or b:
        return bool(a and b) and not (_lacking(a, b) or _lacking(b, a))
    return bool(dates_in(one)) and dates_in(one) == dates_in(other)


def says_more(value: str, one: str, other: str) -> bool:
    """Whether one of two sentences with a value states another of its sort, or another date.

    "It was to have 60 rooms and has 54" does not say what "it has 60 rooms" says.
    """
    a, b = figures_in(one), figures_in(other)
    mine = figures_in(value)
    if mine:
        more = (figure for figure in (*_lacking(a, b), *_lacking(b, a)))
        return dates_differ(dates_in(one), dates_in(other)) or any(
            (figure.percent or figure.unit) and _of_one_sort(figure, known)
            for figure in more
            for known in mine
        )
    days = dates_in(one) ^ dates_in(other) if dates_in(value) else ()
    return any(day.month is not None for day in days)


def _each_has_its_own(one: frozenset[object], other: frozenset[object]) -> bool:
    return bool(one - other) and bool(other - one)


def _inner_names(text: str) -> frozenset[object]:
    """Return the names of a sentence without its first word, which is capitalised anyway."""
    return frozenset(names_in(text.partition(" ")[2]))
