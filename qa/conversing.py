"""Understand the questions of a conversation: completed in the way in which they are answered."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from index.filters import Filters
from index.searching import Hit, Index
from qa.agreeing import (
    CERTAIN,
    COMPLETED,
    ENOUGH,
    Listens,
    Way,
    first_of,
    leans,
    likeliest,
    other_ways,
    shipped_agreement,
    votes,
)
from qa.answers import Citation, marked, name_marked
from qa.deciding import Decision
from qa.followups import (
    Otherwise,
    Said,
    as_earlier,
    complete,
    named_before,
    otherwise,
    recent,
)
from qa.timing import Clock

# A question of a conversation that is not answered is completed otherwise, if it was as sure as
# this: less have questions on nothing in the documents, which a topic makes look answered. Where
# another completion is so much surer but not answered either, its passages are the nearest.
OTHERWISE_LACKS = 0.09
OTHERWISE_ADDS = 0.2
# How much less an answer is believed to a question that does not say that it leans on anything: in
# chats, such follow-ups that were answered from .35 to .45 were so wrongly in six of nine cases.
UNSAID = 0.1
REMEMBERED = 1024  # questions of which it is known how they were understood

Decides = Callable[..., Decision]  # `Assistant.decide`
Hears = Callable[[str, str, Citation, Sequence[Citation]], list[float]]  # `qa.listening.heard`
Found = Callable[[str, Sequence[Hit]], None]


class Understood(NamedTuple):
    """A complete question as later ones lean on it, and its first quote, None if not known."""

    question: str
    quote: Citation | None = None


Remembered = dict[tuple[str | Filters | None, ...], Understood]


class Conversations:
    """Understands the questions of conversations over one index, which `decide` answers.

    `hear` tells how far quotes answer what is asked, by what was said before. `remembered` is what
    earlier ones were understood as, and is added to; any thread may do so.
    """

    def __init__(
        self,
        index: Index,
        decide: Decides,
        hear: Hears,
        *,
        threshold: float,
        remembered: Remembered,
    ) -> None:
        self._index = index
        self._decide = decide
        self._hear = hear
        self._threshold = threshold
        self._remembered = remembered

    def understand(
        self,
        question: str,
        history: Sequence[Understood],
        *,
        clock: Clock,
        k: int,
        threshold: float | None,
        filters: Filters | None,
        found: Found | None = None,
    ) -> tuple[str, Decision]:
        """Return a question completed from those before it, oldest first, and the answer to it.

        Of several ways to complete it the one that is answered is meant, the first if it is. Where
        that is not certain the question is asked in other ways too, and answered by what they agree
        on.
        """
        earlier = [before.question for before in history]
        told = partial(self.said, filters=filters)
        with clock("rewrite"):
            first = complete(question, earlier, self._index, told)
            others_than = named_before(question, earlier, told)
        limit = self._threshold if threshold is None else threshold
        asking = partial(self._decide, clock=clock, k=k, filters=filters, others_than=others_than)
        decision = asking(first, threshold=limit, found=found)
        lacking = not decision["answered"] and decision["confidence"] >= OTHERWISE_LACKS
        ways = otherwise(question, first, earlier, self._index, told, lacking=lacking)
        answers = [
            (other, asking(other.question, threshold=min(1.0, limit + other.above)))
            for other in _in_other_words(first, ways)
        ]
        rewritten, decision = _surest(first, decision, answers)
        if (
            earlier
            and leans(question, first, answered=decision["answered"])
            and not self._certain(question, first, earlier, decision)
        ):
            last = history[-1].quote or self.last(earlier[-1], filters)
            if last is not None:
                completed = Way(rewritten, filters), decision
                others = other_ways(question, earlier[-1], last, filters)
                listens = partial(self._hear, question, earlier[-1], last)
                less = UNSAID * (not leans(question, first, answered=True))
                rewritten, decision = agreed(completed, others, asking, listens, limit, less=less)
        if threshold is None:
            understood = Understood(as_earlier(rewritten), first_of(decision))
            self._remember(question, earlier, filters, understood)
        return rewritten, decision

    def _certain(
        self, question: str, completed: str, earlier: Sequence[str], decision: Decision
    ) -> bool:
        """Whether a completed question needs no other way to ask it.

        So it is if a name that answered an earlier one was put in: of 27 such development
        follow-ups that were answered 23 were so rightly, and of 26 that nothing answers none was.
        """
        sure = decision["confidence"] >= CERTAIN
        return sure or completed != complete(question, earlier, self._index)

    def last(self, previous: str, filters: Filters | None = None) -> Citation | None:
        """Return the first quote to the question before, which is complete."""
        return first_of(self._alone(previous, filters))

    def earlier(self, history: Sequence[str], filters: Filters | None) -> list[Understood]:
        """Return the earlier questions of a conversation as they were understood, oldest first."""
        earlier: list[Understood] = []
        for asked in map(self._index.correct, recent(history)):
            key = (asked, *(before.question for before in earlier), filters)
            if key not in self._remembered and earlier:
                self.understand(asked, earlier, clock=Clock(), k=1, threshold=None, filters=filters)
            earlier.append(self._remembered.get(key) or Understood(as_earlier(asked)))
        return earlier

    def said(self, question: str, *, filters: Filters | None = None) -> Said | None:
        """Return what a question leaning on nothing is answered with, None if it is not."""
        decision = self._alone(question, filters)
        if not decision["answered"]:
            return None
        first = decision["citations"][0]
        return Said(quote=first.quote, name=name_marked(first), marked=marked(first))

    def _alone(self, question: str, filters: Filters | None) -> Decision:
        """Return what a question leaning on nothing finds."""
        return self._decide(
            question, clock=Clock(), k=1, threshold=self._threshold, filters=filters
        )

    def _remember(
        self, question: str, earlier: Sequence[str], filters: Filters | None, meant: Understood
    ) -> None:
        """Keep how a question was understood, for the one after it."""
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[(question, *earlier, filters)] = meant


def found_in(ways: Mapping[str, Way], asking: Decides) -> dict[str, Decision]:
    """Return what is found in each way to ask, whether it answers or not."""
    return {name: asking(**way._asdict(), threshold=0.0) for name, way in ways.items()}


def agreed(
    completed: tuple[Way, Decision],
    others: Mapping[str, Way],
    asking: Decides,
    listens: Listens,
    limit: float,
    *,
    less: float = 0.0,
) -> tuple[str, Decision]:
    """Return how a follow-up is understood, and the answer that the ways to ask it agree on.

    Args:
        completed: the question completed, and the answer to that.
        others: the other ways to ask it.
        asking: answers a question.
        listens: tells of quotes how far they answer, by what was said before.
        limit: confidence (0–1) from which to answer.
        less: how much less what is found is believed.
    """
    way, decision = completed
    found = {COMPLETED: decision, **found_in(others, asking)}
    name, likely = likeliest(votes(found, listens), shipped_agreement())
    sure = max(0.0, likely - less)
    if sure < limit and decision["confidence"] >= ENOUGH:
        name, sure = COMPLETED, (sure + decision["confidence"]) / 2
    answers = sure >= limit
    if name != COMPLETED or decision["answered"] != answers:
        threshold = min(limit, found[name]["confidence"]) if answers else 1.0
        decision = asking(**others.get(name, way)._asdict(), threshold=threshold)
    shown = others["regarding"] if answers and name != COMPLETED else way
    return shown.question, decision | {"confidence": sure}


def _in_other_words(first: str, others: Iterable[Otherwise]) -> list[Otherwise]:
    """Return the ways to complete a question whose words neither `first` has nor one before."""
    seen: dict[tuple[str, ...], Otherwise | None] = {_words(first): None}
    for other in others:
        seen.setdefault(_words(other.question), other)
    return [other for other in seen.values() if other is not None]


def _words(question: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", question.casefold()))


def _surest(
    question: str, decision: Decision, others: Sequence[tuple[Otherwise, Decision]]
) -> tuple[str, Decision]:
    """Return the completion of a question that is answered surest, the first unless clearly."""
    surest = (decision["answered"], decision["confidence"])
    for other, again in others:
        ahead = other.ahead if again["answered"] else OTHERWISE_ADDS
        sure = (again["answered"], again["confidence"] - ahead)
        if sure >= surest:
            question, decision, surest = other.question, again, sure
    return question, decision
