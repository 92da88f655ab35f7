"""Assemble a generation: take over what is known, encode what is new, write every file.

Three things know a passage's encoding, asked in this order: the generation before, the journal of a
build that was cut short, the encoder.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from corpus import Chunk, Document
from corpus.splitting import DEFAULT_MAX_TOKENS
from index.catalog import Catalog
from index.dense import EXACT_UP_TO, DenseIndex
from index.encoder import Encoder, Floats
from index.generations import FORMAT
from index.journal import BATCH, KEY_BYTES, Journal
from index.lexical import LexicalIndex
from index.publishing import JOURNAL, link, unwritable
from index.searching import UNDERSTANDING, Index
from index.tokens import Codes, TokenCodec, TokenStore
from index.understanding import Understanding

Stage = Literal["reading", "splitting", "encoding", "writing"]
_INGEST = 512  # passages handed to the encoder at once, which sorts them by length
_LEAST_LIVE = 0.5  # token files with a smaller share of live tokens are written anew
_MOST_SEGMENTS = 16  # token files; the smallest beyond them are joined
_BLOCK = 1 << 14  # vectors copied at once
_QUESTIONS = 300  # sentences that stand for questions where the dense search is approximate
_PARTS = 3  # of the stage "writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a build is: `done` of `total` files, documents, passages or parts of its stage.

    `documents` counts those read so far, `reused` the passages that need no encoding because an
    earlier generation or a build that was cut short has them.
    """

    stage: Stage
    done: int
    total: int
    documents: int = 0
    reused: int = 0


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A chunk on its way into the index: its document's place, its title and its content key."""

    place: int
    title: str
    chunk: Chunk
    key: bytes


def content_key(title: str, text: str) -> bytes:
    """Return the key of a passage: two with the same one have the same vectors."""
    return hashlib.sha256(f"{title}\0{text}".encode()).digest()[:KEY_BYTES]


