"""How much the arbiter has to say: ``python -m benchmarks.arbiter``.

Asked are fresh questions on SQuAD train's paragraphs that nothing has learnt from, every fourth
question of SQuAD dev-a, and those on held-out reports, each over its whole collection. Every weight
of the arbiter in the ranking, and every share in where the answer is marked, is tried on the same
quotes.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from benchmarks.collections import Squad, SquadQuestion, data_folder, index_of, load_squad, save
from benchmarks.reader import f1
from benchmarks.sentences import chosen, holds_answer
from qa.asked import Asked
from qa.assistant import Assistant
from qa.confidence import shipped_model
from qa.kinds import asks_openly
from qa.quoting import Quote
from qa.reader import Reader, Reading
from qa.side_by_side import MARKING, PREFERENCE, arbitrated, read_again
from qa.weighing import Weighed
from training.cases import held_out_questions
from training.sources import SQUAD
from training.squad import FRESH_QUESTIONS, load_own_questions
from training.squad import load_squad as load_training_squad

PREFERENCES = (0.0, 0.03, 0.06, 0.09, 0.12, 0.16, 0.2)
MARKINGS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
Right = Callable[[Quote], tuple[bool, bool]]  # document and sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A question with its quotes read again, which of them are right, and the gold answers."""

    asked: Asked
    weighed: list[Weighed]
    readings: dict[int, Reading]
    right: Right
    answers: tuple[str, ...]


def read(assistant: Assistant, question: str, right: Right, answers: tuple[str, ...]) -> Read:
    """Ask a question and read its quotes again."""
    asked, _, quotes = chosen(assistant, question)
    weighed, readings = read_again(asked, quotes, assistant.reader)
    return Read(asked=asked, weighed=weighed, readings=readings, right=right, answers=answers)


def on_squad(assistant: Assistant, questions: Sequence[SquadQuestion]) -> Iterator[Read]:
    """Yield SQuAD's questions read."""
    for row in questions:

        def right(quote: Quote, row: SquadQuestion = row) -> tuple[bool, bool]:
            best = quote.best
            source = best.hit.document.source
            return source == row.source, holds_answer(row, source, best.start, best.end)

        yield read(assistant, row.question, right, row.answers)


def fresh(train: Squad) -> list[SquadQuestion]:
    """Return the fresh questions that are held out and have an answer, on documents of `train`."""
    asked = load_own_questions(
        FRESH_QUESTIONS, load_training_squad(data_folder() / SQUAD), held_out=True
    )
    return [
        SquadQuestion(
            question=one.text,
            source=train.documents[one.paragraph].source,
            spans=((one.start, one.end),),
            answers=one.answers,
        )
        for one in asked
        if one.answers
    ]


def on_reports(reader: Reader) -> Iterator[Read]:
    """Yield the questions on held-out reports that have an answer and are read again."""
    for assistant, document, one in held_out_questions(reader):
        place = one.place_in(document)
        if place is None or asks_openly(one.text):
            continue

        def right(
            quote: Quote, source: str = document.source, place: int = place
        ) -> tuple[bool, bool]:
            same = quote.best.hit.document.source == source
            return same, same and quote.start <= place < quote.end

        yield read(assistant, assistant.index.correct(one.text), right, (one.answer or "",))


def measure(asked: Sequence[Read]) -> dict[str, Any]:
    """Return for each weight and share how often the first quote is right, and F1 of its mark."""
    figures = {}
    for preference, marking in product(PREFERENCES, MARKINGS):
        if preference != PREFERENCE and marking != MARKING and preference + marking > 0:
            continue
        rows = []
        for one in asked:
            first, *_ = arbitrated(
                one.asked, one.weighed, one.readings, preference=preference, marking=marking
            )
            rows.append((*one.right(first.quote), f1(first.quote.marked, one.answers)))
        means = np.mean(np.array(rows, float), axis=0).round(4).tolist()
        figures[f"{preference}, {marking}"] = dict(
            zip(("document", "sentence", "f1"), means, strict=True)
        )
    return {"questions": len(asked), "by_preference_and_marking": figures}


def main() -> None:
    """Ask, print and save."""
    argparse.ArgumentParser(description="Measure the arbiter.").parse_args()
    reader = Reader.load()
    train, dev = load_squad(SQUAD), load_squad("squad/dev-a-v1.1.json.gz")
    over_train = Assistant(index_of("squad-train", train.documents), reader, shipped_model())
    over_dev = Assistant(index_of("squad", dev.documents), reader, shipped_model())
    results = {
        "fresh": measure(list(on_squad(over_train, fresh(train)))),
        "squad_dev_a": measure(list(on_squad(over_dev, dev.questions[1::4]))),
        "reports": measure(list(on_reports(reader))),
    }
    for name, result in results.items():
        print(name, result["questions"])
        for weights, row in result["by_preference_and_marking"].items():
            print(f"  {weights:10} {row}")
    save("arbiter", results)


if __name__ == "__main__":
    main()
