"""Citations: slices of the stored text, and nothing else."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Document
from qa import Answer, Citation, cite
from qa.answers import name_marked

TEXT = "Über Yinchuan 银川.\nIt hosted 🙂 the e\u0301lite in 2018.\nEnd."
DOCUMENT = Document.from_text(TEXT, source="a.txt", title="T", date="2018", page_starts=(0, 20))


@given(st.data())
def test_a_quote_is_the_slice_it_says(data):
    start = data.draw(st.integers(0, len(DOCUMENT.text) - 1))
    end = data.draw(st.integers(start + 1, len(DOCUMENT.text)))
    citation = cite(DOCUMENT, start, end)
    assert citation.quote == DOCUMENT.text[citation.start : citation.end]
    assert citation.line == DOCUMENT.text[:start].count("\n") + 1
    assert citation.page == (1 if start < 20 else 2)
    assert (citation.passage_start, citation.passage_end) == (start, end)


def test_a_citation_names_its_document():
    citation = cite(
        DOCUMENT, 5, 13, number=2, highlights=[(9, 13), (5, 7)], passage=(0, 18), score=1.5
    )
    assert (citation.source, citation.title, citation.date) == ("a.txt", "T", "2018")
    assert (citation.number, citation.quote, citation.score) == (2, "Yinchuan", 1.5)
    assert citation.highlights == ((5, 7), (9, 13))
    assert (citation.passage_start, citation.passage_end) == (0, 18)


def test_a_document_without_pages_has_none():
    assert cite(Document.from_text("Words.", source="b"), 0, 6).page is None


def test_a_citation_names_the_headings_over_it_beside_the_title():
    text = "Towns\n\nThey were seen.\n\nAra\n\nCosts\n\n3 million.\n\nDenby\n\nCosts\n\n4 million."
    document = Document.from_text(text, source="a.md", title="Towns")

    def section(quote: str) -> str:
        start = text.index(quote)
        return cite(document, start, start + len(quote)).section

    assert section("They were seen.") == ""
    assert section("3 million.") == "Ara › Costs"
    assert section("4 million.") == "Denby › Costs"
    assert section("Denby\n\nCosts\n\n4 million.") == ""  # which the quote holds
    paged = replace(document, page_starts=(0,))
    assert cite(paged, text.index("3 million"), len(text)).section == ""


@pytest.mark.parametrize(
    ("start", "end", "passage"),
    [(0, 0, None), (3, 2, None), (-1, 2, None), (0, 999, None), (5, 9, (6, 12)), (5, 9, (0, 8))],
)
def test_a_span_that_does_not_fit_is_refused(start, end, passage):
    with pytest.raises(ValueError, match="does not fit a.txt, which has .* characters"):
        cite(DOCUMENT, start, end, passage=passage)


@pytest.mark.parametrize("mark", [(4, 7), (5, 14), (6, 6)])
def test_a_highlight_outside_the_quote_is_refused(mark):
    with pytest.raises(ValueError, match="outside the quote 5:13"):
        cite(DOCUMENT, 5, 13, highlights=[mark])


def test_only_cite_makes_a_citation():
    citation = cite(DOCUMENT, 5, 13)
    fields = {name: getattr(citation, name) for name in citation.__slots__}
    with pytest.raises(TypeError, match="Only cite"):
        Citation(**(fields | {"quote": "something that is not there"}))
    with pytest.raises((TypeError, ValueError)):
        replace(citation, quote="something that is not there")


def test_an_answer_becomes_plain_json():
    answer = Answer(
        question="q", rewritten="q", answered=True, confidence=0.9, text="Yinchuan", nearest=(),
        citations=(cite(DOCUMENT, 5, 13, highlights=[(5, 13)]),), timings={"total": 1.0},
    )  # fmt: skip
    plain = json.loads(json.dumps(answer.to_dict()))
    assert set(plain) >= {
        "question", "rewritten", "answered", "confidence", "text", "citations", "nearest",
        "timings",
    }  # fmt: skip
    assert plain["citations"][0]["quote"] == "Yinchuan"
    assert plain["citations"][0]["highlights"] == [[5, 13]]
    assert "made_by" not in plain["citations"][0]


@pytest.mark.parametrize(
    ("text", "marked", "name"),
    [
        ("By 2030 Hong Kong is to be smart.", "Hong Kong", "Hong Kong"),
        ("Since 2015 Bo Holm has led it.", "Bo Holm", "Bo Holm"),
        ("It held the 2018 Smart City Summit.", "Smart City Summit", "the 2018 Smart City Summit"),
        ("It held 2018 Smart City Day.", "Smart City Day", "2018 Smart City Day"),
        ("It held the 2018 Harbour Day.", "the 2018 Harbour Day", "the 2018 Harbour Day"),
        ("By 2030 Hong Kong is to be smart.", "2030 Hong Kong", "Hong Kong"),
        ("It was held in the harbour.", "the harbour", None),
    ],
)
def test_a_marked_name_has_its_year_but_not_the_year_of_the_sentence(text, marked, name):
    start = text.index(marked)
    document = Document.from_text(text, source="a.txt")
    citation = cite(document, 0, len(text), highlights=[(start, start + len(marked))])
    assert name_marked(citation) == name
