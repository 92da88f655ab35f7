"""What the page's script asks of the documents held: table, filters, map, rebuild.

What comes from a browser may be anything: it is checked, and a refusal is text to show.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from corpus import CitewiseError
from index.filters import Filters
from page.documents import COLUMNS, ROWS, left_out, shelf
from page.filters import admitted, chips, sheet
from page.insight import MOST_POINTS
from page.maps import Maps
from page.rebuilding import progress_of
from page.wording import spoken_count

if TYPE_CHECKING:
    from qa import Assistant
    from server import Library

_KINDS: Mapping[str, str] = {  # what people call the files of a suffix
    ".pdf": "PDF", ".docx": "Word", ".html": "web pages", ".htm": "web pages",
    ".xhtml": "web pages", ".md": "Markdown", ".markdown": "Markdown", ".txt": "text",
    ".text": "text",
}  # fmt: skip


def holdings_functions(library: "Library") -> list[Callable[[Any], Any]]:
    """Return the functions about the documents that the page's script calls by their names."""

    def holdings(_: object) -> dict[str, Any]:
        return _holdings(library)

    def find(request: dict[str, Any]) -> str:
        """Return the table: ``{"match", "sort", "reverse", "rows"}``."""
        sort, rows = request.get("sort"), request.get("rows")
        return shelf(
            library.documents(),
            str(request.get("match", ""))[:200],
            sort=sort if sort in COLUMNS else "date",
            reverse=request.get("reverse") is True,
            rows=rows if isinstance(rows, int) and rows > 0 else ROWS,
        )

    def filter_sheet(_: object) -> str:
        return sheet(library.assistant.index.summaries())

    def scope(request: dict[str, Any]) -> dict[str, Any]:
        return _scope(library.assistant, request.get("filters") or {})

    return [holdings, find, filter_sheet, scope]


def rebuild_functions(library: "Library", maps: Maps) -> list[Callable[[Any], Any]]:
    """Return the functions that change what is held, and tell of changes."""

    def now(_: object) -> dict[str, Any]:
        return state(library, maps)

    def rebuild(_: object) -> dict[str, Any]:
        return _told(library.rebuild)

    def cancel_rebuild(_: object) -> dict[str, Any]:
        job = library.job
        return {"error": None} if job is None else _told(job.cancel)

    def remove(request: dict[str, Any]) -> dict[str, Any]:
        return _told(library.remove, str(request.get("doc")))

    def restore(request: dict[str, Any]) -> dict[str, Any]:
        return _told(library.restore, str(request.get("doc")))

    return [now, rebuild, cancel_rebuild, remove, restore]


def state(library: "Library", maps: Maps) -> dict[str, Any]:
    """Return what every open tab asks every few seconds: the generation, the map, the job."""
    job = library.job
    return {
        "generation": library.generation,
        "map": maps.newest(),
        "job": job and progress_of(job.to_dict()),
    }


def _told(action: Callable[..., object], *values: str) -> dict[str, Any]:
    """Return the text of the error that an action ends with, None where it is done."""
    try:
        action(*values)
    except CitewiseError as error:
        return {"error": str(error)}
    return {"error": None}


def _holdings(library: "Library") -> dict[str, Any]:
    summaries = library.assistant.index.summaries()
    limits = library.limits
    kinds = ", ".join(dict.fromkeys(_KINDS.get(one, one) for one in limits.suffixes))
    passages = spoken_count(sum(summary.chunks for summary in summaries), "passage")
    return {
        "said": f"{spoken_count(len(summaries), 'document')} · {passages}",
        "passages": passages,
        "left_out": left_out(library.documents()),
        "limits": {
            "bytes": limits.bytes,
            "suffixes": list(limits.suffixes),
            "said": f"Drop files anywhere: {kinds}, up to {limits.bytes / 1e6:.0f} MB each.",
        },
    }


def _scope(assistant: "Assistant", given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters leave to ask: chips, words, and the ids of the documents.

    ``documents`` is None where all are asked, or more than the map draws.
    """
    summaries = assistant.index.summaries()
    try:
        filters = Filters.from_dict(given)
    except ValueError as error:
        return {"error": str(error)}
    found = admitted(filters, summaries)
    of = spoken_count(len(summaries), "document")
    every = "all " if len(summaries) > 1 else ""
    said = f"Asking {len(found):,} of {of}" if filters.narrow else f"Asking {every}{of}"
    return {
        "error": None,
        "chips": chips(filters, summaries),
        "said": said,
        "documents": [summary.doc_id for summary in found]
        if filters.narrow and len(found) <= MOST_POINTS
        else None,
    }
