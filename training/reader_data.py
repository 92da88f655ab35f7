"""Training examples for the reader: SQuAD questions, retrieved negatives and negatives by rule.

Nothing here knows the model; every example is a question, a passage and what is to be found in it.
All choices come from one seeded generator, so that the same data and seed give the same examples.
"""

import gzip
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

WORD = re.compile(r"\w+")
STOP = frozenset(
    "a an and are as at be been by can could did do does for from had has have how if in into is "
    "it its many may more most much name not of on one or than that the their them there these "
    "they this to was were what when where which while who whom whose why will with would".split()
)
OPPOSITES = (
    "first/last largest/smallest highest/lowest most/least more/fewer before/after north/south "
    "northern/southern east/west eastern/western increase/decrease increased/decreased "
    "increasing/decreasing oldest/newest oldest/youngest earliest/latest longest/shortest "
    "greatest/least best/worst major/minor maximum/minimum above/below early/late higher/lower "
    "larger/smaller begin/end began/ended start/stop started/stopped founded/closed male/female "
    "men/women old/new positive/negative public/private win/lose won/lost with/without "
    "allowed/forbidden accept/reject accepted/rejected support/oppose supported/opposed "
    "same/different always/never common/rare former/current gain/lose gained/lost import/export "
    "rich/poor strong/weak inside/outside internal/external success/failure open/close "
    "opened/closed cause/prevent caused/prevented include/exclude agreed/disagreed legal/illegal"
).split()
_OPPOSITE: dict[str, str] = {}
for _pair in OPPOSITES:
    _one, _two = _pair.split("/")
    _OPPOSITE.setdefault(_one, _two)
    _OPPOSITE.setdefault(_two, _one)

_NAME = re.compile(r"(?<!^)(?<![.?!\"] )\b[A-Z][\w'’-]+(?:(?: (?:of|the|de|and))? [A-Z][\w'’-]+)*")
_YEAR = re.compile(r"\b1[0-9]{3}s?\b|\b20[0-2][0-9]s?\b")
_MONTH = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“(\[]?[A-Z0-9])")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|No|vs|etc|e\.g|i\.e|ca|c)\.$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answerable SQuAD question; ``paragraph.text[start:end]`` is the answer."""

    text: str
    paragraph: int
    article: int
    start: int
    end: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question with one passage.

    ``start:end`` are passage characters of the answer, (-1, -1) where the passage does not answer.
    `group` numbers the question whose passages compete in the relevance loss, -1 for none.
    `kind` is ``answer``, ``retrieved``, ``swapped`` or ``dropped``.
    """

    question: str
    passage: str
    start: int
    end: int
    group: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """Paragraphs, the article each belongs to, and the questions."""

    paragraphs: list[str]
    articles: list[int]
    questions: list[Question]
    sentences: list[list[tuple[int, int]]] = field(repr=False)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of the sentences of one paragraph; together they cover `text`."""
    cuts = [0]
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATED.search(text[max(0, match.start() - 5) : match.start()]):
            cuts.append(match.end())
    return [(a, b) for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True) if a < b]


def load_squad(path: Path) -> Squad:
    """Read a SQuAD v1.1 file, leaving out questions whose answer offset was inferred.

    Raises:
        ValueError: an answer is not at its offset.
    """
    paragraphs: list[str] = []
    articles: list[int] = []
    questions: list[Question] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    for number, article in enumerate(data):
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            for row in paragraph["qas"]:
                first = row["answers"][0]
                if first.get("start_ambiguous"):
                    continue
                start, end = first["answer_start"], first["answer_start"] + len(first["text"])
                if text[start:end] != first["text"]:
                    raise ValueError(f"The answer of {row['id']} is not at {start} in {path}.")
                answers = tuple({a["text"].lower() for a in row["answers"]})
                questions.append(
                    Question(
                        text=row["question"].strip(), paragraph=len(paragraphs), article=number,
                        start=start, end=end, answers=answers,
                    )
                )  # fmt: skip
            paragraphs.append(text)
            articles.append(number)
    sentences = [sentence_spans(text) for text in paragraphs]
    return Squad(paragraphs=paragraphs, articles=articles, questions=questions, sentences=sentences)


def _terms(text: str) -> list[str]:
    words = (word.lower() for word in WORD.findall(text))
    return [w[:-1] if len(w) > 4 and w.endswith("s") else w for w in words if w not in STOP]