class Assembly:
    """A generation in the making: `encode`, then `write`, then `manifest`."""

    def __init__(
        self, path: Path, folder: Path, encoder: Encoder, old: Index | None, *, full: bool
    ) -> None:
        self.folder = folder
        self._encoder = encoder
        self._old = old
        self._tokens = folder / "tokens"
        self._tokens.mkdir()
        self._segments: list[str] = []
        self._search: dict[str, object] = {}
        self._codec = old.tokens.codec if old is not None else TokenCodec.for_encoder(encoder)
        self._journal = Journal.open(
            path / JOURNAL,
            identity=self._identity(full),
            dimension=encoder.dimension,
            width=self._codec.width,
        )
        self._places = np.zeros((0, 3), np.int64)
        self._old_rows = self._journal_rows = np.zeros(0, np.int64)  # where each vector is
        self.encoded = 0
        self.resumed = 0

    def _identity(self, full: bool) -> str:
        """Return a name for all that decides what a passage's encoding is.

        A full build trusts no earlier encoding but that of a full build that was cut short.
        """
        digest = hashlib.sha256(f"{FORMAT} {self._encoder.checksum}".encode())
        digest.update((self._encoder.folder / "encoder.json").read_bytes())
        digest.update(self._codec.projection.tobytes() + self._codec.scale.tobytes())
        digest.update(b"full" if full else b"")
        return digest.hexdigest()[:16]

    def encode(self, pieces: Sequence[Piece], tell: Tell) -> None:
        """Find or make the encoding of every piece."""
        self._places = np.full((len(pieces), 3), -1, np.int64)
        self._old_rows = np.full(len(pieces), -1, np.int64)
        self._journal_rows = np.full(len(pieces), -1, np.int64)
        self._take_over(pieces)
        rows = np.flatnonzero(self._old_rows < 0).tolist()
        # The same passage twice is encoded once.
        wanted = {pieces[row].key: row for row in reversed(rows)}
        new = [row for key, row in wanted.items() if key not in self._journal][::-1]
        self.encoded, self.resumed = len(new), len(wanted) - len(new)
        self._encode_new(pieces, new, tell)
        if rows:
            self._journal_rows[rows] = [self._journal.row(pieces[row].key) for row in rows]
            self._places[rows, 0] = len(self._segments)
            self._places[rows, 1:] = self._journal.places()[self._journal_rows[rows]]
            name = _segment_name(pieces[row].key for row in wanted.values())
            self._add_segment(self._journal.codes_file, name)

    def _take_over(self, pieces: Sequence[Piece]) -> None:
        """Find known pieces in the old generation; link its token files worth keeping."""
        if self._old is None:
            return
        known = {key: row for row, key in enumerate(self._old.keys())}
        self._old_rows[:] = [known.get(piece.key, -1) for piece in pieces]
        rows = np.flatnonzero(self._old_rows >= 0)
        old_rows = self._old_rows[rows]
        store = self._old.tokens
        for segment in _worth_keeping(store, np.unique(old_rows)):
            name = store.segments[segment]
            ours = store.places[old_rows, 0] == segment
            self._places[rows[ours]] = store.places[old_rows[ours]]
            self._places[rows[ours], 0] = len(self._segments)
            self._add_segment(self._old.folder / "tokens" / f"{name}.codes", name)
        moved = rows[self._places[rows, 0] < 0]
        if len(moved):
            self._move(pieces, moved.tolist())

    def _move(self, pieces: Sequence[Piece], rows: Sequence[int]) -> None:
        """Copy pieces' token codes out of token files that are not worth keeping."""
        assert self._old is not None
        name = _segment_name(pieces[row].key for row in rows)
        place: dict[int, tuple[int, int]] = {}
        written = 0
        with (self._tokens / f"{name}.codes").open("wb") as file:
            for row in rows:
                old_row = int(self._old_rows[row])
                if old_row not in place:
                    codes = self._old.tokens.codes(old_row)
                    place[old_row] = written, len(codes)
                    file.write(codes.tobytes())
                    written += len(codes)
                self._places[row] = len(self._segments), *place[old_row]
        self._segments.append(name)

    def _add_segment(self, file: Path, name: str) -> None:
        link(file, self._tokens / f"{name}.codes")
        self._segments.append(name)

    def _encode_new(self, pieces: Sequence[Piece], new: Sequence[int], tell: Tell) -> None:
        """Encode pieces into the journal, a batch at a time."""
        reused = len(pieces) - len(new)
        documents = pieces[-1].place + 1

        def told(done: int) -> None:
            tell(
                Progress(
                    stage="encoding", done=done, total=len(new), documents=documents, reused=reused
                )
            )

        told(0)
        keys: list[bytes] = []
        vectors: list[Floats] = []
        codes: list[Codes] = []
        done = 0
        for begin in range(0, len(new), _INGEST):
            rows = new[begin : begin + _INGEST]
            texts = [(pieces[row].title, pieces[row].chunk.text) for row in rows]
            for i, encoding in self._encoder.encode_passages(texts):
                keys.append(pieces[rows[i]].key)
                vectors.append(encoding.pooled)
                codes.append(self._codec.encode(encoding.tokens))
                done += 1
                if done % 16 == 0 or done == len(new):
                    told(done)
                if len(keys) == BATCH or done == len(new):
                    self._journal.append(keys, vectors, codes)
                    keys, vectors, codes = [], [], []

    def _vectors(self) -> Floats:
        """Return the pooled vectors (chunks, d)."""
        vectors = np.empty((len(self._places), self._encoder.dimension), np.float32)
        written = self._journal.vectors()
        for begin in range(0, len(vectors), _BLOCK):
            part = vectors[begin : begin + _BLOCK]
            old_rows = self._old_rows[begin : begin + _BLOCK]
            journal_rows = self._journal_rows[begin : begin + _BLOCK]
            if self._old is not None:
                part[old_rows >= 0] = self._old.vectors(old_rows[old_rows >= 0])
            part[journal_rows >= 0] = written[journal_rows[journal_rows >= 0]]
        return vectors

    def _questions(self, pieces: Sequence[Piece]) -> Floats | None:
        """Return vectors (m, d) of single sentences, as like questions as passages offer."""
        if len(pieces) <= EXACT_UP_TO:
            return None
        texts = []
        for piece in pieces[:: len(pieces) // _QUESTIONS]:
            start, end = piece.chunk.sentences[len(piece.chunk.sentences) // 2]
            texts.append(piece.chunk.text[start - piece.chunk.start : end - piece.chunk.start])
        encode = self._encoder.encode_question
        return np.stack([encode(text).pooled for text in texts if text.strip()])

    def write(self, documents: Sequence[Document], pieces: Sequence[Piece], tell: Tell) -> None:
        """Write everything but the token files.

        Raises:
            StoreError: the disk is full or cannot be written.
        """

        def told(done: int) -> None:
            tell(Progress(stage="writing", done=done, total=_PARTS, documents=len(documents)))

        told(0)
        try:
            self._write(documents, pieces, told)
            self._check()
        except (sqlite3.Error, RuntimeError, ValueError) as exc:  # SQLite, FAISS, tantivy
            raise unwritable(self.folder.parent, str(exc)) from exc

    def _write(
        self,
        documents: Sequence[Document],
        pieces: Sequence[Piece],
        told: Callable[[int], None],
    ) -> None:
        np.save(self._tokens / "places.npy", self._places)
        dense = DenseIndex.from_vectors(self._vectors(), questions=self._questions(pieces))
        dense.save(self.folder / "dense.faiss")
        self._search = dense.description
        (self.folder / "encoder").mkdir()
        for file in sorted(self._encoder.folder.iterdir()):
            if file.name != "codec.npy":
                link(file, self.folder / "encoder" / file.name)
        self._codec.save(self.folder / "encoder" / "codec.npy")
        told(1)
        Catalog.write(
            self.folder / "catalog.sqlite",
            documents,
            ((piece.place, piece.chunk, piece.key) for piece in pieces),
            languages=self._known_languages(),
        )
        LexicalIndex.build(
            (f"{piece.title}\n{piece.chunk.text}" for piece in pieces),
            self.folder / "lexical",
            documents=[piece.place for piece in pieces],
        )
        titles = dict.fromkeys(piece.title for piece in pieces)
        texts = [*titles, *(piece.chunk.text for piece in pieces)]
        Understanding.build(texts, self.folder / UNDERSTANDING)
        told(2)

    def _check(self) -> None:
        """Check that everything is there: on a full disk FAISS writes half and says nothing.

        Raises:
            RuntimeError: it is not.
        """
        expected = len(self._places)
        with contextlib.closing(Catalog.open(self.folder / "catalog.sqlite")) as catalog:
            rows = catalog.chunks()
        dense = DenseIndex.open(self.folder / "dense.faiss")
        lexical = LexicalIndex.open(self.folder / "lexical")
        if {rows, len(dense), len(lexical)} != {expected}:
            raise RuntimeError(
                f"{expected} passages were written, but {rows}, {len(dense)} and {len(lexical)} "
                "are there"
            )
        for number, name in enumerate(self._segments):
            places = self._places[self._places[:, 0] == number]
            end = int((places[:, 1] + places[:, 2]).max(initial=0)) * self._codec.width
            if (self._tokens / f"{name}.codes").stat().st_size < end:
                raise RuntimeError(f"tokens/{name}.codes is cut short")

    def _known_languages(self) -> dict[str, str | None]:
        """Return the language of each document of the old generation, by id."""
        old = [] if self._old is None else self._old.summaries()
        return {summary.doc_id: summary.language for summary in old}

    def manifest(self) -> dict[str, object]:
        """Return what the vectors were made with, and how many there are."""
        return {
            "model": self._encoder.model,
            "checksum": self._encoder.checksum,
            "dimension": self._encoder.dimension,
            "parameters": {
                "max_tokens": DEFAULT_MAX_TOKENS,
                "token_bytes": self._codec.width,
                "dense": self._search,
            },
            "chunks": len(self._places),
            "tokens": int(self._places[:, 2].sum()),
            "segments": self._segments,
        }

    def published(self) -> None:
        """Clear the journal, whose content the published generation has."""
        self._journal.remove()

    def close(self) -> None:
        """Close the journal and keep it for the next build."""
        self._journal.close()


def _worth_keeping(store: TokenStore, rows: npt.NDArray[np.int64]) -> list[int]:
    """Return the segments to keep for these chunk rows: mostly in use, the largest of many."""
    live: dict[int, int] = {}
    for segment in range(len(store.segments)):
        ours = rows[store.places[rows, 0] == segment]
        if len(ours) and store.share(segment, ours) >= _LEAST_LIVE:
            live[segment] = int(store.places[ours, 2].sum())
    return sorted(sorted(live, key=lambda segment: -live[segment])[:_MOST_SEGMENTS])


def _segment_name(keys: Iterator[bytes]) -> str:
    return hashlib.sha256(b"".join(keys)).hexdigest()[:16]
