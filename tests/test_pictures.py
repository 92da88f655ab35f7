"""Pictures of PDF pages: of the very file that was indexed, marked where the words are or not."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_writer import paragraph, write_pdf
from PIL import Image

from corpus import CorpusError, Document, drawing, load_documents
from corpus.drawing import align, join, squeeze
from corpus.loading import find_source, list_sources
from corpus.pictures import CHECKSUM, draw_page

LINES = [
    "The harbour of Aldmouth opened in 1887. It was built by Mara Quill, an engi-",
    "neer from Denby. Two ferries cross the bay each morning.",
    "The lighthouse keeper earns 40 crowns a month.",
]
TWICE = ["Ferries run daily. The pier is long. Ferries run daily."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = [paragraph(LINES), paragraph(TWICE), paragraph(["The last page tells of salt."])]
    (tmp_path / "harbour.pdf").write_bytes(write_pdf(pages))
    (tmp_path / "notes.txt").write_text("Nothing of this is a PDF.")
    return tmp_path


@pytest.fixture
def document(folder: Path) -> Document:
    (document,) = (one for one in load_documents(folder) if one.source == "harbour.pdf")
    return document


def span(document: Document, words: str, nth: int = 0) -> tuple[int, int]:
    start = -1
    for _ in range(nth + 1):
        start = document.text.index(words, start + 1)
    return start, start + len(words)


def text_in(path: Path, page: int, boxes, width: int) -> str:
    """Return what pdfium says stands in boxes of a picture, without spaces and hyphens."""
    leaf = pypdfium2.PdfDocument(path)[page - 1]
    scale = width / leaf.get_width()
    textpage = leaf.get_textpage()
    height = leaf.get_height()
    words = "".join(
        textpage.get_text_bounded(
            left / scale, height - bottom / scale, right / scale, height - top / scale
        )
        for left, top, right, bottom in boxes
    )
    return squeeze(words)[0]


@pytest.mark.parametrize(
    ("words", "nth", "page", "lines"),
    [
        ("It was built by Mara Quill, an engineer from Denby.", 0, 1, 2),
        ("The lighthouse keeper earns 40 crowns a month.", 0, 1, 1),
        ("Ferries run daily.", 0, 2, 1),
        ("Ferries run daily.", 1, 2, 1),
        ("salt", 0, 3, 1),
    ],
)
def test_the_boxes_hold_the_words_and_nothing_else(
    folder: Path, document: Document, words: str, nth: int, page: int, lines: int
) -> None:
    start, end = span(document, words, nth)
    assert document.page(start) == page
    picture = draw_page(document, page, roots=[str(folder)], spans=[(start, end)])
    (boxes,) = picture.boxes
    assert len(boxes) == lines
    found = text_in(folder / "harbour.pdf", page, boxes, picture.width)
    assert found == squeeze(words)[0]
    assert all(0 <= left < right <= picture.width for left, _, right, _ in boxes)
    assert all(0 <= top < bottom <= picture.height for _, top, _, bottom in boxes)


def test_of_words_that_stand_twice_the_right_ones_are_marked(
    folder: Path, document: Document
) -> None:
    one, two = (
        draw_page(document, 2, roots=[str(folder)], spans=[span(document, "Ferries run daily.", n)])
        for n in (0, 1)
    )
    assert one.boxes[0][0][0] < two.boxes[0][0][0]


def test_the_picture_is_the_page_and_not_larger_than_allowed(
    folder: Path, document: Document
) -> None:
    picture = draw_page(document, 1, roots=[str(folder)])
    image = Image.open(io.BytesIO(picture.image))
    assert image.format == "WEBP"
    assert image.size == (picture.width, picture.height) == (1240, 1755)
    assert picture.page == 1
    assert picture.pages == 3
    dark = sum(image.convert("L").histogram()[:128])
    assert 500 < dark < 0.05 * picture.width * picture.height
    long = write_pdf([[(10, 10, 11, "A long page.")]]).replace(b"0 0 595 842", b"0 0 100 9000")
    (folder / "long.pdf").write_bytes(long)
    (tall,) = (one for one in load_documents(folder) if one.source == "long.pdf")
    assert draw_page(tall, 1, roots=[str(folder)]).height <= drawing.HEIGHT


def test_a_span_on_another_page_marks_nothing(folder: Path, document: Document) -> None:
    spans = [span(document, "salt"), span(document, "1887")]
    picture = draw_page(document, 1, roots=[str(folder)], spans=spans)
    assert picture.boxes[0] == ()
    assert len(picture.boxes[1]) == 1


def test_a_file_that_has_changed_is_not_shown(folder: Path, document: Document) -> None:
    path = folder / "harbour.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(CorpusError, match=r"harbour\.pdf has changed since it was indexed"):
        draw_page(document, 1, roots=[str(folder)])


def test_a_file_that_is_gone_is_named(folder: Path, document: Document) -> None:
    for roots in ([], [str(folder / "other")], [str(folder)]):
        (folder / "harbour.pdf").unlink(missing_ok=True)
        with pytest.raises(CorpusError, match="is not where it was indexed"):
            draw_page(document, 1, roots=roots)


def test_only_pages_of_a_pdf_are_drawn(folder: Path, document: Document) -> None:
    (text,) = (one for one in load_documents(folder) if one.source == "notes.txt")
    assert CHECKSUM not in text.metadata
    for one, page in ((text, 1), (document, 0), (document, 4)):
        with pytest.raises(CorpusError, match="has no page"):
            draw_page(one, page, roots=[str(folder)])


def test_a_pdf_that_cannot_be_drawn_is_an_error_of_ours(folder: Path, document: Document) -> None:
    damaged = b"%PDF-1.4\nnothing"
    (folder / "harbour.pdf").write_bytes(damaged)
    import hashlib
    from dataclasses import replace

    forged = replace(document, metadata={CHECKSUM: hashlib.sha256(damaged).hexdigest()})
    with pytest.raises(CorpusError, match="could not be drawn"):
        draw_page(forged, 1, roots=[str(folder)])


@pytest.mark.skipif(sys.platform != "linux", reason="only there memory is bounded")
def test_what_draws_may_not_take_all_memory() -> None:
    script = "from corpus import drawing; drawing._limit(); bytearray(drawing.MEMORY)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert b"MemoryError" in run.stderr


def test_the_drawing_program_says_what_is_wrong_in_json(folder: Path) -> None:
    request = {"path": str(folder / "none.pdf"), "sha256": "", "page": 0, "text": "", "spans": []}
    run = subprocess.run(
        [sys.executable, "-P", drawing.__file__], input=json.dumps(request).encode(),
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == {"problem": "gone"}


pieces = st.text(alphabet="ab- \u00e9\u0301\ufffe\n.", max_size=12)


@given(pieces, pieces, pieces, st.data())
def test_a_span_is_aligned_where_its_words_are_or_not_at_all(
    before: str, words: str, after: str, data: st.DataObject
) -> None:
    text = before + words + after
    drawn = "".join(
        character + data.draw(st.sampled_from(["", " ", "-\n", "\0"])) for character in text
    )
    drawn = data.draw(st.sampled_from([drawn, words + drawn, drawn.replace("a", "b")]))
    (found,) = align(text, drawn, [(len(before), len(before) + len(words))])
    wanted = squeeze(words)[0]
    here = [n for n in range(len(squeeze(text)[0])) if squeeze(text)[0].startswith(wanted, n)]
    there = [n for n in range(len(squeeze(drawn)[0])) if squeeze(drawn)[0].startswith(wanted, n)]
    if not wanted or len(here) != len(there):
        assert found is None
    else:
        assert found is not None
        first, last = found
        assert wanted in squeeze(drawn[first : last + 1])[0]
        nth = here.index(len(squeeze(before)[0]))
        assert squeeze(drawn)[1][there[nth]] == first


def test_boxes_of_a_line_become_one() -> None:
    line = [(n * 10.0, 100.0, n * 10.0 + 8, 112.0) for n in range(5)]
    below = [(n * 10.0, 116.0, n * 10.0 + 8, 128.0) for n in range(3)]
    assert join(line + below) == [(0.0, 100.0, 48.0, 112.0), (0.0, 116.0, 28.0, 128.0)]
    far = [(0.0, 100.0, 8.0, 112.0), (300.0, 100.0, 308.0, 112.0)]
    assert join(far) == far


def test_a_source_is_found_again_where_it_was_read_and_nowhere_else(folder: Path) -> None:
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    (below / "deep.txt").write_text("deep")
    for roots in ([folder], [folder / "a", folder / "notes.txt"], [below / "deep.txt"]):
        for path, source in list_sources(roots):
            found = find_source(roots, source)
            assert found is not None
            assert found.samefile(path)
    assert find_source([folder / "a"], "../notes.txt") is None
    assert find_source([folder / "a"], str(folder / "notes.txt")) is None
    assert find_source([folder / "a" / "b" / "deep.txt"], "other.txt") is None
    assert find_source([], "notes.txt") is None
    assert find_source([folder / "gone"], "notes.txt") is None
