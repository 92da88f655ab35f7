"""Dense retrieval: exact inner product over unit vectors, by FAISS."""

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from corpus.errors import StoreError
from index.encoder import Floats

Rows = npt.NDArray[np.int64]


class DenseIndex:
    """Unit vectors by row; a score is a cosine, higher is better.

    Searches may run side by side; nothing changes an index once it is made.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: Floats) -> Self:
        """Make an index of unit vectors (n, d); row i is vector i."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open what `save` wrote.

        Raises:
            StoreError: FAISS cannot read the file.
        """
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as exc:
            raise StoreError(
                f"{path} is not a FAISS index. It is damaged; rebuild it: citewise index build ..."
            ) from exc

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
        else:
            # The Python layer takes arrays and keywords that the stubs do not know.
            selector = faiss.IDSelectorBitmap(_bitmap(among, len(self)))  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            _, rows = self._index.search(question[None], k, params=parameters)
        return np.asarray(rows[0][rows[0] >= 0], np.int64)

    def vectors(self, rows: Rows) -> Floats:
        """Return the vectors (n, d) of rows (n,)."""
        if not len(rows):
            return np.zeros((0, self._index.d), np.float32)
        return np.asarray(self._index.reconstruct_batch(np.asarray(rows, np.int64)), np.float32)


def _bitmap(rows: Rows, count: int) -> npt.NDArray[np.uint8]:
    """Return one bit a row of the index, set for the rows given."""
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")
