"""What the verifier is trained on, and what is shipped of it."""

import numpy as np
import pytest

from qa.networks import merge

SQUAD_TEXT = (
    "The Arn Bridge was finished in 1894. It was built by Karl Ott, who came from Moss Valley."
)
REPORT = {
    "set": 1,
    "source": "pier.md",
    "text": "# The pier of Brakel\n\nIt was built for **the mayor** in 1902. It cost 310 crowns.\n",
    "questions": [
        {"question": "When did they put it up?", "answer": "1902", "kind": "answered"},
        {"question": "Who painted it?", "answer": None, "kind": "miss"},
    ],
}


@pytest.fixture
def reports(tmp_path):
    import json

    from training.reports import load_reports

    sentence = "It was built for the mayor in 1902."
    rows = [one | {"sentence": sentence} for one in REPORT["questions"]]
    path = tmp_path / "reports.jsonl"
    path.write_text(json.dumps(REPORT | {"questions": rows}) + "\n")
    assert load_reports({2}, path) == []
    return load_reports({1}, path)


@pytest.fixture
def squad():
    from training.squad import Question, Squad, sentence_spans

    start = SQUAD_TEXT.index("Karl")
    asked = Question(
        text="Who built the bridge in 1894?", paragraph=0, article=0, start=start, end=start + 8,
        answers=("karl ott",),
    )  # fmt: skip
    filler = [f"Moss Valley has {number} mills of Lena Brandt." for number in range(9)]
    texts = [SQUAD_TEXT, *filler]
    return Squad(
        paragraphs=texts, articles=[0] * 10, titles=["Arn Bridge"], questions=[asked],
        sentences=[sentence_spans(text) for text in texts],
    )  # fmt: skip


def test_questions_on_reports_are_placed_in_the_chunks_that_they_are_on(squad, reports):
    from training.reports import with_reports

    both, (answered, missed) = with_reports(squad, reports)
    assert both.titles == ["Arn Bridge", "The pier of Brakel"]
    passage = both.paragraphs[answered.paragraph]
    assert passage[answered.start : answered.end] == "1902" == answered.answers[0]
    assert both.articles[answered.paragraph] == answered.article == 1
    assert (missed.start, missed.answers) == (-1, ())
    assert len(both.sentences) == len(both.paragraphs) == len(both.articles)


def test_a_sentence_that_a_report_lacks_is_named(reports):
    from dataclasses import replace

    (report,) = reports
    lost = replace(report.questions[0], sentence="It never was.")
    with pytest.raises(ValueError, match=r"pier\.md has no 'It never was\.'"):
        lost.place_in(report.document)


def test_every_answer_of_the_shipped_reports_is_in_a_chunk(squad):
    from training.reports import HELD_OUT, LEARNT, load_reports, with_reports

    assert not LEARNT & HELD_OUT
    both, questions = with_reports(squad, load_reports(LEARNT | HELD_OUT))
    assert len(questions) == 17_718
    answered = [one for one in questions if one.answers]
    assert len(answered) == 9_785
    for one in answered:
        assert both.paragraphs[one.paragraph][one.start : one.end].lower() == one.answers[0]
    assert sum(one.rival is not None for one in questions) == 714


def test_further_questions_on_reports_stand_in_place_of_theirs(reports, tmp_path):
    import json

    from training.reports import with_questions

    (report,) = reports
    row = {"set": report.group, "source": report.document.source, "question": "How much was it?"}
    row |= {"sentence": "It cost 310 crowns.", "answer": "310 crowns"}
    path = tmp_path / "further.jsonl"
    path.write_text(json.dumps(row))
    (further,) = with_questions(reports, path)
    assert further.document == report.document
    (one,) = further.questions
    assert (one.text, one.answer, one.rival) == ("How much was it?", "310 crowns", None)
    path.write_text(json.dumps(row | {"source": "mole.md"}))
    with pytest.raises(ValueError, match=r"asks of \(1, 'mole\.md'\), expected one of 1"):
        with_questions(reports, path)


def test_every_answer_of_the_fresh_questions_on_reports_is_in_a_chunk(squad):
    from training.reports import FRESH_REPORTS, LEARNT, load_reports, with_questions, with_reports

    both, questions = with_reports(squad, with_questions(load_reports(LEARNT), FRESH_REPORTS))
    assert len(questions) == 9_346
    answered = [one for one in questions if one.answers]
    assert len(answered) == 5_901
    for one in answered:
        assert both.paragraphs[one.paragraph][one.start : one.end].lower() == one.answers[0]


