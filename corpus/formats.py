"""The table of formats: what turns the bytes of a file into text, title, date and pages.

To add a format, write a function from bytes to Content and enter it in LOADERS.
"""

import contextlib
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING

from corpus.dating import plain_date, real_title
from corpus.decoding import decode
from corpus.errors import CorpusError
from corpus.markdown import markdown_text
from corpus.markup import page_text
from corpus.pdf import read_pdf

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.table import Table

_MOST_UNPACKED = 200_000_000  # bytes in a .docx, against archives made to explode
_LOOKED_AT = 1024  # bytes at the start of a file that may show its format
_LONGEST_VALUE = 1000  # characters of a metadata value
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I)
_SUMMARIES = ("summary", "description", "deck", "abstract")  # keys of front matter
_NOTES = ("footnote", "endnote")  # of Word, each kind in a file of its own
_TEMPLATE_DATE = "2013-12-23"  # of the blank document that python-docx starts from


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a loader found in a file.

    `pages` holds the text, in one piece where the format has no pages. `title` and `date` are as
    the file's own metadata states them, "" and None where it does not; `heading` is its first
    heading. Text is not normalised yet.
    """

    pages: tuple[str, ...]
    paged: bool = False
    title: str = ""
    heading: str = ""
    date: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def load_content(data: bytes, name: str) -> Content:
    """Read the bytes of a file with the loader that its suffix, or else its first bytes, ask for.

    Raises:
        CorpusError: the format is not supported, or the file is damaged or not what it claims.
    """
    suffix = PurePath(name).suffix.lower()
    loader = LOADERS.get(suffix)
    if suffix in LOADERS or not suffix:
        if b"%PDF-" in data[:_LOOKED_AT]:
            loader = load_pdf
        elif _HTML.match(data[:_LOOKED_AT]) and loader in (None, load_text):
            loader = load_html
    if loader is None:
        known = ", ".join(LOADERS)
        raise CorpusError(f"not a supported format: {suffix or 'no suffix'}; supported: {known}")
    try:
        return loader(data)
    except CorpusError:
        raise
    except Exception as exc:  # parsers fail on malformed files in every way there is
        reason = f"{type(exc).__name__}: {_brief(exc)}"
        raise CorpusError(f"damaged or not what its name says ({reason}). Save it again.") from exc


def load_text(data: bytes) -> Content:
    """Read plain text; form feeds end pages."""
    pages = decode(data).rstrip().split("\f")
    return Content(pages=tuple(pages), paged=len(pages) > 1)


def load_markdown(data: bytes) -> Content:
    """Read Markdown; YAML front matter gives title, date and the rest, and is no part of the text.

    Front matter that is not valid YAML is kept as text. A page of nothing but front matter speaks
    by its summary.
    """
    import frontmatter
    import yaml  # type: ignore[import-untyped]  # ships no stubs

    body = decode(data).replace("\r\n", "\n")
    values: Mapping[str, object] = {}
    # ValueError is for a date such as 2018-13-45, TypeError for front matter that is a list.
    with contextlib.suppress(yaml.YAMLError, ValueError, TypeError):
        values, body = frontmatter.parse(body)
    text, heading = markdown_text(body)
    metadata = {str(key): plain for key, value in values.items() if (plain := _plain(value))}
    if not text.strip():
        text = next(filter(None, map(metadata.get, _SUMMARIES)), "")
    if values and not text:
        raise CorpusError("only front matter; expected text below it or a summary in it.")
    return Content(
        pages=(text,), title=metadata.pop("title", ""), heading=heading,
        date=plain_date(metadata.pop("date", "")), metadata=metadata,
    )  # fmt: skip


def load_html(data: bytes) -> Content:
    """Read the main text of a web page."""
    page = page_text(data)
    metadata = {"site": page.site} if page.site else {}
    return Content(pages=(page.text,), title=page.title, date=page.date, metadata=metadata)


def load_pdf(data: bytes) -> Content:
    """Read a PDF page by page; its checksum tells later whether the file is still the same."""
    found = read_pdf(data)
    metadata = {"pdf_sha256": hashlib.sha256(data).hexdigest()}
    if found.author:
        metadata["author"] = found.author
    return Content(
        pages=found.pages, paged=True, title=found.title, date=found.date, metadata=metadata
    )


def load_word(data: bytes) -> Content:
    """Read a Word document: paragraphs, headings and tables in the order of the document."""
    import docx

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(item.file_size for item in archive.infolist())
    if unpacked > _MOST_UNPACKED:
        raise CorpusError(f"unpacks to {unpacked:,} bytes; the limit is {_MOST_UNPACKED:,}.")
    document = docx.Document(io.BytesIO(data))
    text, heading = _word_text(document)
    properties = document.core_properties
    stamp = properties.created or properties.modified
    day = stamp.date().isoformat() if stamp else None
    author = properties.author
    return Content(
        pages=(text,), title=real_title(properties.title), heading=heading,
        date=None if day == _TEMPLATE_DATE else day,
        metadata={"author": author} if author and author != "python-docx" else {},
    )  # fmt: skip


LOADERS: dict[str, Callable[[bytes], Content]] = {
    ".txt": load_text,
    ".text": load_text,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".pdf": load_pdf,
    ".docx": load_word,
}


def _word_text(document: "WordDocument") -> tuple[str, str]:
    """Return the text of a Word document, notes after what they are on, and its first heading."""
    from docx.table import Table

    notes = _word_notes(document)
    blocks: list[str] = []
    heading = ""
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            blocks.append("\n".join(_rows(item)))
            blocks += _noted(item._tbl, notes)
            continue
        text = item.text.strip()
        style = (item.style.name or "") if item.style is not None else ""
        if not text:
            continue
        if style == "Title" or style.startswith("Heading"):
            heading = heading or text
        numbered = item._p.pPr is not None and item._p.pPr.numPr is not None
        if numbered or style.startswith("List"):
            text = f"- {text}"
        blocks.append(text)
        blocks += _noted(item._p, notes)
    return "\n\n".join(blocks), heading


def _word_notes(document: "WordDocument") -> dict[tuple[str, str], str]:
    """Return the text of each footnote and endnote by its kind and number."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    found = {}
    for part in document.part.package.iter_parts():
        kind = part.partname.rpartition("/")[2].removesuffix("s.xml")
        if kind in _NOTES:
            for note in parse_xml(part.blob).iter(qn(f"w:{kind}")):
                text = "".join(piece.text or "" for piece in note.iter(qn("w:t")))
                found[kind, note.get(qn("w:id"))] = " ".join(text.split())
    return found


