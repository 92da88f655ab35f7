"""Names in questions: found, held in other forms, and whether a document is on another."""

from dataclasses import replace

import pytest
from test_weighing import Verifier, _asked, _quote

from corpus import Document
from corpus.headings import headings_in, headings_over
from qa.naming import (
    NAMES_ITS_SUBJECT,
    holds,
    is_of_another_section,
    is_of_somebody_else,
    is_on_another,
    names_in,
)
from qa.weighing import verify, weigh

STUDY = """Getting around the Lowmark

Prepared for the board, 3 May 2025

Harrowmere
The town counts 212 sensors, all of them made by Bexwell. Mayor Ana Lund opened the last.

Velstrand
Half of all freight arrives by water. The lorries meet at Sluice Bridge.

Results
The boats were counted.

Oskerby
Trams run at night.

Results
They carry 900 people.

Costs
The sensors in Velstrand cost 3 million. Harrowmere paid 7 million.

What it costs to run them?
- 40,000 a year
"""


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("By what year does San Antonio want zero waste?", [("San", "Antonio")]),
        ("Who heads the Board of Trade's Wage Office?", [("Board", "Trade"), ("Wage", "Office")]),
        ("Who is Denby's mayor, and what did I pay in May 2018?", [("Denby",)]),
        ("Velstrand town budget", []),  # the first word is capitalised anyway
        ("what does the N2 cost on Monday", [("N2",)]),
        ("Who got the 210k of the Browns-Steelers in the 2nd year?", [("Browns", "Steelers")]),
        ("who is the mayor of velstrand", []),
        ("Who Is The Mayor Of Velstrand?", []),
        ("WHO IS THE MAYOR OF VELSTRAND", []),
        ("Does Velstrand or I pay?", [("Velstrand",)]),
    ],
)  # fmt: skip
def test_names_are_capitalised_words_but_no_dates_and_figures(question, names):
    assert names_in(question) == names


@pytest.mark.parametrize(
    ("text", "word", "held"),
    [
        ("The ministry of China met.", "Chinese", True),
        ("The Britons met.", "British", True),
        ("The Austrians met.", "Australia", False),
        ("The Hebei office.", "Hubei", False),
        ("Montcalm slipped away.", "Moncalm", True),
        ("The U.S. rank 13th.", "US", True),
        ("Of all American workers", "U.S", True),
        ("Let us meet.", "US", False),
        ("The Department of Transportation", "DOT", True),
        ("The Department of Transportation", "USDOT", True),
        ("The Department of Transport", "DTO", False),
        ("The Olympics of Ara", "Olympic", True),
        ("The Austin plan", "Antonio", False),
    ],
)
def test_a_name_may_stand_in_another_form(text, word, held):
    assert holds(text, word) == held


def test_a_document_that_lacks_the_name_asked_for_is_on_another() -> None:
    long = "Aldmouth wants zero waste by 2040, says Mara Quill. " * 40
    document = Document.from_text(long, source="waste/aldmouth.md", title="Waste in Aldmouth")
    weights = dict.fromkeys("denbi aldmouth rutland wast green parti colombian".split(), 3.0)

    def asked(question: str) -> bool:
        return is_on_another(question, document, weights)

    assert len(document.text) > NAMES_ITS_SUBJECT
    assert asked("When does Denby want zero waste?")
    assert asked("When do the Denby Green Party and Denby want zero waste?")
    assert not asked("When does Aldmouth want zero waste?")
    assert not asked("When do Denby and Aldmouth want zero waste?")
    assert not asked("When does Aldmouth in Rutland want zero waste?")  # which is left unsaid
    assert not asked("What do the Colombian streets want?")  # Aldmouth may lie in Colombia
    assert not asked("what year does denby want zero waste")
    short = replace(document, text=document.text[:200])
    assert not is_on_another("When does Denby want zero waste?", short, weights)


def test_headings_are_short_lines_with_something_below_them() -> None:
    assert [STUDY[slice(*span)] for span in headings_in(STUDY)] == [
        "Getting around the Lowmark", "Prepared for the board, 3 May 2025", "Harrowmere",
        "Velstrand", "Results", "Oskerby", "Results", "Costs", "What it costs to run them?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "headings"),
    [
        ("Getting around", ["Getting around the Lowmark"]),
        ("Half of all", ["Velstrand"]),
        ("They carry", ["Oskerby", "Results"]),
        ("The sensors in", ["Costs"]),
    ],
)
def test_below_a_repeated_heading_the_one_before_counts_too(
    quote: str, headings: list[str]
) -> None:
    document = Document.from_text(STUDY, source="a.md")
    assert headings_over(document, STUDY.index(quote)) == headings


def test_the_title_is_no_heading_nor_what_does_not_end_before() -> None:
    document = Document.from_text(STUDY, source="a.md", title="Oskerby")
    place = STUDY.index("They carry")
    assert headings_over(document, place) == ["Results"]
    assert headings_over(document, place, before=STUDY.rindex("Results")) == []


