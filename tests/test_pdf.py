"""PDF to text: lines that wrap are joined, paragraphs, table rows and headings stay apart."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pdf_writer import Place, paragraph, write_pdf

from corpus import Document, load_documents

SENTENCE = "The harbour of Aldmouth opened in 1887 and was built by Mara Quill."
WIDE = "Progress is measured every year, and what was reached is written in the report of the town."


def read(folder: Path, data: bytes) -> Document:
    """Write a PDF and load it."""
    path = folder / "guide.pdf"
    path.write_bytes(data)
    (document,) = load_documents(path)
    return document


def paragraphs(folder: Path, *parts: Sequence[Place]) -> list[str]:
    """Return the paragraphs of a page that holds all parts."""
    page = [place for part in parts for place in part]
    return read(folder, write_pdf([page])).text.split("\n\n")


def test_a_pdf_keeps_pages_and_joins_wrapped_lines(tmp_path: Path) -> None:
    first = paragraph(
        [
            "The harbour of Aldmouth opened in 1887 and was built by Mara Quill, an engi-",
            "neer from Denby. Two well-known ferries cross the bay each morning, and one of",
            "them returns at night.",
        ]
    )
    heading = [(72.0, 690.0, 16.0, "The market")]
    line = "The council charges two crowns for a stall on Fridays, and nothing"
    second = paragraph([line], top=660)
    third = paragraph(["on other days of the week."])
    data = write_pdf(
        [first + heading + second, third],
        info="/Title (Aldmouth, a guide) /Author (M. Quill) /CreationDate (D:20200304101112Z)",
    )
    document = read(tmp_path, data)
    assert document.text == (
        "The harbour of Aldmouth opened in 1887 and was built by Mara Quill, an engineer from "
        "Denby. Two well-known ferries cross the bay each morning, and one of them returns at "
        "night.\n\nThe market\n\nThe council charges two crowns for a stall on Fridays, and "
        "nothing on other days of the week."
    )
    assert document.page(document.text.index("on other days")) == 2
    assert (document.title, document.date) == ("Aldmouth, a guide", "2020-03-04")
    assert document.metadata["author"] == "M. Quill"


def test_headers_footers_and_page_numbers_stay_on_the_first_page(tmp_path: Path) -> None:
    pages = [
        [(72.0, 800.0, 9.0, "Aldmouth Harbour Report"), (300.0, 30.0, 9.0, f"Page {number} of 5")]
        + paragraph([f"Ship number {number} came from the north and carried wool for the market."])
        for number in range(1, 6)
    ]
    document = read(tmp_path, write_pdf(pages))
    assert document.text.count("Aldmouth Harbour Report") == 1
    assert document.text.count("Page ") == 1
    assert all(f"Ship number {number} came" in document.text for number in range(1, 6))
    assert len(document.page_starts) == 5


def test_text_too_small_to_see_is_left_out(tmp_path: Path) -> None:
    page = paragraph([SENTENCE, "Two ferries cross the bay."]) + [(50.0, 400.0, 1.0, "hidden id")]
    assert "hidden" not in read(tmp_path, write_pdf([page])).text


def test_words_set_apart_without_a_space_are_read_apart(tmp_path: Path) -> None:
    # pdfium takes a gap of 1.7 points in 11 point type for kerning.
    page = [(72.0, 760.0, 11.0, "The national"), (134.2, 760.0, 11.0, "and international")]
    assert read(tmp_path, write_pdf([page])).text == "The national and international"


@pytest.mark.parametrize(
    "junk", ["Microsoft Word - final.doc", "untitled", "report.indd", "DOT2022", "", "guide"]
)
def test_a_junk_title_gives_way_to_the_first_line(tmp_path: Path, junk: str) -> None:
    data = write_pdf([[(72.0, 760.0, 18.0, "A guide to Aldmouth")]], info=f"/Title ({junk})")
    assert read(tmp_path, data).title == "A guide to Aldmouth"


def test_the_lines_of_a_narrow_cell_are_one_paragraph_though_others_reach_further(
    tmp_path: Path,
) -> None:
    cell = [
        "By September of 2026,",
        "2 ferries will be bought",
        "that need no oil, and",
        "Denby will have a pier",
        "Mara Quill can be proud",
        "of.",
    ]
    found = paragraphs(tmp_path, paragraph(cell), paragraph([WIDE], top=600))
    assert found == [" ".join(cell), WIDE]


def test_short_lines_one_below_the_other_stay_apart(tmp_path: Path) -> None:
    names = ["Mara Quill", "Bo Lee", "Christopher Robinson-Vale", "Ada Fenn", "Tom Ash"]
    assert paragraphs(tmp_path, paragraph(names), paragraph([WIDE], top=600)) == [*names, WIDE]


@pytest.mark.parametrize("end", ["the", "Denby,", "Aldmouth and", "built by"])
def test_a_line_that_cannot_be_the_end_goes_on(tmp_path: Path, end: str) -> None:
    lines = [f"Ferries to {end}", "Mara Quill were slow"]
    assert paragraphs(tmp_path, paragraph(lines), paragraph([WIDE], top=600)) == [
        " ".join(lines),
        WIDE,
    ]


def test_clauses_that_end_in_and_stay_apart(tmp_path: Path) -> None:
    clauses = ["WHEREAS, the town recovers its costs; and", "WHEREAS, the fees are old; and"]
    found = paragraphs(tmp_path, paragraph(clauses), paragraph([WIDE], top=600))
    assert found == [*clauses, WIDE]


def test_a_row_of_a_table_stays_apart_from_what_stands_below(tmp_path: Path) -> None:
    row: list[Place] = [
        (72.0, 760.0, 11.0, "Description"),
        (300.0, 760.0, 11.0, "Start"),
        (480.0, 760.0, 11.0, "End"),
    ]
    below = paragraph(["Buy two ferries that need no oil."], top=746)
    assert paragraphs(tmp_path, row, below) == [
        "Description Start End",
        "Buy two ferries that need no oil.",
    ]


@pytest.mark.parametrize("end", ["on Fridays,", "in 1887", "and the pier"])
def test_a_sentence_goes_on_over_the_end_of_a_page(tmp_path: Path, end: str) -> None:
    pages = [paragraph([f"The market is held {end}"]), paragraph(["except in winter."])]
    assert read(tmp_path, write_pdf(pages)).text == f"The market is held {end} except in winter."
