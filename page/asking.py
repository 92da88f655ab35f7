"""Asking from the page in two steps: the passages found, then the answer read from them.

Reading goes on while the passages travel to the browser, so that showing them costs no time.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from corpus import CitewiseError
from index.filters import Filters
from page.answers import error_turn, reading, spoken_answer, turn
from page.controls import Kept, controls
from page.filters import shown

if TYPE_CHECKING:
    from index import Hit
    from qa import Answer
    from server import Library

LONGEST_QUESTION = 2_000  # characters; the field on the page takes no more
LONGEST_HISTORY = 20  # earlier questions that are looked at
MOST_ASKING = 16  # questions answered side by side
MOST_WAITING = 256  # answers kept until their browser asks for them; then the oldest goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as a browser sends it.

    `spoken` is what the person typed when they corrected how that was understood, else None.
    """

    question: str
    spoken: str | None
    history: tuple[str, ...]
    filters: Filters | None

    @classmethod
    def from_json(cls, request: Mapping[str, Any]) -> Self:
        """Read ``{"question", "spoken", "history", "filters"}``; what is too long is cut.

        Raises:
            ValueError: the filters are none.
        """
        spoken, filters = request.get("spoken"), request.get("filters")
        history = request.get("history")
        earlier = history if isinstance(history, list) else []
        return cls(
            question=str(request.get("question", ""))[:LONGEST_QUESTION],
            spoken=None if spoken is None else str(spoken)[:LONGEST_QUESTION],
            history=tuple(str(one)[:LONGEST_QUESTION] for one in earlier[-LONGEST_HISTORY:]),
            filters=Filters.from_dict(filters) if filters else None,
        )


class Asking:
    """The questions that are being answered; safe to use from several threads."""

    def __init__(self, library: "Library", kept: Kept) -> None:
        self._library = library
        self._kept = kept
        self._readers = ThreadPoolExecutor(MOST_ASKING, thread_name_prefix="reading")
        self._waiting: OrderedDict[str, Future[Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, request: dict[str, Any]) -> dict[str, str]:
        """Return the passages that are being read as HTML, and a ticket for the answer.

        There is neither where the question cannot be asked: `ask` says why.
        """
        try:
            asked = Asked.from_json(request)
        except ValueError:
            return {"ticket": "", "html": ""}
        html: Future[str] = Future()

        def found(understood: str, hits: Sequence["Hit"]) -> None:
            html.set_result(reading(asked.question, understood, hits, spoken=asked.spoken))

        def failed(_: object) -> None:
            if not html.done():
                html.set_result("")

        answer = self._readers.submit(self._answer, asked, found=found)
        answer.add_done_callback(failed)
        ticket = secrets.token_urlsafe()
        with self._lock:
            self._waiting[ticket] = answer
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        return {"ticket": ticket, "html": html.result()}

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the finished turn: of a ticket, or else of the question in `request`.

        Returns:
            ``html``; ``joins``, whether the question joins the conversation; ``understood``, the
            question as it was answered; ``said``, the outcome in a sentence; ``answer``, the fields
            of the Answer.
        """
        with self._lock:
            waiting = self._waiting.pop(str(request.get("ticket")), None)
        try:
            asked = Asked.from_json(request)
            answer = self._answer(asked) if waiting is None else waiting.result()
        except (CitewiseError, ValueError) as error:
            spoken = request.get("spoken") or request.get("question", "")
            return {"html": error_turn(str(spoken), str(error)), "joins": False}
        summaries = self._library.assistant.index.summaries()
        html = turn(
            answer,
            spoken=asked.spoken,
            above=shown(asked.filters, summaries, answered=answer.answered),
            below=controls(self._kept.keep(answer, asked.filters)),
        )
        return {
            "html": html,
            "joins": True,
            "understood": answer.rewritten,
            "said": spoken_answer(answer),
            "answer": answer.to_dict(),
        }

    def _answer(self, asked: Asked, **told: Any) -> "Answer":
        return self._library.ask(
            asked.question, history=asked.history, filters=asked.filters, **told
        )
