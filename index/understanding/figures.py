"""Dates in figures, long figures and numbers in words, each as documents mostly write them.

Rules over the text of a question, without regard to any index.
"""

import re
from collections.abc import Callable

from index.understanding.variants import MONTHS, ONES, TENS, ordinal, variants

_DATE = re.compile(
    r"(?<![\w./-])(?:(?P<year>\d{4})(?P<by>[-/.])(?P<a>\d\d?)(?P=by)(?P<b>\d\d?)"
    r"|(?P<c>\d\d?)(?P<sep>[-/.])(?P<d>\d\d?)(?P=sep)(?P<last>\d{4}))(?![\w/-]|\.\w)"
)
_MONTH = "|".join(name[:3] for name in MONTHS)
_DAY = re.compile(
    rf"\b(?:(\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})[a-z]*"
    rf"|({_MONTH})[a-z]*\.?\s+(\d\d?)(?:st|nd|rd|th)?)\b(?![.,]?\d)",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![\w.,/-])[1-9]\d{4,}(?![\w/-]|[.,]\d)")
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_VALUES = {word: number for number, word in (*enumerate(ONES), *TENS.items())}
_NUMBER_WORD = "|".join([*_VALUES, "hundred", *_SCALES])
_IN_WORDS = re.compile(
    rf"\b(?:{_NUMBER_WORD})(?:[\s-]+(?:and\s+)?(?:{_NUMBER_WORD}))+\b", re.IGNORECASE
)


def with_days_named(question: str, choose: Callable[[list[str]], str]) -> str:
    """Return a question with "1 August 2019" for 2019-08-01.

    `choose` decides between the days that a date can be: 8/1/2019, the likelier first.
    """

    def named(date: re.Match[str]) -> str:
        days = _days(date)
        return choose(days) if days else date[0]

    return _DATE.sub(named, question)


def _days(date: re.Match[str]) -> list[str]:
    if date["year"]:
        year, orders = date["year"], [(date["b"], date["a"])]
    else:
        year, orders = date["last"], [(date["c"], date["d"]), (date["d"], date["c"])]
        if date["sep"] == "/":  # mostly American: the month first
            orders.reverse()
    return list(
        dict.fromkeys(
            f"{int(day)} {MONTHS[int(month) - 1].capitalize()} {year}"
            for day, month in orders
            if 1 <= int(day) <= 31 and 1 <= int(month) <= 12
        )
    )


def days_in(question: str) -> list[tuple[str, list[str]]]:
    """Return each day and month in a question, and other ways to write it: "08 01" of a date."""
    found = []
    for match in _DAY.finditer(question):
        day = int(match[1] or match[4])
        written = (match[2] or match[3]).lower()
        month = next(name for name in MONTHS if name.startswith(written))
        others = [
            f"{figure} {name}"
            for figure in (day, ordinal(day))
            for name in (month, *variants(month))
        ]
        found.append((match[0], [*others, f"{day:02} {MONTHS.index(month) + 1:02}"]))
    return found


def with_figures_grouped(question: str) -> str:
    """Return a question with "18,500" for 18500: from five digits on, as fewer may be a year."""
    return _LONG.sub(lambda figure: f"{int(figure[0]):,}", question)


def numbers_in_words(question: str) -> list[tuple[str, str]]:
    """Return each number of several words in a question, and its figure."""
    found = []
    for match in _IN_WORDS.finditer(question):
        value = value_of(match[0])
        if in_words(value).split() == _number_words(match[0]):  # not "nineteen ninety"
            found.append((match[0], str(value)))
    return found


def _number_words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s-]+", text.lower()) if word != "and"]


def value_of(text: str) -> int:
    """Return 18500 for "eighteen thousand five hundred", with hyphens and "and" or without."""
    total = group = 0
    for word in _number_words(text):
        if word in _SCALES:
            total, group = total + group * _SCALES[word], 0
        else:
            group = group * 100 if word == "hundred" else group + _VALUES[word]
    return total + group


def in_words(number: int) -> str:
    """Return a number below a thousand trillions in words, without hyphens and without "and"."""
    for word, value in (*reversed(_SCALES.items()), ("hundred", 100)):
        if number >= value:
            return f"{in_words(number // value)} {word} {in_words(number % value)}".strip()
    if number >= len(ONES):
        return f"{TENS[number - number % 10]} {in_words(number % 10)}".strip()
    return ONES[number] if number else ""
