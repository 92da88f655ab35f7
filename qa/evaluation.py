"""How well an assistant answers a file of questions with known evidence: `citewise eval`.

Nothing here prints or fits anything; thresholds are fitted elsewhere.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from corpus import CorpusError, normalise
from index.filters import Filters
from qa.answers import Answer, Citation
from qa.calibration import enough, figures

Match = Literal["evidence", "answer"]
Outcome = Literal["first", "first three", "wrong", "answered", "abstained", "wrong again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row: a question and the words that answer it.

    `answer` is None where the documents do not answer. `evidence` holds strings of which any one
    proves a quote right, `source` the document it must come from (None: any). `filters` are those
    to ask under. `line` is the 1-based line it stands in, None outside a file.

    Reports of people may not know the right words: `refuted` holds quotes that must not come first
    again, `must_answer` says that the documents answer. With either, and no `answer`, the question
    is a report and neither answerable nor unanswerable.
    """

    question: str
    evidence: tuple[str, ...] = ()
    source: str | None = None
    answer: str | None = None
    name: str = ""
    refuted: tuple[str, ...] = ()
    must_answer: bool = False
    filters: Filters | None = None
    line: int | None = field(default=None, compare=False)

    @property
    def kind(self) -> Literal["answerable", "unanswerable", "reported"]:
        """Return what is known of the answer: its words, that there is none, or less."""
        if self.answer is not None:
            return "answerable"
        return "reported" if self.refuted or self.must_answer else "unanswerable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one question.

    `rank` is the 1-based number of the first citation that holds the evidence, None without one.
    `outcome` of a question with an answer is where the evidence was quoted ("wrong": nowhere) or
    "abstained"; of one without, "answered" or "abstained", or "wrong again": with a refuted quote
    first. `right` says whether that is what should
    have come. `quote` is the first citation's, or the nearest one's when abstaining; `answers`
    says whether it holds the evidence.
    """

    question: Question
    outcome: Outcome
    right: bool
    rank: int | None
    confidence: float
    quote: str | None
    source: str | None
    milliseconds: float
    answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The results of a question file and the counts drawn from them; shares are percentages.

    `match` is what a right quote holds, see `evaluate`. The names of the counts say "evidence"
    for either.
    """

    results: tuple[Result, ...]
    match: Match = "evidence"

    @property
    def counts(self) -> dict[str, int]:
        """Return how many questions there are of each kind and what came of them."""
        answerable = [r for r in self.results if r.question.kind == "answerable"]
        unanswerable = [r for r in self.results if r.question.kind == "unanswerable"]
        reported = [r for r in self.results if r.question.kind == "reported"]
        reports = {
            "reported": len(reported),
            "reported: no longer wrong": sum(r.right for r in reported),
        }
        return {
            "questions": len(self.results),
            "questions: right": sum(r.right for r in self.results),
            "answerable": len(answerable),
            "answerable: evidence in the first citation": sum(r.rank == 1 for r in answerable),
            "answerable: evidence in the first three": sum(
                r.rank is not None and r.rank <= 3 for r in answerable
            ),
            "answerable: answered": sum(r.outcome != "abstained" for r in answerable),
            "answerable: abstained": sum(r.outcome == "abstained" for r in answerable),
            "unanswerable": len(unanswerable),
            "unanswerable: abstained": sum(r.outcome == "abstained" for r in unanswerable),
            "unanswerable: answered": sum(r.outcome != "abstained" for r in unanswerable),
            **(reports if reported else {}),
        }

    @property
    def median_milliseconds(self) -> float | None:
        """Return the median time of one question, None without questions."""
        return statistics.median(r.milliseconds for r in self.results) if self.results else None

    @property
    def outcomes(self) -> tuple[list[float], list[bool]]:
        """Return each question's confidence and whether its first quote answers it.

        Of an abstention nothing is known but the confidence, so that its nearest quote is judged;
        reports of people are left out.
        """
        rows = [r for r in self.results if r.question.kind != "reported"]
        return [r.confidence for r in rows], [r.answers for r in rows]

    @property
    def mistakes(self) -> tuple[Result, ...]:
        """Return the results that are not what they should be, in the order of the questions."""
        return tuple(result for result in self.results if not result.right)

    def to_dict(self) -> dict[str, Any]:
        """Return counts, shares and results as plain values, ready for JSON."""
        counts = self.counts
        return {
            "match": self.match,
            "counts": counts,
            "percentages": {
                name: round(100 * count / counts[name.partition(":")[0]], 1)
                for name, count in counts.items()
                if ":" in name and counts[name.partition(":")[0]]
            },
            "confidence": figures(*self.outcomes)
            | {"right_is": _RIGHT_QUOTE, "enough_to_tell": enough(self.outcomes[1])},
            "median_milliseconds": self.median_milliseconds,
            "results": [asdict(result) for result in self.results],
        }


class Answers(Protocol):
    """What is evaluated: `qa.Assistant`, or anything that answers the same way."""

    def ask(self, question: str, *, k: int = 3, filters: Filters | None = None) -> Answer:
        """Answer one question, put to the documents that filters admit, with at most `k` quotes."""
        ...


