"""Answers drawn from several documents, over a small corpus written for it."""

from dataclasses import replace

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
    # a count grown, told of "the shipyard"; counts by year; two who give another count of one year
    ("yard-2014", "2014-05-01"): "The Denby Shipyard builds ferries. The Denby Shipyard has 70 "
    "welders. It sold 4 ferries in 2013.",
    ("yard-2018", "2018-05-01"): "Its crane is new. The Denby Shipyard delivered a ferry in March. "
    "The shipyard had 95 welders. It sold 9 ferries in 2017.",
    ("library-2015", "2016"): "The library of Aldmouth lent 5,200 books in 2015.",
    ("library-2018", "2019"): "The library of Aldmouth lent 8,100 books in 2018.",
    ("herald", "2017"): "The library of Aldmouth lent 4,900 books in 2015, as a reader counted.",
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


def judged(
    source: str,
    text: str,
    *marks: str,
    sure: float = 0.8,
    date: str | None = None,
    **values: object,
) -> Judged:
    document = Document.from_text(text, source=source, date=date)
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
    fields = {"kind": "person", "value": marks[0]} | values
    return Judged(quote=quote, sure=sure, **fields)


def test_a_weak_quote_is_shown_beside_a_good_one_only_where_each_answers_a_part():
    first = judged("a", "The tram was opened by the Harbour Board.", "Harbour Board")
    weak = judged("b", "Otto Lind came by tram.", "Otto Lind", sure=0.2)
    strong = judged("c", "A choir sang on the quay.", "choir", sure=0.4)
    doubted = judged("d", "A band played at the mole.", "band", sure=0.6, margin=-4.1)
    parts = [[first, weak, doubted, strong]]
    assert sources(decide(parts, k=4, threshold=0.5)["citations"]) == ["a", "c"]
    every = decide(parts, k=4, threshold=0.5, several=True)["citations"]
    assert sources(every) == ["a", "b", "d", "c"]


def test_a_quote_that_also_marks_what_the_first_says_is_not_at_odds_with_it():
    first = judged("a", "The tram was opened by the Harbour Board.", "Harbour Board")
    other = judged("b", "The Gazette wrote of it. It was opened by Otto Lind.", "Otto Lind")
    agreed = judged("c", "The Gazette says: the Harbour Board did.", "Gazette", "Harbour Board")
    assert side_by_side([first, other], threshold=0.5)[1] == {0, 1}
    assert side_by_side([first, agreed], threshold=0.5)[1] == set()
    assert side_by_side([agreed, first], threshold=0.5)[1] == set()


@pytest.mark.parametrize(
    ("first", "other", "differ"),
    [
        ("9 ferries", "4 ferries", True),
        ("9 ferries", "9 boats", False),
        ("9 ferries", "4 months", False),
        ("9 km", "4 kilometres", True),
        ("9 people", "4 passengers", True),
        ("9 welders", "4 ferries", False),
        ("20 percent of it", "a quarter of it", True),
        ("25 percent of it", "a quarter of it", False),
    ],
)
def test_only_figures_of_one_thing_differ(first, other, differ):
    quotes = [
        judged(value, f"There were {value} in all.", value, kind="number")
        for value in (first, other)
    ]
    assert bool(side_by_side(quotes, threshold=0.5)[1]) is differ


def test_a_newer_figure_comes_first_though_its_sentence_names_less(assistant):
    answer = assistant.ask("How many welders does the Denby Shipyard have?")
    assert sources(answer.citations[:2]) == ["yard-2018", "yard-2014"]
    assert [c.differs for c in answer.citations[:2]] == [True, True]


def test_what_a_quote_lacks_may_stand_around_it_only_where_both_count_the_same():
    first = judged("a", "The Denby Yard has 70 welders.", "70 welders", kind="number")
    other = judged("b", "The yard had 95 welders.", "95 welders", kind="number", quoted=0.65)
    elsewhere = replace(other, around=0.5)
    bare = replace(other, value="95")
    little = replace(other, quoted=0.5)
    unsure = replace(other, sure=0.5)
    flagged = [
        bool(side_by_side([first, one], threshold=0.4)[1])
        for one in (other, elsewhere, bare, little, unsure)
    ]
    assert flagged == [True, False, False, False, False]


