"""What the page's script asks the server for: plain functions from JSON to JSON.

`page_functions` lists them; ``ui.py`` hands them to the page, whose script calls each by its name.
"""

from collections.abc import Callable
from typing import Any

from corpus import CitewiseError
from page.answers import error_note
from page.asking import Asking, Serving
from page.documents import shelf
from page.pictures import picture
from page.sources import Place, slice_of, source


def page_functions(serving: Serving) -> list[Callable[[Any], Any]]:
    """Return the functions that the page's script calls by their names.

    Each takes one JSON value, which comes from a browser and may be anything.
    """
    asking = Asking(serving)

    def find_passages(request: dict[str, Any]) -> dict[str, str]:
        return asking.find(request)

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        return asking.ask(request)

    def read(request: dict[str, Any]) -> str:
        return _read(serving, request)

    def leaf(request: dict[str, Any]) -> dict[str, str]:
        return _leaf(serving, request)

    def find(match: str) -> str:
        return shelf(serving.assistant.index.summaries(), str(match))

    return [find_passages, ask, read, leaf, find]


def _read(serving: Serving, request: dict[str, Any]) -> str:
    """Return a document opened at a place, or a further slice of it.

    `request` is ``{"doc", "place"}``, ``{"doc", "before"}`` or ``{"doc", "after"}``.
    """
    try:
        document = serving.assistant.index.document(str(request.get("doc")))
        if "before" in request:
            return slice_of(document, before=int(request["before"]))
        if "after" in request:
            return slice_of(document, after=int(request["after"]))
        place = request.get("place")
        return source(document, None if place is None else Place.from_json(place))
    except (CitewiseError, TypeError, ValueError) as error:
        return error_note(str(error))


def _leaf(serving: Serving, request: dict[str, Any]) -> dict[str, str]:
    """Return a page of a PDF as a picture: ``html``, or else ``problem``.

    `request` is ``{"doc", "page", "place"}``; without a page it is the one where the place begins.
    """
    index = serving.assistant.index
    try:
        place, page = request.get("place"), request.get("page")
        return {
            "html": picture(
                index.document(str(request.get("doc"))),
                roots=index.manifest.get("roots", ()),
                page=None if page is None else int(page),
                place=None if place is None else Place.from_json(place),
            )
        }
    except (CitewiseError, TypeError, ValueError) as error:
        return {"problem": error_note(str(error))}
