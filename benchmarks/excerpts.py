"""How much of the passages to read: ``python -m benchmarks.excerpts [--limit N]``.

For several ways to choose what is read, how many passages at first, how much of each, and when and
how much more: the right paragraph, sentence and words of SQuAD dev-a questions over its whole
collection, the right sentence of the questions of `training.own_words`, and how many tokens that
is, which the time goes by. Results go to ``benchmarks/results/excerpts.json``.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from benchmarks.collections import SquadQuestion, index_of, load_squad, save
from benchmarks.reader import f1
from benchmarks.sentences import holds_answer
from index import Index
from index.searching import Hit
from qa.asked import Asked
from qa.passages import READ_ON_PASSAGES, READ_PASSAGES, excerpts, further, worth_reading
from qa.quoting import Candidate, score_sentences
from qa.reader import Reader, Reading
from training import own_words


class Way(NamedTuple):
    """A way to choose what is read; see `qa.passages`.

    Below a relevance of `unsure` more is read, `more_whole` passages of it whole.
    """

    at_least: int
    within: float
    whole: int
    characters: int
    unsure: float
    more_whole: int


WAYS = (
    Way(2, 1.2, 1, 300, 1.0, 2), Way(2, 1.2, 1, 300, 1.5, 2), Way(2, 1.2, 2, 300, 1.0, 2),
    Way(2, 1.2, 2, 300, 1.0, 12), Way(2, 1.2, 1, 300, 2.0, 12), Way(2, 1.2, 2, 300, 2.0, 12),
    Way(2, 0.8, 2, 300, 2.0, 12), Way(1, 0.5, 12, 300, 2.0, 12), Way(2, 1.2, 2, 600, 2.0, 12),
    Way(12, 1.2, 12, 300, 99.0, 12),
)  # fmt: skip


class Asking:
    """Reads what each way chooses, every passage once a question."""

    def __init__(self, index: Index, reader: Reader, question: str) -> None:
        self._asked = Asked.of(question, index)
        self._hits = index.search_encoded(question, self._asked.encoding, k=READ_ON_PASSAGES)
        self._index = index
        self._read = cache(lambda passage: reader.read(question, [passage])[0])

    def sentences(self, way: Way) -> tuple[list[Candidate], int]:
        """Return the sentences that one way reads, best first, and how many tokens it reads."""
        first = worth_reading(self._hits[:READ_PASSAGES], at_least=way.at_least, within=way.within)
        found, read = self._scored(first, way.whole, way.characters)
        if not found or found[0].relevance < way.unsure:
            more = [*first, *further(self._hits, first)]
            found, also_read = self._scored(more, way.more_whole, way.characters)
            read |= also_read
        return found, sum(len(self._read(passage).offsets) for passage in read)

    def _scored(
        self, hits: Sequence[Hit], whole: int, characters: int
    ) -> tuple[list[Candidate], set[str]]:
        matches = [self._index.match(self._asked.encoding, hit) for hit in hits]
        weights = self._asked.token_weights
        parts = excerpts(hits, matches, weights, whole=whole, characters=characters)
        readings: list[Reading] = [self._read(part.text) for part in parts]
        found = [
            candidate
            for part, reading in zip(parts, readings, strict=True)
            for candidate in score_sentences(self._asked, part, reading)
        ]
        return sorted(found, key=lambda one: -one.score), {part.text for part in parts}


def squad_figures(row: SquadQuestion, found: Sequence[Candidate]) -> tuple[float, ...]:
    """Return whether paragraph, sentence and one of three are right, and the F1 of the words."""
    right = [holds_answer(row, x.hit.document.source, x.start, x.end) for x in found[:3]]
    first = found[0]
    marked = first.hit.document.text[slice(*first.mark)]
    paragraph = first.hit.document.source == row.source
    return paragraph, right[0], any(right), f1(marked, row.answers)


def own_questions(reader: Reader) -> Iterator[tuple[Asking, Callable[[Candidate], bool]]]:
    """Yield our own questions that have an answer, and what tells a sentence that holds it."""
    for name, documents, questions in own_words.collections():
        index = index_of(f"own-words-{name}", documents)
        for question, evidence in questions:
            if evidence:

                def is_right(one: Candidate, evidence: Sequence[str] = evidence) -> bool:
                    text = one.hit.document.text[one.start : one.end]
                    return own_words.told(evidence, text)

                yield Asking(index, reader, index.correct(question)), is_right


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure how much of the passages to read.")
    parser.add_argument("--limit", type=int, default=1000, help="SQuAD questions")
    squad = load_squad("squad/dev-a-v1.1.json.gz", limit=parser.parse_args().limit)
    index, reader = index_of("squad", squad.documents), Reader.load()
    rows: dict[Way, dict[str, list[tuple[float, ...]]]] = {
        way: {"squad": [], "own words": []} for way in WAYS
    }
    for question in squad.questions:
        asking = Asking(index, reader, question.question)
        for way, figures in rows.items():
            found, tokens = asking.sentences(way)
            figures["squad"].append((tokens, *squad_figures(question, found)))
    for asking, is_right in own_questions(reader):
        for way, figures in rows.items():
            found, tokens = asking.sentences(way)
            right = [is_right(one) for one in found[:3]] or [False]
            figures["own words"].append((tokens, right[0], any(right)))
    names = {
        "squad": ("tokens", "paragraph@1", "sentence@1", "sentence@3", "span_f1"),
        "own words": ("tokens", "sentence@1", "sentence@3"),
    }
    ways: list[dict[str, Any]] = [
        {
            **way._asdict(),
            **{
                kind: dict(zip(names[kind], np.mean(own, axis=0).round(4).tolist(), strict=True))
                for kind, own in figures.items()
            },
        }
        for way, figures in rows.items()
    ]
    for way in ways:
        print(way)
    counts = {kind: len(own) for kind, own in rows[WAYS[0]].items()}
    save("excerpts", {"questions": counts, "ways": ways})


if __name__ == "__main__":
    main()
