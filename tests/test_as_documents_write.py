"""A question is read as the documents write what it says: days, figures, abbreviations in full."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Document
from index import Index, build_index
from index.understanding.figures import (
    days_in,
    in_words,
    numbers_in_words,
    with_days_named,
    with_figures_grouped,
)
from qa import Assistant
from qa.values import dates_in

TEXTS = {
    "report.txt": "The Coastal Ports Agency (CPA) looks after four harbours and was set up in "
    "1996. Its lighthouse stands on Gull Rock.",
    "staff.txt": "In 2021 the storms were heavy. The agency had 340 employees. Its headquarters "
    "are at 9 Quay Road. The Coastal Ports Agency thanked the helpers.",
    "ferry.txt": "The Denby ferry sailed for the first time on 3 May 2016 and was sold on "
    "October 17th, 2021.",
    "lamps.txt": "Workers fitted 18,500 lamps along the canal. Divers laid twenty-two thousand "
    "four hundred stones on the sea wall.",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    documents = [Document.from_text(text, source=source) for source, text in TEXTS.items()]
    path = tmp_path_factory.mktemp("written") / "index"
    build_index(documents, path).close()
    return Assistant.open(path)


@pytest.fixture(scope="module")
def index(assistant: Assistant) -> Index:
    return assistant.index


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("What sailed on 2016-05-03?", "What sailed on 3 May 2016?"),
        ("What sailed on 2016/5/3?", "What sailed on 3 May 2016?"),
        ("What sailed on 5/3/2016?", "What sailed on 3 May 2016?"),
        ("What sailed on 3/5/2016?", "What sailed on 3 May 2016?"),  # as no passage has March 5
        ("What sailed on 03.05.2016?", "What sailed on 3 May 2016?"),
        ("What was sold on 17-10-2021?", "What was sold on 17 October 2021?"),
        ("What sailed on 4/6/2020?", "What sailed on 6 April 2020?"),  # none has either
        ("Is 99/99/2016 a day?", "Is 99/99/2016 a day?"),
        ("What is in 2016-05-03.csv or 1.2.2016.4?", "What is in 2016-05-03.csv or 1.2.2016.4?"),
        ("Who fitted 18500 lamps?", "Who fitted 18,500 lamps?"),
        ("Who fitted 18,500 lamps in 2016?", "Who fitted 18,500 lamps in 2016?"),
        ("Who has 0185003 or 18500.5?", "Who has 0185003 or 18500.5?"),
        ("Where are the head-quarters?", "Where are the headquarters?"),
        ("Where are the Head quarters?", "Where are the Headquarters?"),
        ("Where is the light-house?", "Where is the lighthouse?"),
        ("Which ferry sailed from four harbours?", "Which ferry sailed from four harbours?"),
        ("Where is the headquarter?", "Where is the headquarters?"),
        ("Where are the lighthouses?", "Where are the lighthouses?"),  # the word and an ending
    ],
)
def test_question_is_read_as_the_documents_write(question: str, written: str, index: Index) -> None:
    assert index.as_written(question) == written


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("What came on 2021-10-17?", "ferry.txt"),
        ("What came on 17 October?", "ferry.txt"),
        ("Where are 22400?", "lamps.txt"),
        ("Where are eighteen thousand five hundred?", "lamps.txt"),
    ],
)
def test_days_and_numbers_are_found_written_otherwise(
    question: str, source: str, index: Index
) -> None:
    rows, _ = index.lexical.search(question, k=1, wordings=index.wordings(question))
    assert index.passage(rows[0])[0].source == source
    (wording,) = index.wordings(question.replace("2021-10-17", "17 October"))
    assert index.lexical.has(wording.others[0])


@given(st.dates(min_value=date(1500, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_in_figures_is_the_same_day_in_words(day: date) -> None:
    def first(days: list[str]) -> str:
        return days[0]

    for text in (day.isoformat(), f"{day.month}/{day.day}/{day.year}", f"{day:%d.%m.%Y}"):
        assert dates_in(with_days_named(text, first)) == {(day.year, day.month, day.day)}
    ((written, others),) = days_in(f"What happened on {day.day} {day:%B} {day.year}?")
    assert written == f"{day.day} {day:%B}"
    assert f"{day:%d %m}" in others


@given(st.integers(min_value=21, max_value=10**12 - 1))
def test_a_number_is_the_same_in_words(number: int) -> None:
    words = in_words(number)
    assert re.fullmatch("[a-z]+( [a-z]+)*", words)
    assert numbers_in_words(words) == ([(words, str(number))] if " " in words else [])
    assert with_figures_grouped(str(number)).replace(",", "") == str(number)


def test_numbers_beside_one_another_are_none() -> None:
    assert numbers_in_words("from nineteen ninety to two three") == []
    assert numbers_in_words("Two hundred and five ships") == [("Two hundred and five", "205")]


@pytest.mark.parametrize("question", ["How many employees does the {} have?", "Where is the {}?"])
def test_an_abbreviation_is_answered_as_surely_as_its_long_form(
    question: str, assistant: Assistant
) -> None:
    full = assistant.ask(question.format("Coastal Ports Agency"))
    for short in ("CPA", "cpa"):
        answer = assistant.ask(question.format(short))
        assert answer.confidence >= full.confidence - 1e-6
        assert answer.answered
        assert answer.rewritten == question.format(short)
        assert len(set(answer.citations)) == len(answer.citations)


@pytest.mark.parametrize(
    "question",
    [
        "What does CPA stand for?",
        "What does the CPA mean?",
        "What is the CPA?",
        "What is the full name of the CPA?",
        "Which acronym is CPA?",
        "Who leads the Coastal Ports Agency (CPA)?",
        "Who leads the CPB?",
    ],
)
def test_an_abbreviation_is_kept_where_it_is_what_is_asked(question: str, index: Index) -> None:
    assert index.in_full(question) == question


def test_what_will_be_read_is_told_once(assistant: Assistant) -> None:
    told = []
    assistant.ask("Who runs the CPA?", found=lambda _, hits: told.append([h.row for h in hits]))
    (rows,) = told
    assert len(rows) == len(set(rows))
