"""PDF to text: pages, with wrapped lines joined so that sentences read as they were written.

pdfium gives the characters of a page in reading order and where each stands. From where lines
begin and end this file tells a wrapped line from the end of a paragraph. It does not recognise
scanned text.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from corpus.dating import plain_date, real_title
from corpus.errors import CorpusError
from corpus.pdf_columns import Part
from corpus.pdf_rules import Box, rules_of
from corpus.pdf_tables import Row, with_tables

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage  # type: ignore[import-untyped]  # ships no stubs

_MOST_SECONDS = 120.0
_MOST_CHARACTERS = 20_000_000
_EDGE_LINES = 3  # at the top and bottom of a page, where headers and footers stand
_REPEATED = 0.4  # share of pages on which an edge line is a header or footer; even and odd differ
_FEWEST_PAGES = 3
_LONGEST_LABEL = 60  # characters of a line that may be a page number with words around it
_PARAGRAPH_GAP = 1.4  # in line spacings
_FEWEST_IN_CELL = 4  # lines of a column of its own
_NEAR_IN_CELL = 30  # lines before and after that are looked at
_HEIGHT_CHANGE = 0.2  # share of the line height
_INDENT, _SAME_LINE = 1.0, 0.6  # in line heights
_UNREADABLE = 0.3  # share of characters without a Unicode value from which a text is useless

_LIST_ITEM = re.compile(r"(?:[•·▪◦●○■□‣–—*-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s")
_TERMINAL = re.compile(r"[.!?。！？][\"'”’)\]]*$")
_UNFINISHED = re.compile(  # no paragraph ends so
    r"(?:,|\b(?:the|a|an|of|to|for|in|on|by|with|from|at|as|its|their|our|which|into)"
    r"|(?<!; )\b(?:and|or))$"
)
_HYPHEN = re.compile(r"(?:([^\W\d_]+)[\u00ad\u2010-]|([^\W\d_]*)\ufffe)$")
_RANGE = re.compile(r"\d[–/]$")  # goes on in the next line
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEADERS = re.compile(r"(?: ?\.){5,}|…{2,}")  # the dots of a table of contents
_LINE_END = re.compile(r"(?<=[\n\ufffe])")  # pdfium: U+FFFE is a hyphen at a line end
_NEW_ENTRY = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+[A-Z]")
_SCANNER = re.compile(r"paper capture|scan|ocr\b|abbyy|finereader", re.IGNORECASE)
_INVISIBLE = 0.3  # of the usual line height, below which text is there for machines only
_SPACE_GAP = 0.12  # of the line height, from which a gap between characters is a space
_COLUMN_GAP = 2.0  # the same, from which it parts two columns of a table
_LETTERSPACED = 0.15  # share of gaps from which a line is set with wide letter spacing
_SPACED = re.compile(r"[!-~\u00a1-\u024f\u2010-\u2026]{2}")  # scripts with spaces
_LONGEST_WORD = 60  # characters
_BROKEN = re.compile(r"[\ufffd\ue000-\uf8ff\x01-\x08\x0e-\x1f]")
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_CREATED = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdf:
    """The text of a PDF, page by page, and what its metadata says."""

    pages: tuple[str, ...]
    title: str
    author: str
    date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of text and its box in points, `bottom` growing upwards.

    `spread` says that parts of it stand far apart, as in the row of a table. Of such a row `cells`
    are the lines of each cell, and `table` is the number of the table on the page, else 0.
    """

    text: str
    left: float
    right: float
    bottom: float
    height: float
    spread: bool = False
    cells: tuple[tuple[str, ...], ...] = ()
    table: int = 0


