"""A program of its own: draws one page of a PDF and finds out where words of it stand.

``corpus.pictures`` runs this file in a process without our packages, since drawing a hostile PDF
may take for ever, take all memory or crash, and none of that may reach who asked. It reads one JSON
object from stdin: ``path``, ``sha256``, ``page`` (from 0), ``text``, which is the page as the
document holds it, and ``spans`` into that. It writes a line of JSON and after it the picture as
WebP: ``width``, ``height``, ``pages`` and ``boxes``, or else ``problem``. ``boxes`` has a list for
each span, of ``left, top, right, bottom`` in pixels of the picture; it is empty where the words are
not found for certain.
"""

import ctypes
import hashlib
import io
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 1240, 2480  # most pixels; A4 comes to 150 dots an inch
MEMORY = 3 << 30  # bytes of address space
SECONDS = 10  # of processor time
# hyphens come and go at line ends, bars stand between the cells of tables
_DROPPED = frozenset("-\u00ad\u2010\u2011\ufffe|")

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


def squeeze(text: str) -> tuple[str, list[int]]:
    """Return what reading a PDF keeps of a text, and the index in `text` of each character of it.

    White space, hyphens, bars and control characters go, and letters are parted from their accents.
    """
    kept: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        if character.isspace() or character in _DROPPED or unicodedata.category(character) == "Cc":
            continue
        parts = unicodedata.normalize("NFD", character)
        kept.append(parts)
        places.extend([index] * len(parts))
    return "".join(kept), places


def align(text: str, drawn: str, spans: list[tuple[int, int]]) -> list[tuple[int, int] | None]:
    """Return where spans of `text` stand in `drawn`, as the first and last index of their letters.

    A span is found when its words come as often in both, the same occurrence then; else None.
    """
    ours, our_places = squeeze(text)
    theirs, their_places = squeeze(drawn)
    found: list[tuple[int, int] | None] = []
    for start, end in spans:
        wanted, _ = squeeze(text[start:end])
        before = sum(place < start for place in our_places)
        here, there = _occurrences(ours, wanted), _occurrences(theirs, wanted)
        if not wanted or len(here) != len(there):
            found.append(None)
            continue
        at = there[here.index(before)]
        found.append((their_places[at], their_places[at + len(wanted) - 1]))
    return found


def _occurrences(text: str, wanted: str) -> list[int]:
    found = []
    at = text.find(wanted)
    while wanted and at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def join(boxes: list[Box]) -> list[Box]:
    """Return one box for each line of characters that follow each other."""
    lines: list[Box] = []
    for left, top, right, bottom in boxes:
        if lines:
            a, b, c, d = lines[-1]
            shared = min(d, bottom) - max(b, top)
            if shared > 0.5 * min(d - b, bottom - top) and a <= left < c + 3 * (bottom - top):
                lines[-1] = (a, min(b, top), max(c, right), max(d, bottom))
                continue
        lines.append((left, top, right, bottom))
    return lines


def draw(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what is said of the picture, and the picture; or a problem and nothing."""
    try:
        data = Path(request["path"]).read_bytes()
    except OSError:
        return {"problem": "gone"}, b""
    if hashlib.sha256(data).hexdigest() != request["sha256"]:
        return {"problem": "changed"}, b""
    import pypdfium2  # type: ignore[import-untyped]

    document = pypdfium2.PdfDocument(data)
    page = document[request["page"]]
    across, down = page.get_size()
    scale = min(WIDTH / across, HEIGHT / down)
    picture = page.render(scale=scale).to_pil().convert("RGB")
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=85, method=0)
    spans = [(start, end) for start, end in request["spans"]]
    return {
        "width": picture.width,
        "height": picture.height,
        "pages": len(document),
        "boxes": _boxes(page, picture.size, request["text"], spans),
    }, written.getvalue()


def _boxes(
    page: Any, size: tuple[int, int], text: str, spans: list[tuple[int, int]]
) -> list[list[Box]]:
    from pypdfium2 import raw

    textpage = page.get_textpage()
    codes = [raw.FPDFText_GetUnicode(textpage, n) for n in range(textpage.count_chars())]
    drawn = "".join(chr(code) if 0 < code < 0x110000 else "\0" for code in codes)
    box, x, y = raw.FS_RECTF(), ctypes.c_int(), ctypes.c_int()

    def pixels(across: float, down: float) -> tuple[int, int]:
        # A hundredth of a pixel, as pdfium gives whole numbers.
        raw.FPDF_PageToDevice(page, 0, 0, size[0] * 100, size[1] * 100, 0, across, down, x, y)
        return x.value, y.value

    def place(index: int) -> Box | None:
        if drawn[index].isspace() or not raw.FPDFText_GetLooseCharBox(textpage, index, box):
            return None
        (a, b), (c, d) = pixels(box.left, box.top), pixels(box.right, box.bottom)
        left, right, top, bottom = min(a, c), max(a, c), min(b, d), max(b, d)
        return (left / 100, top / 100, right / 100, bottom / 100) if left < right else None

    return [
        [] if span is None else join(list(filter(None, map(place, range(span[0], span[1] + 1)))))
        for span in align(text, drawn, spans)
    ]


def _limit() -> None:
    """Bound what this process may take, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def main() -> None:
    """Read the request, write what is said of the picture and the picture."""
    _limit()
    said, picture = draw(json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + picture)


if __name__ == "__main__":
    main()
