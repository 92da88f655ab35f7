"""Training examples for the reader: SQuAD's questions, our own, and negatives to them.

Nothing here knows the model; every example is a question, a passage and what is to be found in it.
All choices come from one seeded generator, so that the same data and seed give the same examples.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Self

from training.squad import Paragraphs, Question, Squad, sentence_spans
from training.swapping import Swapper, as_keywords, roughen

_WHOLE = 10_000  # characters, more than any paragraph has
Source = Literal[
    "squad",
    "own",
    "further",
    "search",
    "fresh",
    "report",
    "fresh report",
    "rival",
    "unanswered",
    "trick",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a teacher says of an example: where an answer starts and ends, and its relevance.

    `starts` are the likeliest passage characters of the first token and `ends` of the last one
    (-1: not here) with their probabilities; `relevance` is a score of any size, 0 for a passage
    that is as good as none.
    """

    starts: Mapping[int, float]
    ends: Mapping[int, float]
    relevance: float

    def after(self, characters: int) -> Self:
        """Return the same of a passage that comes after so many characters."""
        starts, ends = (
            {at + characters if at >= 0 else at: share for at, share in some.items()}
            for some in (self.starts, self.ends)
        )
        return replace(self, starts=starts, ends=ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question with one passage of an article, that of this number in `Squad.titles`.

    ``start:end`` are passage characters of the answer, (-1, -1) where the passage does not answer.
    `group` numbers the question whose passages compete in the relevance loss, -1 for none.
    `kind` is ``answer``, ``retrieved``, ``rival``, ``swapped``, ``dropped`` or ``unanswered``.
    """

    question: str
    passage: str
    start: int
    end: int
    group: int
    kind: str
    article: int
    lesson: Lesson | None = None


def window(
    sentences: Sequence[tuple[int, int]], start: int, end: int, *, size: int, rng: random.Random
) -> tuple[int, int]:
    """Return characters of a run of sentences around ``start:end``, about `size` long."""
    first = max(i for i, (a, _) in enumerate(sentences) if a <= start)
    last = min((i for i, (_, b) in enumerate(sentences) if b >= end), default=len(sentences) - 1)
    while sentences[last][1] - sentences[first][0] < size:
        sides = [s for s in (-1, 1) if (first > 0 if s < 0 else last + 1 < len(sentences))]
        if not sides:
            break
        if rng.choice(sides) < 0:
            first -= 1
        else:
            last += 1
    return sentences[first][0], sentences[last][1]


def without_answer(
    text: str, sentences: Sequence[tuple[int, int]], answers: Sequence[str]
) -> str | None:
    """Return `text` without the sentences that hold an answer, None if little is left."""
    kept = [text[a:b] for a, b in sentences if not any(x in text[a:b].lower() for x in answers)]
    left = "".join(kept).strip()
    return left if len(kept) < len(sentences) and len(left) > 150 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How examples are made from question `begin` on, till the next stage begins.

    A passage is a whole paragraph as often as `whole` says, else sentences around the answer of
    about as many characters as drawn from `sizes`. `retrieved` and `adversarial` say how often each
    kind of negative occurs; where they are not given they rise, as `Recipe` says. `keywords` says
    how often a question is put as key words, `turns` of which source the questions come in turn,
    `others` how many retrieved passages there are, one of these numbers.
    """

    begin: int
    whole: float
    sizes: tuple[int, int]
    retrieved: float | None = None
    adversarial: float | None = None
    keywords: float = 0.0
    turns: tuple[Source, ...] = ("squad",)
    others: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the examples of a run are made of.

    Passages are short at first, which trains quickly. The chances of negatives rise in a straight
    line from the first to the second number over `ramp` questions, until a stage has its own.
    SQuAD's questions, once shuffled, are asked from number `squad_from` on.
    """

    seed: int = 13
    block: int = 2048
    squad_from: int = 0
    ramp: int = 32_768
    retrieved: tuple[float, float] = (0.12, 0.32)
    adversarial: tuple[float, float] = (0.15, 0.5)
    stages: tuple[Stage, ...] = (
        Stage(begin=0, whole=0.0, sizes=(120, 400)),
        Stage(begin=16_384, whole=0.25, sizes=(120, 500)),
        Stage(
            begin=77_824, whole=0.25, sizes=(150, 600),
            retrieved=0.3, adversarial=0.35, keywords=0.1,
        ),
        Stage(
            begin=131_072, whole=0.4, sizes=(150, 600),
            retrieved=0.3, adversarial=0.25, keywords=0.1,
        ),
        Stage(
            begin=147_456, whole=0.4, sizes=(150, 600),
            retrieved=0.3, adversarial=0.25, keywords=0.1, turns=("own",),
        ),
        Stage(
            begin=155_648, whole=0.4, sizes=(150, 600),
            retrieved=0.3, adversarial=0.25, keywords=0.1,
            turns=("report", "search", "report", "rival", "own", "squad"),
        ),
    )  # fmt: skip

    def stage(self, place: int) -> Stage:
        """Return the stage that question number `place` belongs to."""
        return [stage for stage in self.stages if place >= stage.begin][-1]

    def chances(self, place: int) -> tuple[float, float]:
        """Return how often a retrieved and an adversarial negative occur."""
        stage = self.stage(place)
        share = min(1.0, place / self.ramp)
        rising = [low + (high - low) * share for low, high in (self.retrieved, self.adversarial)]
        own = (stage.retrieved, stage.adversarial)
        retrieved, adversarial = (
            up if chance is None else chance for up, chance in zip(rising, own, strict=True)
        )
        return retrieved, adversarial


class Blocks(Protocol):
    """Examples in blocks of questions that can be made in any order."""

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0): groups of examples, each group of one question."""
        ...


class Examples:
    """The endless stream of examples, in blocks of questions that can be made in any order."""

    def __init__(
        self, squad: Squad, sources: Mapping[Source, Sequence[Question]], recipe: Recipe
    ) -> None:
        self._squad = squad
        self._recipe = recipe
        self._sources = {
            name: self._shuffled(questions)
            for name, questions in {"squad": squad.questions, **sources}.items()
        }
        self._paragraphs = Paragraphs(squad.paragraphs)
        self._swapper = Swapper(squad)

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0): groups of examples, each group of one question."""
        rng = self._rng(str(number))
        first = number * self._recipe.block
        return [
            self._group(self._question(place), place, rng)
            for place in range(first, first + self._recipe.block)
        ]

    def _shuffled(self, questions: Sequence[Question]) -> list[Question]:
        shuffled = list(questions)
        random.Random(self._recipe.seed).shuffle(shuffled)
        return shuffled

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self._recipe.seed} {name}")

    def _question(self, place: int) -> Question:
        stage = self._recipe.stage(place)
        turn, rest = divmod(place - stage.begin, len(stage.turns))
        source = stage.turns[rest]
        asked = turn * stage.turns.count(source) + stage.turns[:rest].count(source)
        questions = self._sources[source]
        if source == "squad":
            asked += self._recipe.squad_from + stage.begin  # as if all before had been SQuAD's
        return questions[asked % len(questions)]

    def _size(self, place: int, rng: random.Random) -> int:
        stage = self._recipe.stage(place)
        whole = stage.whole > 0 and rng.random() < stage.whole
        return _WHOLE if whole else rng.randint(*stage.sizes)

    def _group(self, question: Question, place: int, rng: random.Random) -> list[Example]:
        stage, size = self._recipe.stage(place), self._size(place, rng)
        text = self._squad.paragraphs[question.paragraph]
        sentences = self._squad.sentences[question.paragraph]

        def none(
            asked: str, passage: str, kind: str, group: int = place, article: int = question.article
        ) -> Example:
            return Example(
                question=asked, passage=passage, start=-1, end=-1, group=group, kind=kind,
                article=article,
            )  # fmt: skip

        if not question.answers:
            passage = self._part(question.paragraph, size, rng)
            return [none(roughen(question.text, rng), passage, "unanswered")]
        begin, stop = window(sentences, question.start, question.end, size=size, rng=rng)
        keywords = rng.random() < stage.keywords
        asked = as_keywords(question.text) if keywords else roughen(question.text, rng)
        group = [
            Example(
                question=asked, passage=text[begin:stop], start=question.start - begin,
                end=question.end - begin, group=place, kind="answer", article=question.article,
            )
        ]  # fmt: skip
        retrieved, adversarial = self._recipe.chances(place)
        if rng.random() < retrieved:
            others = self._retrieved(question, stage, rng)
            group += [
                none(asked, self._part(i, size, rng), "retrieved", article=self._squad.articles[i])
                for i in others
            ]
        if question.rival is not None:
            number, at = question.rival
            rival = self._part(number, size, rng, at=at)
            group.append(none(asked, rival, "rival", article=self._squad.articles[number]))
        if rng.random() < adversarial:
            if rng.random() < 0.7:
                if (swapped := self._swapper.swap(question, rng)) is not None:
                    group.append(none(roughen(swapped, rng), text[begin:stop], "swapped", -1))
            elif (left := without_answer(text, sentences, question.answers)) is not None:
                at = min(question.start, len(left) - 1)
                a, b = window(sentence_spans(left), at, at + 1, size=size, rng=rng)
                group.append(none(asked, left[a:b], "dropped"))
        return group

    def _part(self, paragraph: int, size: int, rng: random.Random, *, at: int | None = None) -> str:
        text, sentences = self._squad.paragraphs[paragraph], self._squad.sentences[paragraph]
        at = rng.randrange(len(text)) if at is None else at
        begin, end = window(sentences, at, at + 1, size=size, rng=rng)
        return text[begin:end]

    def _retrieved(self, question: Question, stage: Stage, rng: random.Random) -> list[int]:
        texts = self._squad.paragraphs
        near = self._paragraphs.best(question.text)
        others = [
            i
            for i in near
            if i != question.paragraph
            and (question.rival is None or i != question.rival[0])
            and not any(a in texts[i].lower() for a in question.answers)
        ][:4]
        return rng.sample(others, min(len(others), rng.choice(stage.others)))
