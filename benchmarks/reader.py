"""Measure the reader: ``python -m benchmarks.reader [--limit N]``.

Exact match and F1 given the right paragraph (SQuAD dev-a v1.1, official normalisation), how well
its scores tell answerable from unanswerable (SQuAD 2.0 dev-a, CLAPnq, our own questions held out
of training, the seed articles), what its verifier makes of the same, and the time for five chunks.
Results go to ``benchmarks/results/reader.json``.
"""

import argparse
import gzip
import json
import os
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.collections import data_folder, machine
from corpus import load_documents, split_document
from qa.reader import Reader
from training.reports import HELD_OUT, load_reports, with_reports
from training.squad import OWN_QUESTIONS, SEARCH_QUESTIONS, Squad, load_own_questions
from training.squad import load_squad as load_train

RESULTS = Path(__file__).parent / "results" / "reader.json"
GOALS = {
    "squad1_f1": 0.82, "squad1_em": 0.72, "squad2_auroc": 0.70, "clapnq_auroc": 0.89,
    "seeds_auroc": 0.98, "five_chunks_ms": 60, "file_mb": 12,
}  # fmt: skip
Floats = npt.NDArray[np.float64]


def normalise_answer(text: str) -> str:
    """Lower-case and drop punctuation, articles and extra space, as the SQuAD script does."""
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def exact_match(answer: str, gold: Iterable[str]) -> float:
    """Return 1.0 if `answer` is one of the gold answers after normalisation, else 0.0."""
    return float(any(normalise_answer(answer) == normalise_answer(g) for g in gold))


