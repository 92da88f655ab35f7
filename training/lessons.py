"""What a teacher says of training examples, kept in ``training/lessons.npz``.

`training.teacher` makes the file. An example is known by a checksum of its question and passage, so
that the file holds no text.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from training.reader_data import Blocks, Example, Lesson

LESSONS = Path(__file__).parent / "lessons.npz"
COMPARED = Path(__file__).parent / "compared.npz"  # `training.comparing` makes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Lessons on n examples by their checksums, each with the k likeliest starts and ends.

    `keys` (n,); `starts` and `ends` (n, k) are characters of the passage, -1 for not here, with
    their probabilities in `start_shares` and `end_shares` (n, k); `relevance` (n,).
    """

    keys: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int16]
    start_shares: npt.NDArray[np.float16]
    ends: npt.NDArray[np.int16]
    end_shares: npt.NDArray[np.float16]
    relevance: npt.NDArray[np.float16]
    _places: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, taught: Iterable[tuple[Example, Lesson]]) -> Self:
        """Return what was said of some examples."""
        examples, lessons = zip(*taught, strict=True)
        starts, start_shares = _arrays([lesson.starts for lesson in lessons])
        ends, end_shares = _arrays([lesson.ends for lesson in lessons])
        return cls(
            keys=np.array([_key(one.question, one.passage) for one in examples], np.uint32),
            starts=starts, start_shares=start_shares, ends=ends, end_shares=end_shares,
            relevance=np.array([lesson.relevance for lesson in lessons], np.float16),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path = LESSONS) -> Self:
        """Read a file of lessons."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)

    def save(self, path: Path) -> None:
        """Write them to a file."""
        names = ("keys", "starts", "start_shares", "ends", "end_shares", "relevance")
        np.savez_compressed(path, **{name: getattr(self, name) for name in names})

    def on(self, example: Example) -> Lesson | None:
        """Return what was said of an example, None if nothing was."""
        return self.to(example.question, example.passage)

    def to(self, question: str, passage: str) -> Lesson | None:
        """Return what was said of a question and a passage, None if nothing was."""
        if not self._places:
            self._places.update({int(key): place for place, key in enumerate(self.keys)})
        place = self._places.get(_key(question, passage))
        if place is None:
            return None
        return Lesson(
            starts=_shares(self.starts[place], self.start_shares[place]),
            ends=_shares(self.ends[place], self.end_shares[place]),
            relevance=float(self.relevance[place]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """Examples together with what was said of them."""

    examples: Blocks
    lessons: Lessons

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0) of the examples.

        Raises:
            ValueError: the lessons are on other examples.
        """
        groups = [
            [replace(one, lesson=self.lessons.on(one)) for one in group]
            for group in self.examples.block(number)
        ]
        known = [one.lesson is not None for group in groups for one in group]
        if not all(known):
            raise ValueError(
                f"There are lessons on {sum(known)} of the {len(known)} examples of block {number},"
                " expected on all: the data, the recipe or the processor, which may order what "
                "BM25 scores alike otherwise, is another than they were made of. Make them "
                "again: python -m training.teacher"
            )
        return groups


def _key(question: str, passage: str) -> int:
    return zlib.crc32(f"{question}\n{passage}".encode())


def _arrays(
    shares: list[Mapping[int, float]],
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float16]]:
    most = max(map(len, shares))
    places, found = np.full((len(shares), most), -1, np.int16), np.zeros((len(shares), most))
    for i, one in enumerate(shares):
        places[i, : len(one)], found[i, : len(one)] = list(one), list(one.values())
    return places, found.astype(np.float16)


def _shares(places: npt.NDArray[np.int16], shares: npt.NDArray[np.float16]) -> dict[int, float]:
    return {
        place: share
        for place, share in zip(places.tolist(), shares.tolist(), strict=True)
        if share > 0
    }
