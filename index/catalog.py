"""The catalog: documents and chunks of one generation in one SQLite file, read-only once made."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from corpus import Chunk, Document, StoreError
from corpus.languages import language_of
from index.filters import folder_of

_SCHEMA = """
CREATE TABLE document (
    place INTEGER PRIMARY KEY, doc_id TEXT UNIQUE NOT NULL, source TEXT NOT NULL,
    title TEXT NOT NULL, date TEXT, text TEXT NOT NULL, page_starts TEXT NOT NULL,
    furniture TEXT NOT NULL, copies TEXT NOT NULL, metadata TEXT NOT NULL, language TEXT);
CREATE TABLE chunk (
    row INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document(place),
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, sentences BLOB NOT NULL, key BLOB NOT NULL);
CREATE INDEX chunk_document ON chunk(document);
"""
_KEPT_DOCUMENTS = 256
_UNKNOWN: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One line of an index's table of contents; `chunks` counts the document's passages.

    `language` is an ISO 639-1 code, None where the text is too short to tell. `folder` is the
    directory part of `source`, "" at the top. `copies` names other sources with the same text.
    """

    doc_id: str
    source: str
    title: str
    date: str | None
    chunks: int
    language: str | None = None
    folder: str = ""
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A chunk as it is written down; `doc_id` is None where its document is missing."""

    row: int
    doc_id: str | None
    start: int
    end: int
    sentences: tuple[tuple[int, int], ...]
    key: bytes


class Catalog:
    """Documents and chunks by id and row, safe to read from several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._titles: dict[int, str] = {}  # those asked for, by place
        self._closing = weakref.finalize(self, connection.close)
        kept = lru_cache(maxsize=_KEPT_DOCUMENTS)
        # subtle: weakly, so that an index that nobody uses any more is closed at once
        self.document: Callable[[str], Document] = kept(_weakly(self._document))

    @classmethod
    def write(
        cls,
        path: Path,
        documents: Sequence[Document],
        chunks: Iterable[tuple[int, Chunk, bytes]],
        *,
        languages: Mapping[str, str | None] = _UNKNOWN,
    ) -> None:
        """Write documents, and chunks as (place of the document, chunk, key), rows in order.

        `languages` holds what is known of documents by id; the others' is detected here.
        """
        connection = sqlite3.connect(path)
        with connection:
            connection.executescript(_SCHEMA)
            connection.executemany(
                "INSERT INTO document VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    (
                        place, document.doc_id, document.source, document.title, document.date,
                        document.text, json.dumps(document.page_starts),
                        json.dumps(document.furniture), json.dumps(document.copies),
                        json.dumps(dict(document.metadata), default=str),
                        languages[document.doc_id] if document.doc_id in languages
                        else language_of(document.text, document.furniture),
                    )
                    for place, document in enumerate(documents)
                ),
            )  # fmt: skip
            connection.executemany(
                "INSERT INTO chunk VALUES (?,?,?,?,?,?)",
                (
                    (row, place, chunk.start, chunk.end, _pack(chunk.sentences), key)
                    for row, (place, chunk, key) in enumerate(chunks)
                ),
            )
        connection.close()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open what `write` wrote.

        Raises:
            StoreError: SQLite cannot read the file.
        """
        try:
            connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            # Views and triggers of a foreign file may call no function that does anything.
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("SELECT max(row) FROM chunk").fetchone()
        except sqlite3.Error as exc:
            raise StoreError(
                f"{path} is not a catalog ({exc}). It is damaged; rebuild the index: "
                "citewise index build ..."
            ) from exc
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._closing()

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def summaries(self) -> list[Summary]:
        """Return all documents in the order they were given."""
        return list(self._summaries)

    @cached_property
    def _summaries(self) -> tuple[Summary, ...]:  # a page asks for them with every question
        rows = self._rows(
            "SELECT doc_id, source, title, date, count(row), language, copies FROM document "
            "LEFT JOIN chunk ON chunk.document = place GROUP BY place ORDER BY place"
        )
        return tuple(
            Summary(
                doc_id=doc_id, source=source, title=title, date=date, chunks=chunks,
                language=language, folder=folder_of(source), copies=tuple(json.loads(copies)),
            )
            for doc_id, source, title, date, chunks, language, copies in rows
        )  # fmt: skip

    def places(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the place (n,) among `summaries` of the document of each of the chunk rows (n,).

        The chunks of a document follow one another, in the order of the documents.
        """
        places, firsts = self._first_rows
        return places[np.searchsorted(firsts, rows, side="right") - 1]

    @cached_property
    def _first_rows(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The places (n,) of documents that have chunks, and the row (n,) of the first of each."""
        found = self._rows("SELECT document, min(row) FROM chunk GROUP BY document ORDER BY 1")
        places, firsts = np.array(found, np.int64).reshape(-1, 2).T.copy()
        return places, firsts

    def chunks(self) -> int:
        """Return the number of chunks."""
        ((last,),) = self._rows("SELECT max(row) FROM chunk")
        return 0 if last is None else int(last) + 1

    def keys(self) -> list[bytes]:
        """Return every chunk's content key, by row."""
        return [key for (key,) in self._rows("SELECT key FROM chunk ORDER BY row")]

    def _document(self, doc_id: str) -> Document:
        """Return a document.

        Raises:
            StoreError: there is none with this id.
        """
        rows = self._rows("SELECT * FROM document WHERE doc_id = ?", doc_id)
        if not rows:
            raise StoreError(
                f"No document has the id {doc_id!r} in this index; ids are 16 hex digits. "
                "See the documents there are: citewise index info"
            )
        _, _, source, title, date, text, page_starts, furniture, copies, metadata, _ = rows[0]
        return Document(
            doc_id=doc_id, source=source, title=title, date=date, text=text,
            page_starts=tuple(json.loads(page_starts)),
            furniture=tuple((a, b) for a, b in json.loads(furniture)),
            copies=tuple(json.loads(copies)), metadata=json.loads(metadata),
        )  # fmt: skip

    def entries(self) -> Iterator[Entry]:
        """Yield every chunk as it is written down, by row, its text not looked at."""
        with self._lock:
            cursor = self._connection.execute(
                'SELECT row, doc_id, start, "end", sentences, key FROM chunk '
                "LEFT JOIN document ON place = document ORDER BY row"
            )
        for row, doc_id, start, end, sentences, key in cursor:
            spans = _unpack(sentences)
            yield Entry(row=row, doc_id=doc_id, start=start, end=end, sentences=spans, key=key)

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file, nothing when it is sound."""
        found = self._rows("PRAGMA integrity_check") + self._rows("PRAGMA foreign_key_check")
        return [" ".join(map(str, row)) for row in found if row != ("ok",)]

    def titles(self, places: Sequence[int]) -> list[str]:
        """Return the title of each document, named by its place among `summaries`."""
        unknown = [place for place in places if place not in self._titles]
        if unknown:
            sql = (
                "SELECT place, title FROM document WHERE place IN (SELECT value FROM json_each(?))"
            )
            self._titles.update(self._rows(sql, json.dumps(unknown)))
        return [self._titles[place] for place in places]

    def located(self, rows: Sequence[int]) -> list[tuple[Document, Chunk]]:
        """Return chunks and their documents, in the order of the rows."""
        found = {
            row: (str(doc_id), start, end, sentences)
            for row, doc_id, start, end, sentences in self._rows(
                'SELECT row, doc_id, start, "end", sentences FROM chunk '
                "JOIN document ON place = document "
                "WHERE row IN (SELECT value FROM json_each(?))",
                json.dumps(list(map(int, rows))),
            )
        }
        located = []
        for row in map(int, rows):
            doc_id, start, end, sentences = found[row]
            document = self.document(doc_id)
            text = document.text[start:end]
            spans = _unpack(sentences)
            chunk = Chunk(doc_id=doc_id, start=start, end=end, text=text, sentences=spans)
            located.append((document, chunk))
        return located


def _weakly(method: Any) -> Any:
    """Return a bound method that does not keep its object alive."""
    weak = weakref.WeakMethod(method)
    return lambda *arguments: weak()(*arguments)  # type: ignore[misc]


def _pack(spans: Sequence[tuple[int, int]]) -> bytes:
    return np.asarray(spans, "<i4").tobytes()


def _unpack(blob: bytes) -> tuple[tuple[int, int], ...]:
    return tuple((int(a), int(b)) for a, b in np.frombuffer(blob, "<i4").reshape(-1, 2))