def test_a_rival_is_placed_in_another_chunk(squad, reports):
    from dataclasses import replace

    from training.reports import Report, with_reports

    (report,) = reports
    answered = report.questions[0]

    def placed(sentence):
        rivalled = replace(answered, rival=(report.document.source, sentence))
        other = Report(
            group=1, document=replace(report.document, source="other.md"), questions=(rivalled,)
        )
        both, questions = with_reports(squad, [report, other])
        return both, questions[-1]

    both, question = placed("It cost 310 crowns.")
    number, start = question.rival
    assert number != question.paragraph
    assert both.paragraphs[number][start:].startswith("It cost 310 crowns.")
    with pytest.raises(ValueError, match=r"pier\.md holds 'It never was\.'"):
        placed("It never was.")
    own = replace(answered, rival=(report.document.source, "It cost 310 crowns."))
    with pytest.raises(ValueError, match="stands in the passage that answers"):
        with_reports(squad, [replace(report, questions=(own,))])


@pytest.fixture
def examples(squad, reports):
    from training.reader_data import Recipe, Stage
    from training.reports import with_reports
    from training.verifier import TURNS, VerifierExamples

    both, on_reports = with_reports(squad, reports)
    stage = Stage(begin=0, whole=1.0, sizes=(1, 2), retrieved=1.0, adversarial=1.0, turns=TURNS)
    recipe = Recipe(block=20 * len(TURNS), stages=(stage,))
    sources = dict.fromkeys(("own", "further", "search", "rival"), squad.questions)
    return VerifierExamples(both, sources | {"report": on_reports}, recipe).block(0)


def test_the_sources_come_in_turn_and_half_of_the_passages_after_their_title(examples):
    asked = [one for group in examples for one in group if one.kind in {"answer", "unanswered"}]
    on_pier = [one for one in asked if one.article == 1]
    assert len(on_pier) / len(asked) == pytest.approx(1 / 5)
    titled = [one.passage.startswith(("Arn Bridge. ", "The pier of Brakel. ")) for one in asked]
    assert 0.4 < np.mean(titled) < 0.6
    for one in asked:
        if one.kind == "answer":
            assert one.passage[one.start : one.end] in {"Karl Ott", "1902"}


def test_a_swapped_question_is_one_of_its_own_that_nothing_answers(examples):
    swapped = [group for group in examples if any(one.kind == "swapped" for one in group)]
    assert swapped
    for group in swapped:
        (one,) = group
        assert (one.start, one.group >= 0) == (-1, True)


def test_what_ships_is_the_nearest_difference_of_low_rank():
    import torch

    from training.reader_network import low_rank

    generator = torch.Generator().manual_seed(3)
    before = {
        "bert.x.weight": torch.randn(16, 8, generator=generator),
        "bert.x.bias": torch.zeros(16),
    }
    change = torch.outer(torch.arange(16.0), torch.ones(8)) / 16
    trained = {
        "bert.x.weight": before["bert.x.weight"] + change,
        "bert.x.bias": torch.full((16,), 0.5),
        "span.weight": torch.ones(2, 8),
    }
    shipped = low_rank(trained, before, rank=1)
    assert tuple(shipped["x.weight.up"].shape) == (16, 1)
    base = {name.removeprefix("bert."): value for name, value in before.items()}
    for name, value in merge(base, shipped).items():
        assert float((value - trained[name]).abs().max()) < 0.002


def test_a_share_of_what_was_changed_each_time_is_added():
    import torch

    from training.verifier import beyond

    weights, begun = {"x": torch.tensor([1.0, 1.0])}, {"x": torch.tensor([2.0, 1.0])}
    found = beyond(weights, begun, {"x": torch.tensor([3.0, 0.0])}, share=0.5)
    assert found["x"].tolist() == [2.5, 0.5]


def test_an_earlier_verifier_must_be_on_the_shipped_reader(tmp_path):
    import json

    from qa.networks import VERIFIER_WEIGHTS
    from training.verifier import on_the_reader

    assert on_the_reader(VERIFIER_WEIGHTS) == VERIFIER_WEIGHTS
    other = tmp_path / "verifier.safetensors"
    other.with_suffix(".json").write_text(json.dumps({"reader": "0" * 64}))
    with pytest.raises(ValueError, match="on top of the reader 000000000000, expected"):
        on_the_reader(other)
