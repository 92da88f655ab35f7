"""What speaks for a quote: years asked about that it lacks, posts and owners that are others's."""

from dataclasses import replace

import numpy as np
import pytest

from corpus import Chunk, Document, sentence_spans
from index.searching import Hit
from qa.asked import Asked
from qa.quoting import Candidate, Quote
from qa.reader import Reading
from qa.values import dates_in
from qa.weighing import VERIFIED_CHARACTERS, VERIFIED_LESS, VERIFIED_MARGIN, verify, weigh


def _asked(text: str) -> Asked:
    return Asked(
        text=text, encoding=None, token_weights=np.ones(1, np.float32), term_weights={"x": 1.0},
        characters=False, days=dates_in(text),
    )  # fmt: skip


def _quote(text: str, *, date: str | None = None, title: str = "", place: int = 0) -> Quote:
    document = Document.from_text(text, source="a", date=date, title=title)
    sentences = tuple(sentence_spans(text))
    chunk = Chunk(doc_id=document.doc_id, start=0, end=len(text), text=text, sentences=sentences)
    hit = Hit(chunk=chunk, document=document, score=1, dense=0.5, lexical=1, late=0.5, row=0)
    start, end = sentences[place]
    best = Candidate(
        hit=hit, place=place, start=start, end=end, late=0.5, coverage=0.5, margin=1.0,
        relevance=0.0, mark=(start, end), score=1.0,
    )  # fmt: skip
    return Quote(best=best, start=start, end=end, marks=((start, end),))


class Verifier:
    """Finds a span of this margin, and this relevance, in each passage given."""

    def __init__(self, *found: tuple[float, float]) -> None:
        self._found = found
        self.read: list[str] = []

    def verify(self, question: str, passages: list[str]) -> list[Reading]:
        self.read += passages
        return [
            Reading(
                offsets=np.array([[0, 1], [len(passage) - 1, len(passage)]], np.int32),
                start_logits=np.array([9, margin], np.float32),
                end_logits=np.array([9, 0], np.float32),
                null=0.0, relevance=relevance,
            )
            for passage, (margin, relevance) in zip(passages, self._found, strict=True)
        ]  # fmt: skip


def test_the_verifier_reads_a_passage_after_its_title_and_looks_at_the_quote_alone() -> None:
    verifier = Verifier((3.0, 1.0))
    (one,) = verify(_asked("Who?"), [_quote("It was Ott.", title="Ott")], verifier)
    assert verifier.read == ["Ott. It was Ott."]
    found = one.evidence
    assert found.verified_margin == 3.0  # not the 18 of a span in the title
    assert found.verified_relevance == 1.0


def test_what_the_verifier_finds_ranks_the_quotes() -> None:
    quotes = [_quote(text, title="A tale") for text in ("It was Ott.", "It was Lind.")]
    for found, first in (((-4.0, 0.0), "It was Lind."), ((4.0, 0.0), "It was Ott.")):
        verified = verify(_asked("Who?"), quotes, Verifier(found, (0.0, 0.0)))
        assert verified[0].quote.text == first


def test_the_verifier_ranks_the_less_the_more_words_of_the_question_a_quote_has() -> None:
    def lead(words: str) -> float:
        texts = (f"Karl Ott built the pier of {words}.", "Lena Brandt painted it.")
        quotes = [_quote(text, title="A tale") for text in texts]
        first, second = verify(_asked("Who?"), quotes, Verifier((9.0, 0.0), (0.0, 0.0)))
        assert first.quote is quotes[0]
        return first.score - second.score

    assert lead("Brakel") == pytest.approx(VERIFIED_MARGIN * 9.0)
    assert lead("x") == pytest.approx((1 - VERIFIED_LESS) * VERIFIED_MARGIN * 9.0)  # "x" is asked


def test_the_verifier_reads_what_is_around_a_quote_not_the_whole_passage() -> None:
    text = " ".join(f"Sentence {number} of the report on the port of Lind." for number in range(90))
    quote = _quote(text, place=45)
    verifier = Verifier((0.0, 0.0))
    verify(_asked("Who?"), [quote], verifier)
    (read,) = verifier.read
    assert len(read) <= VERIFIED_CHARACTERS
    assert read.startswith("Sentence 39 ")
    assert read.endswith("Sentence 48 of the report on the port of Lind.")


