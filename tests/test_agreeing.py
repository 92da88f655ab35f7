"""Follow-ups that are answered by what several ways to ask them agree on."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from corpus import Document, ModelError
from index import build_index
from index.filters import Filters
from qa import Assistant
from qa.agreeing import (
    AFTER,
    COMPLETED,
    HEARD,
    WAYS,
    Way,
    leans,
    likeliest,
    load_agreement,
    near,
    other_ways,
    votes,
)
from qa.answers import Citation, cite
from qa.confidence import Regression
from qa.conversing import UNSAID, agreed
from qa.deciding import Decision
from qa.listening import LEAST, heard
from qa.reader import Reader, Reading
from training.chats import load_chats

TEXT = "The ramp costs 48,000 pounds. There is no money for it before 2027. Ada Rook drew it." + (
    " Nothing else is known." * 60
)
DOCUMENT = Document.from_text(TEXT, source="ramp.md")
OTHER = Document.from_text("The bridge costs more.", source="bridge.md")
EVEN = Regression(intercept=-2.0, coefficients=dict.fromkeys(WAYS, 2.0) | {HEARD: 0.5})


def deaf(quotes: Sequence[Citation]) -> list[float]:
    return [0.0] * len(quotes)


def found(words: str, confidence: float, document: Document = DOCUMENT) -> Decision:
    start = document.text.index(words)
    quote = cite(document, start, start + len(words))
    return Decision(
        answered=True, confidence=confidence, text=quote.quote, citations=(quote,), nearest=(),
        reason=None, reason_kind=None,
    )  # fmt: skip


MONEY = found("There is no money for it", 0.5)


def in_all(decision: Decision, **others: Decision) -> dict[str, Decision]:
    return dict.fromkeys(WAYS, decision) | others


def test_what_more_ways_find_is_likelier() -> None:
    other = found("The bridge costs more.", 0.8, OTHER)
    voted = votes(in_all(MONEY, **{COMPLETED: other}), deaf)
    assert likeliest(voted, EVEN) == ("regarding", pytest.approx(0.5))
    assert {vote.quote.quote: set(vote.sure) for vote in voted} == {
        "The bridge costs more.": {COMPLETED},
        "There is no money for it": {"regarding", "nearby"},
    }


def test_ways_that_are_not_sure_tell_little() -> None:
    unsure = found("Ada Rook drew it.", 0.05)
    voted = votes(in_all(unsure, **{COMPLETED: found("There is no money for it", 0.8)}), deaf)
    assert likeliest(voted, EVEN)[0] == COMPLETED


def test_what_the_listener_takes_for_the_answer_is_likelier() -> None:
    other = found("The bridge costs more.", 0.5, OTHER)
    voted = votes(
        in_all(MONEY, **{COMPLETED: other}),
        lambda quotes: [4.0 if quote.doc_id == OTHER.doc_id else -8.0 for quote in quotes],
    )
    assert likeliest(voted, EVEN)[0] == COMPLETED
    assert likeliest(votes(in_all(MONEY, **{COMPLETED: other}), deaf), EVEN)[0] == "regarding"


def test_quotes_that_overlap_are_one() -> None:
    longer = found("There is no money for it before 2027. Ada Rook drew it.", 0.5)
    (vote,) = votes(in_all(MONEY, nearby=longer), deaf)
    assert set(vote.sure) == {*WAYS}
    assert vote.way == COMPLETED


def test_only_passages_close_to_the_last_quote_are_near() -> None:
    (last,) = MONEY["citations"]
    assert near(last.start, last.end, last)
    assert near(0, 10, last)
    assert not near(last.end + AFTER, last.end + AFTER + 50, last)


def test_nothing_found_is_nothing_likely() -> None:
    nothing = MONEY | {"citations": ()}
    assert likeliest(votes(in_all(nothing), deaf), EVEN) == (COMPLETED, 0.0)


@pytest.mark.parametrize(
    ("confidence", "agreeing", "limit", "answered"),
    [
        (0.5, False, 0.35, False),  # found in one way only
        (0.5, True, 0.35, True),
        (0.8, False, 0.35, True),  # sure enough by itself, but believed less
        (0.8, False, 0.7, False),
        (0.8, True, 1.0, False),
    ],
)
def test_a_follow_up_is_answered_by_what_agrees(
    confidence: float, agreeing: bool, limit: float, answered: bool
) -> None:
    found_so = found("There is no money for it", confidence)
    other = found_so if agreeing else found("Ada Rook drew it.", 0.02)
    asked: list[str] = []

    def asking(question: str, *, threshold: float, **_: object) -> Decision:
        asked.append(question)
        decision = found_so if question == "completed" else other
        return decision | {"answered": decision["confidence"] >= threshold}

    ways = {name: Way(name, None) for name in WAYS if name != COMPLETED}
    completed = Way("completed", None), found_so
    shown, decision = agreed(completed, ways, asking, deaf, limit)
    assert (shown, decision["answered"]) == ("completed", answered)
    assert decision["confidence"] >= limit if answered else decision["confidence"] < limit
    assert set(asked) >= set(ways)


def test_what_does_not_say_that_it_leans_is_believed_less() -> None:
    def asking(question: str, *, threshold: float, **_: object) -> Decision:
        return MONEY | {"answered": MONEY["confidence"] >= threshold}

    ways = {name: Way(name, None) for name in WAYS if name != COMPLETED}
    completed = Way("completed", None), MONEY
    _, plain = agreed(completed, ways, asking, deaf, 0.35)
    _, unsaid = agreed(completed, ways, asking, deaf, 0.35, less=UNSAID)
    assert unsaid["confidence"] == pytest.approx(plain["confidence"] - UNSAID)
    limit = plain["confidence"] - UNSAID / 2
    assert agreed(completed, ways, asking, deaf, limit)[1]["answered"]
    assert not agreed(completed, ways, asking, deaf, limit, less=UNSAID)[1]["answered"]
    assert agreed(completed, ways, asking, deaf, 0.35, less=1.0)[1]["confidence"] == 0


@pytest.mark.parametrize(
    ("question", "completed", "expected"),
    [
        ("so when will there be money for it?", "so when will there be money for it?", True),
        ("and in 2019?", "How many were there in 2019?", True),
        ("what does one cost", "what does one cost", True),
        ("Which provinces has CEC worked with?", "Which provinces has CEC worked with?", False),
        ("What is the most common tree?", "What is the most common tree?", False),
        ("那银川呢？", "银川有多少人？", False),  # the ways to ask are English
    ],
)
def test_which_questions_lean(question: str, completed: str, expected: bool) -> None:
    assert leans(question, completed, answered=True) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who foots the bill?", True),
        ("what is the age limit", True),
        ("Who pays in Denby?", False),  # it names what it is about
        ("who came second in 2019?", False),
        ("那谁付钱？", False),
    ],
)
def test_a_question_that_names_nothing_and_is_not_answered_may_lean(
    question: str, expected: bool
) -> None:
    assert leans(question, question, answered=False) == expected
    assert not leans(question, question, answered=True)


def test_what_was_spoken_of_is_added_and_the_last_passage_is_asked() -> None:
    (last,) = MONEY["citations"]
    filters = Filters(folder="reports", newest_first=True)
    ways = other_ways("why so dear?", "How much of the heat comes from straw?", last, filters)
    within = Filters(folder="reports", newest_first=True, documents=(last.doc_id,))
    assert ways == {
        "regarding": Way("why so dear, regarding the heat and straw?", filters),
        "nearby": Way("why so dear?", within, last),
    }


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "followups.json"
    with pytest.raises(ModelError, match=r"training\.followups"):
        load_agreement(path)
    path.write_text('{"intercept": 0, "coefficients": {"completed": 1}}', encoding="utf-8")
    with pytest.raises(ModelError, match=r"followups\.json"):
        load_agreement(path)


CLINIC = """# The clinic in Marlow Road

