"""Titles and dates as a document states them: never guessed, left out where unclear."""

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*)\.?"
_NUMERIC = r"(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>\d\d?)\s*[-/.月]\s*(?P<day>\d\d?)"
_DATE = re.compile(
    rf"(?<!\d)(?:{_NUMERIC}"
    rf"|{_MONTH.format('name')}\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>(?:19|20)\d\d)"
    rf"|(?P<day3>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.format('name3')},?\s+(?P<year3>(?:19|20)\d\d)"
    r"|(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<year4>(?:19|20)\d\d))(?!\d)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:published|posted|publication|publish(?:ed)?|release[d]?|issued?|updated|dated?|time|发布|日期|时间)"
    r"[\s\w]{0,12}[:：]|^by\s",
    re.IGNORECASE,
)
_LINES = 12  # looked at from either end of a document
_LONGEST_BYLINE = 160  # characters

_JUNK_TITLE = re.compile(
    r"(?:untitled|title|document\d*|dokument\d*|microsoft (?:word|powerpoint|excel)\b.*|slide \d+"
    r"|powerpoint presentation|presentation\d*|word document|no title|new page|index|home"
    r"|layout \d+|book\d*|sheet\d*|print|doc\d*|[\w\-. ]+\.(?:docx?|pdf|indd|qxd|pptx?|xlsx?|rtf"
    r"|odt|tex|dvi|ps|html?|txt|md|p65|pub|wpd))",
    re.IGNORECASE,
)
_LONGEST_TITLE = 300


def iso_date(text: str) -> str | None:
    """Return the first complete date in `text` as YYYY-MM-DD, None where it is absent or unclear.

    ``03/04/2019`` is unclear: it may be March or April. ``25/04/2019`` is not.
    """
    match = _DATE.search(text)
    if match is None:
        return None
    if match["year"]:
        return _iso(match["year"], int(match["month"]), int(match["day"]))
    if match["name"]:
        return _iso(match["year2"], _month(match["name"]), int(match["day2"]))
    if match["name3"]:
        return _iso(match["year3"], _month(match["name3"]), int(match["day3"]))
    first, second = int(match["a"]), int(match["b"])
    if first > 12 or second > 12 or first == second:
        day, month = (first, second) if first > 12 else (second, first)
        return _iso(match["year4"], month, day)
    return None


def stated_date(text: str) -> str | None:
    """Return the date of a byline in the first or last lines, None where there is none.

    A byline is a short line that holds a date and nothing else, or labels one ("Published: ...").
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in [*lines[:_LINES], *lines[_LINES:][-_LINES:]]:
        if len(line) > _LONGEST_BYLINE or (match := _DATE.search(line)) is None:
            continue
        rest = (line[: match.start()] + line[match.end() :]).strip(" \t,，.|·-–—()[]")
        bare = not rest or re.fullmatch(r"T?\d{1,2}:\d{2}(?::\d{2})?.{0,12}", rest) is not None
        if (bare or _LABEL.search(line[: match.start()])) and (found := iso_date(match[0])):
            return found
    return None


def plain_date(value: str) -> str | None:
    """Return an ISO date from metadata: a full date, a year and month, or a year; else None."""
    value = value.strip()
    if found := iso_date(value):
        return found
    if match := re.fullmatch(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])", value):
        return match[0]
    return value if re.fullmatch(r"(?:19|20)\d\d", value) else None


def real_title(title: str | None) -> str:
    """Return a title from metadata on one line, "" where it is junk: a file name, a code."""
    clean = " ".join((title or "").split())
    letters = sum(character.isalpha() for character in clean)
    plain = all(character.isprintable() and character != "\ufffd" for character in clean)
    if letters < 2 or not plain or _JUNK_TITLE.fullmatch(clean) or len(clean) > _LONGEST_TITLE:
        return ""
    is_code = " " not in clean and any(character.isdigit() for character in clean)
    return "" if is_code else clean


def first_line(text: str, furniture: tuple[tuple[int, int], ...]) -> str:
    """Return the first line outside the furniture that can be a title, "" where there is none."""
    position = 0
    for line in text.split("\n"):
        start = position + len(line) - len(line.lstrip())
        position += len(line) + 1
        clean = " ".join(line.split()).lstrip("#•*- ")
        hidden = any(a <= start < b for a, b in furniture)
        if hidden or sum(character.isalpha() for character in clean) < 2:
            continue
        return clean if len(clean) <= _LONGEST_TITLE else ""
    return ""


def _month(name: str) -> int:
    """Return the number of an English month."""
    return _MONTHS.index(name[:3].lower()) + 1


def _iso(year: str, month: int, day: int) -> str | None:
    """Return a date in ISO 8601, None where the calendar has no such day."""
    try:
        return date(int(year), month, day).isoformat()
    except ValueError:
        return None
