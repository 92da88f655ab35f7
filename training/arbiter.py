"""Train the arbiter: ``python -m training.arbiter``, after `training.verifier`.

The verifier, trained on to read the passages of a question's quotes side by side in one pass: the
words of all of them compete for where the answer starts and ends, so that it learns which of the
passages answers, and where. Of the passages one answers, from the second cycle on often none, the
others are what was found beside it (`training.retrieved`) or by BM25. In the third cycle most
questions are fresh ones, which neither the reader nor the arbiter has seen, and a larger model says
where it sees their answers (`training.comparing`). What ships is the difference to the reader, in a
few ranks a matrix.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from index.models import file_sha256
from qa.networks import ARBITER_WEIGHTS
from qa.reader import MAX_QUESTION_TOKENS
from training.lessons import COMPARED, Lessons
from training.reader import Cycle, Settings, checked_data
from training.reader_data import Example, Lesson, Recipe, Source, Stage, window
from training.reader_network import (
    Row,
    Student,
    fresh_network,
    reader_tokenizer,
)
from training.retrieved import (
    RETRIEVED,
    SQUAD_STEP,
    Retrieved,
    Window,
    compared,
    example_of,
    is_other,
)
from training.sources import checksums, sources
from training.squad import Question, Squad, terms
from training.swapping import as_keywords, roughen
from training.verifier import VerifierExamples, train_on_the_verifier

RANK = 48
MAX_TOKENS = 448
AS_FOUND = 0.7  # share of the passages that answer which are cut as they were found, if they were
FIRST = 0.6  # share of the questions whose other passages are the first that were found
AMONG = 4  # else they are drawn from so many
NOT_ASKED = 3  # of SQuAD's questions as many that were not asked are learnt from: these of the step
TURNS: tuple[Source, ...] = (
    "squad", "report", "squad", "own", "squad", "report", "squad", "squad", "report", "further",
    "squad", "own", "squad", "report", "squad", "search",
)  # fmt: skip
ABSTAINING: tuple[Source, ...] = (
    "squad", "unanswered", "report", "squad", "own", "squad", "unanswered", "report", "squad",
    "further", "unanswered", "squad", "report", "squad", "unanswered", "search",
)  # fmt: skip
FRESHLY: tuple[Source, ...] = (
    "fresh", "report", "fresh", "trick", "fresh", "fresh report", "squad", "fresh", "trick", "own",
    "fresh", "unanswered", "fresh", "fresh report", "trick", "fresh", "further", "fresh", "search",
    "fresh", "trick", "fresh", "fresh report", "fresh",
)  # fmt: skip
SETTINGS = Settings(
    cycles=(
        Cycle(end=81_920, peak=1.0), Cycle(end=118_784, peak=0.6), Cycle(end=180_224, peak=0.8),
    ),
    relevance=0.1, warm_up=600, max_tokens=MAX_TOKENS,
)  # fmt: skip
# A stage's `retrieved` says how often the passage that answers is not among those that are read,
# its `adversarial` how often the question is swapped for one that none of them answers.
RECIPE = Recipe(
    seed=31,
    block=1024,
    stages=(
        Stage(
            begin=0, whole=0.1, sizes=(200, 450), retrieved=0.05, adversarial=0.0, keywords=0.06,
            turns=TURNS, others=(1, 2, 2),
        ),
        Stage(
            begin=81_920, whole=0.1, sizes=(200, 450), retrieved=0.1, adversarial=0.12,
            keywords=0.06, turns=ABSTAINING, others=(0, 1, 2, 2),
        ),
        Stage(
            begin=118_784, whole=0.1, sizes=(200, 450), retrieved=0.08, adversarial=0.1,
            keywords=0.06, turns=FRESHLY, others=(0, 1, 2, 2),
        ),
    ),
)  # fmt: skip


def learnt(squad: Squad, retrieved: Retrieved) -> list[Question]:
    """Return those of SQuAD's questions that the arbiter learns from."""
    return [
        question
        for number, question in enumerate(squad.questions)
        if retrieved.to(question) or number % SQUAD_STEP == NOT_ASKED
    ]