def test_a_question_in_characters_is_not_verified() -> None:
    quotes = [_quote("It was Ott."), _quote("It was Lind.")]
    asked = replace(_asked("Who?"), characters=True)
    verified = verify(asked, quotes, Verifier())
    assert [one.quote for one in verified] == quotes
    assert {one.evidence.verified_margin for one in verified} == {0.0}


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("Who is the director of the port?", "The deputy director of the port is Ana Lund.", -1),
        ("Who is the director of the port?", "Vice-director Ana Lund left the port.", -1),
        ("Who is director of the port?", "Acting director Ana Lund opened the port.", -1),
        ("Who is the mayor?", "Mayor Pro Tem Ana Lund spoke.", -1),
        ("Who hosted the 2019 summit?", "Denby hosted the 2018 Harbour Summit.", -1),
        ("Who hosted the 2019 summit?", "Denby hosted the 2018 and the 2019 summit.", 0),
        ("Who hosted the 2019 summit?", "The host was Denby, 2018 winner of the award.", 0),
        ("How many came in 2019?", "In 2018 people came by boat.", 0),
        ("Who is the mayor?", "Mayor-elect Ana Lund spoke.", -1),
        ("Who is the director of the port?", "The director is Ana Lund, her deputy Bo Holm.", 0),
        (
            "Who is the director of the port?",
            "Its director Ana Lund and the deputy director Bo Holm came.",
            0,
        ),
        ("Who is the deputy director?", "The deputy director of the port is Ana Lund.", 0),
        ("Who played in the film?", "Ana Lund was praised for acting in Harbour.", 0),
        (
            "Who is the director of the Port Agency?",
            "The deputy director of the Port Agency is Ana Lund, and the director of the Tide "
            "Office of the Port Bureau is Bo Holm.",
            -1,
        ),
        (
            "Who is the director of the Port Agency?",
            "The deputy director of the Port Agency is Ana Lund, the director of the Agency Bo.",
            0,
        ),
        (
            "Who is the director of the Port Agency?",
            "The deputy director of the Port Agency is Ana Lund, under director Bo Holm.",
            0,
        ),
    ],
)
def test_a_deputy_is_not_the_one_asked_for(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("When was version 2.0 of the map released?", "We released v1.0 of it in May.", -1),
        ("When was version 2.0 of the map released?", "We released v2 of it in May.", 0),
        ("When was version 2 of the map released?", "Version 2.1 of it came in May.", 0),
        ("What did phase two cost?", "The first phase cost 4 million.", -1),
        ("What did phase two cost?", "The first trial phase cost 4 million.", -1),
        ("What did the 2nd phase cost?", "Phase II cost 4 million.", 0),
        ("What did the second phase cost?", "Phases 1 and 2 cost 4 million.", 0),
        ("What did the second phase cost?", "The early phases cost 4 million.", 0),
        ("What did the second phase cost?", "Phase 1 cost 4 million, the second 3.", 0),
        ("What did phase 2 cost?", "From phase one to phase three it cost 9 million.", 0),
        ("What is her second point?", "Ana Lund said firstly that rents must fall.", -1),
        ("What is her second point?", "Ana Lund said secondly that rents must fall.", 0),
        ("What did phase 2 cost?", "From phase 1 on it cost a million a year.", 0),
        ("What did both phases cost?", "The first phase cost 4 million.", 0),
        ("Who spoke in phase 2?", "The first speaker was Ana Lund.", 0),
        ("How many flats has Ward A?", "Ward B has 30 flats.", -1),
        ("What does article 12 forbid?", "Article 12.1 forbids boats.", 0),
        ("What does article 12 forbid?", "Article 21 forbids boats.", -1),
    ],
)
def test_one_number_of_a_thing_is_not_another(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


def test_a_number_that_stands_beside_a_quote_may_be_its():
    text = "In the second phase more was bought. It cost twice what the first phase had cost."
    assert weigh(_asked("What did phase 2 cost?"), _quote(text, place=1)).amiss == 0


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("Who is the mayor of Shenzhen?", "Ana Lund is the Mayor of Arnstadt.", -1),
        ("who is the mayor of shenzhen", "Ana Lund is the mayor of Arnstadt.", -1),
        ("Who is Shenzhen's mayor?", "Ana Lund is the mayor of the Arnstadt district.", -1),
        ("What is the capital of Peru?", "Chile’s capital is Santiago.", -1),
        ("Who is the mayor of Arnstadt?", "Ana Lund is the mayor of Arnstadt.", 0),
        ("Who is director of Peru's Data Agency?", "The director of the Data Agency spoke.", 0),
        ("Who is the mayor of Shenzhen?", "She met the mayor of Shenzhen and of Arnstadt.", 0),
        ("Who is the mayor of Shenzhen?", "The mayor of the city is Ana Lund.", 0),
        ("who is the mayor of the city", "Ana Lund is the mayor of Arnstadt.", 0),
        ("Who is the mayor of the port?", "Ana Lund is the mayor of Arnstadt.", 0),
        ("Who is the mayor of Shenzhen?", "The head of Arnstadt is Ana Lund.", 0),
        ("Who is the head of the CPA?", "The head of the Coastal Ports Agency is Ana Lund.", 0),
        ("Who is the head of the CPB?", "The head of the Coastal Ports Agency is Ana Lund.", -1),
    ],
)
def test_what_is_anothers_is_not_what_is_asked_for(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


def test_what_is_asked_for_may_be_said_of_both():
    text = "The mayor of Arnstadt is Ana Lund, who had been mayor of Shenzhen."
    assert weigh(_asked("Who is the mayor of Shenzhen?"), _quote(text)).amiss == 0


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("Who is the deputy mayor?", "Ana Lund is the mayor.", -1),
        ("who was vice president of the port", "Its president is Ana Lund.", -1),
        ("Who is the deputy mayor?", "The vice mayor is Ana Lund.", 0),
        ("What do the deputy heads earn?", "Ana Lund heads the port.", 0),  # of no post
        ("Who is the chairman of the port?", "Its general manager is Ana Lund.", -1),
        ("who is chief executive of the port", "Ana Lund is the manager of the port.", -1),
        ("Who is the CEO of the port?", "Its chief executive is Ana Lund.", 0),
        ("Who is the chairman of the port?", "Ana Lund chairs it, with a manager.", 0),
        ("Who is the chairman of the port?", "Ana Lund is the chairwoman.", 0),
        ("Who is the head of the port?", "Its director is Ana Lund.", 0),
        ("Who is the director of the port?", "Ana Lund, once a manager, leads the port.", 0),
        ("What did the chairman say?", "The manager said that ports matter.", 0),
        ("Who did the president meet?", "He met the Prime Minister of Peru.", 0),
        ("Who was appointed by the president?", "Ana Lund was made minister.", 0),
        ("Who is the president's doctor?", "The director of the clinic, Ana Lund, is.", 0),
        ("Who chaired the summit?", "The summit's secretary was Ana Lund.", -1),
        ("Who chaired the summit?", "The summit was opened by Ana Lund.", 0),
        ("Who chaired the summit?", "The mayor Ana Lund presided over the summit.", 0),
    ],
)
def test_one_post_is_not_another(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("who chairs the harbour committee in arnstadt", "Ana Lund is Secretary of Arnstadt.", -1),
        ("Who heads the harbour office?", "Ana Lund spoke in the harbour.", -1),
        ("Who is in charge of the board of the port?", "Ana Lund runs the harbour.", 0),
        ("Who is the director of the port agency?", "Ana Lund is director of the port.", 0),
        ("Who chairs the harbour committee?", "The committee met. Ana Lund spoke.", 0),
        ("Who was in charge on board?", "Ana Lund steered the ship.", 0),  # no board is led
        ("What does the harbour committee do?", "Ana Lund is Secretary of Arnstadt.", 0),
        ("Who did the mayor meet at the harbour committee?", "Bo met Ana Lund.", 0),
        ("Who was the manager of the harbour office?", "Ana Lund spoke in the harbour.", -1),
    ],
)
def test_who_leads_a_committee_is_not_told_without_one(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


@pytest.mark.parametrize(
    ("question", "text", "amiss"),
    [
        ("In which year was the pier opened?", "The pier was opened on 3 May.", -1),
        ("what year was the pier opened", "The pier was opened on 3 May 1998.", 0),
        (
            "What year was the pier opened?",
            "It was opened in May. A year later, in 1999, it fell.",
            0,
        ),
        ("When was the pier opened?", "The pier was opened on 3 May.", 0),
        ("Does it say in which year it was?", "It gives 3 May without a year.", 0),
    ],
)
def test_a_year_asked_for_is_answered_by_a_year(question, text, amiss):
    assert weigh(_asked(question), _quote(text)).amiss == amiss


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("Where was the fair held in 2018?", 0),
        ("Where was the fair held in 2017?", -1),
        ("Did it change from 2016 to 2017?", -2),
        ("Where was the fair held on 3 May 2016?", -1),
        ("Where was the fair held?", 0),
    ],
)
def test_a_year_asked_for_that_the_passage_lacks_counts_against_it(question, years):
    text = "The fair was held in Arnstadt in 2018."
    assert weigh(_asked(question), _quote(text)).years == years


