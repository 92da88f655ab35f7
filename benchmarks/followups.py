"""Follow-up questions: ``python -m benchmarks.followups [--split tune|report|all]``.

The conversations of ``benchmarks/conversations.jsonl`` over the shipped corpus, and those of
``city_conversations.jsonl``, all for development, over the web pages of a city. Each question that
leans on an earlier one is asked three times: with the conversation so far, in full as its author
wrote it, and alone. A quote is right if it contains one of the turn's evidence strings. Questions
that stand on their own are asked with and without the conversation: harmed if that changes the
first quote. Of the questions in full is counted how many are rewritten in their conversation,
though they need not be, and of SQuAD questions how many are after an unrelated one, and how many
then lose their paragraph as the first of all, or are answered from a topic that is not theirs.
Chats are the held-out conversations of `training.chats`, typed as by strangers, with follow-ups
that nothing answers. Results go to ``benchmarks/results/followups.json``.
"""

import argparse
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.collections import Squad, SquadQuestion, index_of, load_squad, save
from corpus import Document
from index import Index
from qa import Assistant
from qa.answers import Answer
from qa.followups import rewrite
from qa.reader import Reader
from training import own_words
from training.chats import Chats, ChatTurn, load_chats

CONVERSATIONS = Path(__file__).parent / "conversations.jsonl"
CITY_CONVERSATIONS = Path(__file__).parent / "city_conversations.jsonl"
CITY = "city projects"  # their documents: a collection of `training.own_words`
SHOWN = 20
SEED = 7
TOPICS = 1_000  # SQuAD questions asked after an unrelated one


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question of a conversation, the questions before it, and what the right quote contains."""

    conversation: str
    split: str
    question: str
    full: str
    history: tuple[str, ...]
    evidence: tuple[str, ...]
    leans: bool


def load_turns(path: Path = CONVERSATIONS) -> list[Turn]:
    """Return every turn of every conversation, in order."""
    turns = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        questions = [turn["question"] for turn in row["turns"]]
        turns += [
            Turn(
                conversation=row["id"], split=row["split"], question=turn["question"],
                full=turn["full"], history=tuple(questions[:i]), evidence=tuple(turn["evidence"]),
                leans=turn["leans"],
            )
            for i, turn in enumerate(row["turns"])
        ]  # fmt: skip
    return turns


def first_quote(answer: Answer) -> str:
    """Return the first citation's quote, else the nearest quote, else nothing."""
    return next((citation.quote for citation in answer.citations + answer.nearest), "")


def is_right(turn: Turn, quote: str) -> bool:
    """Whether a quote contains one of the turn's evidence strings, whatever the case."""
    return any(evidence.lower() in quote.lower() for evidence in turn.evidence)


