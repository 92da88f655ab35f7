"""How much of the passages to read: ``python -m benchmarks.excerpts [--limit N]``.

SQuAD dev-a questions over its whole collection, the right paragraph, sentence and words for several
ways to choose what is read: how many passages, how far behind the best, how many characters of
each; and how many tokens that is, which the time goes by. Results go to
``benchmarks/results/excerpts.json``.
"""

import argparse
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from benchmarks.collections import SquadQuestion, index_of, load_squad, save
from benchmarks.reader import f1
from benchmarks.sentences import holds_answer
from index import Index
from qa.passages import READ_PASSAGES, excerpts, worth_reading
from qa.quoting import Asked, score_sentences
from qa.reader import Reader, Reading


class Way(NamedTuple):
    """A way to choose what is read; see `qa.passages`."""

    at_least: int
    within: float
    whole: int
    characters: int


WAYS = (
    Way(3, 1.5, 1, 400), Way(3, 1.5, 1, 300), Way(3, 1.5, 0, 700), Way(3, 1.2, 1, 400),
    Way(3, 1.2, 1, 300), Way(3, 1.2, 1, 200), Way(2, 1.0, 1, 400), Way(2, 1.0, 1, 300),
    Way(1, 0.5, 1, 300),
)  # fmt: skip


def measure(index: Index, reader: Reader, questions: Sequence[SquadQuestion]) -> list[Any]:
    """Return the figures of each way."""

    @cache
    def read(question: str, passage: str) -> Reading:
        return reader.read(question, [passage])[0]

    found: dict[Way, list[tuple[float, ...]]] = {way: [] for way in WAYS}
    for row in questions:
        asked = Asked.of(row.question, index)
        hits = index.search_encoded(asked.text, asked.encoding, k=READ_PASSAGES)
        matches = [index.match(asked.encoding, hit) for hit in hits]
        for way, figures in found.items():
            kept = worth_reading(hits, at_least=way.at_least, within=way.within)
            chosen = [match for hit, match in zip(hits, matches, strict=True) if hit in kept]
            parts = excerpts(
                kept, chosen, asked.token_weights, whole=way.whole, characters=way.characters
            )
            readings = [read(row.question, part.text) for part in parts]
            candidates = sorted(
                (
                    candidate
                    for part, reading in zip(parts, readings, strict=True)
                    for candidate in score_sentences(asked, part, reading)
                ),
                key=lambda candidate: -candidate.score,
            )
            right = [
                holds_answer(row, one.hit.document.source, one.start, one.end)
                for one in candidates[:3]
            ]
            first = candidates[0]
            marked = first.hit.document.text[slice(*first.mark)]
            figures.append(
                (
                    len(parts), sum(len(reading.offsets) for reading in readings),
                    first.hit.document.source == row.source, right[0], any(right),
                    f1(marked, row.answers),
                )
            )  # fmt: skip
        read.cache_clear()
    names = ("passages", "tokens", "paragraph@1", "sentence@1", "sentence@3", "span_f1")
    return [
        way._asdict() | dict(zip(names, np.mean(figures, axis=0).round(4).tolist(), strict=True))
        for way, figures in found.items()
    ]


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure how much of the passages to read.")
    parser.add_argument("--limit", type=int, default=800, help="SQuAD questions")
    squad = load_squad("squad/dev-a-v1.1.json.gz", limit=parser.parse_args().limit)
    ways = measure(index_of("squad", squad.documents), Reader.load(), squad.questions)
    for way in ways:
        print(way)
    save("excerpts", {"questions": len(squad.questions), "ways": ways})


if __name__ == "__main__":
    main()
