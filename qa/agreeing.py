"""Find what several ways to ask a follow-up agree on.

What a question of a conversation leans on is put in by a small grammar (`qa.followups`), which
people who chat outwit: "so when will there be money for it?". With what was spoken of added, or
as it is, of the passages near to the quote before, it finds the sentence that is meant about as
often, and what is wrong is seldom found in two ways. The listener (`qa.listening`) reads what they
find with the question as it was typed, after what was said before. How much each of them tells was
fitted by ``training/followups.py``.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from corpus import ModelError
from index.filters import Filters
from index.lexical import written_in_characters
from qa.answers import Citation
from qa.confidence import Regression
from qa.deciding import Decision
from qa.followups import points_back, regarding

WEIGHTS = Path(__file__).parent / "weights" / "followups.json"
COMPLETED = "completed"
# Readable ones first: where the same quote is found in several ways, the first of them is shown.
WAYS = (COMPLETED, "regarding", "nearby")
HEARD = "heard"  # how far the listener takes a quote for the answer, among what was fitted
BEFORE, AFTER = 300, 800  # characters around the quote before, in whose passages it is looked for
# A completed question that is answered as surely as this needs no other way to ask it: of 120 such
# development follow-ups 116 were answered rightly, and none had no answer.
CERTAIN = 0.85
# One answered as surely as this is answered though nothing agrees, but is believed less: of the
# benchmark's 23 more are then right and 1 wrong, of chats 3 right, 5 wrong and 3 without an answer.
ENOUGH = 0.7
_POINTING = frozenset(
    "it its he she him her his they them their this that these those one ones there".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A quote and how sure (0–1) each of the ways is that finds it first.

    `heard` is by how much it answers for the listener.
    """

    quote: Citation
    sure: dict[str, float]
    heard: float = 0.0

    @property
    def signs(self) -> dict[str, float]:
        """What tells whether it answers, by its names."""
        return {**self.sure, HEARD: self.heard}

    @property
    def way(self) -> str:
        """The first way that finds it."""
        return next(name for name in WAYS if name in self.sure)


@lru_cache(maxsize=1)
def shipped_agreement() -> Regression:
    """Return how much each way to ask, by its name, tells; the file is read once."""
    return load_agreement(WEIGHTS)


def load_agreement(path: Path) -> Regression:
    """Read what was fitted.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        coefficients = {name: float(saved["coefficients"][name]) for name in (*WAYS, HEARD)}
        return Regression(intercept=float(saved["intercept"]), coefficients=coefficients)
    except (OSError, ValueError, KeyError) as exc:
        raise ModelError(
            f"{path} is missing or damaged ({exc}); it holds what follow-ups are answered by. "
            "Install Citewise again, or fit it: python -m training.followups"
        ) from exc


def leans(question: str, completed: str, *, answered: bool) -> bool:
    """Whether a question leans on what was said before: completed from it, or pointing at it.

    One that names nothing may lean on all of it and point at nothing, "who foots the bill?", if it
    is not answered by itself.
    """
    if written_in_characters(question):
        return False
    words = {word.lower() for word in re.findall(r"\w+", question)}
    names = any(map(str.isupper, question[1:]))
    points = points_back(question) or (not names and not words.isdisjoint(_POINTING))
    counts = any(map(str.isdigit, question))
    return points or completed != question.strip() or not (answered or names or counts)


class Way(NamedTuple):
    """A way to ask: the question, which documents it is put to, near which quote it is read."""

    question: str
    filters: Filters | None
    around: Citation | None = None


def other_ways(
    question: str, previous: str, last: Citation, filters: Filters | None
) -> dict[str, Way]:
    """Return how a question is asked beside its completed form, by the names of the ways.

    Args:
        question: as asked.
        previous: the complete question before it.
        last: the first quote to that.
        filters: which documents are asked.
    """
    within = replace(filters or Filters(), documents=(last.doc_id,))
    return {
        "regarding": Way(regarding(question, previous), filters),
        "nearby": Way(question, within, last),
    }


def first_of(decision: Decision) -> Citation | None:
    """Return the first quote of a decision, the nearest where it abstains."""
    return next(iter(decision["citations"] + decision["nearest"]), None)


def near(start: int, end: int, last: Citation) -> bool:
    """Whether characters of the document of the quote before are near to that."""
    return start < last.end + AFTER and last.start - BEFORE < end


Listens = Callable[[Sequence[Citation]], list[float]]  # how far each of some quotes answers


def votes(found: Mapping[str, Decision], listens: Listens) -> list[Vote]:
    """Return the first quotes of what is found in each way; quotes that overlap are one."""
    places: list[Vote] = []
    for name in WAYS:
        quote = first_of(found[name])
        if quote is None:
            continue
        same = next((vote for vote in places if _overlap(vote.quote, quote)), None)
        if same is None:
            places.append(same := Vote(quote=quote, sure={}))
        same.sure[name] = found[name]["confidence"]
    heard = listens([vote.quote for vote in places])
    return [replace(vote, heard=answers) for vote, answers in zip(places, heard, strict=True)]


def _overlap(one: Citation, other: Citation) -> bool:
    return one.doc_id == other.doc_id and one.start < other.end and other.start < one.end


def likeliest(voted: Sequence[Vote], agreement: Regression) -> tuple[str, float]:
    """Return the first way that finds the likeliest quote, and how likely (0–1) that answers.

    Where no way finds any it is `COMPLETED`, and 0.
    """
    best = max(voted, key=lambda vote: agreement.of(vote.signs), default=None)
    return (COMPLETED, 0.0) if best is None else (best.way, agreement.of(best.signs))
