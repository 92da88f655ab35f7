"""How to find the nearest of many vectors: ``python -m benchmarks.dense [SIZE]``.

Over the vectors of an index that ``benchmarks.scale --keep`` left, one thread: all compared as they
are, the nearest of 4√n clusters looked into, and all compared by codes, the best of which are
compared again as they are. Recall is that of the 100 nearest, of questions of SQuAD train. Results
go to ``benchmarks/results/dense.json``.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from benchmarks.collections import load_squad, save
from index import Index
from index.encoder import Floats
from index.export import model_cache

QUESTIONS = 100
NEAREST = 100
SAMPLE = 50_000  # vectors that clusters and codes are learnt from
HALF = faiss.ScalarQuantizer.QT_fp16
PRODUCT = faiss.METRIC_INNER_PRODUCT
Way = tuple[str, Any, Callable[[Any], None]]  # name, index, what sets it up


def ways(dimension: int, count: int) -> list[Way]:
    """Return the ways to search, those of one index one after the other."""
    found: list[Way] = [
        ("exact", faiss.IndexScalarQuantizer(dimension, HALF, PRODUCT), lambda index: None)
    ]
    lists = int(2 ** round(np.log2(4 * np.sqrt(count))))
    centres = faiss.IndexFlatIP(dimension)
    clusters = faiss.IndexIVFScalarQuantizer(centres, dimension, lists, HALF, PRODUCT, False)
    clusters.cp.spherical = True
    for share in (16, 8, 4, 2):
        probed = lists // share
        name = f"{probed} of {lists} clusters"
        found.append((name, clusters, lambda index, n=probed: setattr(index, "nprobe", n)))
    for bits in (1, 2):
        parts = dimension * bits // 4
        one = faiss.IndexIVFPQFastScan(
            faiss.IndexFlatIP(dimension), dimension, 1, parts, 4, PRODUCT
        )
        one.by_residual = False
        codes = faiss.IndexRefine(one, faiss.IndexScalarQuantizer(dimension, HALF, PRODUCT))
        for again in (2, 3, 4, 8):
            name = f"codes of {bits} bits, {again * NEAREST} compared again"
            found.append((name, codes, lambda index, n=again: setattr(index, "k_factor", n)))
    return found


def measure(vectors: Floats, questions: Floats) -> list[dict[str, Any]]:
    """Return milliseconds and recall of each way to search."""
    nearest = np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, :NEAREST]
    sample = vectors[np.sort(np.random.default_rng(0).permutation(len(vectors))[:SAMPLE])]
    rows = []
    for name, index, set_up in ways(vectors.shape[1], len(vectors)):
        if not index.ntotal:
            index.train(sample)
            index.add(vectors)
        set_up(index)
        times: list[float] = []
        shares: list[float] = []
        for question, expected in zip(questions, nearest, strict=True):
            began = time.perf_counter()
            found: npt.NDArray[np.int64] = index.search(question[None], NEAREST)[1][0]
            times.append(1000 * (time.perf_counter() - began))
            shares.append(len(np.intersect1d(found, expected)) / NEAREST)
        row = {"way": name, "median_ms": round(float(np.median(times)), 2)}
        rows.append(row | {f"recall@{NEAREST}": round(float(np.mean(shares)), 4)})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description="Compare ways to find the nearest vectors.")
    parser.add_argument("size", nargs="?", type=int, default=100_000, metavar="SIZE")
    size = parser.parse_args().size
    path = model_cache().parent / "benchmarks" / f"scale-{size}"
    if not path.is_dir():
        parser.error(f"no index of {size:,} passages is kept; benchmarks.scale {size} --keep")
    index = Index.open(path)
    asked = load_squad("squad/train-v1.1.json.gz").questions
    texts = [row.question for row in asked[:: len(asked) // QUESTIONS][:QUESTIONS]]
    questions = np.stack([index.encode_question(text).pooled for text in texts])
    vectors = index.vectors(np.arange(len(index)))
    faiss.omp_set_num_threads(1)
    save("dense", {"passages": size, "ways": measure(vectors, questions)})


if __name__ == "__main__":
    main()
