"""Verify an index: every checksum, and every invariant between its parts, damage named.

Opening an index checks its files' checksums and counts. This reads all: text, offsets, vectors.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus import CitewiseError, Document, StoreError
from corpus.tables import title_of
from index.assembling import content_key
from index.catalog import Catalog, Entry
from index.generations import current_name, damaged_files, read_manifest
from index.lexical import terms
from index.searching import Index

_BLOCK = 1 << 14  # vectors read at once
_SAMPLE = 16  # passages encoded again
_ALIKE = 0.99  # cosine of a passage's stored vector with one made now; processors round differently
_SAME_CODES = 0.9  # share of equal bytes, likewise
_NAMED = 20  # findings of one kind that are named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked, and what is `damage`d; nothing is where that is empty.

    `generation` is None where it cannot be told which one is current.
    """

    path: str
    generation: str | None
    files: int
    bytes: int
    documents: int
    chunks: int
    damage: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damage


def verify(path: str | Path, *, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Check every file and invariant of the current generation.

    Args:
        path: index folder.
        progress: told how many documents were checked, and of how many.

    Raises:
        StoreError: there is no index.
    """
    path = Path(path)
    name: str | None = None
    manifest: dict[str, Any] = {}
    damage: list[str] = []
    try:
        name = current_name(path)
        if name is None:
            Index.open(path)  # says that there is none
        folder = path / str(name)
        manifest = read_manifest(path, folder)
        damage, _ = damaged_files(path, folder, manifest)
    except StoreError as exc:
        if not path.is_dir() or (name is None and not (path / "CURRENT").exists()):
            raise
        damage = [str(exc)]
    if not damage:
        damage = list(_capped(_contradictions(path, progress or (lambda done, total: None))))
    entries = manifest.get("files", {}).values()
    return Verification(
        path=str(path),
        generation=name,
        files=len(entries),
        bytes=sum(entry["size"] for entry in entries),
        documents=manifest.get("documents", 0),
        chunks=manifest.get("chunks", 0),
        damage=tuple(damage),
    )


def _capped(findings: Iterator[str]) -> Iterator[str]:
    """Yield the first findings and how many more there are."""
    more = 0
    for count, finding in enumerate(findings):
        if count < _NAMED:
            yield finding
        more = count + 1 - _NAMED
    if more > 0:
        yield f"and {more:,} more"


def _contradictions(path: Path, tell: Callable[[int, int], None]) -> Iterator[str]:
    """Yield what does not fit together in an index whose files have the right checksums."""
    try:
        index = Index.open(path)
    except CitewiseError as exc:
        yield str(exc)
        return
    with contextlib.closing(index):
        summaries = index.summaries()
        expected = index.manifest["documents"]
        if len(summaries) != expected:
            yield f"the catalog holds {len(summaries):,} documents, the manifest {expected:,}"
        with contextlib.closing(Catalog.open(index.folder / "catalog.sqlite")) as catalog:
            yield from (f"catalog.sqlite: {problem}" for problem in catalog.problems())
            yield from _texts(catalog, tell)
            yield from _sample(index, catalog)
        yield from _dense(index)
        yield from _lexical(index)
        tokens = int(index.tokens.places[:, 2].sum())
        if tokens != index.manifest["tokens"]:
            yield f"places.npy counts {tokens:,} tokens, the manifest {index.manifest['tokens']:,}"


def _texts(catalog: Catalog, tell: Callable[[int, int], None]) -> Iterator[str]:
    """Yield what is wrong with documents and chunks; they come in the order of the documents."""
    summaries = catalog.summaries()
    entries = catalog.entries()
    expected = 0
    for done, summary in enumerate(summaries, 1):
        document = catalog.document(summary.doc_id)
        yield from _document(document)
        for entry in itertools.islice(entries, summary.chunks):
            if entry.row != expected or entry.doc_id != summary.doc_id:
                yield f"catalog.sqlite: chunk {expected} is missing or out of order"
            expected = entry.row + 1
            yield from _chunk(document, entry)
        tell(done, len(summaries))
    for entry in entries:
        yield f"catalog.sqlite: chunk {entry.row} is of no document"


def _document(document: Document) -> Iterator[str]:
    again = Document.from_text(document.text, source=document.source)
    if again.doc_id != document.doc_id or again.text != document.text:
        yield f"{document.source}: text and source do not give the id {document.doc_id}"
    end = len(document.text)
    if any(not 0 <= a <= b <= end for a, b in document.furniture):
        yield f"{document.source}: furniture lies outside of the text"
    starts = document.page_starts
    if list(starts) != sorted(starts) or any(not 0 <= start <= end for start in starts):
        yield f"{document.source}: pages lie outside of the text"


def _chunk(document: Document, entry: Entry) -> Iterator[str]:
    """Yield what does not fit the text: offsets, sentences, the key of what was encoded."""
    place = f"{document.source}, chunk {entry.row}"
    start, end = entry.start, entry.end
    if not 0 <= start < end <= len(document.text):
        yield f"{place}: offsets {start}–{end} lie outside of the text"
    elif any(not start <= a < b <= end for a, b in entry.sentences):
        yield f"{place}: a sentence lies outside of it"
    elif content_key(title_of(document, start), document.text[start:end]) != entry.key:
        yield f"{place}: {start}–{end} does not slice to the text that was encoded"


def _dense(index: Index) -> Iterator[str]:
    for begin in range(0, len(index), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(index)))
        lengths = np.linalg.norm(index.vectors(rows), axis=1)
        for row in rows[~(np.abs(lengths - 1) < 0.02)]:
            yield f"dense.faiss: vector {row} is not of unit length"


def _lexical(index: Index) -> Iterator[str]:
    if not np.array_equal(index.lexical.rows(), np.arange(len(index))):
        yield "the lexical index does not hold each chunk once"


def _sample(index: Index, catalog: Catalog) -> Iterator[str]:
    """Encode and look up some passages: what is stored for them must be what they give."""
    rows = np.unique(np.linspace(0, len(index) - 1, _SAMPLE).astype(np.int64))
    entries = catalog.located(rows.tolist())
    passages = [(title_of(document, chunk.start), chunk.text) for document, chunk in entries]
    for i, encoding in index.encoder.encode_passages(passages):
        row = int(rows[i])
        if float(index.vectors(rows[i : i + 1])[0] @ encoding.pooled) < _ALIKE:
            yield f"dense.faiss: vector {row} is not that of chunk {row}"
        codes, stored = index.tokens.codec.encode(encoding.tokens), index.tokens.codes(row)
        if stored.shape != codes.shape or float(np.mean(stored == codes)) < _SAME_CODES:
            yield f"tokens: the codes of chunk {row} are not those of its text"
        text = passages[i][1]
        if terms(text) and index.lexical.scores(text, rows[i : i + 1])[0] <= 0:
            yield f"the lexical index does not find chunk {row} by its own words"