def test_figures_of_the_year_asked_for_differ_and_those_of_another_do_not(assistant):
    citations = assistant.ask("How many books did the library of Aldmouth lend in 2015?").citations
    assert sources(citations[:2]) == ["herald", "library-2015"]
    assert [c.differs for c in citations[:2]] == [True, True]
    assert not any(c.differs for c in citations if c.source == "library-2018")


def test_a_year_that_only_one_document_has_is_not_at_odds_with_others(assistant):
    citations = assistant.ask("How many books did the library of Aldmouth lend in 2018?").citations
    assert citations[0].source == "library-2018"
    assert not any(c.differs for c in citations)


def test_a_quote_of_the_year_asked_for_comes_before_one_that_gives_another_value():
    now = judged("a", "A ride costs 3 euros.", "3 euros", kind="number", timely=False, sure=0.9)
    then = judged("b", "A ride cost 2 euros in 2015.", "2 euros", kind="number", sure=0.8)
    citations = decide([[now, then]], k=3, threshold=0.5)["citations"]
    assert sources(citations) == ["b", "a"]
    assert not any(c.differs for c in citations)
    for other in (
        judged("b", "4 buses ran in 2015.", "4 buses", kind="number"),  # of something else
        replace(then, sure=0.45),
        replace(then, quoted=0.5),
    ):
        assert decide([[now, other]], k=3, threshold=0.5)["citations"][0].source == "a"


def test_answers_to_different_questions_of_a_sentence_do_not_differ():
    bell = judged("a", "Anna Bell leads the port.", "Anna Bell")
    lind = judged("b", "Otto Lind leads the mill.", "Otto Lind")
    decision = decide([[bell], [lind]], k=3, threshold=0.5, several=True)
    assert not any(c.differs for c in decision["citations"])


def test_each_question_of_a_sentence_has_what_differs_beside_its_answer():
    bell = judged("a", "Anna Bell leads the port.", "Anna Bell", date="2011")
    holm = judged("b", "Bo Holm leads the port.", "Bo Holm", date="2015")
    moe = judged("c", "Kai Moe leads the port.", "Kai Moe", date="2014")
    lind = judged("d", "Otto Lind leads the mill.", "Otto Lind", date="2012")
    quill = judged("e", "Mara Quill leads the mill.", "Mara Quill", date="2013")
    parts = [[bell, holm, moe], [lind, quill]]
    citations = decide(parts, k=5, threshold=0.5, several=True)["citations"]
    assert sources(citations) == ["b", "a", "e", "d", "c"]
    assert [c.differs for c in citations] == [True, True, True, True, False]


def test_what_answers_another_question_is_not_hidden_among_those_that_say_the_same():
    text = "Anna Bell, named on 3 May 2015, leads the port of Denby."
    leads = judged("a", "Anna Bell leads the port of Denby.", "Anna Bell")
    same = judged("b", text, "Anna Bell")
    named = judged("b", text, "3 May 2015", kind="date")
    leads = replace(leads, quote=replace(leads.quote, twins=(same.quote,)))
    alone = decide([[leads]], k=3, threshold=0.5)["citations"]
    assert [c.also for c in alone] == [("b",)]
    both = decide([[leads], [named]], k=3, threshold=0.5, several=True)["citations"]
    assert sources(both) == ["a", "b"]
    again = decide([[leads], [same]], k=3, threshold=0.5, several=True)["citations"]
    assert [c.also for c in again] == [("b",)]


@pytest.mark.parametrize("years", ["2013 and 2017", "2013 and in 2017"])
def test_a_question_about_two_years_gets_the_figure_of_each(assistant, years):
    answer = assistant.ask(f"How many ferries did the Denby Shipyard sell in {years}?")
    assert set(sources(answer.citations[:2])) == {"yard-2014", "yard-2018"}
    assert not any(c.differs for c in answer.citations)


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
    (one,) = own
    again = [replace(one, sure=one.sure + CLEARLY / 2)]
    assert surest_first([own, again]) == again + own  # the same quote, surer in other words
    assert surest_first([[], surer]) == surer
    assert surest_first([own, []]) == own
