"""Headings in stored text: which lines are headings, and which of them stand over an offset."""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from corpus.document import Document
from corpus.sentences import LIST_ITEM

Span = tuple[int, int]

_LONGEST = 100  # characters of a heading
_WORDS = 10
_LINE = re.compile(r"^[^\S\n]*(\S[^\n]*?)[^\S\n]*$", re.MULTILINE)
_NO_END = tuple(".;:,。；：，、)")
_END = tuple('.!?:;。！？：；”"’)')
_LEADER = re.compile(r"…|\.{3}|(?:\. ){2}")  # of a table of contents
_CELLS = "|"


def headings_over(document: Document, offset: int, *, before: int | None = None) -> list[str]:
    """Return the headings of the sections in which an offset lies, the outer one first.

    That is the last before it and, where that is repeated in the text, as "Results" below each of
    several towns, the last that is not. The title is none, nor what does not end `before` an offset
    if one is given.
    """
    text, names = document.text, repeated(document.text)
    above = [heading for heading in headings_in(text) if heading[0] <= offset]
    outer = [heading for heading in above if text[slice(*heading)] not in names]
    spans = sorted({*above[-1:], *outer[-1:]})
    found = [text[slice(*span)] for span in spans if before is None or span[1] <= before]
    return [heading for heading in found if heading != document.title]


@lru_cache(maxsize=64)
def repeated(text: str) -> frozenset[str]:
    """Return the headings that a text has more than once."""
    counts = Counter(text[slice(*heading)] for heading in headings_in(text))
    return frozenset(heading for heading, count in counts.items() if count > 1)


@lru_cache(maxsize=64)  # a document is asked about again and again
def headings_in(text: str) -> tuple[Span, ...]:
    """Return the headings of a text: short lines below a blank one, with something below them."""
    lines = [match.span(1) for match in _LINE.finditer(text)]
    first = [lines[0]] if len(lines) > 1 else []
    below_blank = {
        after for before, after in pairwise(lines) if text.count("\n", before[1], after[0]) > 1
    }
    return tuple(
        line
        for line, after in pairwise(lines)
        if (line in below_blank or line in first)
        and _is_short(text[slice(*line)])
        and _is_body(text[slice(*after)])
    )


def _is_short(line: str) -> bool:
    return (
        len(line) <= _LONGEST
        and len(line.split()) <= _WORDS
        and (line[0].isupper() or line[0].isdigit())
        and any(map(str.isalpha, line))
        and not line.endswith(_NO_END)
        and _CELLS not in line
        and not _LEADER.search(line)
    )


def _is_body(line: str) -> bool:
    """Whether a line may follow a heading: text, an item of a list, a row, another heading."""
    return (
        len(line) > _LONGEST
        or line.endswith(_END)
        or _CELLS in line
        or LIST_ITEM.match(line) is not None
        or _is_short(line)
    )
