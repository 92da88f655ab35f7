"""What can be done with an answer: judge it, and save it or the conversation as a file."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from corpus import CitewiseError
from qa.export import Format, export
from qa.feedback import Feedback, Verdict

if TYPE_CHECKING:
    from index import Filters
    from qa import Answer

    _Kept = tuple[Answer, Filters | None]

MOST_KEPT = 4_000  # answers that can still be judged and saved; then the oldest goes
LONGEST_NOTE = 2_000  # characters
_VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "right": ("Right", "This answers the question"),
    "wrong": ("Wrong", "This does not answer the question"),
    "missing": ("Missing", "The documents say more or better than this"),
}
_FILES: Mapping[Format, tuple[str, str]] = {  # the suffix and the media type
    "markdown": (".md", "text/markdown"),
    "json": (".json", "application/json"),
    "bibtex": (".bib", "application/x-bibtex"),
    "csl": (".csl.json", "application/vnd.citationstyles.csl+json"),
}
_GONE = (
    "This answer is no longer kept: Citewise was restarted since, or thousands were asked. "
    "Ask the question again."
)


class Kept:
    """The latest answers by an id that cannot be guessed; safe to use from several threads.

    What is saved or judged is the server's own answer, so its quotes are the documents' text,
    whatever a browser makes of the page.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, answer: "Answer", filters: "Filters | None") -> str:
        """Keep an answer and the filters it was asked under; return its id."""
        answer_id = secrets.token_urlsafe(12)
        with self._lock:
            self._answers[answer_id] = answer, filters
            if len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
        return answer_id

    def find(self, ids: Sequence[str]) -> list["_Kept"]:
        """Return the answers of ids with their filters, without those that are no longer kept."""
        with self._lock:
            return [self._answers[one] for one in ids if one in self._answers]


def controls(answer_id: str) -> str:
    """Return the row of buttons at the foot of an answer."""
    verdicts = "".join(
        f'<button type="button" class="cw-quiet" data-do="judge" data-verdict="{verdict}"'
        f' aria-pressed="false" title="{meaning}">{name}</button>'
        for verdict, (name, meaning) in _VERDICTS.items()
    )
    return (
        f'<div class="cw-controls" data-answer="{escape(answer_id)}">'
        '<div class="cw-verdicts" role="group" aria-label="Is this right?">'
        f'<span aria-hidden="true">Is this right?</span>{verdicts}</div>'
        '<button type="button" class="cw-quiet" data-do="save" aria-haspopup="dialog">Save'
        '<span class="cw-sr"> this answer or the conversation</span></button></div>'
        '<div class="cw-judged" role="status"></div>'
    )


def control_functions(kept: Kept, feedback: Feedback) -> list[Callable[[Any], Any]]:
    """Return the functions about answers given that the page's script calls by their names."""

    def judge(request: dict[str, Any]) -> dict[str, Any]:
        """Record a verdict: ``{"answer", "verdict", "note", "evidence"}``; a null one is undone."""
        verdict = request.get("verdict")
        found = kept.find([str(request.get("answer"))])
        if verdict is not None and verdict not in _VERDICTS:
            return {"error": f"There is no verdict {str(verdict)[:40]!r}."}
        if not found:
            return {"error": _GONE}
        answer, filters = found[0]
        note, evidence = (
            str(request.get(name) or "")[:LONGEST_NOTE].strip() for name in ("note", "evidence")
        )
        try:
            if verdict is None:
                feedback.withdraw(answer, filters=filters)
                return {"error": None, "said": "Taken back."}
            feedback.record(answer, verdict, note, evidence=evidence, filters=filters)
        except CitewiseError as error:
            return {"error": str(error)}
        said = f"Noted as {verdict}, on this computer only. Thank you."
        return {"error": None, "said": said}

    def save(request: dict[str, Any]) -> dict[str, Any]:
        """Return a file: ``{"answers", "kind"}``."""
        ids, kind = request.get("answers"), _form(request.get("kind"))
        found = kept.find([str(one) for one in ids[:MOST_KEPT]]) if isinstance(ids, list) else []
        answers = [answer for answer, _ in found]
        if kind is None:
            return {"error": "There is no such kind of file."}
        if not answers:
            return {"error": _GONE}
        suffix, media = _FILES[kind]
        name = f"{_file_name(answers[0].question)}{suffix}"
        return {"error": None, "name": name, "type": media, "text": export(answers, kind)}

    return [judge, save]


def _form(kind: object) -> Format | None:
    return next((form for form in _FILES if form == kind), None)


def _file_name(question: str) -> str:
    """Return a question as a file is called: its first words, letters and digits only."""
    words = "".join(letter if letter.isalnum() else " " for letter in question).split()
    return "-".join(words)[:60].strip("-").lower() or "answer"