The clinic in Marlow Road was opened in 2009 by Dr Tessa Quill and has eleven rooms.
A ramp at its entrance would cost 48,000 pounds, twice as much as was thought in 2021, because the
pavement has to be lowered. The town will not have any money for the ramp before 2027.
Patients wait nine days for an appointment on average.

Each of the eleven rooms has a basin. Waste is collected on Mondays.
"""
BATHS = """# The baths of Marlow

The baths were closed in 2020. The town found the money for new tiles in 2023, and the pool was
filled again in May 2024. A season ticket costs 90 pounds.
"""


@pytest.fixture(scope="module")
def marlow(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("marlow")
    (folder / "clinic.md").write_text(CLINIC, encoding="utf-8")
    (folder / "baths.md").write_text(BATHS, encoding="utf-8")
    return assistant.over(build_index(folder, folder / "index"))


COST_ASKED = "What would a ramp at the clinic in Marlow Road cost?"


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("so when will there be money for it?", "before 2027"),
        ("why has that become so dear?", "the pavement has to be lowered"),
    ],
)
def test_a_follow_up_that_the_grammar_does_not_complete_is_answered(
    question: str, quoted: str, marlow: Assistant
) -> None:
    answer = marlow.ask(question, history=[COST_ASKED])
    assert answer.answered
    assert quoted in " ".join(answer.citations[0].quote.split())
    assert not marlow.ask(question).answered  # without the conversation
    fresh = marlow.over(marlow.index).ask(question, history=[COST_ASKED])
    assert (fresh.rewritten, fresh.citations) == (answer.rewritten, answer.citations)


@pytest.mark.parametrize("question", ["who complained about it?", "how many people use it?"])
def test_a_follow_up_that_nothing_answers_is_not_answered(question: str, marlow: Assistant) -> None:
    answer = marlow.ask(question, history=[COST_ASKED])
    assert not answer.answered
    assert answer.reason
    assert answer.nearest


def test_a_question_of_its_own_is_left_alone(marlow: Assistant) -> None:
    question = "What does a season ticket for the baths cost?"
    answer = marlow.ask(question, history=[COST_ASKED])
    alone = marlow.ask(question)
    assert answer.rewritten == question
    assert (answer.citations, answer.confidence) == (alone.citations, alone.confidence)


def test_the_chats_are_sound() -> None:
    for held_out in (False, True):
        for chats in load_chats(held_out=held_out):
            texts = {one.source: one.text for one in chats.documents}
            turns = [turn for turns in chats.conversations for turn in turns]
            assert all(turn.sentence in texts[str(turn.source)] for turn in turns if turn.sentence)
            assert not any(turns[0].leans for turns in chats.conversations)
            assert len(chats.unanswered) == 40


@pytest.fixture
def clinic(marlow: Assistant) -> Document:
    doc_id = next(one.doc_id for one in marlow.index.summaries() if one.source == "clinic.md")
    return marlow.index.document(doc_id)


def quoted(document: Document, words: str) -> Citation:
    start = document.text.index(words)
    passage = document.text.rindex("\n\n", 0, start) + 2, len(document.text)
    return cite(document, start, start + len(words), passage=passage)


def test_the_listener_tells_what_answers_a_follow_up(marlow: Assistant, clinic: Document) -> None:
    last = quoted(clinic, "A ramp at its entrance would cost 48,000 pounds")
    money = quoted(clinic, "The town will not have any money for the ramp before 2027.")
    wait = quoted(clinic, "Patients wait nine days for an appointment on average.")
    for question, first, second in (
        ("so when will there be money for it?", money, wait),
        ("and how long till one is seen?", wait, money),
    ):
        answers, other = heard(
            question, COST_ASKED, last, [first, second], index=marlow.index, reader=marlow.reader
        )
        assert answers > other + 4
        assert other >= LEAST


def test_a_quote_is_heard_after_its_title_with_what_stands_around_it(
    marlow: Assistant, clinic: Document
) -> None:
    class Listener:
        asked: tuple[str, list[str]]

        def listen(self, question: str, passages: list[str]) -> list[Reading]:
            self.asked = question, passages
            return marlow.reader.listen(question, passages)

    listener = Listener()
    last = quoted(clinic, "A ramp at its entrance would cost 48,000 pounds")
    waste = quoted(clinic, "Waste is collected on Mondays.")
    heard("and when?", COST_ASKED, last, [waste], index=marlow.index, reader=cast(Reader, listener))
    question, (text,) = listener.asked
    assert question == f"{COST_ASKED} {last.quote} and when?"
    assert text.startswith(f"{clinic.title}. ")
    assert text.endswith("Each of the eleven rooms has a basin. Waste is collected on Mondays.")
    assert heard("why?", COST_ASKED, last, [], index=marlow.index, reader=marlow.reader) == []
