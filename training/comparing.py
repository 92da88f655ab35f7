"""Ask the teacher about fresh questions: ``python -m training.comparing MODEL``.

MODEL is the folder that `training.teacher` was given, whose weights are used. To each question it
reads the passage that answers and what was found beside it (`training.retrieved`), one by one; what
it sees in one is set against what it sees in the others, so that all passages of a question share
one answer. It goes to ``training/compared.npz``, from which the arbiter learns.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.lessons import COMPARED, Lessons
from training.reader import checked_data, end_of_cycle
from training.reader_data import Example, Lesson
from training.reader_network import ReaderNetwork
from training.retrieved import Retrieved, compared, example_of
from training.sources import sources
from training.squad import Question, Squad
from training.teacher import OUT, SETTINGS, by_blocks, likeliest, load, read, tokenizer

MAX_TOKENS = 384
LIKELIEST = 7  # tokens of a start, and of an end, of one passage that are set against others
LEAST = 1e-3  # smaller shares are not kept
FIRST = 25_179  # questions that the teacher is asked, the first in the file
BLOCK = 200  # of them, asked together
LogShares = dict[int, float]


def examples_of(squad: Squad, question: Question, retrieved: Retrieved) -> list[Example]:
    """Return the passages to compare, the one that answers first."""
    right, *others = compared(squad, question, retrieved.to(question))
    return [
        example_of(squad, question, one, group=0, answers=one == right) for one in (right, *others)
    ]


def shared(alone: Sequence[tuple[LogShares, LogShares, float]]) -> list[Lesson]:
    """Return what is said of each passage of a question if one of them answers.

    `alone` has of each passage, read by itself, the logarithms of the shares of the likeliest
    characters for a start and for an end, at -1 that of "not here", and its relevance. A share
    counts against "not here"; all of a question sum to 1, less what is too small to be kept.
    Nothing is said where "not here" is likelier in all of them.
    """
    starts, ends = (_against_each_other([one[side] for one in alone]) for side in (0, 1))
    return [
        Lesson(starts=start, ends=end, relevance=relevance)
        for start, end, (_, _, relevance) in zip(starts, ends, alone, strict=True)
    ]


def _against_each_other(alone: Sequence[LogShares]) -> list[dict[int, float]]:
    odds = [
        {character: math.exp(min(share - one[-1], 40.0)) for character, share in one.items()}
        for one in alone
    ]
    total = sum(share for one in odds for character, share in one.items() if character >= 0)
    if total < 1:
        return [{} for _ in odds]
    return [
        {c: share / total for c, share in one.items() if c >= 0 and share / total >= LEAST}
        for one in odds
    ]


def ask(teacher: ReaderNetwork, asking: Tokenizer, examples: Sequence[Example]) -> list[Lesson]:
    """Return what the teacher says of the passages of some questions, one after the other."""
    alone: list[tuple[LogShares, LogShares, float]] = [({}, {}, 0.0)] * len(examples)
    for place, logs, offsets, relevance in read(teacher, asking, examples):
        none, last = logs[0].tolist(), [end - 1 for _, end in offsets]
        starts = likeliest(logs[:, 0], [start for start, _ in offsets], most=LIKELIEST)
        ends = likeliest(logs[:, 1], last, most=LIKELIEST)
        alone[place] = (starts | {-1: none[0]}, ends | {-1: none[1]}, relevance)
    lessons: list[Lesson] = []
    first = 0
    for number in range(1, len(examples) + 1):
        if number == len(examples) or examples[number].kind == "answer":
            lessons += shared(alone[first:number])
            first = number
    return lessons


@cache
def _opened(model: Path, weights: Path, data: Path) -> tuple[ReaderNetwork, Squad, list[Question]]:
    squad, asked = sources(data, fresh=True)
    answered = [question for question in asked["fresh"] if question.answers]
    return load(model, weights), squad, answered[:FIRST]


def _block(model: Path, weights: Path, data: Path, number: int) -> list[tuple[Example, Lesson]]:
    torch.set_num_threads(1)
    teacher, squad, questions = _opened(model, weights, data)
    retrieved = Retrieved.load()
    examples = [
        example
        for question in questions[number * BLOCK : (number + 1) * BLOCK]
        for example in examples_of(squad, question, retrieved)
    ]
    return list(zip(examples, ask(teacher, tokenizer(model, MAX_TOKENS), examples), strict=True))


def lessons(model: Path, weights: Path, data: Path) -> Iterator[tuple[Example, Lesson]]:
    """Yield what the teacher says of the first fresh questions that have an answer."""
    return by_blocks(partial(_block, model, weights, data), math.ceil(FIRST / BLOCK))


def main() -> None:
    """Ask the teacher, which takes forty minutes on two cores, and write what it says."""
    parser = argparse.ArgumentParser(description="Ask the teacher about fresh questions.")
    parser.add_argument("model", type=Path, help="folder with all-mpnet-base-v2")
    parser.add_argument("--teacher", type=Path, default=OUT, help="what training.teacher left")
    arguments = parser.parse_args()
    ended = end_of_cycle(arguments.teacher, SETTINGS.questions)
    Lessons.of(lessons(arguments.model, ended, checked_data())).save(COMPARED)


if __name__ == "__main__":
    main()
