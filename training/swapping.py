"""Questions changed by rule: asking what a passage does not say, or typed as people type."""

import math
import random
import re
from collections import defaultdict

from training.squad import STOP, Question, Squad, terms

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
        if not found or not self._names[question.article]:
            return None
        match = rng.choice(found)
        size = len(match.group().split())
        here = set(terms(question.text)) | set(terms(" ".join(question.answers)))
        for _ in range(12):
            other = rng.choice(self._names[question.article])
            alike = abs(len(other.split()) - size) <= 1
            if alike and not set(terms(other)) & here and terms(other):
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
        words = [w for w in self._content_words(question.text) if self._others(question, w)]
        if not words:
            return None
        word = rng.choice(words)
        here = set(terms(question.text))
        for _ in range(12):
            other = rng.choice(self._others(question, word))
            if not set(terms(other)) & here and other[:4] != word[:4]:
                return re.sub(rf"\b{word}\b", other, question.text, count=1)
        return None

    def _others(self, question: Question, word: str) -> list[str]:
        """Return words of the same ending that SQuAD's questions on the article have."""
        return self._words.get((question.article, word[-2:]), [])


def as_keywords(question: str) -> str:
    """Return the question as typed into a search box: the words that say what it is about."""
    kept = [word for word in question.rstrip("? ").split() if word.lower() not in STOP]
    return " ".join(kept) if len(kept) > 1 else question


def roughen(question: str, rng: random.Random) -> str:
    """Return the question as people type it: often without its mark, rarely with a typo."""
    if rng.random() < 0.5:
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
