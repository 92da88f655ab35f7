"""Tables: rows are found by their columns' names, the right cell is marked, the names are shown."""

import json

import docx
import numpy as np
import pytest

from corpus import Document, load_documents, sentence_spans, split_document
from corpus.tables import above, cells, table_at, tables_in, title_of
from index import Index, build_index
from index.verifying import verify
from page.answers import turn
from qa import Assistant
from qa.confidence import shipped_model
from qa.console import answer_lines
from qa.export import to_csl, to_json, to_markdown
from server.schemas import AnswerResult

WARDS = [
    ["Ward", "2020", "2021", "2022", "Share affordable"],
    ["Ward A", "388", "412", "455", "24%"],
    ["Ward B", "205", "190", "231", "31%"],
    ["Old Town", "41", "37", "52", "45%"],
]
BUDGET = [
    ["Department", "Budget 2022", "Budget 2023", "Staff"],
    ["Parks", "14.2", "15.8", "212"],
    ["Fire service", "31.5", "33.0", "402"],
]
TICKETS = [
    ["Ticket", "Adult", "Child", "Senior"],
    ["Single ticket", "2.80", "1.40", "1.90"],
    ["Monthly pass", "62.00", "28.00", "41.00"],
]
TOWNS = [f"{first}{last}" for first in ("Ald", "Bar", "Cor", "Den") for last in (
    "bury", "by", "combe", "field", "ford", "ham", "ley", "mouth", "ton", "wick")]  # fmt: skip
RESIDENTS = [["Town", "Residents", "Unemployment"]] + [
    [town, f"{9000 + 731 * i:,}", f"{1 + i % 9}.{i % 10}%"] for i, town in enumerate(TOWNS)
]
RAIN = [["Town", "Rain in January", "Rain in July"]] + [
    [town, f"{31 + i} mm", f"{83 + i} mm"] for i, town in enumerate(TOWNS)
]


def as_markdown(table):
    head, *rows = ("| " + " | ".join(row) + " |" for row in table)
    return "\n".join([head, "|---" * len(table[0]) + "|", *rows])


def as_html(table):
    head, *rows = table
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>{body}</table>"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    (folder / "housing.md").write_text(
        "# Housing report of Marlow\n\nMarlow has four wards.\n\n## Flats built by ward\n\n"
        f"{as_markdown(WARDS)}\n\nRepairs go on until 2026.\n"
    )
    (folder / "budget.html").write_text(
        "<html><head><title>Budget of Oakridge</title></head><body><article><h1>Budget of Oakridge"
        "</h1><p>The council adopted the budget in December, after a long debate.</p><h2>Spending "
        f"by department</h2><p>In million dollars.</p>{as_html(BUDGET)}<p>No taxes are raised, and "
        "the reserve is kept.</p></article></body></html>"
    )
    transit = docx.Document()
    transit.add_heading("Fares in Verhaven", 0)
    table = transit.add_table(rows=0, cols=4)
    for row in TICKETS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    transit.save(str(folder / "fares.docx"))
    (folder / "county.md").write_text(
        "# County yearbook\n\nAll towns are listed.\n\n## Population\n\n"
        f"{as_markdown(RESIDENTS)}\n\n## Rainfall\n\nMonthly means.\n\n{as_markdown(RAIN)}\n"
    )
    return Assistant.open(build_index([folder], tmp_path_factory.mktemp("tables")).path)


ASKED = [
    ("How many flats were built in Ward A in 2021?", "Ward A | 388 | 412 | 455 | 24%", "412"),
    ("How many flats were built in Old Town in 2020?", "Old Town | 41 | 37 | 52 | 45%", "41"),
    ("What was the budget for parks in 2023?", "Parks | 14.2 | 15.8 | 212", "15.8"),
    ("How many staff does the fire service have?", "Fire service | 31.5 | 33.0 | 402", "402"),
    ("How much is a monthly pass for a child?", "Monthly pass | 62.00 | 28.00 | 41.00", "28.00"),
    ("Which ward built 412 flats in 2021?", "Ward A | 388 | 412 | 455 | 24%", "Ward A"),
    ("How much rain falls in Denwick in July?", "Denwick | 70 mm | 122 mm", "122 mm"),
    ("What is the unemployment in Corham?", " | ".join(RESIDENTS[26]), RESIDENTS[26][2]),
]


