"""Answers drawn from several documents, over a small corpus written for it."""

import pytest

from corpus import Chunk, Document
from index import build_index
from index.searching import Hit
from qa import Assistant
from qa.deciding import CLEARLY, Judged, decide, side_by_side, surest_first
from qa.kinds import asks_for_several
from qa.quoting import Candidate, Quote

TEXTS = {
    # two years, two figures and two mayors; the notice repeats the review's figure
    ("review-2016", "2016-03-01"): "Brackwater has 12 charging stations for electric cars. The "
    "mayor of Brackwater is Anna Bell. The tram of Brackwater opened in May 1998.",
    ("review-2019", "2019-06-15"): "Brackwater has 31 charging stations for electric cars. The "
    "mayor of Brackwater is Otto Lind. The bakery on the quay sells rye bread.",
    ("notice", None): "In all, Brackwater now has 31 charging stations for electric cars.",
    # each holds part of what was held
    ("almanac", "2018"): "The Harbour Conference was held in Brackwater in 2018. Its guests came "
    "by ferry. The Harbour Conference was opened by a choir.",
    ("gazette", "2017"): "The Wind Conference was held in Denby in 2017. Engineers spoke of masts.",
    ("bulletin", "2015"): "The Soil Conference was held in Aldmouth in 2015. Farmers spoke of rye.",
    # the same said twice in other words
    ("chronicle", "2011"): "The lighthouse of Denby was designed by Mara Quill.",
    ("guide", "2012"): "Mara Quill designed the tall lighthouse of Denby.",
}  # fmt: skip


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    documents = [
        Document.from_text(text, source=source, date=date) for (source, date), text in TEXTS.items()
    ]
    return Assistant.open(build_index(documents, tmp_path_factory.mktemp("several")).path)


def sources(citations):
    return [citation.source for citation in citations]


def test_figures_that_differ_stand_side_by_side_newest_first(assistant):
    answer = assistant.ask("How many charging stations does Brackwater have?")
    new, old = answer.citations[:2]
    assert "31" in new.quote
    assert "review-2019" in {new.source, *new.also}
    assert (old.source, answer.text) == ("review-2016", new.quote)
    assert new.differs
    assert old.differs


def judged(source: str, text: str, *marks: str, sure: float = 0.8) -> Judged:
    document = Document.from_text(text, source=source)
    spans = tuple((text.index(mark), text.index(mark) + len(mark)) for mark in marks)
    chunk = Chunk(
        doc_id=document.doc_id, start=0, end=len(text), text=text, sentences=((0, len(text)),)
    )
    hit = Hit(chunk=chunk, document=document, score=1, dense=1, lexical=1, late=1, row=0)
    best = Candidate(
        hit=hit, place=0, start=0, end=len(text), late=1, coverage=1, margin=1, relevance=1,
        mark=spans[0], score=1,
    )  # fmt: skip
    quote = Quote(best=best, start=0, end=len(text), marks=spans)
    return Judged(quote=quote, sure=sure, kind="person", value=marks[0])


def test_a_weak_quote_is_shown_beside_a_good_one_only_where_each_answers_a_part():
    first = judged("a", "The tram was opened by the Harbour Board.", "Harbour Board")
    weak = judged("b", "Otto Lind came by tram.", "Otto Lind", sure=0.2)
    strong = judged("c", "A choir sang on the quay.", "choir", sure=0.4)
    parts = [[first, weak, strong]]
    assert sources(decide(parts, k=3, threshold=0.5)["citations"]) == ["a", "c"]
    every = decide(parts, k=3, threshold=0.5, several=True)["citations"]
    assert sources(every) == ["a", "b", "c"]


def test_a_quote_that_also_marks_what_the_first_says_is_not_at_odds_with_it():
    first = judged("a", "The tram was opened by the Harbour Board.", "Harbour Board")
    other = judged("b", "The Gazette wrote of it. It was opened by Otto Lind.", "Otto Lind")
    agreed = judged("c", "The Gazette says: the Harbour Board did.", "Gazette", "Harbour Board")
    assert side_by_side([first, other], threshold=0.5)[1] == {0, 1}
    assert side_by_side([first, agreed], threshold=0.5)[1] == set()
    assert side_by_side([agreed, first], threshold=0.5)[1] == set()


def test_the_figure_said_again_is_merged_and_cited_with_its_own_place(assistant):
    answer = assistant.ask("How many charging stations does Brackwater have?")
    citation = next(c for c in answer.citations if c.source in {"review-2019", "notice"})
    assert {citation.source, *citation.also} == {"review-2019", "notice"}
    (twin,) = citation.twins
    assert twin.quote == assistant.index.document(twin.doc_id).text[twin.start : twin.end]
    assert twin.number == citation.number


