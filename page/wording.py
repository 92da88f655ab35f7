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
    """Return where the quote stands: the page where the format has pages, else section and line."""
    if citation.page is not None:
        return f"page {citation.page}"
    section = f"“{citation.section}”, " if citation.section else ""
    return f"{section}line {citation.line}"


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


_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def spoken_language(code: str) -> str:
    """Return the English name of an ISO 639-1 code; one without a name here comes back as it is."""
    return _LANGUAGES.get(code, code)