@pytest.mark.parametrize(("question", "row", "cell"), ASKED)
def test_the_row_is_quoted_and_the_cell_marked(assistant, question, row, cell):
    answer = assistant.ask(question)
    assert answer.answered
    first = answer.citations[0]
    text = assistant.index.document(first.doc_id).text
    assert first.quote == row == text[first.start : first.end]
    assert [text[start:end] for start, end in first.highlights] == [cell]
    assert first.header_start is not None
    assert text[first.header_start :].startswith(first.header)
    assert len(first.header.split(" | ")) == len(row.split(" | "))


class Noting:
    """A reader that notes what it verifies."""

    def __init__(self, reader):
        self.reader = reader
        self.verified = []

    def read(self, question, passages):
        return self.reader.read(question, passages)

    def verify(self, question, passages):
        self.verified += passages
        return self.reader.verify(question, passages)

    def compare(self, question, passages):
        return self.reader.compare(question, passages)


def test_a_row_is_verified_as_it_is_read(assistant):
    noting = Noting(assistant.reader)
    asked = Assistant(assistant.index, noting, shipped_model())
    answer = asked.ask("How many flats were built in Old Town in 2020?")
    read = "Flats built by ward\nOld Town: 41 (2020); 37 (2021); 52 (2022); 45% (Share affordable)."
    assert f"Housing report of Marlow. Marlow has four wards.\n\n{read}" in noting.verified
    assert answer.confidence > 0.5  # .3 when a span was looked for among the cells without names


@pytest.mark.parametrize(
    "question",
    [
        "How many flats were built in Ward D in 2021?",
        "Which ward built the most flats in 2022?",
        "What was the budget for schools in 2023?",
        "How many volunteers does the fire service have?",
        "How much rain falls in Saint Albans in July?",
        "How much snow falls in Denwick in February?",
    ],
)
def test_a_row_or_column_that_is_not_there_is_not_answered(assistant, question):
    assert not assistant.ask(question).answered


def test_prose_beside_a_table_is_quoted_without_column_names(assistant):
    answer = assistant.ask("When did the council adopt the budget?")
    assert "December" in (answer.text or "")
    assert (answer.citations[0].header, answer.citations[0].header_start) == ("", None)


def test_every_door_shows_the_names_of_the_columns(assistant):
    answer = assistant.ask(ASKED[0][0])
    header = " | ".join(WARDS[0])
    lines = ["".join(text for text, _ in line) for line in answer_lines(answer)]
    assert lines[0] == f"Columns: {header}"
    assert "Columns: Ward \\| 2020 \\| 2021" in to_markdown([answer])
    assert json.loads(to_json([answer]))[0]["citations"][0]["header"] == header
    assert f"columns {header}" in json.loads(to_csl([answer]))[0]["note"]
    page = turn(answer)
    assert '<th scope="col">Share affordable</th>' in page
    assert '<td data-name="2021"><span><mark>412</mark></span></td>' in page
    assert AnswerResult.model_validate(answer.to_dict()).model_dump()["citations"][0]["header"]


def test_later_chunks_of_a_long_table_know_its_columns(assistant):
    county = next(s.doc_id for s in assistant.index.summaries() if s.source.endswith("county.md"))
    document = assistant.index.document(county)
    chunks = [c for c in split_document(document) if " | " in c.text.split("\n")[0]]
    later = [chunk for chunk in chunks if chunk.start > document.text.index("Rain in July") + 20]
    assert later
    for chunk in later:
        title = title_of(document, chunk.start)
        assert (
            title
            == "County yearbook\nRainfall\n\nMonthly means.\nTown | Rain in January | Rain in July"
        )
    best = assistant.index.search("rain in Denwick in July", k=1)[0]
    assert "122 mm" in best.chunk.text
    assert verify(assistant.index.path).sound


