"""How dates, places in a document and numbers are said on the page."""

import datetime
from pathlib import PurePosixPath

from qa.answers import Citation


def spoken_date(date: str | None) -> str | None:
    """Return an ISO date as a person writes it; ``2018`` and ``2018-11`` stay that coarse.

    Anything that is not an ISO date comes back unchanged, None stays None.
    """
    if date is None:
        return None
    try:
        if len(date) == 7:
            return datetime.date.fromisoformat(f"{date}-01").strftime("%B %Y")
        day = datetime.date.fromisoformat(date)
    except ValueError:
        return date
    return f"{day.day} {day:%B %Y}"


def place_of(citation: Citation) -> str:
    """Return where the quote stands: the page where the format has pages, else the line."""
    return f"line {citation.line}" if citation.page is None else f"page {citation.page}"


def short_source(source: str) -> str:
    """Return the last part of a path or address, which is what a person recognises."""
    return PurePosixPath(source.replace("\\", "/")).name or source


def spoken_count(count: int, noun: str) -> str:
    """Return ``1 passage``, ``4,044 passages``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def confidence_words(confidence: float) -> tuple[str, str]:
    """Return ``(words, level)`` for a probability; the level is ``high``, ``medium`` or ``low``."""
    if confidence >= 0.8:
        return "High confidence", "high"
    if confidence >= 0.5:
        return "Moderate confidence", "medium"
    return "Low confidence", "low"
