"""Web pages to text: nothing of a page's main text is lost, whatever holds it."""

import pytest

from corpus.markup import page_text

PARAGRAPH = (
    "The harbour office of Aldmouth is open to the public on all working days of the year, and "
    "gives advice on moorings, fees and the storage of boats."
)
MAIN = f"""<h1>The harbour office</h1><p>{PARAGRAPH}</p>
<h2>Moorings</h2><div>The north quay has room for forty boats.</div>
<h3>What it costs</h3><ul><li>Day berth, 12 crowns</li><li>Winter storage, 90 crowns</li></ul>
<dl><dt>Harbour master</dt><dd>Mara Quill</dd><dt>Crane:</dt><dd>on Mondays</dd></dl>
<table><tr><th>Quay</th><th>Boats</th></tr><tr><td>South</td><td>25</td></tr></table>
<h2>Contact</h2><address>4 Rope Lane, Aldmouth</address>
<section><h2>Complaints</h2><p>Write to the council.</p></section>
<h2>Closing days</h2><ol><li>1 January</li><li>24 December</li></ol>"""
LINES = [
    "Moorings", "The north quay has room for forty boats.", "What it costs",
    "- Day berth, 12 crowns", "- Winter storage, 90 crowns",
    "- Harbour master: Mara Quill", "- Crane: on Mondays",
    "Quay | Boats", "South | 25", "Contact", "4 Rope Lane, Aldmouth", "Complaints",
    "Write to the council.", "Closing days", "- 1 January", "- 24 December",
]  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "<article>{}</article>",
        "<main>{}</main>",
        '<div class="page"><div class="left">{}</div></div>',
        '<nav><a href="/">Home</a></nav><article>{}</article><footer>Imprint</footer>',
    ],
)
def test_headings_and_lists_are_kept_whatever_holds_them(frame: str) -> None:
    lines = page_text(f"<html><body>{frame.format(MAIN)}</body></html>").text.split("\n")
    assert [line for line in lines if line in LINES] == LINES
    assert PARAGRAPH in lines
    assert not {"Home", "Imprint"} & set(lines)


def test_each_section_of_a_plain_page_keeps_its_heading() -> None:
    sections = "".join(
        f"<section><h2>{town}</h2><p>{PARAGRAPH.replace('Aldmouth', town)}</p></section>"
        for town in ("Denby", "Ara")
    )
    blocks = page_text(f"<html><body><h1>Harbours</h1>{sections}</body></html>").text.split("\n\n")
    assert [block[:20] for block in blocks] == [
        "Harbours", "Denby", PARAGRAPH[:20], "Ara", PARAGRAPH[:20],
    ]  # fmt: skip


def test_a_page_of_tables_alone_keeps_its_headings() -> None:
    table = "<table><tr><th>Kind</th><th>Fee</th></tr><tr><td>Dog</td><td>4</td></tr></table>"
    page = f"<html><body><h1>Town</h1><h2>Fees</h2>{table}<h2>Fines</h2>{table}</body></html>"
    assert [line for line in page_text(page).text.split("\n") if line] == [
        "Town", "Fees", "Kind | Fee", "Dog | 4", "Fines", "Kind | Fee", "Dog | 4",
    ]  # fmt: skip


def test_a_question_with_its_answer_stays_apart() -> None:
    glossary = "<dl><dt>Is it free?</dt><dd>Yes.</dd><dt>Ara</dt><dd>3</dd><dd>4</dd></dl>"
    page = f"<html><body><article><p>{PARAGRAPH}</p>{glossary}</article></body></html>"
    found = page_text(page).text
    assert [line for line in found.split("\n") if line.startswith("-")] == [
        "- Is it free?", "- Yes.", "- Ara", "- 3", "- 4",
    ]  # fmt: skip