def test_a_row_is_one_sentence_and_never_joined_to_another():
    rows = [
        "Estate | Builder of it",
        "birch hill on the eastern bank of the river | Tessen Ltd. No. 4",
        "foundry yard behind the old railway station | Holm & Co. Since 1999",
    ]
    text = "\n".join(rows)
    assert [text[start:end] for start, end in sentence_spans(text)] == rows


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["Ward | 2020 | 2021", "A | 3 | 4"], True),
        (["| Ward | Flats |", "|------|-------|", "| A | 3 |"], True),
        ([" | 2020 | 2021", "A | 3 | 4", "B | 5 | 6"], True),
        (["Age | 0–14 | 15–64", "Men | 20% | 61%"], True),
        (["Ward | Flats", "A | 3", "B | none yet"], False),  # may be names and values
        (["Founded | 1998", "Seat | Bonn", "Members | 40"], False),
        (["A | 388 | 412", "B | 205 | 190"], False),
        (["Line | Mode | Operator", "B7 | Bus | MetroBus"], True),
        (["Ward | Flats"], None),
        (["Home | About | Contact", "", "Ward | Flats | Rents"], None),
        (["Ward | 2020 | 2021", "A | 3"], None),
        (["- Guide | www.guide.org/1", "- Board | www.board.org/2"], None),
        (["|  |  |", "|  |  |"], None),
        ([" | ", "a | b"], None),
    ],
)
def test_which_lines_are_a_table_and_which_names_its_columns(lines, named):
    tables = tables_in("\n".join(["It rained all day.", "", *lines, "", "It went on."]))
    assert [table.header is not None for table in tables] == ([] if named is None else [named])


def test_the_cells_of_a_row_are_where_it_has_them():
    text = "x\n| Ward A |  | 4 12|\n"
    assert [text[start:end] for start, end in cells(text, (2, len(text) - 1))] == [
        "", "Ward A", "", "4 12", "",
    ]  # fmt: skip
    assert table_at(text, 3) is None


def test_what_stands_above_a_row():
    text = (
        "Long ago. " * 30
        + "\nFlats\n\nBuilt by ward.\n\nWard | 2020 | 2021\nA | 3 | 4\nB | 5 | 6\n\nEnd."
    )
    document = Document.from_text(text, source="a", title="Report")
    names = "Ward | 2020 | 2021"
    assert above(document, text.index("B | 5")) == f"Flats\n\nBuilt by ward.\n{names}"
    assert above(document, text.index(names)) == "Flats\n\nBuilt by ward."
    assert above(document, text.index("End")) == above(document, 0) == ""
    assert title_of(document, 0) == "Report"


def test_an_empty_cell_over_the_names_of_rows_is_kept_in_html(tmp_path):
    table = as_html([["", "2020", "2021"], ["Ward A", "388", "412"], ["Ward B", "205", "190"]])
    (tmp_path / "a.html").write_text(
        "<html><body><article><p>The council reports how many flats were built each year in its "
        f"wards, old and new.</p>{table}<p>Repairs go on until the end of the year.</p></article>"
        "</body></html>"
    )
    (document,) = load_documents([tmp_path])
    (found,) = tables_in(document.text)
    assert found.header is not None


def test_column_names_that_may_be_a_row_can_still_be_quoted(tmp_path):
    rows = "Ada Lund, since 2019 | Chair | Denby\nBo Berg | Treasurer | Aldmouth"
    text = f"Board of the club\n\n{rows}\n"
    index = build_index([Document.from_text(text, source="a")], tmp_path / "index")
    answer = Assistant.open(index.path).ask("Who is the chair of the club?")
    shown = answer.citations or answer.nearest
    assert any("Ada Lund, since 2019 | Chair" in citation.quote for citation in shown)


def test_an_index_of_tables_is_the_same_built_at_once_and_in_steps(tmp_path):
    documents = [
        Document.from_text(
            f"Flats\n\n{' | '.join(WARDS[0])}\nWard {n} | 1 | 2 | 3 | 4%\n", source=str(n)
        )
        for n in range(3)
    ]
    build_index(documents[:2], tmp_path / "steps").close()
    steps, once = (
        build_index(documents, tmp_path / "steps"),
        build_index(documents, tmp_path / "once"),
    )
    assert steps.report is not None
    assert steps.report.reused_chunks == 2
    rows = np.arange(3)
    assert np.array_equal(steps.vectors(rows), once.vectors(rows))
    assert Index.open(tmp_path / "steps").keys() == once.keys()
