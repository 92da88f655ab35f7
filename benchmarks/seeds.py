"""The five seed articles: ``python -m benchmarks.seeds``.

Their 28 questions asked of an index of the articles as found, and the 18 answerable ones of the
shipped corpus, with the time by stage. Results go to ``benchmarks/results/seeds.json``.
"""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.collections import data_folder, save
from benchmarks.latency import forgetful
from corpus import load_documents
from index import build_index
from index.export import model_cache
from qa import Assistant
from qa.evaluation import Match, evaluate, load_questions
from qa.shipped import shipped_index

ROUNDS = 5


def measure(index: Path, match: Match) -> dict[str, Any]:
    """Return counts, mistakes and median milliseconds by stage of the seed questions."""
    questions = load_questions(data_folder() / "seeds" / "questions.jsonl")
    if match == "answer":
        questions = [question for question in questions if question.answer is not None]
    assistant = Assistant.open(index)
    evaluation = evaluate(assistant, questions, match=match)
    timings = [
        fresh.ask(question.question).timings
        for fresh in (forgetful(assistant) for _ in range(ROUNDS))
        for question in questions
    ]
    return {
        "counts": evaluation.counts,
        "mistakes": [
            {"question": row.question.question, "outcome": row.outcome, "quote": row.quote}
            for row in evaluation.mistakes
        ],
        "confidences": {row.question.name: round(row.confidence, 3) for row in evaluation.results},
        "median_ms": {
            stage: round(statistics.median(timing.get(stage, 0.0) for timing in timings), 2)
            for stage in timings[0]
        },
    }


def main() -> None:
    """Run, print and save."""
    path = model_cache().parent / "benchmarks" / "seeds"
    articles = load_documents(sorted((data_folder() / "seeds").glob("*.txt")))
    build_index(articles, path).close()
    results = {"articles": measure(path, "evidence"), "shipped": measure(shipped_index(), "answer")}
    for name, result in results.items():
        print(name)
        for key, value in result["counts"].items():
            print(f"  {key}: {value}")
        for mistake in result["mistakes"]:
            print("  not right:", mistake)
        print("  median ms:", result["median_ms"])
    save("seeds", results)


if __name__ == "__main__":
    main()
