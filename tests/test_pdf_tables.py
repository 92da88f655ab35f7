"""Tables of PDF pages: rules and gaps tell what shares a cell; what is no table stays prose."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_writer import Box, Place, paragraph, write_pdf
from test_pdf import read
from test_pictures import text_in
from test_tables import BUDGET, TICKETS, WARDS

from corpus.pdf_columns import Part
from corpus.pdf_tables import Row, with_tables
from corpus.pictures import draw_page
from corpus.tables import tables_in
from index import build_index
from qa import Assistant

LEFT, TOP, LINE = 60.0, 700.0, 14.0
WIDTHS = (150.0, 110.0, 90.0)
PROSE = [
    "The council met on Monday and heard the report of the town engineer on the two",
    "ferries, which were found to be in good repair although one of them is very old.",
]
ACTIONS = [
    (["Action"], ["Lead"], ["When"]),
    (["Draw up a plan for", "charging points in", "all car parks"], ["Highways"], ["Spring 2025"]),
    (["Run a night bus"], ["Valley Bus", "Company"], ["June 2025 to", "May 2026"]),
    (["Publish air data"], ["Environment"], ["Monthly"]),
]
ROWS = [" | ".join(" ".join(cell) for cell in row) for row in ACTIONS]
Cells = Sequence[Sequence[Sequence[str]]]


def laid_out(
    rows: Cells, widths: Sequence[float] = WIDTHS, top: float = TOP
) -> tuple[list[Place], list[float], list[float]]:
    """Return the lines of a table cell by cell, the edges of its rows and of its columns."""
    lefts = [LEFT, *accumulate(widths, initial=LEFT)][1:]
    places: list[Place] = []
    edges = [top]
    for row in rows:
        for left, cell in zip(lefts, row, strict=False):
            places += paragraph(cell, top=edges[-1] - LINE, left=left + 4)
        edges.append(edges[-1] - LINE * max(map(len, row)) - 6)
    return places, edges, lefts


def plain(table: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """Return a table with one line in every cell."""
    return [[[cell] for cell in row] for row in table]


def across(edges: Sequence[float], right: float = LEFT + sum(WIDTHS)) -> list[Box]:
    """Return a thin rule at each edge of a row."""
    return [(LEFT, edge - 0.5, right, edge) for edge in edges]


def down(lefts: Sequence[float], edges: Sequence[float]) -> list[Box]:
    """Return a thin rule at each edge of a column."""
    return [(left, edges[-1], left + 0.5, edges[0]) for left in lefts]


def blocks(folder: Path, places: Sequence[Place], filled: Sequence[Box] = ()) -> list[str]:
    """Return the paragraphs of a page."""
    return read(folder, write_pdf([places], filled=filled)).text.split("\n\n")


def test_a_ruled_table_has_its_rows_with_their_cells(tmp_path: Path) -> None:
    places, edges, lefts = laid_out(ACTIONS)
    text = [*paragraph(PROSE), *places, *paragraph(PROSE[:1], top=500)]
    found = blocks(tmp_path, text, [*across(edges), *down(lefts, edges)])
    assert found == [" ".join(PROSE), "\n".join(ROWS), PROSE[0]]


@pytest.mark.parametrize("ruled", ["all", "below names", "inside"])
def test_rules_across_part_rows_and_gaps_part_columns(tmp_path: Path, ruled: str) -> None:
    places, edges, _ = laid_out(ACTIONS)
    drawn = {"all": edges, "below names": edges[1:], "inside": edges[1:-1]}[ruled]
    assert blocks(tmp_path, places, across(drawn)) == ["\n".join(ROWS)]


def test_a_shade_behind_every_other_row_parts_rows(tmp_path: Path) -> None:
    places, edges, lefts = laid_out(ACTIONS)
    shades = [(left, edges[row + 1], right, edges[row])
              for row in (0, 2) for left, right in zip(lefts, lefts[1:], strict=False)]  # fmt: skip
    assert blocks(tmp_path, places, shades) == ["\n".join(ROWS)]


@pytest.mark.parametrize("drawn", [(), (0, 1, -1)])
def test_lines_that_leave_the_same_gaps_are_rows(tmp_path: Path, drawn: Sequence[int]) -> None:
    places, edges, _ = laid_out(plain(TICKETS + [["Day ticket", "7.00", "3.50", "5.00"]]),
                                (130, 70, 70, 70))  # fmt: skip
    rules = across([edges[number] for number in drawn], LEFT + 340)
    expected = [" | ".join(row) for row in TICKETS] + ["Day ticket | 7.00 | 3.50 | 5.00"]
    assert blocks(tmp_path, [*paragraph(PROSE), *places], rules) == [
        " ".join(PROSE), "\n".join(expected)]  # fmt: skip


def test_names_nearer_to_each_other_than_figures_are_parted_at_their_spaces(tmp_path: Path) -> None:
    names: list[Place] = [(66.0, 720.0, 11.0, "Line Passengers Change")]
    figures = [(66.0, "A"), (101.0, "12"), (152.0, "3%")]
    rows = [(left, 700.0 - 16 * row, 11.0, f"{text}") for row in range(4) for left, text in figures]
    assert blocks(tmp_path, names + rows) == ["\n".join(["Line | Passengers | Change",
                                                        *["A | 12 | 3%"] * 4])]  # fmt: skip


def test_a_name_above_several_columns_is_said_of_each(tmp_path: Path) -> None:
    rows = [(["Mode"], ["Share of all trips"], []), ([], ["2015"], ["2022"]),
            (["Walking"], ["21%"], ["24%"]), (["Car"], ["48%"], ["38%"])]  # fmt: skip
    places, edges, lefts = laid_out(rows)
    rules = [*across([edges[0], *edges[2:]]), *down([lefts[0], lefts[1], lefts[3]], edges),
             (lefts[1], edges[1], lefts[3], edges[1] + 0.5),
             *down([lefts[2]], edges[1:])]  # fmt: skip
    assert blocks(tmp_path, places, rules) == [
        "Mode | Share of all trips 2015 | Share of all trips 2022\n"
        "Walking | 21% | 24%\nCar | 48% | 38%"
    ]


def test_columns_between_two_rules_down_are_parted_by_gaps(tmp_path: Path) -> None:
    rows = [["Offence", "", ""], ["", "All", "Young"], ["Arson", "102", "17"],
            ["Fraud", "264", "38"], ["Theft", "608", "14"]]  # fmt: skip
    places, edges, lefts = laid_out(plain(rows))
    rules = [*across(edges), *down([lefts[0], lefts[1], lefts[3]], edges)]
    over = (lefts[2] - 30, edges[0] - LINE, 11.0, "Cases")
    assert blocks(tmp_path, [over, *(place for place in places if place[3])], rules) == [
        "\n".join(["Offence | Cases All | Cases Young", *map(" | ".join, rows[2:])])
    ]


def two_columns(top: float = TOP) -> list[Place]:
    """Return a page of prose in two columns, drawn line by line across both."""
    left = ["Ferries cross the bay at night and", "in the morning, and so it has been",
            "since the harbour of Aldmouth was", "built by Mara Quill, an engineer."]  # fmt: skip
    right = ["The market is held on Fridays, when", "a stall costs two crowns, and on no",
             "other day of the week unless the", "council decides to allow one."]  # fmt: skip
    lines = [(paragraph([a], top=top - LINE * n), paragraph([b], top=top - LINE * n, left=320))
             for n, (a, b) in enumerate(zip(left, right, strict=True))]  # fmt: skip
    return [place for pair in lines for part in pair for place in part]


@pytest.mark.parametrize(
    ("places", "rules"),
    [
        pytest.param(two_columns(), [], id="two columns"),
        pytest.param(two_columns(), across([720, 690, 600]), id="two columns between rules"),
        pytest.param(
            [p for n in range(5) for p in (*paragraph(["•"], top=700 - n * 14),
             *paragraph([f"ferry {n} sails at noon"], top=700 - n * 14, left=100))],
            [], id="list",
        ),
        pytest.param(
            [p for n in range(6) for p in (*paragraph([f"Chapter {n}"], top=700 - n * 14),
             *paragraph([str(3 + 2 * n)], top=700 - n * 14, left=300))],
            [], id="table of contents",
        ),
        pytest.param(
            [p for n in range(6) for p in (*paragraph([f"{n + 1}.2"], top=700 - n * 14),
             *paragraph([f"Ferries in year {n}"], top=700 - n * 14, left=100),
             *paragraph([str(3 + 2 * n)], top=700 - n * 14, left=300))],
            [], id="numbered table of contents",
        ),
        pytest.param(paragraph(PROSE), [
            *across([781, 731, 601], 541), *down([60, 540], [781, 601])], id="box"),
    ],
)  # fmt: skip
def test_what_is_no_table_has_no_cells(
    tmp_path: Path, places: list[Place], rules: list[Box]
) -> None:
    with_rules = blocks(tmp_path, places, rules)
    assert not any("|" in block for block in with_rules)
    words = " ".join(text for *_, text in places).split()
    assert sorted(" ".join(with_rules).split()) == sorted(words)


def test_a_long_text_between_the_rules_of_a_table_belongs_to_none(tmp_path: Path) -> None:
    places, edges, lefts = laid_out(plain(BUDGET), (130, 90, 90, 60))
    rules = [*across([*edges, 560.0], LEFT + 370), *down(lefts, edges),
             *down([lefts[0], lefts[-1]], [edges[0], 560.0])]  # fmt: skip
    below = paragraph(PROSE, top=edges[-1] - 16, left=64)
    below = [(left, bottom, 8.0, text) for left, bottom, _, text in below]
    found = blocks(tmp_path, [*places, *below], rules)
    assert found == ["\n".join(map(" | ".join, BUDGET)), " ".join(PROSE)]


def test_the_names_of_columns_stay_on_every_page_and_a_running_head_does_not(
    tmp_path: Path,
) -> None:
    head, head_edges, head_lefts = laid_out(
        plain([["Aldmouth", "Report", "Draft"], ["Harbour", "2024", "Open"]]), top=840
    )
    pages = []
    for page in range(4):
        rows = [["Ship", "Cargo"], *([f"Ship {page}{n}", f"{page}{n} tons"] for n in range(4))]
        places, edges, lefts = laid_out(plain(rows), WIDTHS[:2])
        pages.append([*head, *places])
    rules = [*across(head_edges), *down(head_lefts, head_edges),
             *across(edges, LEFT + 260), *down(lefts, edges)]  # fmt: skip
    text = read(tmp_path, write_pdf(pages, filled=rules)).text
    assert text.count("Aldmouth | Report | Draft") == 1
    assert text.count("Ship | Cargo") == 4
    assert len(tables_in(text)) == 5


def test_a_table_goes_on_over_the_end_of_a_page(tmp_path: Path) -> None:
    rows = [[f"Ship {n}", f"{n} tons", f"{3 * n} sailors"] for n in range(30)]
    pages = [[["Ship", "Cargo", "Crew"], *rows[:10]], rows[10:20], rows[20:]]
    laid = [laid_out(plain(page))[0] for page in pages]
    other = laid_out(
        plain([["Pier", "Depth", "Built"], ["East", "9 m", "1887"], ["West", "7 m", "1902"]])
    )[0]
    found = read(tmp_path, write_pdf([*laid, [*other, *paragraph(PROSE, top=400)]]))
    table, another = tables_in(found.text)
    assert len(table.rows) == 31
    assert len(found.page_starts) == 4
    assert found.text[slice(*(table.header or (0, 0)))] == "Ship | Cargo | Crew"
    assert found.page(found.text.index("Ship 25")) == 3
    assert found.text[slice(*(another.header or (0, 0)))] == "Pier | Depth | Built"


def test_a_word_broken_in_a_cell_is_mended_and_a_bar_is_no_edge(tmp_path: Path) -> None:
    rows = [(["Subject"], ["State"], ["Sum"]), (["Water manage-", "ment"], ["on|off"], ["12"])]
    places, edges, lefts = laid_out(rows)
    assert blocks(tmp_path, places, [*across(edges), *down(lefts, edges)]) == [
        "Subject | State | Sum\nWater management | on/off | 12"
    ]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_label_and_what_it_is_for_are_one(tmp_path: Path, ruled: bool) -> None:
    rows = [["Client:", "City of Denby"], ["Site visit:", "4 June 2025"], ["Opening:", "1 July"]]
    places, edges, lefts = laid_out(plain(rows), WIDTHS[:2])
    rules = [*across(edges, LEFT + 260), *down(lefts, edges)] * ruled
    assert blocks(tmp_path, places, rules) == ["\n".join(map(" ".join, rows))]


NUMBERS = st.integers(0, 40)
WORDS = st.text("ab |", min_size=1, max_size=12).filter(str.strip)


@st.composite
def lines(draw: st.DrawFn) -> list[Part]:
    """Return lines of text on a page, some below and some beside each other, some upright."""
    found = []
    for _ in range(draw(st.integers(1, 14))):
        text, left, bottom = draw(WORDS).strip(), 10 * draw(NUMBERS), 14 * draw(NUMBERS)
        step = draw(st.sampled_from([6.0, 6.0, 6.0, 20.0, 0.0]))
        boxes = [(left + step * n, bottom, left + step * n + 5, bottom + 10.0)
                 for n in range(len(text))]  # fmt: skip
        found.append(Part(text, draw(st.sampled_from([boxes, boxes, boxes, boxes[:1], []]))))
    return found


@st.composite
def rules(draw: st.DrawFn) -> list[Box]:
    """Return rules, many of which cross."""
    found = []
    for _ in range(draw(st.integers(0, 14))):
        place, begin, length = 20 * draw(NUMBERS), 20 * draw(st.integers(0, 10)), 20 * draw(NUMBERS)
        flat = (begin, place, begin + length, place)
        found.append(draw(st.sampled_from([flat, (place, begin, place, begin + length)])))
    return found


@settings(max_examples=400)
@given(lines(), rules())
def test_whatever_is_drawn_no_letter_is_lost(parts: list[Part], drawn: list[Box]) -> None:
    found = list(with_tables(parts, drawn))
    rows = [one for one in found if isinstance(one, Row)]
    kept = [one for one in found if isinstance(one, Part)]
    kept += [part for row in rows for cell in row.cells for part in cell]
    letters = Counter(letter for part in parts for letter in part.text if not letter.isspace())
    found_letters = Counter(x for part in kept for x in part.text if not x.isspace())
    assert found_letters >= letters  # a name above several columns is said of each
    assert found_letters.keys() == letters.keys()
    for _, table in groupby(rows, key=lambda row: row.table):
        assert len({len(row.cells) for row in table}) == 1
    assert all(any(row.cells) for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of ``test_tables.py`` on pages: ruled, with rules across, and with none."""
    folder = tmp_path_factory.mktemp("reports")
    for name, title, captions, table in (
        ("housing", "Housing report of Marlow", ["Flats built by ward"], WARDS),
        ("budget", "Budget of Oakridge", ["Spending by department", "In million dollars."], BUDGET),
        ("fares", "Fares in Verhaven", ["Fares"], TICKETS),
    ):
        widths = [130.0, *[75.0] * (len(table[0]) - 2), 95.0]
        places, edges, lefts = laid_out(plain(table), widths)
        above = [(72.0, 780.0, 20.0, title), (72.0, 745.0, 14.0, captions[0])]
        rules = {
            "housing": [*across(edges, lefts[-1]), *down(lefts, edges)],
            "budget": across(edges, lefts[-1]),
            "fares": [],
        }
        page = [*above, *paragraph(captions[1:], top=720), *places]
        (folder / f"{name}.pdf").write_bytes(write_pdf([page], filled=rules[name]))
    return folder


