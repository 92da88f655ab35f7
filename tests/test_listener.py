"""What the listener is trained on: what people type next, after a question that was answered."""

import json

import pytest

from qa.listening import SAID, in_context

PIER = "The pier of Brakel was built in 1902 by Lena Brandt. It cost 310 crowns. It fell in 1953."
MOLE = "The mole of Brakel is of stone. It was laid by Otto Reuss. Cranes stood on it."


@pytest.fixture
def squad():
    from training.squad import Squad, sentence_spans

    filler = [f"Moss Valley has {number} mills and no sea. It rains there." for number in range(9)]
    texts = [PIER, MOLE, *filler]
    return Squad(
        paragraphs=texts, articles=[0, 0, *[1] * 9], titles=["Brakel", "Moss Valley"], questions=[],
        sentences=[sentence_spans(text) for text in texts],
    )  # fmt: skip


def asked(text, answer, paragraph=0):
    from training.squad import Question

    start = (PIER, MOLE)[paragraph].index(answer) if answer else -1
    return Question(
        text=text, paragraph=paragraph, article=0, start=start,
        end=start + len(answer) if answer else -1, answers=(answer.lower(),) if answer else (),
    )  # fmt: skip


BUILT = asked("Who built the pier of Brakel?", "Lena Brandt")
COST = asked("What did the pier of Brakel cost?", "310 crowns")
LOST = asked("When was the pier lost?", "1953")
LAID = asked("Who laid the mole?", "Otto Reuss", 1)
DEEP = asked("How deep is the sea at the pier?", "")


@pytest.fixture
def written(tmp_path):
    from training.listener import load_follow_ups

    rows = [
        {"before": BUILT.text, "question": COST.text, "follow_up": "and how dear was it?"},
        {"before": COST.text, "question": LAID.text, "follow_up": "and the mole, who made that"},
    ]
    path = tmp_path / "follow_ups.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_follow_ups(path, [BUILT, COST, LOST, LAID, DEEP])


def stream(squad, written):
    from training.listener import RECIPE, Conversations

    return Conversations(squad, written, [BUILT, COST, LOST, LAID, DEEP], RECIPE)


def blocks(squad, written, numbers):
    both = stream(squad, written)
    return [group for number in numbers for group in both.block(number)]


def test_a_follow_up_is_read_after_what_was_said_before():
    quote = "It was built by Lena Brandt. " * 20
    text = in_context("and the cost?", "Who built it?", quote)
    assert text == f"Who built it? {quote[:SAID]} and the cost?"


def test_follow_ups_name_questions_on_one_document(squad, written, tmp_path):
    from training.listener import load_follow_ups

    assert [(one.before, one.question) for one in written] == [(BUILT, COST), (COST, LAID)]
    path = tmp_path / "unknown.jsonl"
    path.write_text('{"before": "Who?", "question": "When?", "follow_up": "and when?"}\n')
    with pytest.raises(ValueError, match="no document is asked both"):
        load_follow_ups(path, [BUILT])


def test_what_answers_comes_first_and_what_does_not_holds_no_answer(squad, written):
    from training.listener import RECIPE, RULES

    groups = blocks(squad, written, [RULES // RECIPE.block])
    answered = [group for group in groups if group[0].start >= 0]
    assert answered
    for first, *others in answered:
        answer = first.passage[first.start : first.end].lower()
        assert answer in {"lena brandt", "310 crowns", "1953", "otto reuss"}
        assert all(one.start < 0 and answer not in one.passage.lower() for one in others)
        assert {one.question for one in others} <= {first.question}
    typed = [group[0].question for group in groups if "how dear was it" in group[0].question]
    assert any(one.startswith(BUILT.text) for one in typed)


def test_what_people_type_is_asked_from_the_second_cycle_on(squad, written):
    from training.listener import RECIPE, RULES

    def typed(number):
        groups = blocks(squad, written, [number])
        return sum(group[0].question.endswith("how dear was it?") for group in groups)

    assert not typed(0)
    assert typed(RULES // RECIPE.block) > RECIPE.block / 5


def test_after_another_conversation_a_follow_up_that_names_nothing_is_not_answered(squad, written):
    from training.listener import RECIPE, RULES, leans_on_all

    groups = blocks(squad, written, [RULES // RECIPE.block])
    alone = [
        one
        for (one,) in (g for g in groups if len(g) == 1)
        if one.question.endswith("dear was it?")
    ]
    other = [one for one in alone if not one.question.startswith(BUILT.text)]
    assert other
    assert all(one.start < 0 for one in other)
    assert leans_on_all("and how dear was it?")
    assert not leans_on_all("and in Brakel?")
    assert not leans_on_all("what about 1953?")


def test_a_question_without_an_answer_is_read_with_its_own_paragraph(squad, written):
    from training.listener import RECIPE, RULES

    groups = blocks(squad, written, [RULES // RECIPE.block])
    deep = [one for (one, *_) in groups if "deep" in one.question.split()]
    assert deep
    assert all(one.start < 0 and one.article == 0 for one in deep)


def test_words_that_were_said_are_left_out(squad, written):
    both = stream(squad, written)
    assert both._shortened(COST, BUILT) == "What did the of cost?"
    assert both._shortened(LOST, COST) == "When was the lost?"


def test_a_block_is_the_same_each_time(squad, written):
    assert blocks(squad, written, [13]) == blocks(squad, written, [13])


def test_the_follow_ups_that_ship_are_on_questions_that_ship():
    from training.listener import FOLLOW_UPS

    rows = [json.loads(line) for line in FOLLOW_UPS.read_text(encoding="utf-8").splitlines()]
    assert len({(row["before"], row["question"]) for row in rows}) > 0.99 * len(rows) > 1000
    assert all(row["follow_up"].strip() == row["follow_up"] != "" for row in rows)