def test_a_document_is_not_at_odds_with_itself(tmp_path):
    text = (
        "Brackwater has 12 charging stations for electric cars.\n\n"
        "The ferry to Denby leaves from the quay. Tickets are sold on board.\n\n"
        "Brackwater has 19 charging stations for electric cars."
    )
    documents = [Document.from_text(text, source="list")]
    documents.append(Document.from_text("Denby has a lighthouse and no car.", source="other"))
    answer = Assistant.open(build_index(documents, tmp_path / "index").path).ask(
        "How many charging stations for electric cars does Brackwater have?"
    )
    shown = " ".join(citation.quote for citation in answer.citations)
    assert "12" in shown and "19" in shown
    assert not any(citation.differs for citation in answer.citations)


def test_names_that_differ_are_flagged(assistant):
    answer = assistant.ask("Who is the mayor of Brackwater?")
    assert sources(answer.citations[:2]) == ["review-2019", "review-2016"]
    assert [c.differs for c in answer.citations[:2]] == [True, True]


@pytest.mark.parametrize(
    "question", ["When did the tram of Brackwater open?", "Who designed the lighthouse of Denby?"]
)
def test_where_the_documents_agree_nothing_is_flagged(assistant, question):
    answer = assistant.ask(question)
    assert answer.answered
    assert not any(citation.differs for citation in answer.citations)


def test_quotes_that_say_the_same_in_other_words_are_one(assistant):
    first = assistant.ask("Who designed the lighthouse of Denby?").citations[0]
    assert {first.source, *first.also} == {"chronicle", "guide"}


def test_a_question_about_one_year_is_not_answered_by_another(assistant):
    first = assistant.ask("Which conference was held in 2017?").citations[0]
    assert first.source == "gazette"
    assert not first.differs


@pytest.mark.parametrize(
    "question",
    [
        "Which conferences were held in Brackwater, Denby and Aldmouth?",
        "which conferences were held, and where?",
        "Which conferences took place?",
    ],
)
def test_a_question_for_several_things_is_answered_from_several_documents(assistant, question):
    assert asks_for_several(question)
    answer = assistant.ask(question)
    assert set(sources(answer.citations)) == {"almanac", "gazette", "bulletin"}


def test_an_open_question_on_what_no_document_has_is_not_answered(assistant):
    assert not assistant.ask("Which elections were held, and where?").answered


def test_two_questions_in_one_sentence_are_both_answered(assistant):
    answer = assistant.ask("When did the tram open, and who designed the lighthouse?")
    quotes = " ".join(citation.quote for citation in answer.citations)
    assert "May 1998" in quotes
    assert "Mara Quill" in quotes


def test_a_later_question_of_a_sentence_may_lean_on_the_first(assistant):
    parts = assistant.parts("Who designed the lighthouse of Denby, and when was it built?")
    assert parts == [
        "Who designed the lighthouse of Denby?",
        "when was the lighthouse of Denby built?",
    ]


@pytest.mark.parametrize("k", [1, 2])
def test_k_holds_for_differing_quotes_too(assistant, k):
    answer = assistant.ask("How many charging stations does Brackwater have?", k=k)
    assert len(answer.citations) == k
    assert answer.text == answer.citations[0].quote
    assert "31" in answer.text


def test_a_few_pages_on_one_subject_answer_what_they_all_say(tmp_path):
    """Where every page says "pilots", "does" and "have" are the rare words: they do not count."""
    said = (
        "China now has 290 smart city pilots.",
        "China has about 290 smart city pilots.",
        "Yinchuan tested a bus that recognises faces.",
    )
    documents = [Document.from_text(text, source=f"{i}.txt") for i, text in enumerate(said)]
    build_index(documents, tmp_path / "index").close()
    answer = Assistant.open(tmp_path / "index").ask("How many smart city pilots does China have?")
    assert answer.answered
    assert "290" in answer.text


def test_another_wording_comes_first_only_if_clearly_surer():
    own = [judged("own", "The agency has 340 staff.", "340", sure=0.5)]
    other = [judged("other", "The agency has 12 boats.", "12", sure=0.5 + CLEARLY / 2)]
    surer = [judged("surer", "The agency has 7 ports.", "7", sure=0.5 + 2 * CLEARLY)]
    assert surest_first([own]) == own
    assert surest_first([own, other]) == own + other
    assert surest_first([own, surer]) == surer + own
    assert surest_first([[], surer]) == surer
    assert surest_first([own, []]) == own