class Paragraphs:
    """BM25 over the training paragraphs (Lucene's idf): finds negatives as retrieval does."""

    def __init__(self, texts: Sequence[str], *, k1: float = 1.2, b: float = 0.6) -> None:
        self._vocabulary: dict[str, int] = {}
        rows, columns, frequencies = [], [], []
        counts = [Counter(_terms(text)) for text in texts]
        for row, count in enumerate(counts):
            for term, frequency in count.items():
                columns.append(self._vocabulary.setdefault(term, len(self._vocabulary)))
                rows.append(row)
                frequencies.append(frequency)
        tf = np.array(frequencies, dtype=np.float32)
        length = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        norm = k1 * (1 - b + b * length / length.mean())
        df = np.bincount(np.array(columns), minlength=len(self._vocabulary))
        idf = np.log1p((len(texts) - df + 0.5) / (df + 0.5)).astype(np.float32)
        weight = idf[columns] * tf * (k1 + 1) / (tf + norm[np.array(rows)])
        shape = (len(self._vocabulary), len(texts))
        self._weights = sparse.csr_matrix((weight, (columns, rows)), shape=shape, dtype=np.float32)

    def best(self, question: str, *, k: int = 8) -> list[int]:
        """Return the numbers of the `k` best paragraphs, best first."""
        known = sorted({self._vocabulary[t] for t in _terms(question) if t in self._vocabulary})
        scores = np.asarray(self._weights[known].sum(axis=0)).ravel()
        top = np.argpartition(-scores, k)[:k]
        return [int(i) for i in top[np.argsort(-scores[top], kind="stable")]]


class Swapper:
    """Turns a question into one that its passage does not answer, by swapping what it asks about.

    A name, number, year or month is swapped for another of the same article; failing that a content
    word for one of the same ending, or a word for its opposite.
    """

    def __init__(self, squad: Squad) -> None:
        self._names: dict[int, list[str]] = defaultdict(list)
        self._years: dict[int, list[str]] = defaultdict(list)
        self._words: dict[tuple[int, str], list[str]] = defaultdict(list)
        for text, article in zip(squad.paragraphs, squad.articles, strict=True):
            self._names[article] += _NAME.findall(text)
            self._years[article] += _YEAR.findall(text)
        for question in squad.questions:
            for word in self._content_words(question.text):
                self._words[question.article, word[-2:]].append(word)

    @staticmethod
    def _content_words(text: str) -> list[str]:
        return [w for w in re.findall(r"\b[a-z]{4,}\b", text) if w not in STOP]

    def swap(self, question: Question, rng: random.Random) -> str | None:
        """Return a question that its passage is taken not to answer, None if no rule applies."""
        rules = [self._swap_name, self._swap_number, self._swap_opposite, self._swap_word]
        weights = [0.4, 0.25, 0.2, 0.15]
        while rules:
            rule = rng.choices(range(len(rules)), weights)[0]
            swapped = rules[rule](question, rng)
            if swapped is not None and swapped != question.text:
                return swapped
            del rules[rule], weights[rule]
        return None

    def _swap_name(self, question: Question, rng: random.Random) -> str | None:
        found = list(_NAME.finditer(question.text))
        if not found:
            return None
        match = rng.choice(found)
        size = len(match.group().split())
        here = set(_terms(question.text)) | set(_terms(" ".join(question.answers)))
        for _ in range(12):
            other = rng.choice(self._names[question.article])
            alike = abs(len(other.split()) - size) <= 1
            if alike and not set(_terms(other)) & here and _terms(other):
                return question.text[: match.start()] + other + question.text[match.end() :]
        return None

    def _swap_number(self, question: Question, rng: random.Random) -> str | None:
        text = question.text
        if (found := list(_YEAR.finditer(text))) and self._years[question.article]:
            match = rng.choice(found)
            others = [y for y in set(self._years[question.article]) if y[:4] != match.group()[:4]]
            year = int(match.group()[:4]) + rng.choice((-30, -12, -5, -2, -1, 1, 2, 5, 12))
            other = rng.choice(sorted(others)) if others and rng.random() < 0.7 else str(year)
            suffix = "s" if match.group().endswith("s") else ""
            return text[: match.start()] + other.rstrip("s") + suffix + text[match.end() :]
        if found := list(_MONTH.finditer(text)):
            match = rng.choice(found)
            months = "January February March April June July August October November".split()
            other = rng.choice([m for m in months if m != match.group()])
            return text[: match.start()] + other + text[match.end() :]
        if found := list(_NUMBER.finditer(text)):
            match = rng.choice(found)
            words = "two three four five six seven eight nine ten".split()
            if match.group() in words:
                other = rng.choice([w for w in words if w != match.group()])
            else:
                whole = int(re.sub(r"\D", "", match.group())[:9])
                other = str(max(1, math.ceil(whole * rng.choice((0.3, 0.5, 1.5, 2, 4)))) + 1)
            return text[: match.start()] + other + text[match.end() :]
        return None

    def _swap_opposite(self, question: Question, rng: random.Random) -> str | None:
        found = [m for m in re.finditer(r"\b[a-z]+\b", question.text) if m.group() in _OPPOSITE]
        if found:
            match = rng.choice(found)
            other = _OPPOSITE[match.group()]
            return question.text[: match.start()] + other + question.text[match.end() :]
        return None

    def _swap_word(self, question: Question, rng: random.Random) -> str | None:
        words = self._content_words(question.text)
        if not words:
            return None
        word = rng.choice(words)
        here = set(_terms(question.text))
        for _ in range(12):
            other = rng.choice(self._words[question.article, word[-2:]])
            if not set(_terms(other)) & here and other[:4] != word[:4]:
                return re.sub(rf"\b{word}\b", other, question.text, count=1)
        return None


