"""Build an index: read, split, encode what is new, write a generation, publish it.

What an earlier generation encoded is taken over by content, so a rebuild encodes only new and
changed passages, whatever file they are in.
"""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np

from corpus import (
    Chunk,
    CorpusError,
    Document,
    ModelError,
    Problem,
    load_documents,
    split_document,
)
from corpus.splitting import DEFAULT_MAX_TOKENS
from index.catalog import Catalog
from index.dense import DenseIndex
from index.encoder import Encoder
from index.generations import current_name, publish, staging, writing
from index.lexical import LexicalIndex
from index.searching import BuildReport, Index
from index.tokens import Codes, TokenCodec

Stage = Literal["reading", "encoding", "writing"]
_logger = logging.getLogger(__name__)
_INGEST = 512  # chunks encoded before their vectors are written
_LEAST_LIVE = 0.5  # token files with a smaller share of live tokens are written anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a build is: `done` of `total` files, chunks or parts of its present stage."""

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A chunk on its way into the index: its document's place and its content key."""

    place: int
    title: str
    chunk: Chunk
    key: bytes


def build_index(
    paths_or_documents: str | Path | Iterable[str | Path | Document],
    path: str | Path,
    *,
    model: str | Path | None = None,
    full: bool = False,
    strict: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Index:
    """Build or rebuild the index at `path` so that it holds exactly the documents given.

    Args:
        paths_or_documents: a file or folder, several of them, or documents.
        path: index folder; made if need be.
        model: a sentence-transformers model by name or folder; None for the model the index was
            built with, for a new index the bundled one.
        full: encode everything anew.
        strict: an unreadable file ends the build instead of being reported.
        progress: called as the build goes on, from this thread.

    Returns:
        The opened index; its `report` says what was done.

    Raises:
        CorpusError: there is nothing to read, or, if `strict`, a file cannot be read.
        StoreError: the index folder cannot be written or has another writer.
        ModelError: the model is missing, altered or cannot be used.
    """
    began = time.perf_counter()
    tell = progress or (lambda _: None)
    problems: list[Problem] = []
    with writing(Path(path)):
        old = None if full else _previous(Path(path), model)
        if old is not None and model is None:
            encoder = old.encoder
        else:
            encoder = Encoder.load(model)
        tell(Progress(stage="reading", done=0, total=1))
        documents = _documents(paths_or_documents, strict=strict, problems=problems)
        _logger.info("%d documents read, %d files could not be", len(documents), len(problems))
        pieces = _split(documents, encoder, tell)
        folder = staging(Path(path))
        try:
            generation = _Generation(folder, encoder, old)
            encoded = generation.encode(pieces, tell)
            _logger.info("%d of %d chunks encoded, the others kept", encoded, len(pieces))
            generation.write(documents, pieces, tell)
            published = publish(Path(path), folder, generation.manifest(documents, pieces))
            _logger.info("%s published", published)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        tell(Progress(stage="writing", done=3, total=3))
        report = _report(documents, pieces, encoded, old, problems, time.perf_counter() - began)
        if old is not None:
            old.close()
    return Index.open(path, report=report)


def _previous(path: Path, model: str | Path | None) -> Index | None:
    """Return the current generation if its vectors can be taken over."""
    if current_name(path) is None:
        return None
    try:
        return Index.open(path, model=model)
    except ModelError:
        if model is None:
            raise
        return None


def _documents(
    given: str | Path | Iterable[str | Path | Document],
    *,
    strict: bool,
    problems: list[Problem],
) -> list[Document]:
    items = [given] if isinstance(given, str | Path) else list(given)
    documents = [item for item in items if isinstance(item, Document)]
    paths = [item for item in items if not isinstance(item, Document)]
    if paths and documents:
        raise ValueError("Both paths and documents were given. Pass one kind, or load the paths.")
    if paths:
        return load_documents(paths, strict=strict, problems=problems)
    distinct = {document.doc_id: document for document in documents}
    return list(distinct.values())


def _split(
    documents: Sequence[Document], encoder: Encoder, tell: Callable[[Progress], None]
) -> list[_Piece]:
    pieces = []
    for place, document in enumerate(documents):
        for chunk in split_document(
            document, max_tokens=DEFAULT_MAX_TOKENS, count_tokens=encoder.count_tokens
        ):
            content = f"{document.title}\0{chunk.text}".encode()
            key = hashlib.sha256(content).digest()[:16]
            pieces.append(_Piece(place=place, title=document.title, chunk=chunk, key=key))
        if place % 16 == 0 or place + 1 == len(documents):
            tell(Progress(stage="reading", done=place + 1, total=len(documents)))
    if not pieces:
        raise CorpusError(
            f"The {len(documents)} documents given hold no text that could be quoted. Name files "
            "or folders with text."
        )
    return pieces


class _Generation:
    """The generation being written: vectors taken over and vectors encoded now."""

    def __init__(self, folder: Path, encoder: Encoder, old: Index | None) -> None:
        self._folder = folder
        self._encoder = encoder
        self._old = old
        self._tokens = folder / "tokens"
        self._tokens.mkdir()
        self._segments: list[str] = []
        self._codec = old.tokens.codec if old is not None else TokenCodec.for_encoder(encoder)
        self._places = np.zeros((0, 3), np.int64)
        self._pooled = np.zeros((0, encoder.dimension), np.float32)

    def encode(self, pieces: Sequence[_Piece], tell: Callable[[Progress], None]) -> int:
        """Fill pooled vectors and tokens of all pieces; return how many had to be encoded."""
        self._places = np.full((len(pieces), 3), -1, np.int64)
        self._pooled = np.zeros((len(pieces), self._encoder.dimension), np.float32)
        taken = self._take_over(pieces)
        first: dict[bytes, int] = {}  # the same passage twice is encoded once
        twins = []
        for row, piece in enumerate(pieces):
            if row in taken:
                continue
            if piece.key in first:
                twins.append((row, first[piece.key]))
            else:
                first[piece.key] = row
        todo = list(first.values())
        moved = [row for row in taken if self._places[row, 0] < 0]
        if todo or moved:
            self._write_segment(pieces, todo, moved, taken, tell)
        for row, twin in twins:
            self._places[row], self._pooled[row] = self._places[twin], self._pooled[twin]
        return len(todo)

    def _take_over(self, pieces: Sequence[_Piece]) -> dict[int, int]:
        """Link the old token files worth keeping; return row → old row of known pieces."""
        if self._old is None:
            return {}
        known = {key: row for row, key in enumerate(self._old.keys())}
        taken = {row: known[piece.key] for row, piece in enumerate(pieces) if piece.key in known}
        if not taken:
            return taken
        rows, old_rows = np.array(list(taken)), np.array(list(taken.values()))
        self._pooled[rows] = self._old.vectors(old_rows)
        places = self._old.tokens.places[old_rows]
        for segment, name in enumerate(self._old.tokens.segments):
            ours = places[:, 0] == segment
            if self._old.tokens.share(segment, np.unique(old_rows[ours])) < _LEAST_LIVE:
                continue
            _link(self._old.folder / "tokens" / f"{name}.codes", self._tokens / f"{name}.codes")
            self._places[rows[ours]] = places[ours]
            self._places[rows[ours], 0] = len(self._segments)
            self._segments.append(name)
        return taken

    def _write_segment(
        self,
        pieces: Sequence[_Piece],
        todo: Sequence[int],
        moved: Sequence[int],
        taken: dict[int, int],
        tell: Callable[[Progress], None],
    ) -> None:
        name = hashlib.sha256(b"".join(pieces[row].key for row in [*todo, *moved])).hexdigest()[:16]
        segment = len(self._segments)
        self._segments.append(name)
        written = 0
        with (self._tokens / f"{name}.codes").open("wb") as file:

            def append(row: int, codes: Codes) -> None:
                nonlocal written
                self._places[row] = segment, written, len(codes)
                file.write(codes.tobytes())
                written += len(codes)

            for row in moved:
                assert self._old is not None
                append(row, self._old.tokens.codes(taken[row]))
            tell(Progress(stage="encoding", done=0, total=len(todo)))
            for begin in range(0, len(todo), _INGEST):
                rows = todo[begin : begin + _INGEST]
                texts = [(pieces[row].title, pieces[row].chunk.text) for row in rows]
                for count, (i, encoding) in enumerate(self._encoder.encode_passages(texts), 1):
                    self._pooled[rows[i]] = encoding.pooled
                    append(rows[i], self._codec.encode(encoding.tokens))
                    if count % 16 == 0 or count == len(rows):
                        tell(Progress(stage="encoding", done=begin + count, total=len(todo)))

    def write(
        self,
        documents: Sequence[Document],
        pieces: Sequence[_Piece],
        tell: Callable[[Progress], None],
    ) -> None:
        """Write everything but the token files."""
        tell(Progress(stage="writing", done=0, total=3))
        np.save(self._tokens / "places.npy", self._places)
        DenseIndex.from_vectors(self._pooled).save(self._folder / "dense.faiss")
        (self._folder / "encoder").mkdir()
        for file in sorted(self._encoder.folder.iterdir()):
            if file.name != "codec.npy":
                _link(file, self._folder / "encoder" / file.name)
        self._codec.save(self._folder / "encoder" / "codec.npy")
        tell(Progress(stage="writing", done=1, total=3))
        Catalog.write(
            self._folder / "catalog.sqlite",
            documents,
            ((piece.place, piece.chunk, piece.key) for piece in pieces),
        )
        LexicalIndex.build(
            (f"{piece.title}\n{piece.chunk.text}" for piece in pieces), self._folder / "lexical"
        )
        tell(Progress(stage="writing", done=2, total=3))

    def manifest(
        self, documents: Sequence[Document], pieces: Sequence[_Piece]
    ) -> dict[str, object]:
        """Return what the generation is made of and with."""
        return {
            "citewise": _version(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "model": self._encoder.model,
            "checksum": self._encoder.checksum,
            "dimension": self._encoder.dimension,
            "parameters": {
                "max_tokens": DEFAULT_MAX_TOKENS,
                "token_bytes": self._codec.width,
                "dense": "exact",
            },
            "documents": len(documents),
            "chunks": len(pieces),
            "tokens": int(self._places[:, 2].sum()),
            "segments": self._segments,
        }


def _report(
    documents: Sequence[Document],
    pieces: Sequence[_Piece],
    encoded: int,
    old: Index | None,
    problems: Sequence[Problem],
    seconds: float,
) -> BuildReport:
    before = {} if old is None else {entry.source: entry.doc_id for entry in old.summaries()}
    now = {document.source: document.doc_id for document in documents}
    return BuildReport(
        documents=len(documents),
        chunks=len(pieces),
        encoded_chunks=encoded,
        reused_chunks=len(pieces) - encoded,
        added=len(now.keys() - before.keys()),
        changed=sum(now[source] != before[source] for source in now.keys() & before.keys()),
        removed=len(before.keys() - now.keys()),
        problems=tuple(problems),
        seconds=seconds,
    )


def _link(source: Path, target: Path) -> None:
    """Hard-link a file that never changes, copy it where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _version() -> str:
    try:
        return version("citewise")
    except PackageNotFoundError:
        return "not installed"
