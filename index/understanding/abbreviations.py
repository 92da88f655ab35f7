"""Abbreviations as documents define them: "the Innovation and Technology Commission (ITC)".

Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical
text", Pacific Symposium on Biocomputing 2003, with the two wordings "ITC stands for ..." and
"..., ITC for short" beside their parentheses.
"""

import re
from collections import Counter
from collections.abc import Iterable

_PARENTHESIS = re.compile(r"\(([^()\n]{2,80})\)")
_STANDS_FOR = re.compile(
    r"\b([A-Z][\w&.-]{1,9})\s+(?:stands|is\s+short)\s+for\s+([^.;:()\n]{4,80})"
)
_FOR_SHORT = re.compile(r",\s+(?:or\s+)?([A-Z][\w&.-]{1,9})\s+for\s+short\b")
_SHORT = re.compile(r"[^\W_](?:[\w&./-]|\s(?=\S)){1,9}")
_LEAST_LETTERS = 2
_STOPS = frozenset(
    "a an the of and for in on to with by at or from its their our this that".split()
)


def definitions(text: str) -> list[tuple[str, str]]:
    """Return the (short, long) forms that a text defines, in its own spelling."""
    found: list[tuple[str, str] | None] = []
    for match in _PARENTHESIS.finditer(text):
        inside = re.split(r"[,;]\s", match[1], maxsplit=1)[0].strip()
        before = _sentence_before(text, match.start())
        if _is_short(inside):
            found.append(_pair(inside, before))
        elif before and _is_short(before.split()[-1]):
            found.append(_pair(before.split()[-1], inside))
    found += [_pair(m[1], _beginning(m[2], m[1])) for m in _STANDS_FOR.finditer(text)]
    found += [_pair(m[1], _sentence_before(text, m.start())) for m in _FOR_SHORT.finditer(text)]
    return [pair for pair in found if pair is not None]


def _sentence_before(text: str, end: int) -> str:
    """Return what stands before `end` in its sentence, at most its last 160 characters."""
    return re.split(r"[.;:!?()]\s|\n", text[max(0, end - 160) : end])[-1].strip()


def _is_short(text: str) -> bool:
    """Whether a text can be a short form: 2 to 10 characters, one or two words, mostly capitals."""
    if not _SHORT.fullmatch(text) or len(text.split()) > 2:
        return False
    capitals = sum(mark.isupper() for mark in text)
    return capitals >= _LEAST_LETTERS and 2 * capitals >= sum(mark.isalpha() for mark in text)


def _beginning(text: str, short: str) -> str:
    """Return as many words from the beginning of a text as a short form's letters may take."""
    words = text.split()
    letters = sum(mark.isalpha() for mark in short)
    taken = 0
    for at, word in enumerate(words):
        taken += word.lower().strip(",") not in _STOPS
        if taken == letters or word.endswith(","):
            return " ".join(words[: at + 1])
    return text


def _pair(short: str, text: str) -> tuple[str, str] | None:
    letters = sum(mark.isalnum() for mark in short)
    most = min(letters + 5, 2 * letters)  # words of a long form, as in the paper
    long = _long_form(short, " ".join(text.split()[-most:]))
    if letters == 2 and not re.match(rf".+\b{re.escape(short[-1])}", long or "", re.IGNORECASE):
        return None  # too few letters for one inside a word to tell
    if long is None or len(long) <= len(short) or short.lower() in long.lower().split():
        return None
    return short, long


def _long_form(short: str, text: str) -> str | None:
    """Return the shortest end of a text that has the short form's letters in order.

    From right to left each is matched; the first must begin a word, and none such as "the"
    (`findBestLongForm` of the paper).
    """
    at = len(text) - 1
    for i in range(len(short) - 1, -1, -1):
        letter = short[i].lower()
        if not letter.isalnum():
            continue
        while at >= 0 and (text[at].lower() != letter or (i == 0 and not _begins(text, at))):
            at -= 1
        if at < 0:
            return None
        at -= 1
    start = text.rfind(" ", 0, at + 1) + 1
    return text[start:].strip(" ,'\"“”‘’")


def _begins(text: str, at: int) -> bool:
    """Whether a word that can be the first of a name begins at `at`."""
    if at > 0 and text[at - 1].isalnum():
        return False
    return text[at:].split(maxsplit=1)[0].lower() not in _STOPS


def defined_in(texts: Iterable[str]) -> dict[str, str]:
    """Return the long form by short form: the one defined in most texts, the first of equals."""
    counts: Counter[tuple[str, str]] = Counter()
    for text in texts:
        counts.update(set(definitions(text)))
    best: dict[str, str] = {}
    for (short, long), _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(short, long)
    return best
