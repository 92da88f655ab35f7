"""A map of the documents: a place in the plane for each, near ones near.

Nothing is drawn here, and nothing is written: a map is kept as long as its index is open.
"""

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from index.encoder import Floats
from index.searching import Index

MOST_LAID_OUT = 2000  # documents placed by t-SNE, some 4 seconds; the others beside the nearest
_FEWEST = 8  # documents from which neighbourhoods say more than the two main directions
_PERPLEXITY = 30.0
_BATCH = 4096  # chunks, or documents, at a time
_BESIDE = 3  # documents laid out that place one which is not


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


def layout(index: Index) -> tuple[Point, ...]:
    """Return the documents that have passages, in the order of `summaries`, each with its place.

    The same index gives the same places. The first call takes seconds; others wait for it.
    """
    with _lock:
        if index not in _kept:
            _kept[index] = _points(index)
        return _kept[index]


def _points(index: Index) -> tuple[Point, ...]:
    summaries = index.summaries()
    vectors = document_vectors(index)
    full = np.flatnonzero(vectors.any(axis=1))
    return tuple(
        Point(
            doc_id=summaries[place].doc_id, x=float(x), y=float(y), title=summaries[place].title,
            date=summaries[place].date, folder=summaries[place].folder,
        )
        for place, (x, y) in zip(full, flattened(vectors[full]), strict=True)
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


def flattened(vectors: Floats, *, most: int = MOST_LAID_OUT) -> Floats:
    """Return places (n, 2) from 0 to 1 in which near unit vectors (n, d) are near.

    By t-SNE (van der Maaten and Hinton 2008) begun from the main directions and without chance;
    fewer than eight are placed by their main directions. Of more than `most`, evenly chosen ones
    are laid out, and each other is put between the three of those that it is nearest to.
    """
    if len(vectors) < _FEWEST:
        return _scaled(_principal(vectors, 2))
    chosen = np.unique(np.linspace(0, len(vectors) - 1, min(most, len(vectors))).astype(np.int64))
    landmarks = vectors[chosen]
    laid_out = _neighbourly(landmarks)
    if len(chosen) == len(vectors):
        return _scaled(laid_out)
    places = np.concatenate(
        [
            _beside(vectors[begin : begin + _BATCH] @ landmarks.T, laid_out)
            for begin in range(0, len(vectors), _BATCH)
        ]
    )
    places[chosen] = laid_out
    return _scaled(places)


def _neighbourly(vectors: Floats) -> Floats:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    reduced = _principal(vectors, 50)
    spread = reduced[:, :2] / max(float(reduced[:, 0].std()), 1e-12) * 1e-4
    method = TSNE(
        perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3), init=spread, max_iter=500,
        random_state=0,
    )  # fmt: skip
    with threadpool_limits(1):  # many threads wait for each other and add up in any order
        return np.asarray(method.fit_transform(reduced), np.float32)


def _principal(vectors: Floats, dimension: int) -> Floats:
    """Return coordinates (n, at least 2) along the main directions, the largest part positive."""
    centred = vectors - vectors.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    coordinates = (left * lengths)[:, :dimension]
    if coordinates.shape[1] < 2:
        coordinates = np.pad(coordinates, ((0, 0), (0, 2 - coordinates.shape[1])))
    largest = np.abs(coordinates).argmax(axis=0)
    signs = np.sign(coordinates[largest, np.arange(coordinates.shape[1])])
    return np.asarray(coordinates * np.where(signs == 0, 1, signs), np.float32)


def _beside(similarities: Floats, laid_out: Floats) -> Floats:
    """Return places (n, 2) between the nearest of those laid out, by cosines (n, m)."""
    nearest = np.argpartition(-similarities, range(_BESIDE), axis=1)[:, :_BESIDE]
    cosines = np.take_along_axis(similarities, nearest, axis=1)
    weights = np.exp(20 * (cosines - cosines[:, :1]))  # the nearest one counts most
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nk,nkd->nd", weights, laid_out[nearest]), np.float32)


def _scaled(places: Floats) -> Floats:
    """Return places stretched to 0–1 in each direction; the middle where all agree."""
    low, high = places.min(axis=0), places.max(axis=0)
    reach = np.where(high - low > 1e-9, high - low, 1)
    middle = np.where(high - low > 1e-9, 0, 0.5)
    return np.asarray((places - low) / reach + middle, np.float32)


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
