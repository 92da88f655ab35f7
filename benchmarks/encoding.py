"""Encoding speed and what it costs in quality: ``python -m benchmarks.encoding [--texts N]``.

Chunks a second of `Encoder.encode_passages`, at each precision this processor is fit for, against
`SentenceTransformer.encode` at its defaults, on the same texts, in turns, so that other work on the
machine meets all of them; and how far the vectors are off those of float32. Then nDCG@10 of
`Index.search` over three collections encoded at each precision. Results go to
``benchmarks/results/encoding.json``.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.collections import Collection, load_beir, load_squad, save
from benchmarks.retrieval import ndcg
from index import build_index
from index.encoder import Encoder
from index.export import Precision, model_cache
from index.models import default_model_path
from index.precision import candidates
from index.quantising import quantise

SETS = ("scifact", "cranfield", "squad")
ROUNDS = 3
Floats = npt.NDArray[np.float64]


def speeds(texts: Sequence[str], encoders: Mapping[str, Encoder]) -> dict[str, dict[str, Any]]:
    """Return the chunks a second of each way to encode, the median of `ROUNDS` in turns."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(default_model_path()), device="cpu", local_files_only=True)
    ways: dict[str, Callable[[Sequence[str]], object]] = {"sentence-transformers": model.encode}
    for precision, encoder in encoders.items():
        ways[precision] = lambda part, encoder=encoder: list(
            encoder.encode_passages([("", text) for text in part])
        )
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for encode in ways.values():
        encode(texts[:8])
    for _ in range(ROUNDS):
        for name, encode in ways.items():
            began = time.perf_counter()
            encode(texts)
            rounds[name].append(len(texts) / (time.perf_counter() - began))
    base = statistics.median(rounds["sentence-transformers"])
    return {
        name: {
            "chunks_a_second": round(statistics.median(values), 1),
            "rounds": [round(value, 1) for value in values],
            "times_sentence_transformers": round(statistics.median(values) / base, 2),
        }
        for name, values in rounds.items()
    }


def closeness(texts: Sequence[str], encoders: Mapping[str, Encoder]) -> dict[str, Any]:
    """Return how far each encoder's vectors are off those of float32: 1 - cosine, the means."""
    pairs = [("", text) for text in texts]
    exact = [encoding for _, encoding in Encoder.load().encode_passages(pairs)]
    found = {}
    for name, encoder in encoders.items():
        close = [encoding for _, encoding in encoder.encode_passages(pairs)]
        pooled = [one.pooled @ other.pooled for one, other in zip(exact, close, strict=True)]
        tokens = [
            (one.tokens * other.tokens).sum(axis=1) for one, other in zip(exact, close, strict=True)
        ]
        found[name] = {
            "pooled": round(1 - float(np.mean(pooled)), 5),
            "tokens": round(1 - float(np.mean(np.concatenate(tokens))), 5),
        }
    return found


def plainly_quantised(folder: Path) -> Encoder:
    """Return the encoder with all matrices in 8 bits, as ONNX Runtime's own tool makes them."""
    exact = Encoder.load()
    for name in ("tokenizer.json", "encoder.json"):
        shutil.copyfile(exact.folder / name, folder / name)
    quantise(exact.folder / "model.onnx", folder / "model.onnx")
    return Encoder.open(folder)


def part_of(collection: Collection, *, questions: int, documents: int) -> Collection:
    """Return a smaller collection: some questions, their documents, and others up to a number."""
    step = max(1, len(collection.questions) // questions)
    kept = dict(list(collection.questions.items())[::step][:questions])
    wanted = {source for name in kept for source in collection.grades[name]}
    ordered = sorted(collection.documents, key=lambda document: document.source not in wanted)
    return Collection(
        name=collection.name, documents=ordered[: max(documents, len(wanted))],
        questions=kept, grades={name: collection.grades[name] for name in kept},
    )  # fmt: skip


def quality(collection: Collection, precision: Precision) -> Floats:
    """Return each question's nDCG@10 of `Index.search`, all encoded at a precision."""
    place = model_cache().parent / "benchmarks" / f"encoding-{collection.name}-{precision}"
    index = build_index(collection.documents, place, precision=precision)
    figures = [
        ndcg(
            list(dict.fromkeys(hit.document.source for hit in index.search(question, k=20))),
            collection.grades[name],
        )
        for name, question in collection.questions.items()
    ]
    index.close()
    return np.array(figures)


def compared(found: Mapping[Precision, Floats]) -> dict[str, Any]:
    """Return the mean of each precision and how it differs from float32, in percent of that.

    The standard error is that of the mean difference between the same questions' figures.
    """
    exact = found["float32"]
    rows: dict[str, Any] = {"float32": round(float(exact.mean()), 4)}
    for precision in found.keys() - {"float32"}:
        difference = 100 * (found[precision] - exact) / exact.mean()
        rows[precision] = {
            "ndcg@10": round(float(found[precision].mean()), 4),
            "percent": round(float(difference.mean()), 2),
            "standard_error": round(float(difference.std() / np.sqrt(len(difference))), 2),
        }
    return rows


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure encoding.")
    parser.add_argument("--texts", type=int, default=256, help="SQuAD paragraphs to time")
    parser.add_argument("--documents", type=int, default=1500, help="of each collection")
    parser.add_argument("--questions", type=int, default=1500, help="of each collection")
    parser.add_argument("--speed-only", action="store_true")
    arguments = parser.parse_args()
    squad = load_squad("squad/dev-a-v1.1.json.gz")
    step = max(1, len(squad.documents) // arguments.texts)
    texts = [document.text for document in squad.documents[::step]][: arguments.texts]
    precisions = candidates()
    with tempfile.TemporaryDirectory() as folder:
        encoders: dict[str, Encoder] = {name: Encoder.load(precision=name) for name in precisions}
        encoders["int8, all matrices"] = plainly_quantised(Path(folder))
        results: dict[str, Any] = {"texts": len(texts), "speed": speeds(texts, encoders)}
        results["off_by"] = closeness(texts, encoders)
    for name, row in results["speed"].items():
        print(f"{name:24}", row, results["off_by"].get(name, ""), flush=True)
    if not arguments.speed_only:
        results["ndcg@10"] = {}
        for name in SETS:
            whole = squad.collection if name == "squad" else load_beir(name)
            part = part_of(whole, questions=arguments.questions, documents=arguments.documents)
            row = compared({precision: quality(part, precision) for precision in precisions})
            sizes = {"documents": len(part.documents), "questions": len(part.questions)}
            results["ndcg@10"][name] = sizes | row
            print(f"{name:24}", results["ndcg@10"][name], flush=True)
    save("encoding", results)


if __name__ == "__main__":
    main()
