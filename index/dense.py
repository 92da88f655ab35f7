"""Dense retrieval: inner product over unit vectors in half precision, by FAISS.

Every vector is compared as long as that takes a few milliseconds. Beyond, all are compared by codes
of 2 bits a dimension, which FAISS scans thirty vectors at a time, and the best by them once more as
they are: as many as the wanted recall needs, which is measured when the index is made. Vectors are
memory-mapped, codes are not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from corpus.errors import StoreError
from index.encoder import Floats

EXACT_UP_TO = 30_000  # vectors; benchmarks/README.md, "Scale"
LEAST_RECALL = 0.97  # @100 against exact search
_TUNED_TO = 0.985  # on half of the questions, so that the other half keeps the promise
_NEAREST = 100  # the depth at which recall is measured
_COMPARED_AGAIN = (2, 3, 4, 6, 8, 12, 16, 24, 32)  # vectors for each one wanted
_TRAINED_ON = 20_000  # vectors from which the codes are learnt
_FEW = 50_000  # admitted rows up to which each is compared as it is, in some 15 ms
_FURTHER = 4  # times as many are compared again of rows admitted, which may lie far from a question
_BLOCK = 1 << 16  # vectors multiplied at once
Rows = npt.NDArray[np.int64]


class DenseIndex:
    """Unit vectors by row; a score is a cosine, higher is better.

    `description` says how it searches, for the manifest. Searches may run side by side; nothing
    changes an index once it is made.
    """

    def __init__(self, index: Any, description: Mapping[str, Any]) -> None:
        self._index = index
        self._coded = isinstance(index, faiss.IndexRefine)
        self._vectors = faiss.downcast_index(index.refine_index) if self._coded else index
        self.description = dict(description)

    @classmethod
    def from_vectors(
        cls, vectors: Floats, *, questions: Floats | None = None, exact_up_to: int = EXACT_UP_TO
    ) -> Self:
        """Make an index of unit vectors (n, d); row i is vector i.

        Args:
            vectors: what is searched; kept in half precision.
            questions: (m, d) unit vectors like those that will be asked, from which is found how
                many vectors must be compared again; every few vectors themselves if None.
            exact_up_to: most vectors that are all compared as they are.
        """
        exact = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        if len(vectors) > exact_up_to:
            index = _coded(vectors, exact)
            if questions is None:
                questions = vectors[:: max(1, len(vectors) // 256)]
            recall = _tune(index, vectors, questions)
            about = {
                "compared_again": int(index.k_factor),
                f"recall@{_NEAREST}": round(recall, 4),
                "measured_on": len(questions) // 2,
            }
            if recall >= LEAST_RECALL:
                return cls(index, {"search": "codes"} | about)
            return cls(exact, {"search": "exact", "codes_tried": about})
        exact.add(np.ascontiguousarray(vectors, np.float32))
        return cls(exact, {"search": "exact"})

    @classmethod
    def open(cls, path: Path, description: Mapping[str, Any] | None = None) -> Self:
        """Open what `save` wrote, without reading the vectors into memory.

        Raises:
            StoreError: FAISS cannot read the file.
        """
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as exc:
            raise StoreError(
                f"{path} is not a FAISS index. It is damaged; rebuild it: citewise index build ..."
            ) from exc
        return cls(index, description or {})

    def save(self, path: Path) -> None:
        """Write the index."""
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, question: Floats, *, k: int, among: Rows | None = None) -> Rows:
        """Return the rows (at most k,) nearest to a unit vector (d,), best first.

        `among` names the only rows to compare, None for all.
        """
        depth = min(max(k, _NEAREST), len(self))  # so that never fewer are compared again
        if among is None:
            _, rows = self._index.search(question[None], depth)
            return np.asarray(rows[0][rows[0] >= 0][:k], np.int64)
        # The Python layer takes arrays and keywords that the stubs do not know.
        selector: Any = faiss.IDSelectorBitmap(_bitmap(among, len(self)))  # type: ignore[call-arg, arg-type]
        if self._coded and len(among) > _FEW:
            codes: Any = faiss.SearchParametersIVF(sel=selector)  # type: ignore[call-arg]
            wanted: Any = faiss.IndexRefineSearchParameters(  # type: ignore[call-arg]
                k_factor=_FURTHER * self._index.k_factor, base_index_params=codes
            )
            _, rows = self._index.search(question[None], depth, params=wanted)
        else:
            wanted = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            _, rows = self._vectors.search(question[None], depth, params=wanted)
        return np.asarray(rows[0][rows[0] >= 0][:k], np.int64)

    def vectors(self, rows: Rows) -> Floats:
        """Return the vectors (n, d) of rows (n,), as precise as they are kept."""
        if not len(rows):
            return np.zeros((0, self._index.d), np.float32)
        return np.asarray(self._vectors.reconstruct_batch(np.asarray(rows, np.int64)), np.float32)


def _coded(vectors: Floats, exact: Any) -> Any:
    """Return an index that compares codes, and the best by them as `exact`, still empty, has them.

    A code has four bits for each two dimensions. It lies in an inverted file of a single list: of
    FAISS's indexes of such codes only that takes a selection of rows.
    """
    count, dimension = vectors.shape
    parts = dimension // 2 if dimension % 2 == 0 else dimension
    codes = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatIP(dimension), dimension, 1, parts, 4, faiss.METRIC_INNER_PRODUCT
    )
    codes.by_residual = False
    for clustering in (codes.cp, codes.pq.cp):
        clustering.min_points_per_centroid = 1  # no warning
    index = faiss.IndexRefine(codes, exact)
    sample = np.sort(np.random.default_rng(0).permutation(count)[:_TRAINED_ON])
    index.train(np.ascontiguousarray(vectors[sample], np.float32))
    for begin in range(0, count, _BLOCK):
        index.add(np.ascontiguousarray(vectors[begin : begin + _BLOCK], np.float32))
    return index


def _tune(index: Any, vectors: Floats, questions: Floats) -> float:
    """Set how many are compared again; return the recall on questions not used for that."""
    nearest = _nearest(vectors, questions)
    tuning, rest = slice(0, None, 2), slice(1, None, 2)
    for times_as_many in _COMPARED_AGAIN:
        index.k_factor = times_as_many
        if _recall(index, questions[tuning], nearest[tuning]) >= _TUNED_TO:
            break
    return _recall(index, questions[rest], nearest[rest])


def _nearest(vectors: Floats, questions: Floats) -> Rows:
    """Return the `_NEAREST` rows (m, 100) of each question, by comparing all."""
    scores = np.concatenate(
        [questions @ vectors[i : i + _BLOCK].T for i in range(0, len(vectors), _BLOCK)], axis=1
    )
    rows: Rows = np.argpartition(-scores, _NEAREST - 1, axis=1)[:, :_NEAREST]
    return rows


def _recall(index: Any, questions: Floats, nearest: Rows) -> float:
    _, found = index.search(np.ascontiguousarray(questions, np.float32), nearest.shape[1])
    shared = [len(np.intersect1d(a, b)) for a, b in zip(found, nearest, strict=True)]
    return float(np.mean(shared) / nearest.shape[1])


def _bitmap(rows: Rows, count: int) -> npt.NDArray[np.uint8]:
    """Return one bit a row of the index, set for the rows given."""
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")
