"""Unit vectors put into the plane, near ones near; also in a process of its own.

``python -m index.placing`` reads an array from stdin and writes the places to stdout. That takes
seconds, in which a server has questions to answer.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.priority import give_way

Floats = npt.NDArray[np.float32]
MOST_LAID_OUT = 2000  # documents placed by t-SNE, some 4 seconds; the others beside the nearest
_FEWEST = 8  # documents from which neighbourhoods say more than the two main directions
_PERPLEXITY = 30.0
# As in the paper: by scikit-learn's 12, two dozen documents are torn apart and not together again
# after 500 steps (trustworthiness of 25: .77, with 4 .88; of 1,066: .994 with both).
_EXAGGERATION = 4.0
# Few documents fall into one of many layouts, by the last digits of a processor's sums (25 that had
# .88 on one have .73 on another): of several the one is taken that keeps most neighbours.
_FEW = 200
_EXAGGERATIONS = (_EXAGGERATION, 2.0, 8.0, 12.0)
_NEIGHBOURS = 5
_BATCH = 4096  # documents at a time
_BESIDE = 3  # documents laid out that place one which is not
_PACKAGES = Path(__file__).resolve().parent.parent


def flattened_apart(vectors: Floats) -> Floats:
    """Return what `flattened` does, from a process that gives way to all others.

    Raises:
        OSError: the process cannot be started, or ended without places.
    """
    path = os.pathsep.join([str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "index.placing"], input=_saved(vectors), capture_output=True,
        env=os.environ | {"PYTHONPATH": path}, check=False,
    )  # fmt: skip
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(f"index.placing ended with status {done.returncode}: {last}")
    return np.asarray(np.load(io.BytesIO(done.stdout), allow_pickle=False), np.float32)


def main() -> None:
    """Read vectors from stdin, write their places to stdout."""
    give_way()
    vectors = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    sys.stdout.buffer.write(_saved(flattened(vectors)))


def _saved(array: Floats) -> bytes:
    """Return what numpy saves of an array; to a pipe itself it can't, where that is buffered."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


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
    from sklearn.manifold import TSNE, trustworthiness
    from threadpoolctl import threadpool_limits

    reduced = _principal(vectors, 50)
    spread = reduced[:, :2] / max(float(reduced[:, 0].std()), 1e-12) * 1e-4

    def laid_out(exaggeration: float) -> Floats:
        method = TSNE(
            perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3), init=spread, max_iter=500,
            early_exaggeration=exaggeration, random_state=0,
        )  # fmt: skip
        return np.asarray(method.fit_transform(reduced), np.float32)

    def kept(places: Floats) -> float:
        neighbours = min(_NEIGHBOURS, (len(vectors) - 1) // 2)
        return float(trustworthiness(reduced, places, n_neighbors=neighbours))

    with threadpool_limits(1):  # many threads wait for each other and add up in any order
        if len(vectors) > _FEW:
            return laid_out(_EXAGGERATION)
        return max(map(laid_out, _EXAGGERATIONS), key=kept)


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


if __name__ == "__main__":
    main()