def test_a_documents_own_date_and_title_are_known_years():
    text = "This year the fair was held in Arnstadt."
    asked = _asked("Where was the fair held in 2018?")
    assert weigh(asked, _quote(text)).years == -1
    assert weigh(asked, _quote(text, date="2018-05")).years == 0
    assert weigh(asked, _quote(text, title="The fair of 2018")).years == 0


def test_a_day_of_another_year_lacks_the_year_asked_for_whatever_is_around_it():
    question = "What happened on November 14, 2018?"
    other = _quote("The forum of 14 November 2019 was held at the port. In 2018 the port was dug.")
    right = _quote(
        "The summit of 14 November 2018 was held in Yinchuan. In 2019 it was held again."
    )
    silent = _quote("The summit of 14 November was held in Yinchuan. In 2018 the port was dug.")
    assert weigh(_asked(question), other).years == -1
    assert weigh(_asked(question), right).years == weigh(_asked(question), silent).years == 0
    assert weigh(_asked("What happened in 2018?"), other).years == 0


def test_the_verifier_does_not_lift_a_quote_of_another_year() -> None:
    right = _quote("In 2018 it was Ott.", title="A tale")
    other = _quote("In 2019 it was Lind.", title="A tale")
    verified = verify(
        _asked("Who was it in 2018?"), [right, other], Verifier((0.0, 0.0), (9.0, 5.0))
    )
    assert [one.quote for one in verified] == [right, other]
    undated = verify(_asked("Who was it?"), [right, other], Verifier((0.0, 0.0), (9.0, 5.0)))
    assert [one.quote for one in undated] == [other, right]
