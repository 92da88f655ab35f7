"""Train the listener: ``python -m training.listener``, after `training.verifier`.

The verifier, trained on to tell whether a passage answers what is asked next in a conversation:
"and since when?" after a question and the quote that answered it. What people type next stands in
``training/follow_ups.jsonl``; beside these, questions of other sources are put after another on the
same document, in full or without the words that have been said. What ships is the difference to the
reader, in a few ranks a matrix.
"""

import json
import random
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from index.models import file_sha256
from qa.listening import in_context
from qa.networks import LISTENER_WEIGHTS
from training.reader import Cycle, Settings, checked_data
from training.reader_data import Example, Recipe, window, without_answer
from training.sources import checksums, sources
from training.squad import Paragraphs, Question, Squad, terms
from training.swapping import Swapper, as_keywords, roughen
from training.verifier import train_on_the_verifier

FOLLOW_UPS = Path(__file__).with_name("follow_ups.jsonl")
RANK = 24
RULES = 6_144  # questions of the first cycle, in which none is as people type them
SETTINGS = Settings(
    cycles=(Cycle(end=RULES, peak=0.6), Cycle(end=18_432, peak=0.6)),
    relevance=0.3, warm_up=600, kept=1.0,
)  # fmt: skip
RECIPE = Recipe(seed=37, block=512)
# Shares of the questions of the second cycle: as people type them, and such as nothing answers.
WRITTEN, UNANSWERED = 0.6, 0.1
SHORTENED = 0.7  # share of the others that are put without the words that were said before
SIZES = (150, 600)  # characters of a passage
TITLED = 0.85  # share of the passages that are read after the title of their document
ELSEWHERE = 0.7  # how often a passage of the document that does not answer is read too
UNRELATED = 0.35  # how often the passage that answers is read after a conversation on another thing
DROPPED = 0.25  # how often it is read without the sentence that answers
SWAPPED = 0.3  # how often a question in full is swapped for one that it does not answer
NEXT = 3  # paragraphs away at most is what was spoken of before


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What somebody types after a question that was answered, and the question that is meant."""

    text: str
    question: Question
    before: Question


def load_follow_ups(path: Path, asked: Iterable[Question]) -> list[FollowUp]:
    """Read follow-ups; a row names by their words both questions, which are among those `asked`.

    Raises:
        ValueError: a question is not.
    """
    by_text: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        by_text[question.text].append(question)
    found = []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        pair = next(
            (
                (before, question)
                for before in by_text[row["before"]]
                for question in by_text[row["question"]]
                if before.article == question.article and question.answers and before.answers
            ),
            None,
        )
        if pair is None:
            raise ValueError(f"{path}: no document is asked both questions of {row}.")
        found.append(FollowUp(text=row["follow_up"], before=pair[0], question=pair[1]))
    return found


class Conversations:
    """The endless stream of examples, in blocks of follow-ups that can be made in any order."""

    def __init__(
        self, squad: Squad, written: Sequence[FollowUp], asked: Sequence[Question], recipe: Recipe
    ) -> None:
        self._squad = squad
        self._recipe = recipe
        self._written = list(written)
        self._asked = [question for question in asked if question.answers]
        self._unanswered = [question for question in asked if not question.answers]
        self._on: dict[int, list[Question]] = defaultdict(list)
        for question in self._asked:
            self._on[question.paragraph].append(question)
        self._paragraphs = Paragraphs(squad.paragraphs)
        self._swapper = Swapper(squad)

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0): groups of examples, each group of one follow-up."""
        rng = random.Random(f"{self._recipe.seed} {number}")
        first = number * self._recipe.block
        return [
            group
            for place in range(first, first + self._recipe.block)
            for group in self._groups(place, rng)
        ]

    def _groups(self, place: int, rng: random.Random) -> list[list[Example]]:
        written, unanswered = (WRITTEN, UNANSWERED) if place >= RULES else (0.0, 0.0)
        drawn = rng.random()
        if drawn < written:
            return self._examples(rng.choice(self._written), place, rng, is_short=True)
        is_answered = drawn >= written + unanswered
        question = rng.choice(self._asked if is_answered else self._unanswered)
        before = self._before(question, rng)
        if before is None:
            return []
        is_short = drawn < 1 - (1 - SHORTENED) * (1 - written)
        text = self._shortened(question, before) if is_short else roughen(question.text, rng)
        if not is_answered:
            return [[self._nearly(question, self._after(before, text), place, rng)]]
        one = FollowUp(text=text, question=question, before=before)
        return self._examples(one, place, rng, is_short=is_short)

    def _nearly(self, question: Question, asked: str, place: int, rng: random.Random) -> Example:
        """Return a part of the paragraph that a question is on and that does not answer it."""
        passage = self._part(question.paragraph, rng)
        return self._example(asked, question.article, passage, place, None, rng)

    def _part(self, paragraph: int, rng: random.Random, *, at: int | None = None) -> str:
        """Return some sentences of a paragraph, those around a place if one is given."""
        text, sentences = self._squad.paragraphs[paragraph], self._squad.sentences[paragraph]
        at = rng.randrange(len(text)) if at is None else at
        begin, end = window(sentences, at, at + 1, size=rng.randint(*SIZES), rng=rng)
        return text[begin:end]

    def _before(self, question: Question, rng: random.Random) -> Question | None:
        """Return another question on what is near in the same document."""
        own, articles = question.paragraph, self._squad.articles
        near = [own, own, *range(max(0, own - NEXT), min(len(articles), own + NEXT + 1))]
        rng.shuffle(near)
        for paragraph in near:
            if articles[paragraph] == question.article and self._on[paragraph]:
                other = rng.choice(self._on[paragraph])
                if not question.answers or self._sentence(other) != self._sentence(question):
                    return other
        return None

    def _shortened(self, question: Question, before: Question) -> str:
        """Return a question without the words that were said before."""
        said = set(terms(f"{before.text} {self._sentence(before)}"))
        words = [word for word in question.text.split() if said.isdisjoint(terms(word))]
        left = " ".join(words)
        return left if terms(left) else as_keywords(question.text)

    def _sentence(self, question: Question) -> str:
        text = self._squad.paragraphs[question.paragraph]
        spans = self._squad.sentences[question.paragraph]
        at = bisect_right([start for start, _ in spans], question.start) - 1
        return text[slice(*spans[at])].strip()

    def _examples(
        self, one: FollowUp, place: int, rng: random.Random, *, is_short: bool
    ) -> list[list[Example]]:
        """Return the passage that answers with others, and questions that it does not answer."""
        question, squad = one.question, self._squad
        text, sentences = squad.paragraphs[question.paragraph], squad.sentences[question.paragraph]
        asked = self._after(one.before, one.text)
        size = rng.randint(*SIZES)
        begin, stop = window(sentences, question.start, question.end, size=size, rng=rng)
        right = self._example(
            asked, question.article, text[begin:stop], place,
            (question.start - begin, question.end - begin), rng,
        )  # fmt: skip
        group, alone = [right], []
        if rng.random() < ELSEWHERE and (other := self._elsewhere(one, rng)) is not None:
            number, part = other
            group.append(self._example(asked, squad.articles[number], part, place, None, rng))
        if rng.random() < DROPPED:
            left = without_answer(text, sentences, question.answers)
            if left is not None:
                part = left[: max(size, 200)]
                group.append(self._example(asked, question.article, part, place, None, rng))
        if is_short and leans_on_all(one.text) and rng.random() < UNRELATED:
            unrelated = self._after(rng.choice(self._asked), one.text)
            alone.append(replace(right, question=unrelated, start=-1, end=-1, group=0))
        if not is_short and rng.random() < SWAPPED:
            swapped = self._swapper.swap(question, rng)
            if swapped is not None:
                told = self._after(one.before, roughen(swapped, rng))
                alone.append(replace(right, question=told, start=-1, end=-1, group=0))
        return [group, *([example] for example in alone)]

    def _after(self, before: Question, text: str) -> str:
        return in_context(text, before.text, self._sentence(before))

    def _elsewhere(self, one: FollowUp, rng: random.Random) -> tuple[int, str] | None:
        """Return a paragraph and a part of it that does not hold the answer.

        It is what was spoken of before, one beside that which answers, or found by BM25.
        """
        question, before, squad = one.question, one.before, self._squad
        own = question.paragraph
        places: list[tuple[int, int | None]] = [(before.paragraph, before.start)] * 2
        near = range(max(0, own - NEXT), min(len(squad.articles), own + NEXT + 1))
        places += [(i, None) for i in near if squad.articles[i] == question.article]
        places += [(number, None) for number in self._paragraphs.best(question.text)]
        rng.shuffle(places)
        for number, at in places:
            part = self._part(number, rng, at=at)
            if not any(answer in part.lower() for answer in question.answers):
                return number, part
        return None

    def _example(
        self, asked: str, article: int, passage: str, place: int,
        answer: tuple[int, int] | None, rng: random.Random,
    ) -> Example:  # fmt: skip
        title = self._squad.titles[article]
        lead = f"{title}. " if title and rng.random() < TITLED else ""
        start, end = (-1, -1) if answer is None else (len(lead) + at for at in answer)
        return Example(
            question=asked, passage=lead + passage, start=start, end=end, group=place,
            kind="retrieved" if answer is None else "answer", article=article,
        )  # fmt: skip


def leans_on_all(text: str) -> bool:
    """Whether a follow-up names nothing: after another conversation it asks another thing."""
    return not re.search(r"(?<!^)\b[A-Z]|\d", text) and len(text.split()) <= 8


def conversations(data: Path) -> Conversations:
    """Return what the listener is trained on."""
    squad, asked = sources(data, fresh=True)
    ours = [one for name in ("fresh", "fresh report", "report") for one in asked[name]]
    return Conversations(squad, load_follow_ups(FOLLOW_UPS, ours), ours, RECIPE)


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    data = checked_data()
    train_on_the_verifier(
        LISTENER_WEIGHTS, partial(conversations, data), SETTINGS, RECIPE,
        rank=RANK, data=checksums(fresh=True) | {FOLLOW_UPS.name: file_sha256(FOLLOW_UPS)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
