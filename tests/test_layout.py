"""What layout says: lines with a label are read one by one, a colon introduces, contents."""

import numpy as np
import pytest

from corpus import Chunk, Document, sentence_spans
from index import build_index
from index.searching import Hit
from qa import Assistant
from qa.asked import Asked
from qa.confidence import shipped_model
from qa.layout import contents, entries, introduced
from qa.reader import Reader
from qa.rows import is_of_the_row, rows_of

MINUTES = """# Minutes of the Transport Committee

Date: 12 March 2024
Place: Room 4, Town Hall, Denby
Chair: Maria Lopez
Secretary: John Abbot
Present: Anna Reed, Tom Hale, Priya Nair

## 1. Bus shelters

The committee agreed to replace eleven bus shelters on Marlow Road before the winter.
The following routes will be diverted during the works:

- Route 4 via Station Street
- Route 9 via Quay Lane
- Route 21 via Castle Hill

## 2. Contacts

- Helen Moor, Project Manager
- Ben Crawford, Software Developer
- Ida Strand, Content Strategist
"""
NOTICE = """# Tender for the pool roof

## Key dates

- Publication of the notice: 12 May 2025
- Site visit: 4 June 2025, 10:00
- Last day for questions: 18 June 2025
- Award expected: 28 July 2025

## Fees

- Resident permit, first car: 96 euros a year
- Half-year permit: 54 euros
- Replacement of a lost permit card: 12 euros
"""
PEOPLE = """# Town offices

## Revenue

- Property tax: Ingrid Tove, 410 312
- Dog tax: Hamish Trow, 410 315
- Payment plans: Yolanda Beck, 410 318
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offices")
    for name, text in (("minutes", MINUTES), ("notice", NOTICE), ("people", PEOPLE)):
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return Assistant(build_index(folder, folder / "index"), Reader.load(), shipped_model())


@pytest.mark.parametrize(
    ("question", "line", "marked"),
    [
        ("Who chaired the transport committee?", "Chair: Maria Lopez", "Maria Lopez"),
        ("Who was present at the meeting?", "Present: Anna Reed, Tom Hale, Priya Nair",
         "Anna Reed, Tom Hale, Priya Nair"),
        ("Who is the project manager?", "- Helen Moor, Project Manager", "Helen Moor"),
        ("Who is the software developer?", "- Ben Crawford, Software Developer", "Ben Crawford"),
        ("When is the site visit for the pool roof?", "- Site visit: 4 June 2025, 10:00",
         "4 June 2025, 10:00"),
        ("How much do I pay for the replacement of my permit card?",
         "- Replacement of a lost permit card: 12 euros", "12 euros"),
        ("Who do I call about property tax?", "- Property tax: Ingrid Tove, 410 312",
         "Ingrid Tove, 410 312"),
    ],
)  # fmt: skip
def test_the_line_with_the_label_is_quoted_and_its_value_marked(assistant, question, line, marked):
    answer = assistant.ask(question)
    assert answer.answered
    first = answer.citations[0]
    assert first.quote == line
    assert [first.quote[a - first.start : b - first.start] for a, b in first.highlights] == [marked]
    assert first.header == ""


@pytest.mark.parametrize(
    "question",
    ["Who is the treasurer?", "What does a permit cost for a motorhome?", "Who collects boat tax?"],
)
def test_a_label_that_is_not_there_is_not_answered(assistant, question):
    assert not assistant.ask(question).answered


def test_a_list_below_a_heading_is_of_what_that_names(tmp_path):
    offices = "".join(
        f"\n\n{town}\n\nIt stands in {number} Quay Lane, where all letters go, "
        f"and may be reached by the trams that run along the harbour every ten minutes.\n\n"
        f"- Head of office: {head}, since May 2020\n- Open: Monday to Friday\n- Room: {number}"
        for town, number, head in (("Arlem", 4, "Ana Lund"), ("Denby", 9, "Bo Hay"))
    )
    (tmp_path / "offices.txt").write_text(f"Local offices{offices}\n", encoding="utf-8")
    index = build_index(tmp_path / "offices.txt", tmp_path / "index")
    answer = Assistant(index, Reader.load(), shipped_model()).ask("Who heads the Denby office?")
    assert answer.answered
    assert answer.text == "- Head of office: Bo Hay, since May 2020"
    assert answer.citations[0].section == "Denby"


@pytest.mark.parametrize(
    ("term", "places"), [("roof", {1, 2}), ("head", {1}), ("tree", set()), ("wall", set())]
)
def test_a_line_is_on_what_its_label_has_even_if_its_heading_has_it_too(term, places):
    text = "Roofs and Walls\n\n- Head, roofs: Jo Day\n- Roof inspection: Bo Hay\n- Paint: Al Ray"
    document = Document.from_text(text, source="a")
    sentences = tuple(sentence_spans(text))
    chunk = Chunk(doc_id=document.doc_id, start=0, end=len(text), text=text, sentences=sentences)
    hit = Hit(chunk=chunk, document=document, score=1, dense=0, lexical=0, late=0, row=0)
    asked = Asked(
        text=f"Who checks {term}?", encoding=None, token_weights=np.ones(1, np.float32),
        term_weights={"check": 1.0, term: 1.0}, characters=False,
    )  # fmt: skip
    rows = rows_of(hit)
    assert set(rows) == {1, 2, 3}
    assert {place for place, row in rows.items() if is_of_the_row(asked, hit, row)} == places


def test_a_list_is_quoted_with_what_introduces_it(assistant):
    first = assistant.ask("Which routes will be diverted during the works?").citations[0]
    assert first.quote.splitlines() == [
        "The following routes will be diverted during the works:",
        "- Route 4 via Station Street", "- Route 9 via Quay Lane", "- Route 21 via Castle Hill",
    ]  # fmt: skip


def test_lines_with_leaders_to_rising_pages_are_a_table_of_contents_and_prices_are_not():
    lines = [("Broadband", 4), ("Goals", 17), ("Housing", 17), ("Water", 32)]
    text = "\n\n".join(f"{name} … {page}" for name, page in lines) + "\n\nTrams run."
    assert contents(text, sentence_spans(text)) == {0, 1, 2, 3}
    prices = "Dog licence ..... 25\n\nCat licence ..... 10\n\nStall . . . 40"
    for other in ("Goals .... 17\n\nHousing … 18", prices):
        assert contents(other, sentence_spans(other)) == set()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Closed are:\n- Quay Lane\n- Mill Road. At night.\n\nTrams run.",
         "Closed are:\n- Quay Lane\n- Mill Road. At night."),
        ("Town Clerk :\n\nAnswers all letters. Trams run.",
         "Town Clerk :\n\nAnswers all letters."),
        ("Town Clerk :\n\nMayor :\n\nLeads.", "Town Clerk :"),
        ("Town Clerk :\n\nThe mayor\n\nLeads.", "Town Clerk :"),
        ("Fees are:\nWard | 2020\nOne | 40", "Fees are:"),
        ("Closed are:\n- " + "a" * 500 + "\n- " + "b" * 500, "Closed are:\n- " + "a" * 500),
        ("Trams run.\n- Quay Lane", "Trams run."),
    ],
)  # fmt: skip
def test_what_a_colon_introduces_is_quoted_with_it(text: str, quoted: str):
    spans = sentence_spans(text)
    assert text[: spans[introduced(text, spans, 0)][1]] == quoted


def _entries(text: str) -> list[tuple[str, str, str]]:
    found = entries(text, sentence_spans(text)).values()
    return [tuple(text[slice(*span)] for span in (e.caption, e.label, e.value)) for e in found]


def test_lines_with_a_label_are_entries_below_what_they_are_on():
    text = "The town has 40 trams.\n\nDates\n\n- Visit: 4 June\n- Award : 8 July\n- End: May\n"
    caption = "The town has 40 trams.\n\nDates"
    assert _entries(text) == [
        (caption, "Visit", "4 June"), (caption, "Award", "8 July"), (caption, "End", "May"),
    ]  # fmt: skip


@pytest.mark.parametrize("heading", ["What does it cost?", "3. Fees"])
def test_a_question_or_a_number_begins_what_a_list_is_on(heading):
    text = f"It is old.\n\n{heading}\n\nIn euros\n\nOne: 4\nTwo: 5\nThree: 6"
    assert {caption for caption, *_ in _entries(text)} == {f"{heading}\n\nIn euros"}


@pytest.mark.parametrize(
    "text",
    [
        "One: 4\nTwo: 5",
        "One: 4\nTwo: 5\n\nA line between\n\nThree: 6\nFour: 7",
        "Ann: I came late.\nBo: You did not.\nAnn: I did.",
        "10:00\n11:00\n12:00",
        "One: 4 | 5\nTwo: 5 | 6\nThree: 6 | 7",
        f"One: {'a ' * 100}\nTwo: {'b ' * 100}\nThree: {'c ' * 100}",
        "Red, green\nBlue, grey\nBlack, white",
    ],
)
def test_other_lines_are_none(text):
    assert _entries(text) == []


def test_every_quote_of_a_list_is_a_slice_of_its_document(assistant):
    texts = {d.source: d.text for d in map(_document, ("minutes", "notice", "people"))}
    for question in ("Who was present?", "Which fees are there?", "Which routes are diverted?"):
        answer = assistant.ask(question)
        for one in (*answer.citations, *answer.nearest):
            assert texts[one.source][one.start : one.end] == one.quote


def _document(name: str) -> Document:
    from corpus.markdown import markdown_text

    text = {"minutes": MINUTES, "notice": NOTICE, "people": PEOPLE}[name]
    return Document.from_text(markdown_text(text)[0], source=f"{name}.md")