def load_questions(path: str | Path) -> list[Question]:
    """Read a JSON Lines file of questions; blank lines are passed over.

    Raises:
        CorpusError: the file cannot be read, a line is not a question, or there is none.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise CorpusError(
            f"{path} cannot be read ({exc}). Expected a JSON Lines file in UTF-8, one question a "
            "line. Check the path."
        ) from exc
    questions = [
        _question(line, number=number, path=path)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not questions:
        raise CorpusError(f"{path} holds no questions. {_EXPECTED} Add one a line.")
    return questions


def evaluate(
    assistant: Answers,
    questions: Sequence[Question],
    *,
    k: int = 3,
    match: Match = "evidence",
    on_result: Callable[[Result], None] | None = None,
) -> Evaluation:
    """Ask every question and see whether the evidence is quoted.

    Args:
        assistant: what answers.
        questions: what to ask, in order.
        k: quotes asked for; at least 3 for the share in the first three to mean anything.
        match: "evidence": a quote counts when it holds an evidence string (without one, the
            answer), white space aside, and comes from the row's source; "answer": when it holds the
            row's answer, white space and case aside, from any source (for another corpus with the
            same facts).
        on_result: called after each question.
    """
    results = []
    for question in questions:
        start = time.perf_counter()
        answer = assistant.ask(question.question, k=k, filters=question.filters)
        milliseconds = 1000 * (time.perf_counter() - start)
        results.append(_result(question, answer, match, milliseconds))
        if on_result is not None:
            on_result(results[-1])
    return Evaluation(results=tuple(results), match=match)


_RIGHT_QUOTE = (
    "a first quote, of an abstention the nearest one, that answers; so an abstention that is "
    "right, as it counts in questions, has none"
)
_EXPECTED = (
    'Expected one JSON object a line: {"question": "...", "evidence": ["..."], "source": "..." or '
    'null, "answer": "..." or null}.'
)


def _question(line: str, *, number: int, path: Path) -> Question:
    def refuse(found: str) -> CorpusError:
        return CorpusError(f"{path}, line {number}: {found}. {_EXPECTED} Correct that line.")

    try:
        row = json.loads(line)
    except ValueError as exc:
        raise refuse(f"no JSON ({exc})") from exc
    if fault := _fault(row):
        raise refuse(fault)
    return Question(
        question=row["question"], evidence=tuple(row.get("evidence") or ()),
        source=row.get("source"), answer=row["answer"], name=str(row.get("id", "")),
        refuted=tuple(row.get("refuted") or ()), must_answer=row.get("must_answer") is True,
        filters=_filters(row.get("filters"), refuse), line=number,
    )  # fmt: skip


def _fault(row: Any) -> str | None:
    """Return what keeps a row from being a question, None where nothing does."""
    if not isinstance(row, dict):
        return f"a JSON {type(row).__name__}, not an object"
    if not _is_text(row.get("question")):
        return '"question" is missing or no text'
    if "answer" not in row:
        return '"answer" is missing'
    for name in ("evidence", "refuted"):
        texts = row.get(name) or []
        if not isinstance(texts, list) or not all(map(_is_text, texts)):
            return f'"{name}" is no list of texts'
    for name in ("answer", "source"):
        if row.get(name) is not None and not _is_text(row[name]):
            return f'"{name}" is neither a text nor null'
    if row["answer"] is None and row.get("evidence"):
        return '"answer" is null: not in the documents; yet there is "evidence" that it is'
    return None


def _filters(values: Any, refuse: Callable[[str], CorpusError]) -> Filters | None:
    try:
        return None if values is None else Filters.from_dict(values)
    except ValueError as exc:
        raise refuse(f'"filters" is wrong: {exc}') from exc


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _result(question: Question, answer: Answer, match: Match, milliseconds: float) -> Result:
    rank = None
    if question.answer is not None:
        hits = (c.number for c in answer.citations if _proves(c, question, match))
        rank = min(hits, default=None)
    outcome = _outcome(question, answer, rank)
    shown = next(iter(answer.citations or answer.nearest), None)
    return Result(
        question=question,
        outcome=outcome,
        right=_is_right(question, outcome),
        rank=rank,
        confidence=answer.confidence,
        quote=shown.quote if shown else None,
        source=shown.source if shown else None,
        milliseconds=milliseconds,
        answers=shown is not None
        and question.answer is not None
        and _proves(shown, question, match),
    )


def _is_right(question: Question, outcome: Outcome) -> bool:
    if question.kind == "reported":
        return outcome == "answered" or (outcome == "abstained" and not question.must_answer)
    return outcome == ("abstained" if question.answer is None else "first")


def _outcome(question: Question, answer: Answer, rank: int | None) -> Outcome:
    if not answer.answered:
        return "abstained"
    if question.answer is None:
        first = squeezed(answer.citations[0].quote)
        again = any(squeezed(quote) in first for quote in question.refuted)
        return "wrong again" if again else "answered"
    if rank is None or rank > 3:
        return "wrong"
    return "first" if rank == 1 else "first three"


def _proves(citation: Citation, question: Question, match: Match) -> bool:
    """Whether a citation, or one merged with it, holds the evidence."""
    if any(_proves(twin, question, match) for twin in citation.twins):
        return True
    sources = (citation.source, *citation.also)
    return may_prove(sources, question, match) and holds(squeezed(citation.quote), question, match)


def may_prove(sources: Iterable[str], question: Question, match: Match) -> bool:
    """Return whether a document of these names is one that a quote may come from."""
    named = question.source
    if named is None or match == "answer":
        return True
    return any(s == named or s.replace("\\", "/").endswith("/" + named) for s in sources)


def holds(text: str, question: Question, match: Match) -> bool:
    """Return whether a squeezed text holds the words that prove it right; see `evaluate`."""
    if match == "answer" or not question.evidence:
        return squeezed(question.answer or "").casefold() in text.casefold()
    return any(squeezed(evidence) in text for evidence in question.evidence)


def squeezed(text: str) -> str:
    """Return a text as labels are compared: normalised, any white space one space."""
    return " ".join(normalise(text).split())
