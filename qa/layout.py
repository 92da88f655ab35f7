"""What the layout of a text says of its sentences: which say nothing, what a colon introduces.

And which are the entries of a list in which each line has a label: "Clerk: Ana Ruiz".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.sentences import LIST_ITEM
from corpus.tables import Span

CONTENTS = 3  # lines with a page number in a passage, at least, that are a table of contents
INTRODUCED = 800  # most characters of what ends in a colon and the list after it
ENTRIES = 3  # lines in a row, at least, of which each has a label
_CAPTION_LINES = 3  # above such lines, that say what they are on
_CAPTION_LINE = 100  # characters; a longer line is a paragraph of its own
_HEADING_WORDS = 12
_SECTION = re.compile(r"\b\d{1,2}(?:\.\d{1,2}){2,}\b")  # 8.4.2
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s")  # 3. Costs
_LOOKED_AT = 400  # characters before and after a line, in which the lines beside it begin
_ENDS = tuple(".!?:;…。！？；：”\"’')）]")
_STOPS = tuple(".!。！”\"’')）]")
_LEADER = re.compile(r"(?:…|\.{3,}|(?:\. ){3,})\s*(\d{1,4})$")  # "Broadband … 40"
_CELLS = re.compile(r"[\t|]")
_BULLET = r"[-*+•·▪◦●○■□‣–—]\s+"
# A line that pairs two things: "Chair: Mary Lopez", "- Ana Ruiz, Clerk", "1:15 PM Talk - Jo Day".
_PAIR = re.compile(rf"(?:{_BULLET})?\w[^\n:]*?(?:\s?:|,|\s[-–—])\s+\w")
_VALUE = r"\s+(?P<value>[^\n|]{1,160}(?<![.!?:;]))"  # no sentence
_ENTRIES = (
    # "Site visit: 4 June, 10:00"
    re.compile(rf"(?:{_BULLET})?(?P<label>(?=[^\n:]*[^\W\d_])[^\n:.!?|]{{2,60}}?)\s?:{_VALUE}"),
    # "- Ana Ruiz, Town Clerk"
    re.compile(rf"{_BULLET}(?P<label>[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){{1,3}}),{_VALUE}"),
)

Spans = Sequence[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a list in which each has a label; all spans are offsets of the text.

    `caption` are the lines above the list that say what it is on, empty where none do.
    """

    label: Span
    value: Span
    caption: Span


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
    """Return a line without its number, unless a line beside it has one: then they are a list."""
    before = text[max(0, start - _LOOKED_AT) : start].rstrip()
    after = text[end : end + _LOOKED_AT].lstrip()
    listed = _NUMBER.match(after) or _NUMBER.match(before, before.rfind("\n") + 1)
    number = None if listed else _NUMBER.match(text, start, end)
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


def entries(text: str, sentences: Spans) -> dict[int, Entry]:
    """Return the lines with a label by the places of their sentences, several in a row each."""
    found: dict[int, Entry] = {}
    for run in _runs_of_entries(text, sentences):
        if len(run) < ENTRIES:
            continue
        caption = _caption(text, run[0][1].start())
        for place, match in run:
            label, value = match.span("label"), match.span("value")
            found[place] = Entry(label=label, value=value, caption=caption)
    return found


def _runs_of_entries(text: str, sentences: Spans) -> Iterator[list[tuple[int, re.Match[str]]]]:
    run: list[tuple[int, re.Match[str]]] = []
    for place, (start, end) in enumerate(sentences):
        matches = (pattern.fullmatch(text, start, end) for pattern in _ENTRIES)
        match = next(filter(None, matches), None) if _is_line(text, start, end) else None
        if match is not None:
            run.append((place, match))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_line(text: str, start: int, end: int) -> bool:
    """Whether nothing but white space stands beside a sentence on its line."""
    begin, after = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return not (text[begin:start] + text[end : len(text) if after < 0 else after]).strip()


def _caption(text: str, start: int) -> Span:
    """Return the short lines above the list in which a line begins, up to a question or number."""
    top = text.rfind("\n", 0, start) + 1
    while top > 1 and text[top - 2] != "\n":  # to the first line after a blank one
        top = text.rfind("\n", 0, top - 1) + 1
    begin = end = stop = len(text[:top].rstrip())
    for _ in range(_CAPTION_LINES):
        first = text.rfind("\n", 0, stop) + 1
        line = text[first:stop]
        numbered = _NUMBER.match(line) is not None
        if not 0 < len(line) <= _CAPTION_LINE or (LIST_ITEM.match(line) and not numbered):
            break
        begin, stop = first, len(text[:first].rstrip())
        if numbered or line.endswith("?"):
            break
    return begin, end
