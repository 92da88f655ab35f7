"""What the page's script asks the server for: plain functions from JSON to JSON.

`page_functions` lists them; ``ui.py`` hands them to the page, whose script calls each by its name.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from corpus import CitewiseError
from page.answers import error_note, error_turn, turn
from page.documents import shelf
from page.sources import Place, slice_of, source

if TYPE_CHECKING:
    from qa import Assistant

LONGEST_QUESTION = 2_000  # characters; the field on the page takes no more
LONGEST_HISTORY = 20  # earlier questions that are looked at


class Serving(Protocol):
    """What has the assistant of the documents as they are now."""

    @property
    def assistant(self) -> "Assistant":
        """The assistant to ask; another one after a rebuild."""
        ...


def page_functions(serving: Serving) -> list[Callable[[Any], Any]]:
    """Return the functions that the page's script calls by their names.

    Each takes one JSON value, which comes from a browser and may be anything.
    """

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        return _ask(serving.assistant, request)

    def read(request: dict[str, Any]) -> str:
        return _read(serving.assistant, request)

    def find(match: str) -> str:
        return shelf(serving.assistant.index.summaries(), str(match))

    return [ask, read, find]


def _ask(assistant: "Assistant", request: dict[str, Any]) -> dict[str, Any]:
    """Return the finished turn as HTML and whether the question joins the conversation.

    `request` is ``{"question", "history"}``.
    """
    question = str(request.get("question", ""))[:LONGEST_QUESTION]
    earlier = [str(one)[:LONGEST_QUESTION] for one in request.get("history", ())]
    try:
        answer = assistant.ask(question, history=earlier[-LONGEST_HISTORY:])
    except CitewiseError as error:
        return {"html": error_turn(question, str(error)), "joins": False}
    return {"html": turn(answer), "joins": True}


def _read(assistant: "Assistant", request: dict[str, Any]) -> str:
    """Return a document opened at a place, or a further slice of it.

    `request` is ``{"doc", "place"}``, ``{"doc", "before"}`` or ``{"doc", "after"}``.
    """
    try:
        document = assistant.index.document(str(request.get("doc")))
        if "before" in request:
            return slice_of(document, before=int(request["before"]))
        if "after" in request:
            return slice_of(document, after=int(request["after"]))
        place = request.get("place")
        return source(document, None if place is None else Place.from_json(place))
    except (CitewiseError, TypeError, ValueError) as error:
        return error_note(str(error))
