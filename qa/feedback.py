"""What people say of answers, kept in a local file that `citewise eval` replays as test cases.

A row is a question of `qa.evaluation` with the verdict, the time and the note beside it. Nothing is
sent anywhere.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, get_args

import platformdirs
from filelock import FileLock, Timeout

from corpus.errors import CorpusError, StoreError
from index.filters import Filters
from qa.answers import Answer, Citation
from qa.evaluation import Question, load_questions

Verdict = Literal["right", "wrong", "missing"]
_PATIENCE = 10.0  # seconds to wait for another process that is writing
_LONGEST_NOTE = 10_000  # characters


class Feedback:
    """The feedback file of an index; safe to write from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, index: str | Path | None) -> Self:
        """Return the feedback kept for an index folder, None for the shipped corpus.

        It lies in the user's data folder, so that neither a rebuild nor a cleared cache loses it.
        """
        from qa.shipped import shipped_index_path  # it opens models; feedback alone needs none

        folder = platformdirs.user_data_path("citewise", appauthor=False) / "feedback"
        shipped = shipped_index_path().resolve()
        path = shipped if index is None else Path(index).resolve()
        if path == shipped:
            return cls(folder / "shipped-corpus.jsonl")
        return cls(folder / f"{path.name}-{_digest(str(path))[:8]}.jsonl")

    def record(
        self,
        answer: Answer,
        verdict: Verdict,
        note: str = "",
        *,
        evidence: str = "",
        filters: Filters | None = None,
    ) -> dict[str, Any]:
        """Keep what a person says of an answer, in place of what was said of the same one before.

        Args:
            answer: what was judged; of several quotes, the first.
            verdict: "right"; "wrong": the first quote does not answer; "missing": the documents
                hold an answer, or more of it, that was not given.
            note: a remark, kept for people.
            evidence: words of the documents that would have been right, where the person knows.
            filters: those that the question was asked under.

        Returns:
            The row as written.

        Raises:
            ValueError: the verdict is none of the three or the note is too long.
            StoreError: the file cannot be read or written.
        """
        if verdict not in get_args(Verdict):
            raise ValueError(f"The verdict is {verdict!r}; expected right, wrong or missing.")
        if max(len(note), len(evidence)) > _LONGEST_NOTE:
            raise ValueError(f"The note is longer than {_LONGEST_NOTE:,} characters. Shorten it.")
        row = {
            "id": _identity(answer, filters),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "verdict": verdict,
            "note": note,
            **_case(answer, verdict, evidence.strip()),
        }
        if filters is not None:
            row["filters"] = filters.to_dict()
        with self._writing():
            self._replace([*self._others(row["id"]), row])
        return row

    def withdraw(self, answer: Answer, *, filters: Filters | None = None) -> None:
        """Take back what was said of an answer; nothing happens where nothing was."""
        with self._writing():
            self._replace(self._others(_identity(answer, filters)))

    def rows(self) -> list[dict[str, Any]]:
        """Return every row, oldest first.

        Raises:
            StoreError: the file cannot be read, or holds something else.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").split("\n")
            rows = [json.loads(line) for line in lines if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as exc:
            raise StoreError(
                f"The feedback file {self.path} cannot be read ({exc}). Correct or move it."
            ) from exc
        if not all(isinstance(row, dict) for row in rows):
            raise StoreError(
                f"The feedback file {self.path} has a line that is no JSON object. Correct it."
            )
        return rows

    def questions(self) -> list[Question]:
        """Return every row as the test case it is.

        Raises:
            CorpusError: nobody has said anything yet, or a row is no question.
        """
        if not self.rows():
            raise CorpusError(
                "Nobody has said of an answer from this index yet whether it is right; expected "
                f"feedback in {self.path}. Judge answers in the page (citewise ui), or name a file "
                "of questions."
            )
        return load_questions(self.path)

    def _others(self, identity: str) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row.get("id") != identity]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(f"{self.path}.lock", timeout=_PATIENCE):
                yield
        except Timeout as exc:
            raise StoreError(
                f"Another process has been writing {self.path} for {_PATIENCE:.0f} seconds. Try "
                "again when it has finished."
            ) from exc
        except OSError as exc:
            raise StoreError(
                f"The feedback file {self.path} cannot be written ({exc.strerror or exc}). Make "
                "its folder writable and see that the disk has room."
            ) from exc

    def _replace(self, rows: list[dict[str, Any]]) -> None:
        """Write all rows beside the file and swap: a kill leaves the old or the new ones."""
        new = self.path.with_name(f"{self.path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.path)


def _case(answer: Answer, verdict: Verdict, evidence: str) -> dict[str, Any]:
    """Return the test case that a verdict makes of an answer."""
    first = answer.citations[0] if answer.citations else None
    case: dict[str, Any] = {
        "question": answer.rewritten, "evidence": [], "source": None, "answer": None,
    }  # fmt: skip
    if verdict == "right" and first is not None:
        case |= {"evidence": [first.quote], "source": first.source, "answer": _marked(first)}
    elif verdict != "right":
        case["refuted"] = [first.quote] if first is not None and verdict == "wrong" else []
        case["must_answer"] = verdict == "missing" or first is None
        if evidence:
            case |= {"evidence": [evidence], "answer": evidence}
    return case


def _marked(citation: Citation) -> str:
    """Return the words of a quote that answer, the whole quote where none are marked."""
    words = (
        citation.quote[a - citation.start : b - citation.start] for a, b in citation.highlights
    )
    longest = max(words, key=len, default="").strip()
    return longest or citation.quote


def _identity(answer: Answer, filters: Filters | None) -> str:
    """Return what the same answer has again: its question, filters and first quote."""
    first = answer.citations[0] if answer.citations else None
    place = None if first is None else (first.doc_id, first.start, first.end)
    given = None if filters is None else filters.to_dict()
    return _digest(json.dumps([answer.rewritten, given, place]))[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
