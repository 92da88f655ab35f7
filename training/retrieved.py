"""Ask the training questions as a user would: ``python -m training.retrieved``.

What is found, the passages of the quotes in the order of their ranking, is what the arbiter learns
from. ``training/retrieved.npz`` keeps where they stand; a question is known by a checksum, so that
the file holds no text.
"""

import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from benchmarks.collections import index_of
from corpus import Document
from qa.asked import Asked
from qa.assistant import Assistant
from qa.confidence import shipped_model
from qa.kinds import kind_of
from qa.passages import surrounding
from qa.quoting import choose_quotes
from qa.reader import Reader
from qa.weighing import VERIFIED_CHARACTERS
from training.reader import checked_data
from training.reader_data import Example, window
from training.reports import FRESH_REPORTS, LEARNT, load_reports, with_questions
from training.sources import SQUAD, sources
from training.squad import Question, Squad, load_squad

RETRIEVED = Path(__file__).with_name("retrieved.npz")
SQUAD_STEP = 5  # every fifth of its questions
QUOTES = 8  # to a question
SIZES = (200, 450)  # characters of a passage that was not found
OTHERS = 2  # passages that a teacher compares with the one that answers


class Window(NamedTuple):
    """Characters ``begin:end`` of the paragraph of that number in `Squad.paragraphs`."""

    paragraph: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """What was found to n questions, known by `keys` (n,).

    `windows` (n, k, 3) are the `Window` of each passage, best first, -1 where there are no more.
    """

    keys: npt.NDArray[np.uint32]
    windows: npt.NDArray[np.int32]
    _places: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, found: Iterable[tuple[Question, Sequence[Window]]]) -> Self:
        """Return what was found to some questions."""
        questions, windows = zip(*found, strict=True)
        nothing = Window(-1, -1, -1)
        columns = list(zip_longest(*windows, fillvalue=nothing))
        return cls(
            keys=np.array([_key(question) for question in questions], np.uint32),
            windows=np.array(columns, np.int32).transpose(1, 0, 2),
        )

    @classmethod
    def load(cls, path: Path = RETRIEVED) -> Self:
        """Read a file of what was found."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)

    def save(self, path: Path) -> None:
        """Write it to a file."""
        np.savez_compressed(path, keys=self.keys, windows=self.windows)

    def to(self, question: Question) -> list[Window]:
        """Return what was found to a question, nothing where it was not asked."""
        if not self._places:
            self._places.update({int(key): place for place, key in enumerate(self.keys)})
        place = self._places.get(_key(question))
        if place is None:
            return []
        rows = self.windows[place].tolist()
        return [Window(*row) for row in rows if row[0] >= 0]


def _key(question: Question) -> int:
    return zlib.crc32(f"{question.text}\n{question.paragraph}".encode())


def compared(squad: Squad, question: Question, found: Sequence[Window]) -> list[Window]:
    """Return the passage that answers a question, then the first that were found and do not.

    The one that answers as it was found, if it was, else some sentences around the answer.
    """
    begin, end = question.start, question.end
    own = [one for one in found if one.paragraph == question.paragraph]
    holding = [one for one in own if one.begin <= begin and end <= one.end]
    if holding:
        right = holding[0]
    else:
        rng = random.Random(question.text)
        sentences, size = squad.sentences[question.paragraph], rng.randint(*SIZES)
        right = Window(question.paragraph, *window(sentences, begin, end, size=size, rng=rng))
    return [right, *(one for one in found if is_other(squad, one, question))][: 1 + OTHERS]


def is_other(squad: Squad, found: Window, question: Question) -> bool:
    """Whether a passage is of another paragraph than answers and has no words of an answer."""
    text = squad.paragraphs[found.paragraph][found.begin : found.end].lower()
    return found.paragraph != question.paragraph and not any(
        answer in text for answer in question.answers
    )


def example_of(
    squad: Squad, question: Question, found: Window, *, group: int, answers: bool
) -> Example:
    """Return a question with a passage that was found, which `answers` it or does not."""
    return Example(
        question=question.text,
        passage=squad.paragraphs[found.paragraph][found.begin : found.end],
        start=question.start - found.begin if answers else -1,
        end=question.end - found.begin if answers else -1,
        group=group,
        kind="answer" if answers else "retrieved",
        article=squad.articles[found.paragraph],
    )


def ask(
    assistant: Assistant, questions: Sequence[Question], numbers: Mapping[str, int]
) -> Iterator[tuple[Question, list[Window]]]:
    """Yield each question with the passages of its best quotes, best first.

    `numbers` are those of paragraphs by their text: documents are paragraphs, or else chunks are.
    """
    for question in questions:
        asked = Asked.of(question.text, assistant.index)
        candidates = assistant.candidates(asked, *assistant.passages(asked))
        windows: dict[int, Window] = {}
        for quote in choose_quotes(candidates, k=QUOTES, kind=kind_of(question.text)):
            document, chunk = quote.best.hit.document, quote.best.hit.chunk
            whole = document.text in numbers
            text, base = (document.text, 0) if whole else (chunk.text, chunk.start)
            begin, end = surrounding(chunk, quote.start, quote.end, characters=VERIFIED_CHARACTERS)
            number = numbers.get(text)
            if number is not None:  # else a paragraph that was normalised when it was read
                windows.setdefault(number, Window(number, begin - base, end - base))
        yield question, list(windows.values())


def asked_of_each(data: Path) -> Iterator[tuple[str, list[Document], list[Question]]]:
    """Yield the name of each collection, its documents and the questions to ask of it.

    Those that SQuAD's paragraph does not answer another one may answer: they are not asked, but
    for the fresh ones, which were written so that none does.
    """
    squad, asked = sources(data, fresh=True)
    paragraphs = load_squad(data / SQUAD).paragraphs
    documents = [Document.from_text(text, source=str(i)) for i, text in enumerate(paragraphs)]
    ours = [one for name in ("own", "search") for one in asked[name] if one.answers]
    on_squad = [*ours, *squad.questions[::SQUAD_STEP], *asked["fresh"]]
    yield "training-paragraphs", documents, on_squad
    reports = load_reports(LEARNT)
    both = [*reports, *with_questions(reports, FRESH_REPORTS)]
    groups = [report.group for report in both for _ in report.questions]
    on_reports = [*asked["report"], *asked["fresh report"]]
    for number in sorted(LEARNT):
        own = [one for one, group in zip(on_reports, groups, strict=True) if group == number]
        documents = [report.document for report in reports if report.group == number]
        yield f"training-reports-{number}", documents, own


def main() -> None:
    """Ask all of them, which takes an hour on two cores, and write what is found."""
    data = checked_data()
    squad, _ = sources(data, fresh=True)
    numbers = {text: number for number, text in enumerate(squad.paragraphs)}
    found: list[tuple[Question, list[Window]]] = []
    for name, documents, questions in asked_of_each(data):
        assistant = Assistant(index_of(name, documents), Reader.load(), shipped_model())
        found += ask(assistant, questions, numbers)
        print(f"{name}: {len(found)} questions so far", flush=True)
    Retrieved.of(found).save(RETRIEVED)


if __name__ == "__main__":
    main()
