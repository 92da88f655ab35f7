"""Labels held against an index: which questions no quote from it could ever prove right.

Such a row says nothing of the answers, and counted as wrong it would spoil every figure.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.evaluation import Match, Question, holds, may_prove, squeezed

if TYPE_CHECKING:
    from index import Index, Summary

_LONGEST = 80  # characters of a label in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A question whose label does not fit the documents, and why."""

    question: Question
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, ready for JSON."""
        question = self.question
        return {"line": question.line, "question": question.question, "reason": self.reason}


def misfits(
    questions: Sequence[Question], index: "Index", *, match: Match = "evidence"
) -> list[Misfit]:
    """Return the questions with an answer that no quote could prove right, in their order.

    Their source is no document of the index, or the words looked for stand nowhere in it.
    """
    summaries = index.summaries()
    unproved = {n: row for n, row in enumerate(questions) if row.kind == "answerable"}
    sourceless = set(unproved)
    for summary in summaries:
        names = (summary.source, *summary.copies)
        rows = [(n, row) for n, row in unproved.items() if may_prove(names, row, match)]
        text = squeezed(index.document(summary.doc_id).text) if rows else ""
        for n, row in rows:
            sourceless.discard(n)
            if holds(text, row, match):
                del unproved[n]
    return [
        Misfit(
            question=row,
            reason=_no_source(row, summaries) if n in sourceless else _no_words(row, match),
        )
        for n, row in unproved.items()
    ]


def _no_source(question: Question, summaries: Sequence["Summary"]) -> str:
    wanted = question.source or ""
    names = [name for summary in summaries for name in (summary.source, *summary.copies)]

    def likeness(name: str) -> tuple[bool, float]:
        ours, theirs = (text.replace("\\", "/").casefold() for text in (wanted, name))
        alike = difflib.SequenceMatcher(None, ours, theirs).ratio()
        return ours.rpartition("/")[2] == theirs.rpartition("/")[2], alike

    nearest = max(names, key=likeness, default=None)
    hint = "" if nearest is None else f'; the nearest is "{nearest}"'
    return f'"source" is "{_cut(wanted)}", which no document has{hint}'


def _no_words(question: Question, match: Match) -> str:
    by_answer = match == "answer" or not question.evidence
    field = "answer" if by_answer else "evidence"
    words = (question.answer or "") if by_answer else '" or "'.join(question.evidence)
    where = "in no document"
    if question.source is not None and match == "evidence":
        where = f"nowhere in {question.source}"
    return f'"{field}" is "{_cut(words)}", which stands {where}'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
