"""A map of the documents: a place in the plane for each, near ones near.

Nothing is drawn here, and nothing is written: a map is kept as long as its index is open.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from index.encoder import Floats
from index.placing import flattened
from index.searching import Index

_BATCH = 4096  # chunks at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A document and its place: `x` and `y` from 0 to 1, `folder` "" at the top."""

    doc_id: str
    x: float
    y: float
    title: str
    date: str | None
    folder: str


_kept: WeakKeyDictionary[Index, tuple[Point, ...]] = WeakKeyDictionary()
_lock = threading.Lock()


def layout(index: Index, *, place: Callable[[Floats], Floats] = flattened) -> tuple[Point, ...]:
    """Return the documents that have passages, in the order of `summaries`, each with its place.

    The same index gives the same places. The first call takes seconds; others wait for it.

    Args:
        index: whose documents.
        place: what puts unit vectors (n, d) to places (n, 2) from 0 to 1.
    """
    with _lock:
        if index not in _kept:
            _kept[index] = _points(index, place)
        return _kept[index]


def _points(index: Index, place: Callable[[Floats], Floats]) -> tuple[Point, ...]:
    summaries = index.summaries()
    vectors = document_vectors(index)
    full = np.flatnonzero(vectors.any(axis=1))
    return tuple(
        Point(
            doc_id=summaries[row].doc_id, x=float(x), y=float(y), title=summaries[row].title,
            date=summaries[row].date, folder=summaries[row].folder,
        )
        for row, (x, y) in zip(full, place(vectors[full]), strict=True)
    )  # fmt: skip


def document_vectors(index: Index) -> Floats:
    """Return the mean direction (documents, d) of each document's passages, zeros without any."""
    chunks = [summary.chunks for summary in index.summaries()]
    places = np.repeat(np.arange(len(chunks)), chunks)  # rows follow the documents
    total = np.zeros((len(chunks), index.encoder.dimension), np.float32)
    for begin in range(0, len(places), _BATCH):
        rows = np.arange(begin, min(begin + _BATCH, len(places)))
        np.add.at(total, places[rows], index.vectors(rows))
    return _unit(total)


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