def f1(answer: str, gold: Iterable[str]) -> float:
    """Return the best word-overlap F1 of `answer` with a gold answer."""
    words = normalise_answer(answer).split()
    best = 0.0
    for other in (normalise_answer(g).split() for g in gold):
        common = sum((Counter(words) & Counter(other)).values())
        if common:
            precision, recall = common / len(words), common / len(other)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def auroc(scores: Sequence[float] | Floats, positive: Sequence[bool]) -> float:
    """Return the chance that a positive scores above a negative, ties counted half."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    order = np.unique(values, return_inverse=True)[1]
    counts = np.bincount(order)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[order]  # equal scores share their mean rank
    count = int(labels.sum())
    return float((ranks[labels].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))


def fit_logistic(features: Floats, labels: npt.NDArray[np.bool_]) -> Floats:
    """Return weights ``(d + 1,)`` of a logistic regression, the intercept last (Newton steps)."""
    inputs = np.column_stack([features, np.ones(len(features))])
    weights = np.zeros(inputs.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (labels - chance) - 1e-3 * weights
        hessian = (inputs * (chance * (1 - chance))[:, None]).T @ inputs
        weights += np.linalg.solve(hessian + 1e-3 * np.eye(len(weights)), gradient)
    return weights


def squad_questions(path: Path, limit: int | None) -> list[dict[str, Any]]:
    """Return ``question``, ``passage``, ``answers``, ``article`` rows, spread over the file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    rows = [
        {
            "question": row["question"], "passage": paragraph["context"], "article": number,
            "answers": [answer["text"] for answer in row["answers"]],
        }
        for number, article in enumerate(data)
        for paragraph in article["paragraphs"]
        for row in paragraph["qas"]
    ]  # fmt: skip
    return rows[:: max(1, len(rows) // limit)][:limit] if limit else rows


def scores_of(reader: Reader, question: str, passages: Sequence[str]) -> tuple[str, float, float]:
    """Return the answer, its margin over null and the relevance of the best of some passages."""
    best = ("", -np.inf, -np.inf)
    for passage, reading in zip(passages, reader.read(question, passages), strict=True):
        span = reading.best_span()
        if span is not None and span.score > best[1]:
            best = (passage[span.start : span.end], span.score, reading.relevance)
    return best


def measure_spans(reader: Reader, limit: int | None) -> dict[str, Any]:
    """Return exact match and F1 on SQuAD dev-a v1.1, the paragraph given."""
    rows = squad_questions(data_folder() / "squad/dev-a-v1.1.json.gz", limit)
    answers = [scores_of(reader, row["question"], [row["passage"]])[0] for row in rows]
    return matches(answers, [row["answers"] for row in rows])


def matches(answers: Sequence[str], gold: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return how many answers there are and their mean exact match and F1 with the gold ones."""
    return {
        "questions": len(answers),
        "em": float(np.mean([exact_match(a, g) for a, g in zip(answers, gold, strict=True)])),
        "f1": float(np.mean([f1(a, g) for a, g in zip(answers, gold, strict=True)])),
    }  # fmt: skip


def measure_own_words(
    reader: Reader, limit: int | None, path: Path = OWN_QUESTIONS
) -> dict[str, Any]:
    """Return both for our own questions that were held out of training, the paragraph given."""
    squad = load_train(data_folder() / "squad/train-v1.1.json.gz")
    questions = load_own_questions(path, squad, held_out=True)[:limit]
    found = [scores_of(reader, q.text, [squad.paragraphs[q.paragraph]]) for q in questions]
    read = [(x[0], q.answers) for x, q in zip(found, questions, strict=True) if q.answers]
    spans = matches([answer for answer, _ in read], [gold for _, gold in read])
    told = separation([x[1:] for x in found], [bool(q.answers) for q in questions])
    return {**told, "em": spans["em"], "f1": spans["f1"]}


def separation(scores: Sequence[tuple[float, float]], labels: Sequence[bool]) -> dict[str, Any]:
    """Return the AUROC of margin and relevance, and of both on the half that did not fit them."""
    features = np.array(scores, dtype=float)
    positive = np.array(labels, dtype=bool)
    tuning = np.arange(len(positive)) % 4 < 2
    weights = fit_logistic(features[tuning], positive[tuning])
    both = features @ weights[:-1]
    return {
        "questions": len(positive),
        "answerable": int(positive.sum()),
        "auroc_margin": auroc(features[:, 0], positive),
        "auroc_relevance": auroc(features[:, 1], positive),
        "auroc_margin_reported_half": auroc(features[~tuning, 0], positive[~tuning]),
        "auroc_both_reported_half": auroc(both[~tuning], positive[~tuning]),
        "weights": {"margin": weights[0], "relevance": weights[1], "intercept": weights[2]},
    }


def measure_squad2(reader: Reader, limit: int | None) -> dict[str, Any]:
    """Return how well the outputs tell the answerable questions of SQuAD 2.0 dev-a."""
    rows = squad_questions(data_folder() / "squad/dev-a-v2.0.json.gz", limit)
    scores = [scores_of(reader, row["question"], [row["passage"]])[1:] for row in rows]
    return separation(scores, [bool(row["answers"]) for row in rows])


def measure_clapnq(reader: Reader, limit: int | None) -> dict[str, Any]:
    """Return how well the outputs tell the answerable questions of CLAPnq."""
    scores, labels = [], []
    for name in ("answerable", "unanswerable"):
        lines = (data_folder() / f"clapnq/{name}.jsonl").read_text("utf-8").splitlines()
        for line in lines[: limit // 2 if limit else None]:
            row = json.loads(line)
            passages = [passage["text"] for passage in row["passages"]]
            scores.append(scores_of(reader, row["input"], passages)[1:])
            labels.append(name == "answerable")
    order = np.random.default_rng(0).permutation(len(labels))
    return separation([scores[i] for i in order], [labels[i] for i in order])


def measure_seeds(reader: Reader) -> dict[str, Any]:
    """Return how well the best chunk's margin tells the answerable questions on the seeds."""
    folder = data_folder() / "seeds"
    texts = [
        c.text for d in load_documents(sorted(folder.glob("*.txt"))) for c in split_document(d)
    ]
    rows = [json.loads(x) for x in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    scores = [scores_of(reader, row["question"], texts)[1] for row in rows]
    labels = [row["answer"] is not None for row in rows]
    return {
        "questions": len(rows), "chunks": len(texts), "auroc_margin": auroc(scores, labels)
    }  # fmt: skip


class _Verifier:
    """Stands where a reader is asked for and reads as its verifier does."""

    def __init__(self, reader: Reader) -> None:
        self.read = reader.verify


def measure_verifier(reader: Reader, limit: int | None) -> dict[str, Any]:
    """Return how well the verifier's outputs tell what is answered, as the reader's are measured.

    `reports` are those of our own that it did not learn from, the chunk given.
    """
    verifier: Any = _Verifier(reader)
    nothing = Squad(paragraphs=[], articles=[], titles=[], questions=[], sentences=[])
    squad, questions = with_reports(nothing, load_reports(HELD_OUT))
    kept = questions[:limit]
    told = [
        [scores_of(each, q.text, [squad.paragraphs[q.paragraph]])[1:] for q in kept]
        for each in (verifier, reader)
    ]
    labels = [bool(q.answers) for q in kept]
    return {
        "clapnq": measure_clapnq(verifier, limit),
        "own_words": measure_own_words(verifier, limit),
        "search": measure_own_words(verifier, limit, SEARCH_QUESTIONS),
        "squad2_dev_a": measure_squad2(verifier, limit),
        "reports": separation(told[0], labels),
        "reports, the reader": separation(told[1], labels),
    }


def measure_latency(reader: Reader, *, rounds: int = 30) -> dict[str, float]:
    """Return milliseconds to read five chunks of about 200 tokens, warm."""
    rows = squad_questions(data_folder() / "squad/dev-a-v1.1.json.gz", None)
    passages = sorted({row["passage"] for row in rows}, key=lambda text: abs(len(text) - 950))[:5]
    times = []
    for number in range(rounds + 3):
        began = time.perf_counter()
        reader.read(f"When did the city approve new programme {number}?", passages)
        times.append(1000 * (time.perf_counter() - began))
    return {
        "median_ms": float(np.median(times[3:])),
        "best_ms": min(times[3:]),
        "machine_load": os.getloadavg()[0],  # processes that wanted a core in the last minute
    }


def main() -> None:
    """Run the measurements, print them and save them."""
    parser = argparse.ArgumentParser(description="Measure the reader.")
    parser.add_argument("--limit", type=int, help="questions of each set, for a quick look")
    parser.add_argument("--only", help="measure this alone and keep the rest of the results")
    parser.add_argument("--weights", type=Path, help="other weights than the shipped ones")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    reader = Reader.load(arguments.weights)
    limit = arguments.limit
    measurements: dict[str, Callable[[], dict[str, Any]]] = {
        "latency_five_chunks": lambda: measure_latency(reader),
        "seeds": lambda: measure_seeds(reader),
        "clapnq": lambda: measure_clapnq(reader, limit),
        "own_words": lambda: measure_own_words(reader, limit),
        "search": lambda: measure_own_words(reader, limit, SEARCH_QUESTIONS),
        "squad2_dev_a": lambda: measure_squad2(reader, limit),
        "squad1_dev_a": lambda: measure_spans(reader, limit),
        "verifier": lambda: measure_verifier(reader, limit),
    }
    results: dict[str, Any] = {"goals": GOALS}
    if arguments.only:
        measurements = {arguments.only: measurements[arguments.only]}
        results = json.loads(arguments.out.read_text(encoding="utf-8"))
    provenance = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": " ".join(["python -m benchmarks.reader", *sys.argv[1:]]),
        "machine": machine(),
        "versions": {name: version(name) for name in ("onnxruntime", "tokenizers", "numpy")},
    }
    for name, measure in measurements.items():
        results[name] = {**measure(), **provenance}
        print(name, json.dumps(results[name]), flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
