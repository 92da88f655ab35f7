"""Answers in formats of other programs: Markdown, JSON, BibTeX and CSL-JSON, with offsets.

Text of documents is escaped, so that it reads the same there and steers nothing. Nothing here asks
or writes files.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal
from urllib.parse import quote as percent_encoded

from index.filters import newness
from qa.answers import Answer, Citation

Format = Literal["markdown", "json", "bibtex", "csl"]

# What would steer a terminal or turn text around; documents may hold it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_WEB = re.compile("https?://", re.IGNORECASE)
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>&|~$#@^]")
_MARKDOWN_BLOCK = re.compile(r"^([-+=:%]|\d+(?=[.)]))")  # would begin a list, a heading or the like
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts braces, escaped ones too
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
    }
    | {character: f"\\{character}" for character in "$&%#_"}
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def export(answers: Sequence[Answer], form: Format) -> str:
    """Return answers as text of a format; see the functions below."""
    return {"markdown": to_markdown, "json": to_json, "bibtex": to_bibtex, "csl": to_csl}[form](
        answers
    )


def to_json(answers: Sequence[Answer]) -> str:
    """Return a list of the answers with all their fields."""
    return _json([answer.to_dict() for answer in answers])


def to_markdown(answers: Sequence[Answer]) -> str:
    """Return a conversation: each question, its quotes with the answering words bold, and places.

    CommonMark. Line breaks of a quote are kept, other white space is as Markdown shows it.
    """
    return "\n\n".join(part for answer in answers for part in _markdown_parts(answer)) + "\n"


def to_bibtex(answers: Sequence[Answer]) -> str:
    """Return a BibTeX entry for each document quoted, with its quotes and their offsets."""
    return "\n".join(_entry(key, quotes) for key, quotes in _by_document(answers).items())


def to_csl(answers: Sequence[Answer]) -> str:
    """Return CSL-JSON: an item for each document quoted; ``custom`` holds quotes and offsets."""
    return _json([_item(key, quotes) for key, quotes in _by_document(answers).items()])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _by_document(answers: Iterable[Answer]) -> dict[str, list[Citation]]:
    """Return the distinct quotes of each document by its citation key, in the order of quoting."""
    found: dict[str, dict[tuple[int, int], Citation]] = {}
    for answer in answers:
        for citation in answer.citations:
            for one in (citation, *citation.twins):
                found.setdefault(one.doc_id, {}).setdefault((one.start, one.end), one)
    quoted: dict[str, list[Citation]] = {}
    for doc_id, quotes in found.items():
        citations = list(quotes.values())
        key = _key(citations[0], doc_id[:8])
        quoted[_key(citations[0], doc_id) if key in quoted else key] = citations
    return quoted


def _key(citation: Citation, suffix: str) -> str:
    """Return a key such as ``yinchuan2018-0f3a9c41``, in ASCII letters and digits."""
    plain = unicodedata.normalize("NFKD", citation.title).encode("ascii", "ignore").decode()
    words = (word.lower() for word in re.findall(r"[A-Za-z]{2,}", plain))
    word = next((word for word in words if word not in {"the", "an", "of", "on", "in"}), "document")
    return f"{word}{newness(citation.date)[:4]}-{suffix}"


# Markdown


def _markdown_parts(answer: Answer) -> Iterator[str]:
    yield f"## {_escaped_line(answer.question)}"
    if answer.rewritten != answer.question:
        yield f"Understood as: {_escaped_line(answer.rewritten)}"
    if not answer.answered:
        yield f"**Not in the documents.** {_escaped(answer.reason or '')}".rstrip()
        if answer.nearest:
            yield "The nearest passages, which do not answer it:"
    if answer.difference:
        yield f"**{_escaped(answer.difference)}**"
    for citation in answer.citations or answer.nearest:
        if citation.header:
            yield f"Columns: {_escaped_line(citation.header)}"
        yield _blockquote(citation)
        number = rf"\[{citation.number}\] " if answer.answered else ""
        yield number + _place(citation)
    if answer.answered:
        yield f"Confidence: {100 * answer.confidence:.0f}%"


def _blockquote(citation: Citation) -> str:
    lines = []
    place = citation.start
    for line in citation.quote.split("\n"):
        lines.append(_marked(line, place, citation.highlights).strip())
        place += len(line) + 1
    return "\n".join(f"> {_MARKDOWN_BLOCK.sub(_block_escaped, line)}".rstrip() for line in lines)


def _marked(line: str, begin: int, highlights: Iterable[tuple[int, int]]) -> str:
    """Return a line that begins at an offset, escaped, with the highlights in it bold."""
    bold: list[tuple[int, int]] = []
    for start, end in highlights:
        first, last = _word_bounds(line, max(start - begin, 0), min(end - begin, len(line)))
        if bold and first <= bold[-1][1]:  # bold that ends where bold begins is neither
            first, last = bold[-1][0], max(last, bold.pop()[1])
        if first < last:
            bold.append((first, last))
    pieces: list[str] = []
    place = 0
    for first, last in bold:
        pieces += [_escaped(line[place:first]), f"**{_escaped(line[first:last])}**"]
        place = last
    return "".join([*pieces, _escaped(line[place:])])


def _word_bounds(line: str, first: int, last: int) -> tuple[int, int]:
    """Shrink a span to begin and end in letters or digits, without which Markdown sees no bold."""
    while first < last and not line[first].isalnum():
        first += 1
    while first < last and not line[last - 1].isalnum():
        last -= 1
    return first, last


def _place(citation: Citation) -> str:
    source = _escaped_line(citation.source)
    if _WEB.match(citation.source):
        source = f"[{source}](<{_web_address(citation.source)}>)"
    parts = [
        f"**{_escaped_line(citation.title)}**" if citation.title.strip() else "",
        source if citation.source != citation.title else "",
        f"section “{_escaped_line(citation.section)}”" if citation.section else "",
        _where(citation),
        _escaped(citation.date or ""),
        f"characters {citation.start}–{citation.end}",
        f"also in {_escaped_line(', '.join(citation.also))}" if citation.also else "",
    ]
    return ", ".join(part for part in parts if part)


def _where(citation: Citation) -> str:
    return f"line {citation.line}" if citation.page is None else f"p. {citation.page}"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", _UNPRINTABLE.sub("\ufffd", text))


def _escaped_line(text: str) -> str:
    return _one_line(_escaped(text))


def _block_escaped(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _web_address(source: str) -> str:
    """Return an address without what would end it in Markdown or BibTeX."""
    return percent_encoded(source, safe=":/?#[]@!$&'()*+,;=%-._~")


# BibTeX and CSL


def _entry(key: str, quotes: Sequence[Citation]) -> str:
    first = quotes[0]
    year, month, day = _date_parts(first.date)
    pages = ", ".join(dict.fromkeys(str(one.page) for one in quotes if one.page is not None))
    web = _WEB.match(first.source)
    fields = {
        "title": f"{{{{{_latex(first.title or first.source)}}}}}",  # twice: keep its capitals
        "year": f"{{{year}}}" if year else "",
        "month": _MONTHS[month - 1] if month else "",
        "day": f"{{{day}}}" if day else "",
        "url": f"{{{_web_address(first.source)}}}" if web else "",
        "howpublished": "" if web else f"{{{_latex(first.source)}}}",
        "pages": f"{{{pages}}}" if pages else "",
        "note": f"{{Quoted: {', '.join(_offsets(one, '--') for one in quotes)}}}",
        "annote": f"{{{' '.join(_latex(_annotation(one)) for one in quotes)}}}",
    }
    lines = [f"  {name} = {value}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _item(key: str, quotes: Sequence[Citation]) -> dict[str, Any]:
    first = quotes[0]
    web = _WEB.match(first.source)
    parts = [part for part in _date_parts(first.date) if part]
    pages = ", ".join(dict.fromkeys(str(one.page) for one in quotes if one.page is not None))
    item = {
        "id": key,
        "type": "webpage" if web else "document",
        "title": _plain(first.title or first.source),
        "issued": {"date-parts": [parts]} if parts else None,
        "URL": _web_address(first.source) if web else None,
        "source": None if web else _plain(first.source),
        "page": pages or None,
        "note": " ".join(_annotation(one) for one in quotes),
        "custom": {
            "doc_id": first.doc_id,
            "quotes": [
                {
                    "start": one.start, "end": one.end, "page": one.page, "line": one.line,
                    "quote": one.quote,
                }
                for one in quotes
            ],
        },
    }  # fmt: skip
    return {name: value for name, value in item.items() if value is not None}


def _date_parts(date: str | None) -> tuple[int, int, int]:
    """Return year, month and day, each 0 where it is not stated."""
    year, month, day, *_ = [*(int(part) for part in newness(date).split("-") if part), 0, 0, 0]
    return year, month, day


def _offsets(citation: Citation, dash: str) -> str:
    return f"characters {citation.start}{dash}{citation.end}"


def _annotation(citation: Citation) -> str:
    place = f"{_where(citation)}, {_offsets(citation, '–')}"
    section = f"section “{_plain(citation.section)}”, " if citation.section else ""
    columns = f", columns {_plain(citation.header)}" if citation.header else ""
    return f"“{_plain(citation.quote)}” ({section}{place}{columns})"


def _plain(text: str) -> str:
    return _one_line(_UNPRINTABLE.sub(" ", text))


def _latex(text: str) -> str:
    return _plain(text).translate(_LATEX)
