"""Fit what several ways to ask a follow-up tell: ``python -m training.followups``.

Asked are the follow-ups of ``training/chats.jsonl``, conversations as people type them over small
collections of our own, with some that nothing answers, and the development ones of
``benchmarks/conversations.jsonl``. Each is asked with the conversation before it in full, in every
way of `qa.agreeing`; a logistic regression learns which quote is right by how sure each way is of
it. Writes ``qa/weights/followups.json``, with what the fit is worth on chats kept out of it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.collections import index_of
from benchmarks.followups import CITY, CITY_CONVERSATIONS, Turn, is_right, load_turns
from index.models import file_sha256
from qa.agreeing import (
    CERTAIN,
    COMPLETED,
    HEARD,
    WAYS,
    WEIGHTS,
    Vote,
    leans,
    other_ways,
    votes,
)
from qa.answers import Citation
from qa.assistant import Assistant
from qa.confidence import Regression, shipped_model
from qa.conversing import found_in
from qa.followups import complete
from qa.listening import heard
from qa.networks import ARBITER_WEIGHTS, LISTENER_WEIGHTS, described
from qa.reader import Reader
from qa.timing import Clock
from training import own_words
from training.chats import CHATS, Chats, load_chats
from training.confidence import fit_monotone

BENCHMARK = "benchmark"
OURS = 0.5  # counts a follow-up of the benchmark's, which the grammar was made on


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A follow-up: the quotes that are found, and whether they are right.

    `answerable` says whether anything answers; `certain`, whether the completed question is
    answered so surely that it is not asked otherwise.
    """

    collection: str
    quotes: tuple[tuple[Vote, bool], ...]
    answerable: bool
    certain: bool


def _case(
    assistant: Assistant,
    collection: str,
    question: str,
    earlier: Sequence[str],
    is_right: Callable[[Citation], bool] | None = None,
) -> Case | None:
    """Return the case of a question, None where it is not asked in several ways.

    `is_right` tells of a quote whether it answers, None where none does.
    """
    asking = partial(assistant.decide, clock=Clock(), k=3, threshold=0.0)
    conversations = assistant.conversations()
    last = conversations.last(earlier[-1])
    asked = assistant.index.correct(question)
    completed = complete(asked, earlier, assistant.index, conversations.said)
    decision = asking(completed, filters=None)
    answered = decision["confidence"] >= shipped_model().threshold
    if last is None or not leans(asked, completed, answered=answered):
        return None
    others = found_in(other_ways(asked, earlier[-1], last, None), asking)
    listens = partial(
        heard, asked, earlier[-1], last, index=assistant.index, reader=assistant.reader
    )
    quotes = tuple(
        (vote, is_right is not None and is_right(vote.quote))
        for vote in votes({COMPLETED: decision, **others}, listens)
    )
    return Case(
        collection=collection, quotes=quotes, answerable=is_right is not None,
        certain=decision["confidence"] >= CERTAIN,
    )  # fmt: skip


def chat_cases(chats: Chats, reader: Reader) -> Iterator[Case]:
    """Yield the cases of the chats over one collection."""
    assistant, documents = chats.open(reader)
    for turns in chats.conversations:
        for i, turn in enumerate(turns):
            if turn.leans:
                earlier = [one.full for one in turns[:i]]
                right = partial(turn.is_right, documents=documents)
                yield from _some(_case(assistant, chats.name, turn.question, earlier, right))
    for *before, question in chats.unanswered:
        earlier = []
        for asked in before:
            earlier.append(complete(asked, earlier, assistant.index))
        yield from _some(_case(assistant, chats.name, question, earlier))


def _some(case: Case | None) -> list[Case]:
    return [] if case is None else [case]


def benchmark_cases(reader: Reader) -> Iterator[Case]:
    """Yield the cases of the development conversations of ``benchmarks/``."""
    shipped = Assistant.open()
    city = shipped.over(index_of(f"own-words-{CITY}", own_words.documents(CITY)))
    for assistant, turns in (
        (shipped, [turn for turn in load_turns() if turn.split == "tune"]),
        (city, load_turns(CITY_CONVERSATIONS)),
    ):
        for turn, earlier in _in_full(turns):
            right = partial(_has_evidence, turn)
            yield from _some(_case(assistant, BENCHMARK, turn.question, earlier, right))


