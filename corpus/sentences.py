"""Where sentences begin and end, exact to the character.

sentencex finds the boundaries inside a line (measured here against pysbd: equal by eye on English
and Chinese, some two hundred times as fast); this file decides which line breaks end a sentence,
and repairs what reads badly as a quote. It does not know Markdown, HTML or page furniture.
"""

import re
from collections.abc import Iterator, Set

from corpus.tables import tables_in

_LONG = 400  # a "sentence" of more characters than this is looked at again with its quotes masked
_LOOKED_AT = 40  # characters on either side of a boundary that decide about it
_MIN_WRAP, _MAX_WRAP = 40, 200  # widths, in characters, at which people and programs wrap text

LIST_ITEM = re.compile(
    r"\s*(?:[-*+•·▪◦●○■□–—‣]\s|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]\s|[#>|]"
    r"|[（(]?[一二三四五六七八九十\d]{1,3}[）)、]|[①-⑳])"
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_ROW = re.compile(r"\||\t|\S {3,}\S")  # cells set apart
_TERMINAL = re.compile(r"[.!?:;。！？：；…][\"'”’」』)\]]*\s*$")
_QUOTES = str.maketrans(dict.fromkeys('"“”„«»「」『』', " "))
_RUNS_ON = ("!", "?", '"', "”", "’", "»")  # before a small letter
_SURROGATES = re.compile(r"[\ud800-\udfff]")

# A reference mark glued to the full stop before it: "origin.[note 3]", "union ranks.:11".
_REFERENCE = re.compile(r"(?:\[[^\[\]\n]{1,40}\]|:\d[\d.:,–-]*(?=\s|$)|[)\]”’」』]+)+")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|[-*+•]")
_ABBREVIATION = re.compile(r"(?:^|[\s(])[A-Za-z]{1,5}\.$")
# "data.gov.In addition" has a boundary, "Node.JS" and "Challenge.Gov" have none.
_DOMAIN = re.compile(
    r"(?:JS|NET|com|org|gov|edu|io|ai|cn|uk|txt|pdf|docx?|html?|md|py|csv|jsonl?)\b", re.I
)
_GLUED_WORD = re.compile(r"[^\W\d_][^\W\d_][.!?][\"”’)\]]*$|[\d)\]”\"%][.!?][\"”’)\]]*$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` offsets of the sentences of `text`.

    The spans are in order, disjoint, trimmed of white space, and together hold every character
    that is not white space. A blank line, a heading and a list item end a sentence; a line break
    put in by hard wrapping does not. A row of a table is one unless it is very long. Empty or blank
    text gives no spans.
    """
    spans: list[tuple[int, int]] = []
    rows = {row for table in tables_in(text) for row in table.rows}
    for start, end in _runs(text, rows):
        run = text[start:end]
        whole = end - start <= _LONG and (start, end) in rows
        for a, b in _tidy(run, [] if whole else _boundaries(run)):
            spans.append((start + a, start + b))
    return spans


def is_wrapped(line: str, following: str) -> bool:
    """Tell whether a line was broken for its length alone, seen without the text around the two.

    A list item, a row of a table, a short line and the end of a sentence were broken on purpose.
    """
    return (
        len(line) >= _MIN_WRAP
        and bool(following.strip())
        and not _TERMINAL.search(line)
        and not LIST_ITEM.match(following)
        and not _ROW.search(line + "\n" + following)
    )


def _runs(text: str, rows: Set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans of lines that belong together: single lines, or hard-wrapped ones joined.

    `rows` of tables are single lines.
    """
    apart = {start - 1 for start, _ in rows} | {end for _, end in rows}
    lines = text.split("\n")
    width = _wrap_width(lines)
    start = position = 0
    for number, line in enumerate(lines):
        position += len(line) + 1
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if position - 1 in apart or not _continues(line, following, width):
            if text[start : position - 1].strip():
                yield start, position - 1
            start = position


def _wrap_width(lines: list[str]) -> int | None:
    """Return the width at which the text is hard-wrapped, None where it is not.

    A greedy wrapper breaks a line only where the next word would not fit; text is hard-wrapped
    when most line breaks inside its paragraphs are of that kind.
    """
    inner = [
        (len(line.rstrip()), _first_word(following))
        for line, following in zip(lines, lines[1:], strict=False)
        if line.strip() and following.strip() and " " in line.strip() + following.strip()
    ]
    if len(inner) < 2:
        return None
    lengths = sorted(length for length, _ in inner)
    width = lengths[min(len(lengths) - 1, len(lengths) * 98 // 100)]
    if not _MIN_WRAP <= width <= _MAX_WRAP:
        return None
    full = sum(length + 1 + word > width for length, word in inner)
    return width if full * 2 >= len(inner) else None


def _first_word(line: str) -> int:
    """Return the length of the first word of a line; an ideograph is a word."""
    stripped = line.strip()
    return 1 if _CJK.match(stripped) else len(stripped.split(None, 1)[0])


def _continues(line: str, following: str, width: int | None) -> bool:
    """Tell whether the sentence at the end of `line` may go on in the line below."""
    line, following = line.rstrip(), following.rstrip()
    if not line.strip() or not following.strip() or LIST_ITEM.match(following):
        return False
    if width is not None and len(line) <= width + 2:
        return len(line) + 1 + _first_word(following) > width
    first = following.lstrip()[0]
    return first.islower() and len(line) >= _MIN_WRAP and not _TERMINAL.search(line)


def _boundaries(run: str) -> list[int]:
    """Return the offsets at which sentences of one run start, after the first."""
    flat = _SURROGATES.sub("\ufffd", run).replace("\n", " ")
    cuts: list[int] = []
    for start, end in _segments(flat):
        if start:
            cuts.append(start)
        piece = flat[start:end]
        if len(piece) > _LONG:
            # subtle: sentencex keeps a quotation whole, and one stray quotation mark makes half a
            # page of it; with the marks blanked each inner sentence shows, and its end is the
            # first white space after its full stop, so that closing marks stay with it.
            for inner, _ in _segments(piece.translate(_QUOTES)):
                stop = len(piece[:inner].translate(_QUOTES).rstrip())
                while stop < len(piece) and not piece[stop].isspace():
                    stop += 1
                if 0 < stop <= inner:
                    cuts.append(start + stop)
    return cuts


def _segments(flat: str) -> list[tuple[int, int]]:
    """Return sentencex's spans, checked: the whole text as one span where they do not fit it."""
    import sentencex  # type: ignore[import-untyped]  # ships no stubs

    found = sentencex.get_sentence_boundaries("en", flat)
    spans = [(item["start_index"], item["end_index"]) for item in found]
    if "".join(flat[a:b] for a, b in spans) != flat:
        return [(0, len(flat))]
    return spans


def _tidy(run: str, cuts: list[int]) -> list[tuple[int, int]]:
    """Return trimmed spans, without the boundaries that would make a quote read badly."""
    spans: list[tuple[int, int]] = []
    start = 0
    for cut in [*cuts, len(run)]:
        if cut <= start:
            continue
        if cut < len(run):
            if not run[cut - 1].isspace() and (mark := _REFERENCE.match(run, cut)):
                cut = mark.end()
            before = run[max(start, cut - _LOOKED_AT) : cut].rstrip()
            if not _is_boundary(before, run[cut : cut + _LOOKED_AT], run[cut - 1].isspace()):
                continue
        piece = run[start:cut]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if spans and not any(character.isalnum() for character in piece):
            spans[-1] = (spans[-1][0], max(spans[-1][1], right))
        elif left < right:
            spans.append((left, right))
        start = cut
    return spans


def _is_boundary(before: str, after: str, spaced: bool) -> bool:
    """Tell whether a sentence may end between `before` and `after`."""
    following = after.lstrip()
    if not following or _ENUMERATOR.fullmatch(before.strip()):
        return False
    first, second = following[0], following[1:2]
    if first.islower() and not second.isupper():  # "Jimmy Kimmel Live! ran", not "iPods"
        # nor '"... of the city." said the mayor'
        return not (before.endswith(_RUNS_ON) or _ABBREVIATION.search(before))
    if spaced or after[:1].isspace() or _CJK.search(before[-2:]) or _CJK.match(first):
        return True
    return bool(_GLUED_WORD.search(before[-8:])) and not _DOMAIN.match(following)