def roughen(question: str, rng: random.Random) -> str:
    """Return the question as people type it: at times without its mark, rarely with a typo."""
    if rng.random() < 0.3:
        question = question.rstrip("? ")
    if rng.random() < 0.05:
        words = question.split(" ")
        place = rng.randrange(len(words))
        word = words[place]
        if len(word) > 4:
            at = rng.randrange(1, len(word) - 1)
            if rng.random() < 0.5:
                words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            else:
                words[place] = word[:at] + word[at + 1 :]
        question = " ".join(words)
    return question


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
class Recipe:
    """How often each kind of negative occurs and how long passages are.

    The chances rise in a straight line from the first to the second number over `ramp` questions.
    For the first `short` questions passages are cut to a few sentences, which trains quickly.
    After `later` questions most are again, and negatives occur as often as `settled` says.
    """

    seed: int = 13
    block: int = 2048
    short: int = 16_384
    ramp: int = 32_768
    retrieved: tuple[float, float] = (0.12, 0.32)
    adversarial: tuple[float, float] = (0.15, 0.5)
    later: int = 40_960
    settled: tuple[float, float] = (0.2, 0.4)  # retrieved, adversarial


class Examples:
    """The endless stream of examples, in blocks of questions that can be made in any order."""

    def __init__(self, squad: Squad, recipe: Recipe) -> None:
        self._squad = squad
        self._recipe = recipe
        self._paragraphs = Paragraphs(squad.paragraphs)
        self._swapper = Swapper(squad)
        self._order = list(range(len(squad.questions)))
        random.Random(recipe.seed).shuffle(self._order)

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0): groups of examples, each group of one question."""
        rng = random.Random(f"{self._recipe.seed} {number}")
        first = number * self._recipe.block
        return [
            self._group(self._squad.questions[self._order[i % len(self._order)]], i, rng)
            for i in range(first, first + self._recipe.block)
        ]

    def _chances(self, place: int) -> tuple[float, float]:
        recipe = self._recipe
        if place >= recipe.later:
            return recipe.settled
        share = min(1.0, place / recipe.ramp)
        (r0, r1), (a0, a1) = recipe.retrieved, recipe.adversarial
        return r0 + (r1 - r0) * share, a0 + (a1 - a0) * share

    def _size(self, place: int, rng: random.Random) -> int:
        if place < self._recipe.short:
            return rng.randint(120, 400)
        if place >= self._recipe.later:
            return 10_000 if rng.random() < 0.12 else rng.randint(120, 450)
        return 10_000 if rng.random() < 0.35 else rng.randint(150, 600)

    def _group(self, question: Question, place: int, rng: random.Random) -> list[Example]:
        squad = self._squad
        size = self._size(place, rng)
        text = squad.paragraphs[question.paragraph]
        sentences = squad.sentences[question.paragraph]
        begin, stop = window(sentences, question.start, question.end, size=size, rng=rng)
        asked = roughen(question.text, rng)
        group = [
            Example(
                question=asked, passage=text[begin:stop], start=question.start - begin,
                end=question.end - begin, group=place, kind="answer",
            )
        ]  # fmt: skip
        retrieved, adversarial = self._chances(place)
        if rng.random() < retrieved:
            for i in self._retrieved(question, rng):
                at = rng.randrange(len(squad.paragraphs[i]))
                a, b = window(squad.sentences[i], at, at + 1, size=size, rng=rng)
                group.append(_negative(asked, squad.paragraphs[i][a:b], "retrieved", place))
        if rng.random() < adversarial:
            if rng.random() < 0.7:
                if (swapped := self._swapper.swap(question, rng)) is not None:
                    group.append(_negative(roughen(swapped, rng), text[begin:stop], "swapped", -1))
            elif (left := without_answer(text, sentences, question.answers)) is not None:
                at = min(question.start, len(left) - 1)
                a, b = window(sentence_spans(left), at, at + 1, size=size, rng=rng)
                group.append(_negative(asked, left[a:b], "dropped", place))
        return group

    def _retrieved(self, question: Question, rng: random.Random) -> list[int]:
        texts = self._squad.paragraphs
        near = self._paragraphs.best(question.text)
        others = [
            i
            for i in near
            if i != question.paragraph and not any(a in texts[i].lower() for a in question.answers)
        ][:4]
        return rng.sample(others, min(len(others), rng.choice((1, 2))))


def _negative(question: str, passage: str, kind: str, group: int) -> Example:
    return Example(question=question, passage=passage, start=-1, end=-1, group=group, kind=kind)