def read_pdf(data: bytes) -> Pdf:
    """Read the text of a PDF.

    Headers, footers and page numbers that repeat over the pages are kept on the first only.

    Raises:
        CorpusError: the file is damaged or encrypted, has no text, has text without Unicode
            values, or takes more than two minutes.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        try:
            pages = _read_pages(document)
            information = document.get_metadata_dict()
        finally:
            document.close()
    except pypdfium2.PdfiumError as exc:
        if "assword" in str(exc):
            raise CorpusError("encrypted; its password is not known. Save it without one.") from exc
        raise CorpusError(f"a damaged PDF ({str(exc).rstrip('. ')}). Save it again.") from exc
    texts = _join(_without_edges(pages))
    _check(texts)
    stamp = _CREATED.match(information.get("CreationDate", ""))
    if _SCANNER.search(information.get("Producer", "") + information.get("Creator", "")):
        stamp = None  # the day of the scan
    return Pdf(
        pages=tuple(texts), title=real_title(information.get("Title")),
        author=" ".join(information.get("Author", "").split()),
        date=plain_date("-".join(stamp.groups())) if stamp else None,
    )  # fmt: skip


def _read_pages(document: "PdfDocument") -> list[list[_Line]]:
    """Return the lines of each page in pdfium's reading order; a page that cannot load is empty.

    Raises:
        CorpusError: there are no pages, or they take too long or hold too much.
    """
    import pypdfium2

    deadline = time.monotonic() + _MOST_SECONDS
    characters = 0
    failed = 0
    pages: list[list[_Line]] = []
    for number in range(len(document)):
        lines: list[_Line] = []
        try:
            page = document[number]
            textpage = page.get_textpage()
            lines = _read_lines(page, textpage)
            textpage.close()
            page.close()
        except pypdfium2.PdfiumError:
            failed += 1
        pages.append(lines)
        characters += sum(len(line.text) for line in lines)
        if time.monotonic() > deadline or characters > _MOST_CHARACTERS:
            raise CorpusError(
                f"page {number + 1} of {len(document)} was reached after {_MOST_SECONDS:.0f} "
                f"seconds or {_MOST_CHARACTERS:,} characters. Split the file."
            )
    if failed == len(pages):
        raise CorpusError(f"a damaged PDF: none of its {failed} pages can be read. Save it again.")
    return pages


def _read_lines(page: "PdfPage", textpage: "PdfTextPage") -> list[_Line]:
    """Return the lines of one page, each row of a table as one."""
    from pypdfium2 import raw

    text = textpage.get_text_range()
    parts: list[Part] = []
    position = 0
    for piece in _LINE_END.split(text):
        if body := piece.strip():
            start = position + len(piece) - len(piece.lstrip())
            first = raw.FPDFText_GetCharIndexFromTextIndex(textpage, start)
            last = raw.FPDFText_GetCharIndexFromTextIndex(textpage, start + len(body) - 1)
            parts.append(Part(body, _boxes(textpage, first, last)))
        position += len(piece)
    usual = median([part.height for part in parts] or [0.0])
    seen = [part for part in parts if part.height >= _INVISIBLE * usual]
    return [
        _row(line) if isinstance(line, Row) else _line(*line)
        for line in with_tables(seen, rules_of(page))
    ]


def _boxes(textpage: "PdfTextPage", first: int, last: int) -> list[Box]:
    """Return the boxes of characters from `first` to `last`, zeros where one has none."""
    import ctypes

    from pypdfium2 import raw

    box = raw.FS_RECTF()
    target = ctypes.byref(box)
    boxes: list[Box] = []
    for index in range(max(0, first), max(first, last) + 1):
        found = raw.FPDFText_GetLooseCharBox(textpage, index, target)
        boxes.append((box.left, box.bottom, box.right, box.top) if found else (0.0,) * 4)
    return boxes


def _line(text: str, boxes: Sequence[Box]) -> _Line:
    """Make a line, with the spaces that its characters' places show and its text lacks."""
    if not boxes:
        return _Line(text=text, left=0.0, right=0.0, bottom=0.0, height=0.0)
    left, bottom, _, top = boxes[0]
    height = top - bottom
    spread = False
    if len(boxes) == len(text):
        inked = [box for box, letter in zip(boxes, text, strict=True) if not letter.isspace()]
        spread = any(b[0] - a[2] > _COLUMN_GAP * height for a, b in pairwise(inked))
        gaps = [
            index
            for index in range(1, len(text))
            if boxes[index][0] - boxes[index - 1][2] > _SPACE_GAP * height
            and _SPACED.fullmatch(text, index - 1, index + 1)
        ]
        if len(gaps) < _LETTERSPACED * len(text):
            cuts = [0, *gaps, len(text)]
            text = " ".join(text[a:b] for a, b in pairwise(cuts))
    return _Line(
        text=_LEADERS.sub(" … ", text), left=left, right=max(left, boxes[-1][2]), bottom=bottom,
        height=height, spread=spread,
    )  # fmt: skip


