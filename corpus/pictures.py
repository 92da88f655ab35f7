"""Pictures of the pages of a PDF, with the places of a quote: drawn from the original file.

A picture is only made of the very file that was indexed (its checksum is in the document's
metadata), and a place is only given where the words are found on the page for certain.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus import drawing
from corpus.document import Document
from corpus.errors import CorpusError
from corpus.loading import find_source

CHECKSUM = "pdf_sha256"  # the key of a PDF's checksum in Document.metadata
_MOST_SECONDS = 20.0
_SIDE_BY_SIDE = threading.Semaphore(2)  # pictures drawn at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page as WebP, `width` by `height` pixels; `page` counts from 1, of `pages`.

    `boxes` has a list for each span asked for: ``(left, top, right, bottom)`` in pixels, a box for
    each line of it on this page; it is empty where the words are not found for certain.
    """

    image: bytes
    width: int
    height: int
    page: int
    pages: int
    boxes: tuple[tuple[drawing.Box, ...], ...]


def draw_page(
    document: Document, page: int, *, roots: Sequence[str], spans: Sequence[tuple[int, int]] = ()
) -> Picture:
    """Draw a page of the PDF that a document was read from.

    Args:
        document: it has ``pdf_sha256`` in its metadata.
        page: from 1.
        roots: the files and folders that were indexed.
        spans: ``(start, end)`` offsets into ``document.text``; what is on other pages is left out.

    Raises:
        CorpusError: it is no PDF, has no such page, its file is gone or has changed, or it cannot
            be drawn within the limits.
    """
    if CHECKSUM not in document.metadata or not 1 <= page <= len(document.page_starts):
        raise CorpusError(
            f"{document.source} has no page {page} that can be drawn; expected a PDF with that "
            "page, indexed by this version. Rebuild the index: citewise index build ..."
        )
    bounds = (*document.page_starts, len(document.text))
    first, last = bounds[page - 1], bounds[page]
    path = _original(document, roots)
    said, image = _drawn(
        {
            "path": str(path),
            "sha256": document.metadata[CHECKSUM],
            "page": page - 1,
            "text": document.text[first:last],
            "spans": [
                (max(start, first) - first, max(min(end, last), first) - first)
                for start, end in spans
            ],
        }
    )
    if "problem" in said:
        raise _missing(document, str(said["problem"]))
    return Picture(
        image=image, width=said["width"], height=said["height"], page=page, pages=said["pages"],
        boxes=tuple(tuple(tuple(box) for box in boxes) for boxes in said["boxes"]),
    )  # fmt: skip


def _original(document: Document, roots: Sequence[str]) -> Path:
    for source in (document.source, *document.copies):
        if path := find_source(roots, source):
            return path
    raise _missing(document, "gone")


def _missing(document: Document, problem: str) -> CorpusError:
    what = "is not where it was" if problem == "gone" else "has changed since it was"
    return CorpusError(
        f"{document.source} {what} indexed, so its pages cannot be shown. Put the file back, or "
        "rebuild the index."
    )


def _drawn(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Have a page drawn by a process of its own; see ``corpus/drawing.py``."""
    try:
        with _SIDE_BY_SIDE:
            done = subprocess.run(
                [sys.executable, "-P", drawing.__file__],
                input=json.dumps(request).encode(), capture_output=True, timeout=_MOST_SECONDS,
                check=True,
            )  # fmt: skip
        line, _, image = done.stdout.partition(b"\n")
        return json.loads(line), image
    except (subprocess.SubprocessError, ValueError, OSError) as exc:
        raise CorpusError(
            f"Page {request['page']} of {request['path']} could not be drawn within the limits of "
            "time and memory. Open the file itself."
        ) from exc