class SideBySide(VerifierExamples):
    """Groups of examples that are read in one pass: one of their passages answers, or none."""

    def __init__(
        self,
        squad: Squad,
        sources: Mapping[Source, Sequence[Question]],
        recipe: Recipe,
        retrieved: Retrieved,
        lessons: Lessons | None = None,
    ) -> None:
        squad = replace(squad, questions=learnt(squad, retrieved))
        super().__init__(squad, _by_answer(sources), recipe)
        self._found = retrieved
        self._lessons = lessons
        self._fresh = frozenset(sources.get("fresh", ()))

    def _group(self, question: Question, place: int, rng: random.Random) -> list[Example]:
        if not question.answers:
            return self._unanswered(question, place, rng)
        stage = self._recipe.stage(place)
        found = self._found.to(question) or self._by_words(question, place, rng)
        taught = self._taught(question, found)
        beside = taught[1:] or [one for one in found if is_other(self._squad, one, question)]
        others = self._drawn(beside, stage, rng)
        asked = self._asked(question.text, stage, rng)
        right: Window | None = taught[0] if taught else self._right(question, place, found, rng)
        missing, swapped = self._recipe.chances(place)
        if len(others) > 1 and rng.random() < missing:
            right, shown = None, others
        else:
            shown = [right, *others]
            if swapped and rng.random() < swapped:
                other = self._swapper.swap(question, rng)
                if other is not None:
                    asked, right = roughen(other, rng), None
        rng.shuffle(shown)
        return [self._example(asked, question, one, place, right) for one in shown]

    def _unanswered(self, question: Question, place: int, rng: random.Random) -> list[Example]:
        """Return passages found to a question that none answers, as many as to another."""
        stage = self._recipe.stage(place)
        found = self._found.to(question) or self._beside(question, place, rng)
        shown = [found[0], *self._drawn(found[1:], stage, rng)]
        asked = self._asked(question.text, stage, rng)
        rng.shuffle(shown)
        return [self._example(asked, question, one, place, None) for one in shown]

    def _asked(self, text: str, stage: Stage, rng: random.Random) -> str:
        keywords = rng.random() < stage.keywords
        return as_keywords(text) if keywords else roughen(text, rng)

    def _drawn(self, others: list[Window], stage: Stage, rng: random.Random) -> list[Window]:
        """Return some of the passages found: mostly the first."""
        count = min(len(others), rng.choice(stage.others))
        first = rng.random() < FIRST
        return others[:count] if first else rng.sample(others[:AMONG], count)

    def _taught(self, question: Question, found: Sequence[Window]) -> list[Window]:
        """Return the passages to a fresh question that a teacher was asked about, if it was."""
        if question not in self._fresh:
            return []
        read = compared(self._squad, question, found)
        right = example_of(self._squad, question, read[0], group=0, answers=True)
        return [] if self._lesson(question, right.passage) is None else read

    def _lesson(self, question: Question, passage: str) -> Lesson | None:
        """Return what a teacher says of a passage to a fresh question as it was written."""
        if self._lessons is None or question not in self._fresh:
            return None
        return self._lessons.to(question.text, passage)

    def _beside(self, question: Question, place: int, rng: random.Random) -> list[Window]:
        """Return the paragraph that a question was asked of, and what BM25 finds elsewhere."""
        found = self._by_words(question, place, rng)
        own = self._around([question.paragraph], question, place, rng)
        articles = self._squad.articles
        return own + [one for one in found if articles[one.paragraph] != question.article]

    def _by_words(self, question: Question, place: int, rng: random.Random) -> list[Window]:
        """Return parts of the paragraphs that BM25 finds."""
        return self._around(self._paragraphs.best(question.text), question, place, rng)

    def _around(
        self, paragraphs: Sequence[int], question: Question, place: int, rng: random.Random
    ) -> list[Window]:
        """Return the part of each paragraph around the sentence with most words of a question."""
        asked, windows = set(terms(question.text)), []
        for number in paragraphs:
            text, sentences = self._squad.paragraphs[number], self._squad.sentences[number]
            shared = [len(asked.intersection(terms(text[a:b]))) for a, b in sentences]
            at, _ = sentences[shared.index(max(shared))]
            size = self._size(place, rng)
            windows.append(Window(number, *window(sentences, at, at + 1, size=size, rng=rng)))
        return windows

    def _right(
        self, question: Question, place: int, found: Sequence[Window], rng: random.Random
    ) -> Window:
        for one in found:
            holds = one.begin <= question.start and question.end <= one.end
            if one.paragraph == question.paragraph and holds and rng.random() < AS_FOUND:
                return one
        sentences = self._squad.sentences[question.paragraph]
        size = self._size(place, rng)
        begin, end = window(sentences, question.start, question.end, size=size, rng=rng)
        return Window(question.paragraph, begin, end)

    def _example(
        self, asked: str, question: Question, found: Window, place: int, right: Window | None
    ) -> Example:
        example = example_of(self._squad, question, found, group=place, answers=found == right)
        return replace(example, question=asked, lesson=self._lesson(question, example.passage))


