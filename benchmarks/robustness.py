"""The same question asked otherwise: ``python -m benchmarks.robustness [--limit 300]``.

The answerable seed questions over the articles as found, and SQuAD questions over all paragraphs,
are asked as they are and perturbed, one letter wrong in the rarest word for example. Counted is how
often the first passage found and the first quote are right, over the questions that a perturbation
changes; and the same without `index.understanding`. Understanding was developed on the SQuAD
articles at even places; reported are those at odd ones. Results go to
``benchmarks/results/robustness.json``.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from benchmarks.collections import Squad, data_folder, index_of, load_squad, save
from benchmarks.perturbing import perturbations
from corpus import load_documents
from index import Index
from index.understanding.abbreviations import defined_in
from qa import Assistant
from qa.answers import Citation
from qa.confidence import shipped_model
from qa.evaluation import load_questions
from qa.reader import Reader

SEED = 11
SEED_ROUNDS = 10  # perturbations of each seed question, of which there are few


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A question, the source that answers it, and whether a citation does."""

    question: str
    source: str
    proves: Callable[[Citation], bool]


def squad_rows(squad: Squad, *, part: str) -> list[Row]:
    """Return the questions on the articles at odd (``report``) or even (``tune``) places, mixed."""
    articles = list(dict.fromkeys(row.source.split("/")[0] for row in squad.questions))
    chosen = set(articles[part == "report" :: 2])
    rows = [
        Row(
            question=row.question.strip(),
            source=row.source,
            proves=lambda c, row=row: (  # type: ignore[misc]
                c.source == row.source and any(c.start <= a and b <= c.end for a, b in row.spans)
            ),
        )
        for row in squad.questions
        if row.source.split("/")[0] in chosen
    ]
    random.Random(SEED).shuffle(rows)
    return rows


def seed_rows() -> list[Row]:
    """Return the answerable seed questions."""
    questions = load_questions(data_folder() / "seeds" / "questions.jsonl")

    def squeezed(text: str) -> str:
        return " ".join(text.split())

    return [
        Row(
            question=row.question,
            source=row.source or "",
            proves=lambda c, row=row: any(  # type: ignore[misc]
                squeezed(evidence) in squeezed(c.quote) for evidence in row.evidence
            ),
        )
        for row in questions
        if row.answer is not None
    ]


def plain(index: Index) -> Index:
    """Return the index opened once more, without what it understands of words."""
    other = Index.open(index.path)
    other.understanding = None
    return other


def measure(
    index: Index, rows: Sequence[Row], *, limit: int, rounds: int, quotes: bool
) -> dict[str, dict[str, Any]]:
    """Return counts and shares (0–1) by perturbation, of the first `limit` questions it changes.

    Misspelling is by chance, so that `rounds` of it differ.
    """
    assistant = Assistant(index, Reader.load(), shipped_model()) if quotes else None
    documents = [index.document(summary.doc_id) for summary in index.summaries()]
    ways = perturbations(
        index, defined_in(document.text for document in documents), random.Random(SEED)
    )
    bare = plain(index)
    right = lru_cache(maxsize=None)(
        lambda row, question: _right(row, question, index, bare, assistant)
    )
    table = {"as it is": _shares([right(row, row.question) for row in rows[:limit]])}
    for name, perturb in ways.items():
        repeat = rounds if "wrong" in name else 1
        pairs = ((row, perturb(row.question)) for row in list(rows) * repeat)
        changed = ((row, new) for row, new in pairs if new is not None and new != row.question)
        chosen = list(islice(changed, limit * repeat))
        table[name] = _shares([right(row, new) for row, new in chosen]) | {
            "as it is": _shares([right(row, row.question) for row, _ in chosen])
        }
        print(name, table[name], flush=True)
    return table


Right = dict[str, float]


def _right(
    row: Row, question: str, index: Index, bare: Index, assistant: Assistant | None
) -> Right:
    found = {
        "passage": float(index.search(question, k=1)[0].document.source == row.source),
        "passage_plain": float(bare.search(question, k=1)[0].document.source == row.source),
    }
    if assistant is not None:
        answer = assistant.ask(question)
        quotes = answer.citations + answer.nearest
        found["quote"] = float(bool(quotes) and row.proves(quotes[0]))
        found["answered"] = float(answer.answered)
    began = time.perf_counter()
    index.wordings(index.correct(question))
    return found | {"ms": (time.perf_counter() - began) * 1000}


def _shares(rights: Sequence[Right]) -> dict[str, Any]:
    if not rights:
        return {"questions": 0}
    names = [name for name in rights[0] if name != "ms"]
    return {"questions": len(rights)} | {
        name: round(statistics.fmean(right[name] for right in rights), 4) for name in names
    } | {"median_ms": round(statistics.median(right["ms"] for right in rights), 2)}  # fmt: skip


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=300, help="questions of each kind")
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--passages-only", action="store_true", help="read nothing: quick")
    arguments = parser.parse_args()
    quotes = not arguments.passages_only
    squad = load_squad("squad/dev-a-v1.1.json.gz")
    rows = squad_rows(squad, part=arguments.part)
    articles = load_documents(sorted((data_folder() / "seeds").glob("*.txt")))
    results = {
        "squad": measure(
            index_of("squad", squad.documents),
            rows,
            limit=arguments.limit,
            rounds=1,
            quotes=quotes,
        ),
        "seeds": measure(
            index_of("seeds", articles),
            seed_rows(),
            limit=arguments.limit,
            rounds=SEED_ROUNDS,
            quotes=quotes,
        ),
    }
    for name, table in results.items():
        print(f"\n{name:26} {'n':>5} {'quote':>7} {'(as it is)':>11} {'passage':>9} {'plain':>7}")
        for way, row in table.items():
            clean = row.get("as it is", row)
            print(
                f"{way:26} {row['questions']:5} {row.get('quote', 0):7.1%} "
                f"{clean.get('quote', 0):11.1%} {row.get('passage', 0):9.1%} "
                f"{row.get('passage_plain', 0):7.1%}"
            )
    if arguments.part == "report" and quotes:
        save("robustness", results)


if __name__ == "__main__":
    main()
