"""Document and Chunk: normalised text and exact offsets into it.

Nothing here reads files (``corpus/loading.py``) or decides where to cut (``corpus/splitting.py``).
"""

import bisect
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from corpus.furniture import furniture_spans

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def normalise(text: str) -> str:
    """Return `text` as every offset counts it.

    That is Unicode NFC, line ends as line feeds, no byte order mark, and U+FFFD for lone
    surrogates, which neither files nor models can hold.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source text; all offsets are code points into `text`, which never changes after load.

    `page_starts` holds the offset where each page begins (first is 0), empty where the format has
    no pages. `furniture` holds sorted, disjoint ``(start, end)`` spans of page furniture (share
    buttons, licence lines): part of the text, never quoted. `date` is ISO 8601 (``2018``,
    ``2018-11`` or ``2018-11-20``) or None. `copies` names other sources with the same text.
    """

    doc_id: str
    source: str
    title: str
    text: str
    page_starts: tuple[int, ...] = ()
    furniture: tuple[tuple[int, int], ...] = ()
    date: str | None = None
    copies: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        source: str,
        title: str = "",
        date: str | None = None,
        page_starts: tuple[int, ...] = (),
        furniture: tuple[tuple[int, int], ...] | None = None,
        metadata: Mapping[str, str] = _NOTHING,
    ) -> Self:
        """Make a document from text already in hand, normalised here; offsets refer to the result.

        `doc_id` is the first 16 hex digits of SHA-256 over the source and the normalised text.
        `page_starts` and `furniture` must already refer to normalised text; `furniture` None means
        to look for it.
        """
        text = normalise(text)
        if furniture is None:
            furniture = furniture_spans(text)
        digest = hashlib.sha256(f"{source}\0{text}".encode("utf-8", "surrogateescape")).hexdigest()
        return cls(
            doc_id=digest[:16], source=source, title=title, text=text, page_starts=page_starts,
            furniture=furniture, date=date, metadata=dict(metadata),
        )  # fmt: skip

    def page(self, offset: int) -> int | None:
        """Return the 1-based page that holds `offset`, None where the format has no pages."""
        return bisect.bisect_right(self.page_starts, offset) or None

    def line(self, offset: int) -> int:
        """Return the 1-based line that holds `offset`."""
        return self.text.count("\n", 0, offset) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Whole consecutive sentences of one document: ``document.text[start:end] == text``.

    `sentences` holds the ``(start, end)`` document offsets of its sentences, in order, trimmed of
    white space; they are what quotes are made of.
    """

    doc_id: str
    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]