def _in_full(turns: Sequence[Turn]) -> Iterator[tuple[Turn, list[str]]]:
    """Yield each turn that leans on its conversation, and the questions before it in full."""
    earlier: list[str] = []
    for turn in turns:
        if not turn.history:
            earlier = []
        if turn.leans:
            yield turn, list(earlier)
        earlier.append(turn.full)


def _has_evidence(turn: Turn, citation: Citation) -> bool:
    return is_right(turn, citation.quote)


def collect(name: str) -> list[Case]:
    """Return the cases of one collection, by the name of its chats or `BENCHMARK`."""
    reader = Reader.load()
    if name == BENCHMARK:
        return list(benchmark_cases(reader))
    both = [*load_chats(held_out=False), *load_chats(held_out=True)]
    return list(chat_cases(next(chats for chats in both if chats.name == name), reader))


def fit(cases: Sequence[Case]) -> Regression:
    """Return what the ways tell, fitted on every quote that one of them finds first."""
    rows = [(case, *quote) for case in cases if not case.certain for quote in case.quotes]
    signs = (*WAYS, HEARD)
    features = np.array([[vote.signs.get(name, 0.0) for name in signs] for _, vote, _ in rows])
    right = np.array([right for *_, right in rows])
    counted = np.array([OURS if case.collection == BENCHMARK else 1.0 for case, *_ in rows])
    weights, intercept = fit_monotone(features, right, counted)
    return Regression(
        intercept=round(intercept, 3),
        coefficients=dict(zip(signs, weights.round(3).tolist(), strict=True)),
    )


def outcomes(cases: Sequence[Case], agreement: Regression | None, threshold: float) -> Counter[str]:
    """Count what is answered, rightly or not; without an `agreement` by the completed question."""
    counts: Counter[str] = Counter()
    for case in cases:
        if agreement is None or case.certain:
            sure, right = max(
                (
                    (vote.sure[COMPLETED], right)
                    for vote, right in case.quotes
                    if COMPLETED in vote.sure
                ),
                default=(0.0, False),
            )
        else:
            sure, right = max(
                ((agreement.of(vote.signs), right) for vote, right in case.quotes),
                default=(0.0, False),
            )
        counts["answerable" if case.answerable else "unanswerable"] += 1
        counts["first right"] += right
        if sure >= threshold:
            outcome = "right" if right else "wrong"
            counts[outcome if case.answerable else "unanswerable answered"] += 1
    return counts


def cross_fitted(cases: Sequence[Case], threshold: float) -> dict[str, Counter[str]]:
    """Return the outcomes of each collection with what was fitted on all others."""
    found = {}
    for name in sorted({case.collection for case in cases}):
        others = fit([case for case in cases if case.collection != name])
        found[name] = outcomes([c for c in cases if c.collection == name], others, threshold)
    return found


def main() -> None:
    """Collect, which takes twelve minutes on two cores with AVX2, fit, print and save."""
    threshold = shipped_model().threshold
    learnt, held_out = ([c.name for c in load_chats(held_out=held)] for held in (False, True))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        by_name = dict(zip(
            names := [BENCHMARK, *learnt, *held_out], pool.map(collect, names), strict=True
        ))  # fmt: skip
    cases = [case for name in (BENCHMARK, *learnt) for case in by_name[name]]
    kept = [case for name in held_out for case in by_name[name]]
    agreement = fit(cases)
    saved: dict[str, Any] = {
        "intercept": agreement.intercept,
        "coefficients": dict(agreement.coefficients),
        "fitted_on": {
            "completed alone": {
                name: outcomes(by_name[name], None, threshold) for name in (BENCHMARK, *learnt)
            },
            "fitted on the others": cross_fitted(cases, threshold),
        },
        "held_out": {
            "completed alone": outcomes(kept, None, threshold),
            "by agreement": outcomes(kept, agreement, threshold),
        },
        "provenance": {
            "command": "python -m training.followups",
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "chats": file_sha256(CHATS),
            "arbiter": described(ARBITER_WEIGHTS).about["sha256"],
            "listener": described(LISTENER_WEIGHTS).about["sha256"],
        },
    }
    print(json.dumps(saved, indent=1))
    WEIGHTS.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