def measure_leaning(assistant: Assistant, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return how often the first quote is right with the conversation, in full, and alone."""
    right = {"with_history": 0, "in_full": 0, "alone": 0}
    answered = {"with_history": 0, "in_full": 0, "alone": 0}
    answered_rightly = {"with_history": 0, "in_full": 0, "alone": 0}
    wrong: list[dict[str, Any]] = []
    for turn in turns:
        answers = {
            "with_history": assistant.ask(turn.question, history=turn.history),
            "in_full": assistant.ask(turn.full),
            "alone": assistant.ask(turn.question),
        }
        for name, answer in answers.items():
            right[name] += is_right(turn, first_quote(answer))
            answered[name] += answer.answered
            answered_rightly[name] += answer.answered and is_right(turn, first_quote(answer))
        quote = first_quote(answers["with_history"])
        if turn.split == "tune" and not is_right(turn, quote):
            wrong.append(
                {
                    "conversation": turn.conversation,
                    "rewritten": answers["with_history"].rewritten,
                    "quote": quote,
                    "right_in_full": is_right(turn, first_quote(answers["in_full"])),
                }
            )
    return {
        "questions": len(turns),
        "first_quote_right": right,
        "answered": answered,
        "answered_rightly": answered_rightly,
        "share_of_full": round(right["with_history"] / max(1, right["in_full"]), 4),
        "wrong_in_tune": wrong,
    }


def measure_independent(assistant: Assistant, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return how many questions that stand alone are rewritten, and how many are harmed by it."""
    rewritten = 0
    harmed: list[str] = []
    for turn in turns:
        answer = assistant.ask(turn.question, history=turn.history)
        if answer.rewritten == turn.question:
            continue
        rewritten += 1
        if first_quote(answer) != first_quote(assistant.ask(turn.question)):
            harmed.append(answer.rewritten)
    return {
        "questions": len(turns),
        "rewritten": rewritten,
        "harmed": len(harmed),
        "harmed_questions": harmed,
    }


def measure_topics(squad: Squad, assistant: Assistant) -> dict[str, Any]:
    """Return how many SQuAD questions get the topic of an unrelated one before.

    They do where alone they are not answered and name nothing. Harmed is one that is answered then.
    """
    draw = random.Random(SEED)
    added: list[str] = []
    harmed: list[str] = []
    rows = draw.sample(squad.questions, TOPICS)
    for row in rows:
        previous = _unrelated(row, squad, draw)
        if rewrite(row.question, [previous.question], assistant.index) != row.question.strip():
            continue  # counted by `measure_squad`
        answer = assistant.ask(row.question, history=[previous.question])
        if answer.rewritten != assistant.index.correct(row.question).strip():
            (harmed if answer.answered else added).append(answer.rewritten)
    return {
        "questions": len(rows), "topic_added": len(added) + len(harmed), "harmed": len(harmed),
        "some": (harmed + added)[:SHOWN],
    }  # fmt: skip


def _unrelated(row: SquadQuestion, squad: Squad, draw: random.Random) -> SquadQuestion:
    """Return a question on another article."""
    previous = draw.choice(squad.questions)
    while previous.source.split("/")[0] == row.source.split("/")[0]:
        previous = draw.choice(squad.questions)
    return previous


def measure_complete(index: Index, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return how many questions asked in full are rewritten, in their own conversation."""
    changed = [turn for turn in turns if rewrite(turn.full, turn.history, index) != turn.full]
    shown = [
        {"question": turn.full, "rewritten": rewrite(turn.full, turn.history, index)}
        for turn in changed
        if turn.split == "tune"
    ]
    return {
        "questions": len(turns),
        "rewritten": len(changed),
        "share": round(len(changed) / max(1, len(turns)), 4),
        "rewritten_in_tune": shown,
    }


def measure_squad(squad: Squad, index: Index) -> dict[str, Any]:
    """Return how many SQuAD questions are rewritten after a question on another article.

    Harmed is a question whose right paragraph comes first as it was asked and no longer does.
    """
    draw = random.Random(SEED)
    rewritten: list[dict[str, str]] = []
    harmed = 0
    milliseconds: list[float] = []
    for row in squad.questions:
        previous = _unrelated(row, squad, draw)
        began = time.perf_counter()
        question = rewrite(row.question, [previous.question], index)
        milliseconds.append((time.perf_counter() - began) * 1000)
        if question != row.question.strip():
            rewritten.append({"question": row.question, "rewritten": question})
            before, after = (index.search(q, k=1)[0] for q in (row.question, question))
            harmed += before.document.source == row.source != after.document.source
    milliseconds.sort()
    return {
        "questions": len(squad.questions),
        "rewritten": len(rewritten),
        "share_rewritten": round(len(rewritten) / len(squad.questions), 4),
        "harmed": harmed,
        "share_harmed": round(harmed / len(squad.questions), 4),
        "some_rewritten": draw.sample(rewritten, min(SHOWN, len(rewritten))),
        "median_ms": round(milliseconds[len(milliseconds) // 2], 3),
    }


def measure_chats(chats: Chats, reader: Reader) -> dict[str, Any]:
    """Return how the follow-ups of chats are answered with the chat before them, in full and alone.

    Right is what is answered with a quote that shares characters with the right sentence; an
    unanswerable follow-up is rightly not answered.
    """
    assistant, documents = chats.open(reader)
    names = ("with_history", "in_full", "alone")
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    milliseconds: dict[str, list[float]] = {name: [] for name in names}
    for turns in chats.conversations:
        history: list[str] = []
        for turn in turns:
            ways = ((turn.question, history), (turn.full, []), (turn.question, []))
            for name, (question, before) in zip(names, ways, strict=True):
                began = time.perf_counter()
                answer = assistant.ask(question, history=before)
                if turn.leans:
                    milliseconds[name].append(1000 * (time.perf_counter() - began))
                    counts[name][_outcome(answer, turn, documents)] += 1
            history.append(turn.question)
    answered = sum(
        assistant.ask(question, history=before).answered for *before, question in chats.unanswered
    )
    return {
        "follow_ups": counts["in_full"].total(),
        **{name: dict(some) for name, some in counts.items()},
        "unanswerable": len(chats.unanswered),
        "unanswerable_answered": answered,
        "median_ms": {
            name: round(statistics.median(some), 1) for name, some in milliseconds.items()
        },
    }


def _outcome(answer: Answer, turn: ChatTurn, documents: Mapping[str, Document]) -> str:
    if not answer.answered:
        return "withheld"
    return "right" if turn.is_right(answer.citations[0], documents) else "wrong"


def measure(assistant: Assistant, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return what `measure_leaning`, `measure_independent` and `measure_complete` do of turns."""
    later = [turn for turn in turns if turn.history]
    return {
        "leaning": measure_leaning(assistant, [turn for turn in turns if turn.leans]),
        "independent": measure_independent(assistant, [turn for turn in later if not turn.leans]),
        "in_full": measure_complete(assistant.index, later),
    }


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("tune", "report", "all"), default="all")
    split = parser.parse_args().split
    assistant = Assistant.open()
    turns = load_turns()
    squad = load_squad("squad/dev-a-v1.1.json.gz")
    index = index_of("squad", squad.documents)
    results: dict[str, Any] = {
        "squad": measure_squad(squad, index),
        "squad_topics": measure_topics(squad, assistant.over(index)),
    }
    for name in ("tune", "report") if split == "all" else (split,):
        results[name] = measure(assistant, [turn for turn in turns if turn.split == name])
    over_city = assistant.over(index_of(f"own-words-{CITY}", own_words.documents(CITY)))
    results["city"] = measure(over_city, load_turns(CITY_CONVERSATIONS))
    results["chats"] = {
        chats.name: measure_chats(chats, assistant.reader) for chats in load_chats(held_out=True)
    }
    print(json.dumps(results, indent=1, ensure_ascii=False))
    if split == "all":
        save("followups", results)


if __name__ == "__main__":
    main()
