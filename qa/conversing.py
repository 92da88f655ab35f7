"""Understand the questions of a conversation: completed in the way in which they are answered."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from index.filters import Filters
from index.searching import Hit, Index
from qa.answers import name_marked
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
REMEMBERED = 1024  # questions of which it is known how they were understood

Decides = Callable[..., Decision]  # `Assistant._decide`
Found = Callable[[str, Sequence[Hit]], None]
Remembered = dict[tuple[str | Filters | None, ...], str]


class Conversations:
    """Understands the questions of conversations over one index, which `decide` answers.

    `remembered` is what earlier ones were understood as, and is added to; any thread may do so.
    """

    def __init__(
        self, index: Index, decide: Decides, *, threshold: float, remembered: Remembered
    ) -> None:
        self._index = index
        self._decide = decide
        self._threshold = threshold
        self._remembered = remembered

    def understand(
        self,
        question: str,
        earlier: Sequence[str],
        *,
        clock: Clock,
        k: int,
        threshold: float | None,
        filters: Filters | None,
        found: Found | None = None,
    ) -> tuple[str, Decision]:
        """Return a question completed from earlier complete ones, and the answer to it.

        Of several ways to complete it the one that is answered is meant, the first if it is.
        """
        told = partial(self.said, filters=filters)
        with clock("rewrite"):
            first = complete(question, earlier, self._index, told)
            others_than = named_before(question, earlier, told)
        limit = self._threshold if threshold is None else threshold
        asking = partial(self._decide, clock=clock, k=k, filters=filters, others_than=others_than)
        decision = asking(first, threshold=limit, found=found)
        lacking = not decision["answered"] and decision["confidence"] >= OTHERWISE_LACKS
        ways = otherwise(question, first, earlier, self._index, told, lacking=lacking)
        others = [
            (other, asking(other.question, threshold=min(1.0, limit + other.above)))
            for other in _in_other_words(first, ways)
        ]
        rewritten, decision = _surest(first, decision, others)
        if threshold is None:
            self._remember(question, earlier, filters, rewritten)
        return rewritten, decision

    def earlier(self, history: Sequence[str], filters: Filters | None) -> list[str]:
        """Return the earlier questions of a conversation as they were understood, oldest first."""
        earlier: list[str] = []
        for asked in map(self._index.correct, recent(history)):
            meant = self._remembered.get((asked, *earlier, filters))
            if meant is None and earlier:
                meant, _ = self.understand(
                    asked, earlier, clock=Clock(), k=1, threshold=None, filters=filters
                )
            earlier.append(as_earlier(meant or asked))
        return earlier

    def said(self, question: str, *, filters: Filters | None = None) -> Said | None:
        """Return what a question leaning on nothing is answered with, None if it is not."""
        decision = self._decide(
            question, clock=Clock(), k=1, threshold=self._threshold, filters=filters
        )
        if not decision["answered"]:
            return None
        first = decision["citations"][0]
        return Said(quote=first.quote, name=name_marked(first))

    def _remember(
        self, question: str, earlier: Sequence[str], filters: Filters | None, meant: str
    ) -> None:
        """Keep how a question was understood, for the one after it."""
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[(question, *earlier, filters)] = meant


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