def _by_answer(sources: Mapping[Source, Sequence[Question]]) -> dict[Source, list[Question]]:
    """Return the questions of each source that have an answer, and all others as one.

    Only of the fresh ones those without an answer stay by themselves, as ``trick``.
    """
    found: dict[Source, list[Question]] = {
        name: [one for one in questions if one.answers] for name, questions in sources.items()
    }
    none = {name: [one for one in some if not one.answers] for name, some in sources.items()}
    found["trick"] = none.pop("fresh", []) + none.pop("fresh report", [])
    found["unanswered"] = [one for some in none.values() for one in some]
    return found


def side_by_side(groups: Sequence[Sequence[Example]], tokenizer: Tokenizer) -> list[list[Row]]:
    """Turn each group of examples into one row, without those that are too long."""
    opening, closing = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
    result = []
    for group in groups:
        asked = tokenizer.encode(group[0].question, add_special_tokens=False).ids
        ids = [opening, *asked[:MAX_QUESTION_TOKENS], closing]
        passage, start, end = len(ids), 0, 0
        starts, ends = Counter[int](), Counter[int]()
        for example in group:
            encoding = tokenizer.encode(example.passage, add_special_tokens=False)
            if example.start >= 0:
                first = encoding.char_to_token(example.start)
                last = encoding.char_to_token(example.end - 1)
                start, end = len(ids) + first, len(ids) + last
            if example.lesson is not None:
                starts.update(_at(len(ids), encoding, example.lesson.starts))
                ends.update(_at(len(ids), encoding, example.lesson.ends))
            ids += [*encoding.ids, closing]
        if len(ids) <= MAX_TOKENS:
            taught = start > 0 and all(example.lesson is not None for example in group)
            row = Row(
                ids=ids, passage=passage, start=start, end=end, group=group[0].group,
                starts=_whole(starts) if taught else None, ends=_whole(ends) if taught else None,
            )  # fmt: skip
            result.append([row])
    return result


def _at(first: int, encoding: Encoding, shares: Mapping[int, float]) -> dict[int, float]:
    """Return the shares of a passage's characters as those of tokens, the first of them `first`."""
    found = [(encoding.char_to_token(at), share) for at, share in shares.items() if at >= 0]
    return {first + token: share for token, share in found if token is not None}


def _whole(shares: Mapping[int, float]) -> dict[int, float] | None:
    """Return shares so that they sum to 1, None where a teacher sees nothing in these passages."""
    total = sum(shares.values())
    return {token: share / total for token, share in shares.items()} if total > 0 else None


def tokenizer(max_tokens: int) -> Tokenizer:
    """Return the reader's tokenizer, which cuts nothing: rows that are too long are left out."""
    found = reader_tokenizer(max_tokens)
    found.no_truncation()
    return found


STUDENT = Student(network=fresh_network, tokenizer=tokenizer, rows=side_by_side)


def examples(data: Path) -> SideBySide:
    """Return what the arbiter is trained on."""
    return SideBySide(*sources(data, fresh=True), RECIPE, Retrieved.load(), Lessons.load(COMPARED))


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    found = {path.name: file_sha256(path) for path in (RETRIEVED, COMPARED)}
    train_on_the_verifier(
        ARBITER_WEIGHTS, partial(examples, checked_data()), SETTINGS, RECIPE,
        rank=RANK, data=checksums(fresh=True) | found, student=STUDENT,
    )  # fmt: skip


if __name__ == "__main__":
    main()
