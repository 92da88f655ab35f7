"""A PDF in a few lines, for tests: text and rules at given places, nothing else."""

from collections.abc import Sequence

Place = tuple[float, float, float, str]  # left and bottom in points, font size, text
Box = tuple[float, float, float, float]  # left, bottom, right and top in points


def write_pdf(
    pages: Sequence[Sequence[Place]], *, info: str = "", filled: Sequence[Box] = ()
) -> bytes:
    """Return a PDF with one page for each list of places.

    `info` is a raw PDF dictionary body; `filled` are boxes that are grey on every page.
    """
    grey = "".join(f"{a} {b} {c - a} {d - b} re f\n" for a, b, c, d in filled)
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 "
               "/BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]  # fmt: skip
    kids = []
    for page in pages:
        drawn = f"q .8 g\n{grey}Q\n" + "\n".join(
            f"BT /F1 {size} Tf {left} {bottom} Td ({_escaped(text)}) Tj ET"
            for left, bottom, size, text in page
        )
        objects.append(f"<< /Length {len(drawn.encode('cp1252'))} >>\nstream\n{drawn}\nendstream")
        content = len(objects)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents "
            f"{content} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< {info} >>")
    body = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
        f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
        f"startxref\n{len(body)}\n%%EOF\n"
    )
    return body + tail.encode("cp1252")


def paragraph(lines: Sequence[str], *, top: float = 760, left: float = 72) -> list[Place]:
    """Return places for lines set below each other in 11 point."""
    return [(left, top - 14 * number, 11, line) for number, line in enumerate(lines)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
