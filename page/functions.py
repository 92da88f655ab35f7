"""What the page's script asks the server for: plain functions from JSON to JSON.

`page_functions` lists them; ``ui.py`` hands them to the page, whose script calls each by its name.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from corpus import CitewiseError
from page.answers import error_note
from page.controls import Kept, control_functions
from page.holdings import holdings_functions, rebuild_functions
from page.maps import Maps
from page.pictures import picture
from page.sources import Place, slice_of, source
from qa.feedback import Feedback

if TYPE_CHECKING:
    from server import Library


def page_functions(library: "Library", kept: Kept, maps: Maps) -> list[Callable[[Any], Any]]:
    """Return the functions that the page's script calls by their names.

    Each takes one JSON value, which comes from a browser and may be anything. `kept` are the
    answers given, `maps` draws the map of all tabs.
    """
    feedback = Feedback.of(library.assistant.index.path)

    def read(request: dict[str, Any]) -> str:
        return _read(library, request)

    def leaf(request: dict[str, Any]) -> dict[str, str]:
        return _leaf(library, request)

    def look(_: object) -> dict[str, str]:
        return maps.look()

    return [
        read, leaf, look,
        *holdings_functions(library), *rebuild_functions(library, maps),
        *control_functions(kept, feedback),
    ]  # fmt: skip


def _read(library: "Library", request: dict[str, Any]) -> str:
    """Return a document opened at a place, or a further slice of it.

    `request` is ``{"doc", "place"}``, ``{"doc", "before"}`` or ``{"doc", "after"}``.
    """
    try:
        document = library.assistant.index.document(str(request.get("doc")))
        if "before" in request:
            return slice_of(document, before=int(request["before"]))
        if "after" in request:
            return slice_of(document, after=int(request["after"]))
        place = request.get("place")
        return source(document, None if place is None else Place.from_json(place))
    except (CitewiseError, TypeError, ValueError) as error:
        return error_note(str(error))


def _leaf(library: "Library", request: dict[str, Any]) -> dict[str, str]:
    """Return a page of a PDF as a picture: ``html``, or else ``problem``.

    `request` is ``{"doc", "page", "place"}``; without a page it is the one where the place begins.
    """
    try:
        document = library.assistant.index.document(str(request.get("doc")))
        place, page = request.get("place"), request.get("page")
        return {
            "html": picture(
                document,
                roots=library.roots_of(document.source),
                page=None if page is None else int(page),
                place=None if place is None else Place.from_json(place),
            )
        }
    except (CitewiseError, TypeError, ValueError) as error:
        return {"problem": error_note(str(error))}