@pytest.fixture(scope="module")
def assistant(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return Assistant.open(build_index([folder], tmp_path_factory.mktemp("pdf-tables")).path)


@pytest.mark.parametrize(
    ("question", "row", "cell"),
    [
        ("How many flats were built in Ward A in 2021?", WARDS[1], "412"),
        ("How many flats were built in Old Town in 2020?", WARDS[3], "41"),
        ("What was the budget for parks in 2023?", BUDGET[1], "15.8"),
        ("How many staff does the fire service have?", BUDGET[2], "402"),
        ("How much is a monthly pass for a child?", TICKETS[2], "28.00"),
    ],
)
def test_the_row_of_a_pdf_is_quoted_and_its_cell_marked_in_the_picture_too(
    assistant: Assistant, folder: Path, question: str, row: list[str], cell: str
) -> None:
    answer = assistant.ask(question)
    assert answer.answered
    first = answer.citations[0]
    document = assistant.index.document(first.doc_id)
    assert (first.quote, first.page) == (" | ".join(row), 1)
    assert [document.text[start:end] for start, end in first.highlights] == [cell]
    assert first.header.count(" | ") == len(row) - 1
    picture = draw_page(
        document, 1, roots=[str(folder)], spans=[(first.start, first.end), *first.highlights]
    )
    quoted, marked = (
        text_in(folder / document.source, 1, boxes, picture.width) for boxes in picture.boxes
    )
    assert quoted == "".join(row).replace(" ", "")
    assert marked == cell