def _row(row: Row) -> _Line:
    """Make a line of the row of a table."""
    parts = [part for cell in row.cells for part in cell]
    cells = tuple(tuple(_line(*part).text for part in cell) for cell in row.cells)
    return _Line(
        text=" ".join(text for cell in cells for text in cell), left=parts[0].left,
        right=max(part.right for part in parts), bottom=parts[0].boxes[0][1],
        height=parts[0].height, spread=True, cells=cells, table=row.table,
    )  # fmt: skip


def _without_edges(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """Drop what repeats at the top and bottom of the pages from all pages but the first."""
    edges = [_edge_lines(lines) for lines in pages]
    if len(pages) < _FEWEST_PAGES:
        return [list(lines) for lines in pages]
    counts = Counter(key for lines in edges for key in {_edge_key(line) for line in lines})
    least = max(_FEWEST_PAGES, _REPEATED * len(pages))
    seen: set[str] = set()
    kept: list[list[_Line]] = []
    for lines, edge in zip(pages, edges, strict=True):
        repeated = [line for line in edge if counts[_edge_key(line)] >= least]
        dropped = {id(line) for line in repeated if _edge_key(line) in seen}
        seen.update(_edge_key(line) for line in repeated)
        # the names of columns repeat with their table, which is no header or footer
        tables = {line.table for line in lines if line.table and id(line) not in dropped}
        kept.append([line for line in lines if id(line) not in dropped or line.table in tables])
    return kept


def _edge_lines(lines: Sequence[_Line]) -> list[_Line]:
    """Return the highest and lowest lines of a page."""
    ordered = sorted(lines, key=lambda line: line.bottom)
    return [*ordered[:_EDGE_LINES], *ordered[max(_EDGE_LINES, len(ordered) - _EDGE_LINES) :]]


def _edge_key(line: _Line) -> str:
    """Return an edge line, without its numbers where it may be a page number with a label."""
    text = line.text.casefold()
    return _DIGITS.sub("#", text) if len(text) < _LONGEST_LABEL else text


def _join(pages: Sequence[Sequence[_Line]]) -> list[str]:
    """Return the text of each page with wrapped lines joined, also over the end of a page."""
    words = Counter(
        word for lines in pages for line in lines for word in _WORD.findall(line.text.casefold())
    )
    return [_join_lines(lines, words).replace("\ufffe", "-") for lines in pages]


def _join_lines(lines: Sequence[_Line], words: Counter[str]) -> str:
    """Return lines as paragraphs set apart by blank lines."""
    if not lines:
        return ""
    steps = [a.bottom - b.bottom for a, b in zip(lines, lines[1:], strict=False)]
    step = median([value for value in steps if value > 0] or [0.0])
    text = _written(lines[0], words)
    for index in range(1, len(lines)):
        above, line = lines[index - 1], lines[index]
        if line.table and above.table == line.table:
            text = f"{text}\n{_written(line, words)}"
        elif not (line.table or above.table) and _is_wrapped(lines, index, step):
            text = _glue(text, line.text, words)
        else:
            text = f"{text}\n\n{_written(line, words)}"
    return text


def _written(line: _Line, words: Counter[str]) -> str:
    """Return a line; the cells of a row with bars between, but a label and what it is for as one.

    "Client:" beside "City of Denby" is written as lists write it, "Client: City of Denby".
    """
    if not line.table:
        return line.text
    glue = partial(_glue, words=words)
    cells = [
        reduce(glue, cell or ("",)).replace("|", "/").removesuffix(" … ") for cell in line.cells
    ]
    labelled = len(cells) == 2 and cells[0].endswith(":")
    return (" " if labelled else " | ").join(cells)


def _is_wrapped(lines: Sequence[_Line], index: int, step: float) -> bool:
    """Tell whether the line at `index` continues the paragraph of the line above it."""
    above, line = lines[index - 1], lines[index]
    if _LIST_ITEM.match(line.text) or " … " in above.text:
        return False
    if _NEW_ENTRY.match(line.text) and not above.text[-1].isalpha():
        return False
    height = max(above.height, line.height)
    drop = above.bottom - line.bottom
    if abs(drop) < _SAME_LINE * height:  # an exponent, or words set apart
        return line.left < above.right + 2 * height
    if abs(above.height - line.height) > _HEIGHT_CHANGE * height:
        return False
    ended = bool(_TERMINAL.search(above.text))
    goes_on = not ended and line.text[:1].islower()
    if drop < 0 or drop > _PARAGRAPH_GAP * max(step, height):  # another column, or a gap
        return goes_on
    if ended and line.left > above.left + _INDENT * height:
        return False
    if goes_on or _UNFINISHED.search(above.text):
        return True
    if above.spread:  # a row of a table
        return False
    # The first word of this line would have fitted above: the line above ended on purpose.
    column = [other for other in lines if abs(other.left - line.left) < 3 * height]
    margin = max(other.right for other in [*column, above])
    return _is_full(above, line, margin) or (not ended and _in_full_cell(lines, index))


def _is_full(above: _Line, line: _Line, margin: float) -> bool:
    """Tell whether the first word of a line would not have fitted at the end of the line above."""
    letters = max(1, len(above.text))
    word = len(line.text.split(None, 1)[0]) + 1 if not _CJK.match(line.text) else 2
    return above.right + word * (above.right - above.left) / letters > margin


def _in_full_cell(lines: Sequence[_Line], index: int) -> bool:
    """Tell whether the line at `index` and its neighbours fill a narrow column, each but the last.

    As in the cell of a table, whose right edge is not that of other lines that begin with it.
    """
    if not _same_cell(lines[index - 1], lines[index]):
        return False
    begin, end = index - 1, index
    while begin > max(0, index - _NEAR_IN_CELL) and _same_cell(lines[begin - 1], lines[begin]):
        begin -= 1
    last = min(len(lines) - 1, index + _NEAR_IN_CELL)
    while end < last and _same_cell(lines[end], lines[end + 1]):
        end += 1
    cell = lines[begin : end + 1]
    margin = max(line.right for line in cell)
    return len(cell) >= _FEWEST_IN_CELL and all(
        _is_full(above, line, margin) for above, line in pairwise(cell)
    )


def _same_cell(above: _Line, line: _Line) -> bool:
    """Tell whether a line stands right under another, as wide and as high."""
    height = max(above.height, line.height)
    return (
        abs(above.left - line.left) < _INDENT * height
        and abs(above.height - line.height) <= _HEIGHT_CHANGE * height
        and 0 < above.bottom - line.bottom <= _PARAGRAPH_GAP * height
    )


def _glue(text: str, following: str, words: Counter[str]) -> str:
    """Join two lines of one paragraph, mending a word broken at the end of the first."""
    hyphen = _HYPHEN.search(text[-_LONGEST_WORD:])
    word = _WORD.match(following)
    if hyphen and word and word[0][0].islower():
        before = hyphen[1] or hyphen[2] or ""
        compound = words[f"{before}-{word[0]}".casefold()]
        longer = text[: -len(hyphen[0])].endswith("-")  # "park-and-", below it "ride"
        hard = longer or compound > words[(before + word[0]).casefold()]
        return text[:-1] + "-" * hard + following
    if text.endswith("\ufffe"):
        return f"{text[:-1]}-{following}"
    if _CJK.match(text[-1]) and _CJK.match(following[0]):
        return text + following
    if _RANGE.search(text[-2:]) and following[0].isdigit():
        return text + following
    return f"{text} {following}"


def _check(texts: Sequence[str]) -> None:
    """Raise CorpusError where the pages hold no text, or text that nobody can read."""
    letters = [character for text in texts for character in text if not character.isspace()]
    if not letters:
        raise CorpusError(
            f"no text on its pages ({len(texts)}); it looks scanned. Run text recognition on it."
        )
    broken = sum(bool(_BROKEN.match(character)) for character in letters)
    if broken > _UNREADABLE * len(letters):
        raise CorpusError("its fonts do not say which letters they show. Export it again.")
