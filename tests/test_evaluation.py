"""What `citewise eval` computes, on answers made by hand."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import CorpusError, Document
from qa.answers import Answer, Citation, cite
from qa.console import evaluation_blocks, write
from qa.evaluation import Question, evaluate, load_questions

MINUTES = Document.from_text(
    "The plan was signed on 3 May.\nMs Wu  Lan\nsigned it. It costs 38 million yuan.",
    source="archive/minutes.txt",
)
LETTER = Document.from_text("Ms Wu Lan signed it.", source="letter.txt")


def quoted(document: Document, words: str, number: int = 1) -> Citation:
    start = document.text.index(words)
    return cite(document, start, start + len(words), number=number)


def answered(*citations: Citation) -> Answer:
    return Answer(
        question="?", rewritten="?", answered=True, confidence=0.9, text=citations[0].quote,
        citations=citations, nearest=(), timings={"total": 12.0},
    )  # fmt: skip


def abstained(*nearest: Citation) -> Answer:
    return Answer(
        question="?", rewritten="?", answered=False, confidence=0.1, text=None, citations=(),
        nearest=nearest, timings={}, reason="Nothing fits.",
    )  # fmt: skip


class Prepared:
    """Gives the answers it was made with, in turn."""

    def __init__(self, *answers: Answer) -> None:
        self.answers: Iterator[Answer] = iter(answers)

    def ask(self, question: str, *, k: int = 3, filters: object = None) -> Answer:
        return next(self.answers)


SIGNED = Question(
    question="Who signed it?", evidence=("Ms Wu Lan signed it",), source="minutes.txt",
    answer="wu lan",
)  # fmt: skip
UNKNOWN = Question(question="Who read it?")


def test_a_quote_counts_when_it_holds_the_evidence_white_space_aside() -> None:
    (result,) = evaluate(
        Prepared(answered(quoted(MINUTES, "Ms Wu  Lan\nsigned it."))), [SIGNED]
    ).results
    assert (result.outcome, result.rank, result.right) == ("first", 1, True)


def test_the_same_words_from_another_source_do_not_count() -> None:
    (result,) = evaluate(
        Prepared(answered(quoted(LETTER, "Ms Wu Lan signed it."))), [SIGNED]
    ).results
    assert (result.outcome, result.rank, result.right) == ("wrong", None, False)


def test_a_source_is_not_matched_by_the_end_of_its_name() -> None:
    other = Document.from_text(MINUTES.text, source="old-minutes.txt")
    (result,) = evaluate(
        Prepared(answered(quoted(other, "Ms Wu  Lan\nsigned it."))), [SIGNED]
    ).results
    assert result.outcome == "wrong"


def test_matching_the_answer_passes_over_case_and_source() -> None:
    answer = answered(quoted(LETTER, "Ms Wu Lan signed it."))
    (result,) = evaluate(Prepared(answer), [SIGNED], match="answer").results
    assert result.outcome == "first"


@pytest.mark.parametrize(
    ("place", "outcome", "right"),
    [(1, "first", True), (2, "first three", False), (3, "first three", False), (4, "wrong", False)],
)
def test_the_place_of_the_evidence_decides(place: int, outcome: str, right: bool) -> None:
    quotes = ["The plan was signed on 3 May."] * (place - 1) + ["Ms Wu  Lan\nsigned it."]
    answer = answered(*(quoted(MINUTES, q, number) for number, q in enumerate(quotes, start=1)))
    (result,) = evaluate(Prepared(answer), [SIGNED]).results
    assert (result.outcome, result.right, result.rank) == (outcome, right, place)


def test_counts_and_mistakes_add_up() -> None:
    right = answered(quoted(MINUTES, "Ms Wu  Lan\nsigned it."))
    wrong = answered(quoted(MINUTES, "It costs 38 million yuan."))
    near = abstained(quoted(MINUTES, "It costs 38 million yuan."))
    evaluation = evaluate(
        Prepared(right, wrong, near, near, wrong), [SIGNED, SIGNED, SIGNED, UNKNOWN, UNKNOWN]
    )
    assert list(evaluation.counts.values()) == [5, 2, 3, 1, 1, 2, 1, 2, 1, 1]
    figures = evaluation.to_dict()
    assert figures["percentages"]["answerable: evidence in the first citation"] == 33.3
    assert figures["percentages"]["unanswerable: abstained"] == 50.0
    assert [r.outcome for r in evaluation.mistakes] == ["wrong", "abstained", "answered"]
    assert evaluation.mistakes[1].quote == "It costs 38 million yuan."
    assert json.loads(json.dumps(figures))["results"][0]["question"]["source"] == "minutes.txt"
    assert evaluation.median_milliseconds is not None


def test_what_right_means_of_questions_and_of_quotes_is_said_where_it_differs() -> None:
    right = answered(quoted(MINUTES, "Ms Wu  Lan\nsigned it."))
    near = abstained(quoted(MINUTES, "It costs 38 million yuan."))
    figures = evaluate(Prepared(right, near, near), [SIGNED, UNKNOWN, UNKNOWN]).to_dict()
    assert (figures["counts"]["questions"], figures["counts"]["questions: right"]) == (3, 3)
    assert figures["confidence"]["right"] == 1
    assert (
        "an abstention that is right, as it counts in questions, has none"
        in (figures["confidence"]["right_is"])
    )


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        (2, 1, "too few to tell (at least 20 questions, 5 of either kind), calibration error and "
         "error at 80% coverage too few to tell (at least 20 questions)"),
        (21, 4, "too few to tell (at least 20 questions, 5 of either kind), calibration error 0."),
        (15, 5, "1.000, calibration error 0."),
    ],
)  # fmt: skip
def test_too_few_questions_to_judge_the_confidence_by_are_said_to_be(
    right: int, wrong: int, line: str
) -> None:
    good = answered(quoted(MINUTES, "Ms Wu  Lan\nsigned it."))
    near = abstained(quoted(MINUTES, "It costs 38 million yuan."))
    answers = [good] * right + [near] * wrong
    evaluation = evaluate(Prepared(*answers), [SIGNED] * (right + wrong))
    told = evaluation.to_dict()["confidence"]["enough_to_tell"]
    assert told == {
        "auroc": wrong == 5, "calibration_error": wrong > 1, "error_at_80_coverage": wrong > 1,
    }  # fmt: skip
    stream = io.StringIO()
    write(evaluation_blocks(evaluation), stream)
    assert f"the nearest one, as {right} do and {wrong} do not:\n  told apart" in stream.getvalue()
    assert f"  told apart (AUROC) {line}" in stream.getvalue()


def test_no_questions_of_a_kind_give_no_share() -> None:
    evaluation = evaluate(Prepared(abstained()), [UNKNOWN])
    assert set(evaluation.to_dict()["percentages"]) == {
        "questions: right",
        "unanswerable: abstained",
        "unanswerable: answered",
    }
    assert evaluate(Prepared(), []).median_milliseconds is None


def test_rows_are_read_with_their_gaps(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '\ufeff{"id": "a1", "question": "Who?", "evidence": ["x"], "source": "s", "answer": "W"}\r'
        "\n\n"
        '{"question": "What\u2028now?", "answer": null}\n',
        encoding="utf-8",
    )
    assert load_questions(path) == [
        Question(name="a1", question="Who?", evidence=("x",), source="s", answer="W"),
        Question(question="What\u2028now?"),
    ]


def test_without_evidence_the_answer_is_looked_for(tmp_path: Path) -> None:
    question = Question(question="How much?", answer="38 million")
    (result,) = evaluate(
        Prepared(answered(quoted(MINUTES, "It costs 38 million yuan."))), [question]
    ).results
    assert result.outcome == "first"


def test_without_evidence_the_source_counts_all_the_same() -> None:
    question = Question(question="Who?", answer="Wu Lan", source="minutes.txt")
    (result,) = evaluate(
        Prepared(answered(quoted(LETTER, "Ms Wu Lan signed it."))), [question]
    ).results
    assert result.outcome == "wrong"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("{", "no JSON"),
        ("[1]", "a JSON list, not an object"),
        ('{"answer": null}', '"question" is missing'),
        ('{"question": " ", "answer": null}', '"question" is missing or no text'),
        ('{"question": "Who?"}', '"answer" is missing'),
        ('{"question": "Who?", "answer": 3}', '"answer" is neither a text nor null'),
        ('{"question": "Who?", "answer": ""}', '"answer" is neither a text nor null'),
        ('{"question": "Who?", "answer": "Wu", "source": 3}', '"source" is neither'),
        ('{"question": "Who?", "answer": "Wu", "evidence": "Wu"}', '"evidence" is no list'),
        ('{"question": "Who?", "answer": "Wu", "evidence": [3]}', '"evidence" is no list'),
        ('{"question": "Who?", "answer": null, "evidence": ["x"]}', '"answer" is null: not in'),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "Who?", "answer": null}\n\n' + row + "\n", encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        load_questions(path)
    assert f"{path}, line 3: " in str(caught.value)
    assert found in str(caught.value)
    assert "Expected one JSON object a line" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_questions_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match="questions.jsonl"):
        load_questions(path)
