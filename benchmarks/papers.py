"""Papers as offices have them: ``python -m benchmarks.papers``.

Asked are questions as planners, analysts and clerks type them, over papers of five invented offices
in `benchmarks/offices` (minutes, notices, directories, fees, rules, reports), reports of agencies
in PDF, the web pages of a city's projects, ordinances and the shipped corpus. Some have no answer
there: of those on a region, a programme and health, and of those "by name", two fifths or half,
mostly what is told of one place, person or firm and asked of another. Results go to
``benchmarks/results/papers.json``.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.collections import index_of, save
from corpus import Document, load_documents
from qa import Answer, Citation
from qa.assistant import Assistant
from qa.confidence import shipped_model
from qa.reader import Reader
from training import own_words

QUESTIONS = Path(__file__).with_name("papers.jsonl")
OFFICES = Path(__file__).with_name("offices")
BY_NAME = " by name"  # questions of another kind on the documents of a collection
ENOUGH = 0.8  # of the words of the evidence: a PDF may be read with other spaces and hyphens
Row = Mapping[str, str]  # a question, and if it has an answer the evidence and its source


def questions() -> dict[str, list[Row]]:
    """Return the questions by collection."""
    found: dict[str, list[Row]] = {}
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["collection"], []).append(row)
    return found


def documents(name: str) -> list[Document]:
    """Return the documents of a collection."""
    folder = OFFICES / name.removesuffix(" offices")
    return (
        load_documents(folder)
        if folder.is_dir()
        else own_words.documents(name.removesuffix(BY_NAME))
    )


def holds(citation: Citation, row: Row) -> bool:
    """Whether a quote holds the evidence of a question, of the right document."""
    if "evidence" not in row or Path(citation.source).name != row["source"]:
        return False
    wanted, quoted = _words(row["evidence"]), _words(f"{citation.header} {citation.quote}")
    return quoted <= wanted or len(wanted & quoted) >= ENOUGH * len(wanted)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def counts(answers: Iterator[tuple[Row, Answer]]) -> dict[str, int]:
    """Return how many questions there are of each kind, and what became of them."""
    found = Counter[str]()
    for row, answer in answers:
        first = (answer.citations or answer.nearest)[0]
        answerable, right = "evidence" in row, holds(first, row)
        found["answerable"] += answerable
        found["unanswerable"] += not answerable
        found["right first"] += right
        found["answered rightly"] += right and answer.answered
        found["answered wrongly"] += answerable and not right and answer.answered
        found["answered without an answer"] += not answerable and answer.answered
    return dict(found)


def main() -> None:
    """Ask, print and save."""
    argparse.ArgumentParser(description="Measure answers from papers of offices.").parse_args()
    reader, model = Reader.load(), shipped_model()
    results = {}
    for name, rows in questions().items():
        index = index_of(f"papers-{name.removesuffix(BY_NAME)}", documents(name))
        assistant = Assistant(index, reader, model)
        results[name] = counts((row, assistant.ask(row["question"])) for row in rows)
        print(name, results[name])
    save("papers", results)


if __name__ == "__main__":
    main()