def _noted(element: "BaseOxmlElement", notes: Mapping[tuple[str, str], str]) -> list[str]:
    """Return the notes to which a paragraph or table refers."""
    from docx.oxml.ns import qn

    marks = [(kind, mark) for kind in _NOTES for mark in element.iter(qn(f"w:{kind}Reference"))]
    texts = [notes.get((kind, mark.get(qn("w:id"))), "") for kind, mark in marks]
    return [text for text in texts if text]


def _rows(table: "Table") -> Iterator[str]:
    """Yield the rows of a Word table as lines; a merged cell counts once."""
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            if cell._tc is not last:
                cells.append(" ".join(cell.text.split()))
            last = cell._tc
        if any(cells):
            yield " | ".join(cells)


def _plain(value: object) -> str:
    """Return a front matter value, or a list of values, as one line; "" for what is nested."""
    items = value if isinstance(value, list) else [value]
    plain = [item for item in items[:100] if isinstance(item, str | int | float | date)]
    line = ", ".join(" ".join(str(item)[:_LONGEST_VALUE].split()) for item in plain)
    return line[:_LONGEST_VALUE]


def _brief(exc: Exception) -> str:
    """Return the first line of what an exception says."""
    return (str(exc).strip() or type(exc).__name__).split("\n")[0][:120]
