"""Ranking without reading: ``python -m benchmarks.retrieval [COLLECTION ...]``.

nDCG@10 (gain 2^grade - 1) and recall through `Index.search`, beside what the same index gives with
its parts alone or fused in the usual ways. Results go to ``benchmarks/results/retrieval.json``, a
plot beside it.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.collections import RESULTS, Collection, index_of, load_beir, load_squad, save
from index import Hit
from index.ranking import z_scores
from index.searching import POOL

COLLECTIONS = ("scifact", "cranfield", "msmarco-dl19", "squad", "xquad-zh")
SQUAD_QUESTIONS = 1000
Floats = npt.NDArray[np.float64]


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], *, k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of ranked sources, gain 2^grade - 1."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = np.array([2 ** grades.get(source, 0) - 1 for source in ranked[:k]], float)
    best = np.array(sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:k], float)
    return float(gains @ discounts[: len(gains)] / (best @ discounts[: len(best)]))


def recall(ranked: Sequence[str], grades: Mapping[str, int], *, k: int) -> float:
    """Return the share of relevant documents among the first `k` ranked sources."""
    return len(set(ranked[:k]) & grades.keys()) / len(grades)


def _ranks(scores: Floats) -> Floats:
    """Return 1-based ranks; those beyond the pool of one retriever count as absent."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(ranks <= POOL, ranks, np.inf)


def _scaled(scores: Floats) -> Floats:
    width = np.ptp(scores)
    return (scores - scores.min()) / width if width else np.zeros_like(scores)


FUSIONS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "dense": lambda dense, lexical, late: dense,
    "BM25": lambda dense, lexical, late: lexical,
    "late interaction": lambda dense, lexical, late: late,
    "reciprocal rank fusion": lambda dense, lexical, late: (
        1 / (60 + _ranks(dense)) + 1 / (60 + _ranks(lexical))
    ),
    "min-max hybrid": lambda dense, lexical, late: _scaled(dense) + _scaled(lexical),
    "z-scores .4/.2/.4": lambda dense, lexical, late: (
        0.4 * z_scores(dense) + 0.2 * z_scores(lexical) + 0.4 * z_scores(late)
    ),
    "z-scores .4/.3/.3": lambda dense, lexical, late: (
        0.4 * z_scores(dense) + 0.3 * z_scores(lexical) + 0.3 * z_scores(late)
    ),
}
OURS = "Citewise"
METHODS = (*FUSIONS, OURS)


def ranked_sources(hits: Sequence[Hit], scores: Floats) -> list[str]:
    """Return the distinct sources by their best chunk's score."""
    order = np.argsort(-scores, kind="stable")
    return list(dict.fromkeys(hits[i].document.source for i in order))


def measure(collection: Collection) -> dict[str, Any]:
    """Return the mean of each figure for each method, and the median time of `Index.search`."""
    index = index_of(collection.name, collection.documents)
    figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in METHODS}
    times = []
    for name, question in collection.questions.items():
        began = time.perf_counter()
        index.search(question, k=10)
        times.append(1000 * (time.perf_counter() - began))
        ours = index.search(question, k=POOL)
        hits = index.search(question, k=2 * POOL)  # with more to choose from, for the others
        parts = np.array([(h.dense, h.lexical, h.late) for h in hits], float).T
        grades = collection.grades[name]
        rankings = {
            method: ranked_sources(hits, score(*parts)) for method, score in FUSIONS.items()
        }
        rankings[OURS] = list(dict.fromkeys(hit.document.source for hit in ours))
        for method, ranked in rankings.items():
            figures[method].append(
                (ndcg(ranked, grades), *(recall(ranked, grades, k=k) for k in (1, 3, 10)))
            )
    names = ("ndcg@10", "recall@1", "recall@3", "recall@10")
    return {
        "documents": len(collection.documents),
        "chunks": len(index),
        "questions": len(collection.questions),
        "search_median_ms": round(statistics.median(times), 2),
        "methods": {
            method: dict(zip(names, np.mean(rows, axis=0).round(4).tolist(), strict=True))
            for method, rows in figures.items()
        },
    }


def load(name: str) -> Collection:
    """Return a collection by name."""
    if name == "squad":
        return load_squad("squad/dev-a-v1.1.json.gz", limit=SQUAD_QUESTIONS).collection
    if name == "xquad-zh":
        squad = load_squad("chinese/xquad.zh.json.gz", limit=SQUAD_QUESTIONS).collection
        return Collection(
            name=name, documents=squad.documents, questions=squad.questions, grades=squad.grades
        )
    return load_beir(name)


def means(results: Mapping[str, Any]) -> dict[str, float]:
    """Return each method's nDCG@10, the mean of the collections."""
    return {
        method: round(
            statistics.mean(found["methods"][method]["ndcg@10"] for found in results.values()), 4
        )
        for method in METHODS
    }


def plot(results: Mapping[str, Any]) -> None:
    """Draw the nDCG@10 of every method on every collection and in the mean."""
    from matplotlib.figure import Figure

    groups = {name: found["methods"] for name, found in results.items()}
    values = {m: [g[m]["ndcg@10"] for g in groups.values()] for m in METHODS}
    for method, mean in means(results).items():
        values[method].append(mean)
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(METHODS)
    for i, (method, heights) in enumerate(values.items()):
        colour = {"color": "black"} if method == "Citewise" else {}
        places = np.arange(len(heights)) + i * width
        axes.bar(places, heights, width, label=method, **colour)
    axes.set_xticks(np.arange(len(groups) + 1) + 0.4, [*groups, "mean"])
    axes.set(ylabel="nDCG@10", ylim=(0.2, 1))
    axes.legend(fontsize="small", ncols=3)
    figure.savefig(RESULTS / "retrieval.png", dpi=120)


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure ranking without reading.")
    parser.add_argument("collections", nargs="*", default=COLLECTIONS, metavar="COLLECTION")
    arguments = parser.parse_args()
    earlier = RESULTS / "retrieval.json"  # collections not measured now keep their figures
    results = json.loads(earlier.read_text())["collections"] if earlier.exists() else {}
    for name in arguments.collections:
        results[name] = measure(load(name))
        print(name, {key: value for key, value in results[name].items() if key != "methods"})
        for method, figures in results[name]["methods"].items():
            print(
                f"  {method:24}", "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
            )
    overall = means(results)
    above = overall["Citewise"] / overall["reciprocal rank fusion"] - 1
    print("mean", overall, f"{100 * above:.1f}% above reciprocal rank fusion")
    save(
        "retrieval",
        {
            "collections": results,
            "mean_ndcg@10": overall,
            "above_reciprocal_rank_fusion_percent": round(100 * above, 1),
        },
    )
    plot(results)


if __name__ == "__main__":
    main()
