"""Papers as offices have them: the questions fit the documents, quotes are counted as right."""

import pytest

from benchmarks.papers import OFFICES, counts, documents, holds, questions
from corpus import Document
from qa import Answer, cite

MINUTES = Document.from_text("Chair: Maria Lopez\nClerk: John Abbot", source="a/minutes.md")


@pytest.mark.parametrize(
    ("place", "asked", "answered"),
    [
        ("city", 80, 60),
        ("county", 80, 60),
        ("region", 80, 45),
        ("programme", 100, 60),
        ("health", 100, 60),
    ],
)
def test_every_question_on_the_papers_of_an_office_has_its_evidence_in_its_document(
    place, asked, answered
):
    rows = questions()[f"{place} offices"]
    texts = {d.source: " ".join(d.text.split()) for d in documents(f"{place} offices")}
    assert set(texts) == {path.name for path in (OFFICES / place).iterdir()}
    told = [row for row in rows if "evidence" in row]
    assert (len(rows), len(told)) == (asked, answered)
    assert all(" ".join(row["evidence"].split()) in texts[row["source"]] for row in told)


def _answer(*, answered: bool) -> Answer:
    quotes = (cite(MINUTES, 0, 18),)
    return Answer(
        question="q", rewritten="q", answered=answered, confidence=0.5,
        text=quotes[0].quote if answered else None, citations=quotes if answered else (),
        nearest=() if answered else quotes, timings={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "right"),
    [
        ({"evidence": "Chair:  Maria Lopez", "source": "minutes.md"}, True),
        ({"evidence": "Chair: Maria Lopez", "source": "notice.md"}, False),
        ({"evidence": "Clerk: John Abbot", "source": "minutes.md"}, False),
        ({}, False),
    ],
)
def test_a_quote_is_right_that_holds_the_evidence_of_the_right_document(row, right):
    assert holds(cite(MINUTES, 0, 18), row) == right


def test_papers_are_counted_by_the_first_quote():
    told = {"evidence": "Chair: Maria Lopez", "source": "minutes.md"}
    other = told | {"source": "notice.md"}
    rows = [(told, True), (told, False), (other, True), (other, False), ({}, True), ({}, False)]
    answers = ((row, _answer(answered=answered)) for row, answered in rows)
    assert counts(answers) == {
        "answerable": 4, "unanswerable": 2, "right first": 2, "answered rightly": 1,
        "answered wrongly": 1, "answered without an answer": 1,
    }  # fmt: skip
