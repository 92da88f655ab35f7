"""Compare an evaluation with an earlier one: which questions were gained, which were lost."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus import CorpusError
from qa.evaluation import Match

Results = Mapping[str, Any]  # as `Evaluation.to_dict` makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed on the questions that two evaluations share.

    `figures` are counts before and now by name, more is better; `lost` are the questions that were
    right and no longer are, `gained` the other way round, both in the order now.
    """

    questions: int
    figures: Mapping[str, tuple[int, int]]
    lost: tuple[str, ...]
    gained: tuple[str, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """Return the names of the figures that fell."""
        return tuple(name for name, (before, now) in self.figures.items() if now < before)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, ready for JSON."""
        return asdict(self) | {"worse": list(self.worse)}


def load_results(path: str | Path, *, match: Match = "evidence") -> Results:
    """Read what ``citewise eval --output`` saved, to be compared with what is matched likewise.

    Raises:
        CorpusError: the file cannot be read, holds something else, or was matched otherwise.
    """
    saved = _read(path)
    matched = saved.get("match", match)  # not written by the first versions
    if matched != match:
        raise CorpusError(
            f"The figures in {path} were matched by {matched}, these are by {match}. Expected "
            "both to be matched alike. Add --match to this command, or save others for it: "
            f"citewise eval FILE --match {match} --output OLD.json"
        )
    return saved


def _read(path: str | Path) -> Results:
    def refuse(found: str) -> CorpusError:
        return CorpusError(
            f"{path} holds no earlier figures: {found}. Expected what `citewise eval FILE "
            "--output OLD.json` or `--json` wrote. Check the path."
        )

    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise refuse(f"it cannot be read ({exc.strerror or exc})") from exc
    except ValueError as exc:
        raise refuse(f"it is no JSON ({exc})") from exc
    if not isinstance(saved, dict) or not isinstance(saved.get("results"), list):
        raise refuse('it is JSON, but no object with a list of "results"')
    for number, row in enumerate(saved["results"], start=1):
        if not _is_result(row):
            raise refuse(f"number {number} of its results is no result of a question")
    return saved


def _is_result(row: object) -> bool:
    match row:
        case {
            "question": {"question": str(), "answer": str() | None},
            "right": bool(), "rank": int() | None, "outcome": str(),
        }:  # fmt: skip
            return True
    return False


def compare(before: Results, now: Results) -> Comparison:
    """Compare two evaluations question by question.

    Raises:
        CorpusError: they share no question.
    """
    earlier = {_key(row): row for row in before["results"]}
    pairs = [(earlier[_key(row)], row) for row in now["results"] if _key(row) in earlier]
    if not pairs:
        raise CorpusError(
            "The earlier figures are of other questions: none is in this file. Compare with "
            "figures that were saved for it: citewise eval FILE --output OLD.json"
        )
    figures = {
        name: (sum(map(counts, (a for a, _ in pairs))), sum(map(counts, (b for _, b in pairs))))
        for name, counts in _FIGURES.items()
    }
    return Comparison(
        questions=len(pairs),
        figures={name: counts for name, counts in figures.items() if any(counts)},
        lost=tuple(b["question"]["question"] for a, b in pairs if a["right"] and not b["right"]),
        gained=tuple(b["question"]["question"] for a, b in pairs if b["right"] and not a["right"]),
    )


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    question = row["question"]
    return question["question"], json.dumps(question.get("filters"), sort_keys=True)


def _answerable(row: Mapping[str, Any]) -> bool:
    return row["question"]["answer"] is not None


_FIGURES = {
    "right": lambda row: bool(row["right"]),
    "evidence in the first citation": lambda row: row["rank"] == 1,
    "evidence in the first three": lambda row: (row["rank"] or 99) <= 3,
    "answerable: answered": lambda row: _answerable(row) and row["outcome"] != "abstained",
    "unanswerable: abstained": lambda row: not _answerable(row) and row["outcome"] == "abstained",
}
