"""Ask the teacher about fresh questions: ``python -m training.comparing MODEL``.

MODEL is the folder that `training.teacher` was given, whose weights are used. To each question it
reads the passage that answers and what was found beside it (`training.retrieved`), one by one; what
it sees in one is set against what it sees in the others, so that all passages of a question share
one answer. It goes to ``training/compared.npz``, from which the arbiter learns.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.lessons import COMPARED, Lessons
from training.reader import checked_data, end_of_cycle
from training.reader_data import Example, Lesson
from training.reader_network import ReaderNetwork
from training.retrieved import Retrieved, compared
from training.sources import sources
from training.squad import Question, Squad
from training.teacher import OUT, SETTINGS, load, read, tokenizer

MAX_TOKENS = 384
LIKELIEST = 7  # tokens of a start, and of an end, of one passage that are set against others
LEAST = 1e-3  # smaller shares are not kept
BLOCK = 200  # of them, asked together
FIRST = 25_179  # questions that the teacher is asked, the first in the file
LogShares = dict[int, float]


def examples_of(squad: Squad, question: Question, retrieved: Retrieved) -> list[Example]:
    """Return the passages to compare, the one that answers first."""
    examples = []
    for found in compared(squad, question, retrieved.to(question)):
        answers = not examples
        examples.append(
            Example(
                question=question.text,
                passage=squad.paragraphs[found.paragraph][found.begin : found.end],
                start=question.start - found.begin if answers else -1,
                end=question.end - found.begin if answers else -1,
                group=0,
                kind="answer" if answers else "retrieved",
                article=squad.articles[found.paragraph],
            )
        )
    return examples


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
        starts = _likeliest(logs[:, 0], [start for start, _ in offsets])
        ends = _likeliest(logs[:, 1], [end - 1 for _, end in offsets])
        alone[place] = (starts, ends, relevance)
    lessons: list[Lesson] = []
    first = 0
    for number in range(1, len(examples) + 1):
        if number == len(examples) or examples[number].kind == "answer":
            lessons += shared(alone[first:number])
            first = number
    return lessons


def _likeliest(logs: torch.Tensor, characters: Sequence[int]) -> LogShares:
    best = logs.topk(min(LIKELIEST, len(logs)))
    found = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return {characters[token]: share for token, share in found if token > 0} | {-1: float(logs[0])}


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
    with ProcessPoolExecutor(SETTINGS.workers, mp_context=get_context("spawn")) as pool:
        numbers = range(-(-FIRST // BLOCK))
        for number, found in enumerate(pool.map(partial(_block, model, weights, data), numbers)):
            print(f"{number + 1} of {len(numbers)} blocks, {len(found)} passages", flush=True)
            yield from found


def main() -> None:
    """Ask the teacher, which takes an hour on two cores, and write what it says."""
    parser = argparse.ArgumentParser(description="Ask the teacher about fresh questions.")
    parser.add_argument("model", type=Path, help="folder with all-mpnet-base-v2")
    parser.add_argument("--teacher", type=Path, default=OUT, help="what training.teacher left")
    arguments = parser.parse_args()
    ended = end_of_cycle(arguments.teacher, SETTINGS.questions)
    Lessons.of(lessons(arguments.model, ended, checked_data())).save(COMPARED)


if __name__ == "__main__":
    main()
