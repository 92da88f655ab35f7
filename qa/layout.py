"""What the layout of a text says of its sentences: which say nothing, what a colon introduces."""

import re
from collections.abc import Sequence

from corpus.sentences import LIST_ITEM

CONTENTS = 3  # lines with a page number in a passage, at least, that are a table of contents
INTRODUCED = 800  # most characters of what ends in a colon and the list after it
_HEADING_WORDS = 12
_SECTION = re.compile(r"\b\d{1,2}(?:\.\d{1,2}){2,}\b")  # 8.4.2
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s")  # 3. Costs
_ENDS = tuple(".!?:;…。！？；：”\"’')）]")
_STOPS = tuple(".!。！”\"’')）]")
_LEADER = re.compile(r"(?:…|\.{3,}|(?:\. ){3,})\s*(\d{1,4})$")  # "Broadband … 40"
_CELLS = re.compile(r"[\t|]")
# A line that pairs two things: "Chair: Mary Lopez", "- Ana Ruiz, Clerk", "1:15 PM Talk - Jo Day".
_PAIR = re.compile(r"(?:[-*+•·▪◦●○■□‣–—]\s+)?\w[^\n:]*?(?:\s?:|,|\s[-–—])\s+\w")

Spans = Sequence[tuple[int, int]]


def says_nothing(text: str, start: int, end: int, *, shares: bool) -> bool:
    """Whether a sentence answers nothing: a number alone, or a short line without an end mark.

    A line that pairs a name with something may answer what it `shares` a word with.
    """
    sentence = text[start:end]
    if not any(map(str.isalpha, sentence)):
        return True
    return (
        not sentence.endswith(_ENDS)
        and not (shares and _PAIR.match(sentence))
        and len(sentence.split()) <= _HEADING_WORDS
        and not re.search(r"\d", _SECTION.sub("", _unnumbered(text, start, end)))
        and text[end : end + 1] in {"", "\n"}
    )


def _unnumbered(text: str, start: int, end: int) -> str:
    """Return a line without its number if it stands alone, as a heading does, not in a list."""
    alone = text[max(0, start - 2) : start] in {"", "\n\n"} and text[end : end + 2] in {"", "\n\n"}
    number = _NUMBER.match(text, start, end) if alone else None
    return text[start if number is None else number.end() : end]


def contents(text: str, sentences: Spans) -> frozenset[int]:
    """Return the places of those sentences that are lines of a table of contents.

    Their page numbers do not fall: in a list of prices with leaders they would.
    """
    pages = {
        place: int(leader[1])
        for place, (start, end) in enumerate(sentences)
        if (leader := _LEADER.search(text, start, end)) is not None
    }
    numbers = list(pages.values())
    rising = len(numbers) >= CONTENTS and numbers == sorted(numbers)
    return frozenset(pages) if rising else frozenset()


def introduced(text: str, sentences: Spans, place: int) -> int:
    """Return the place of the last sentence that the one at `place` introduces by a colon.

    That is the list after it, as far as it is not too long, else the one sentence after it; `place`
    where it does not end in a colon, or where a heading or another label follows.
    """
    start, end = sentences[place]
    if text[end - 1] not in ":：":
        return place
    last = place
    for after in range(place + 1, len(sentences)):
        a, b = sentences[after]
        of_item = last > place and "\n" not in text[sentences[last][1] : a]
        listed = LIST_ITEM.match(text, a) is not None or of_item
        if not listed or b - start > INTRODUCED or _CELLS.search(text, a, b):
            break
        last = after
    if last == place and place + 1 < len(sentences):
        a, b = sentences[place + 1]
        if text[a:b].endswith(_STOPS) and not _CELLS.search(text, a, b):
            return place + 1
    return last
