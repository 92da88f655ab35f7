"""Dense retrieval: inner product over unit vectors in half precision, by FAISS.

Every vector is compared as long as that takes a few milliseconds. Beyond, vectors lie in clusters
and a search looks into the nearest few, as many as the wanted recall needs; that is measured when
the index is made. Files are memory-mapped.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from corpus.errors import StoreError
from index.encoder import Floats

EXACT_UP_TO = 50_000  # vectors; benchmarks/README.md, "Scale"
LEAST_RECALL = 0.97  # @100 against exact search
_TUNED_TO = 0.98  # on half of the questions, so that the other half keeps the promise
_NEAREST = 100  # the depth at which recall is measured
_SAMPLES_A_CLUSTER = 48  # vectors that k-means sees
_FEW = 20_000  # admitted rows that are quicker compared on their own
_MANY = 200_000  # admitted rows up to which all are compared, in some 30 ms
_BLOCK = 1 << 16  # vectors multiplied at once
Rows = npt.NDArray[np.int64]


class DenseIndex:
    """Unit vectors by row; a score is a cosine, higher is better.

    `description` says how it searches, for the manifest. Searches may run side by side; nothing
    changes an index once it is made.
    """

    def __init__(self, index: Any, description: Mapping[str, Any]) -> None:
        self._index = index
        self._clustered = isinstance(index, faiss.IndexIVF)
        self.description = dict(description)

    @classmethod
    def from_vectors(
        cls, vectors: Floats, *, questions: Floats | None = None, exact_up_to: int = EXACT_UP_TO
    ) -> Self:
        """Make an index of unit vectors (n, d); row i is vector i.

        Args:
            vectors: what is searched; kept in half precision.
            questions: (m, d) unit vectors like those that will be asked, from which the number of
                clusters to look into is found; every few vectors themselves if None.
            exact_up_to: most vectors that are all compared.
        """
        if len(vectors) <= exact_up_to:
            index = faiss.IndexScalarQuantizer(
                vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
            index.add(np.ascontiguousarray(vectors, np.float32))
            return cls(index, {"search": "exact"})
        index = _clusters(vectors)
        if questions is None:
            questions = vectors[:: len(vectors) // 256]
        recall = _tune(index, vectors, questions)
        return cls(
            index,
            {
                "search": "clusters", "clusters": int(index.nlist), "probed": int(index.nprobe),
                f"recall@{_NEAREST}": round(recall, 4), "measured_on": len(questions) // 2,
            },
        )  # fmt: skip

    @classmethod
    def open(cls, path: Path, description: Mapping[str, Any] | None = None) -> Self:
        """Open what `save` wrote, without reading it into memory.

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
        k = min(k, len(self))
        if among is None:
            _, rows = self._index.search(question[None], k)
        elif self._clustered and len(among) <= _FEW:
            best = np.argsort(-(self.vectors(among) @ question), kind="stable")[:k]
            return np.asarray(among[best], np.int64)
        else:
            # The Python layer takes arrays and keywords that the stubs do not know.
            selector: Any = faiss.IDSelectorBitmap(_bitmap(among, len(self)))  # type: ignore[call-arg, arg-type]
            if self._clustered:
                probes = self._probes(question, among)
                parameters: Any = faiss.SearchParametersIVF(sel=selector, nprobe=probes)  # type: ignore[call-arg]
            else:
                parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            _, rows = self._index.search(question[None], k, params=parameters)
        return np.asarray(rows[0][rows[0] >= 0], np.int64)

    def _probes(self, question: Floats, among: Rows) -> int:
        """Return how many of the nearest clusters to look into for rows that were admitted.

        All, unless very many were admitted; then until as many of them are seen as a search of all
        rows sees. What is admitted may lie far from the question, and with it from the clusters
        that hold its nearest: Chinese documents do from a question in English.
        """
        if len(among) <= _MANY:
            return int(self._index.nlist)
        _, nearest = self._index.quantizer.search(question[None], self._index.nlist)
        clusters = faiss.vector_to_array(self._index.direct_map.array)[among] >> 32
        seen = np.cumsum(np.bincount(clusters, minlength=self._index.nlist)[nearest[0]])
        wanted = min(len(among), self._index.nprobe * len(self) // self._index.nlist)
        return int(np.searchsorted(seen, wanted)) + 1

    def vectors(self, rows: Rows) -> Floats:
        """Return the vectors (n, d) of rows (n,), as precise as they are kept."""
        if not len(rows):
            return np.zeros((0, self._index.d), np.float32)
        return np.asarray(self._index.reconstruct_batch(np.asarray(rows, np.int64)), np.float32)


def _clusters(vectors: Floats) -> Any:
    """Return an inverted file over about 4 √n clusters, found on a sample."""
    count, dimension = vectors.shape
    quantizer: Any = faiss.IndexFlatIP(dimension)
    lists = int(2 ** round(np.log2(4 * np.sqrt(count))))
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT,
        False,  # vectors themselves, not their distance from the cluster's centre
    )  # fmt: skip
    quantizer.this.disown()
    index.own_fields = True
    index.cp.niter = 8
    index.cp.min_points_per_centroid = 1  # no warning
    index.cp.max_points_per_centroid = _SAMPLES_A_CLUSTER
    index.cp.spherical = True
    sample = np.random.default_rng(0).permutation(count)[: _SAMPLES_A_CLUSTER * lists]
    index.train(np.ascontiguousarray(vectors[np.sort(sample)], np.float32))
    for begin in range(0, count, _BLOCK):
        index.add(np.ascontiguousarray(vectors[begin : begin + _BLOCK], np.float32))
    index.make_direct_map()
    return index


def _tune(index: Any, vectors: Floats, questions: Floats) -> float:
    """Set how many clusters are looked into; return the recall on questions not used for that."""
    nearest = _nearest(vectors, questions)
    tuning, rest = slice(0, None, 2), slice(1, None, 2)
    for probes in [2**i * step // 4 for i in range(2, 16) for step in (4, 5, 6, 7)]:
        index.nprobe = min(probes, index.nlist)
        if _recall(index, questions[tuning], nearest[tuning]) >= _TUNED_TO:
            break
        if index.nprobe == index.nlist:
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