def test_a_text_without_headings_has_none() -> None:
    document = Document.from_text("Half of all freight arrives by water.", source="a.md")
    assert headings_over(document, 3) == []


def test_a_day_above_minutes_is_no_name_of_a_section() -> None:
    text = (
        "Minutes\n\nDecember 10, 2018\n\nAll were there.\n\nAdjournment\n\nAna Lund moved to close."
    )
    start = text.index("Ana Lund")
    question = "Who moved to close on December 10, 2018?"
    assert not is_of_another_section(question, text, start, text[start:])


@pytest.mark.parametrize(
    "line",
    ["Broadband … 40", "Town | Sensors", "it goes on", "Dear Ana,", "12.5", "A sentence ends."],
)
def test_other_short_lines_are_no_headings(line: str) -> None:
    text = f"What it is.\n\n{line}\nBelow it stands a sentence."
    assert line not in [text[slice(*span)] for span in headings_in(text)]


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("Who made the sensors in Velstrand?", "The town counts", True),
        ("Who made the sensors in Harrowmere?", "The town counts", False),
        ("Where do lorries meet in Velstrand?", "The lorries meet", False),
        (
            "What did the sensors in Harrowmere cost?",
            "The sensors in Velstrand",
            False,
        ),  # beside it
        ("What do sensors cost in Denby?", "The town counts", False),  # has no section
        ("What was counted in Velstrand?", "The boats", False),  # below a heading that is no name
        ("How many people does Oskerby carry?", "They carry", False),
        ("How many people does Velstrand carry?", "They carry", True),
        ("What did the Costs come to?", "The sensors in Velstrand", False),
        ("Velstrand sensor maker", "The town counts", True),
        ("Costs of sensors", "The town counts", False),
        ("who made the sensors in velstrand", "The town counts", True),
        ("who paid the costs", "The town counts", False),  # "Costs" is no name
    ],
)
def test_a_quote_of_the_section_on_another_is_told(question, quote, other):
    start = STUDY.index(quote)
    around = STUDY[start : STUDY.index("\n", start)]
    assert is_of_another_section(question, STUDY, start, around) == other


@pytest.mark.parametrize(
    ("question", "sentence", "other"),
    [
        ("When will Roussel retire?", "Dr Solheim will retire in May.", True),
        ("What did Lu Dongsen propose?", "“Wu Xiaoning proposed three things.", True),
        ("When will Solheim retire?", "Dr Solheim will retire in May.", False),
        ("When will Roussel retire from Denby?", "Dr Solheim will retire in May.", False),
        ("What did the Roussel office say?", "Wu Xiaoning said it.", False),
        ("When will she retire?", "Dr Solheim will retire in May.", False),
        ("When will Roussel retire?", "In May Dr Solheim will retire.", False),
        ("When will Roussel retire?", "After Ana Solheim she will.", False),
        ("When will the Irish delegate retire?", "Dr Solheim will retire in May.", False),
    ],
)
def test_what_somebody_else_does_is_told(question: str, sentence: str, other: bool) -> None:
    weights = dict.fromkeys("roussel lu dongsen solheim irish".split(), 2.0)
    assert is_of_somebody_else(question, sentence, sentence, weights) == other
    assert not is_of_somebody_else(question, sentence, f"Roussel, Lu Dongsen. {sentence}", weights)


def test_what_is_on_another_is_amiss() -> None:
    asked = replace(_asked("Who made the sensors in Velstrand?"), term_weights={"velstrand": 1.0})
    assert weigh(asked, _quote(STUDY, place=2)).amiss == -1
    asked = replace(_asked("Who made the sensors in Harrowmere?"), term_weights={"harrow": 1.0})
    assert weigh(asked, _quote(STUDY, place=2)).amiss == 0


@pytest.mark.parametrize(
    ("question", "word", "read"),
    [
        ("Who opened it in Harrowmere?", "harrowmer", "A study. Harrowmere. Mayor"),
        ("Who opened it?", "open", "A study. Mayor"),
    ],
)
def test_a_quote_is_read_again_after_a_heading_that_has_a_word_of_the_question(
    question: str, word: str, read: str
) -> None:
    asked = replace(_asked(question), term_weights={word: 1.0})
    quote = _quote(STUDY, title="A study", place=4)
    sentences = tuple(
        span for span in quote.best.hit.chunk.sentences if span[0] >= quote.best.start
    )
    hit = quote.best.hit
    hit = replace(hit, chunk=replace(hit.chunk, start=sentences[0][0], sentences=sentences))
    verifier = Verifier((3.0, 1.0))
    verify(asked, [replace(quote, best=replace(quote.best, hit=hit))], verifier)
    assert verifier.read[0].startswith(read)
