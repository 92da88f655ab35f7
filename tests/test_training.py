"""What the reader is trained on, what its relevance learns from, and what is shipped of it."""

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from qa.networks import merge

SQUAD = {
    "data": [
        {
            "title": "Bridge",
            "paragraphs": [
                {
                    "context": "The Arn Bridge was finished in 1894. It was built by Karl Ott. The "
                    "bridge is 310 metres long and carries two lanes. Each May a market is held "
                    "on it, and the guild of Weavers pays for the flags that hang from its towers.",
                    "qas": [
                        {
                            "id": "1",
                            "question": "Who built the bridge of Arn Valley in 1894?",
                            "answers": [{"text": "Karl Ott", "answer_start": 53}],
                        },
                        {
                            "id": "2",
                            "question": "What was made up?",
                            "answers": [
                                {"text": "two", "answer_start": 105, "start_ambiguous": True}
                            ],
                        },
                    ],
                },
                {
                    "context": "The older Moss Bridge of 1702 was burnt by Prince Odo. A ferry run "
                    "by Lena Brandt took its place until the Arn Bridge was open to carts.",
                    "qas": [],
                },
            ],
        }
    ]
}


@pytest.fixture
def squad(tmp_path):
    from training.squad import load_squad

    path = tmp_path / "squad.json.gz"
    path.write_bytes(gzip.compress(json.dumps(SQUAD).encode()))
    return load_squad(path)


def test_training_leaves_out_answers_whose_place_was_inferred(squad):
    assert [question.text for question in squad.questions] == [
        "Who built the bridge of Arn Valley in 1894?"
    ]


def test_a_swapped_question_differs_from_the_one_asked_and_keeps_its_beginning(squad):
    from training.swapping import Swapper

    (question,) = squad.questions
    swapper, rng = Swapper(squad), random.Random(1)
    swapped = {swapper.swap(question, rng) for _ in range(60)}
    assert question.text not in swapped
    assert any("1702" in text for text in swapped)
    assert any("Moss Bridge" in text or "Lena Brandt" in text for text in swapped)
    assert all(text.startswith("Who ") for text in swapped)


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        ("Who built the bridge of Arn Valley in 1894?", "built bridge Arn Valley 1894"),
        ("What is a vacuum?", "What is a vacuum?"),  # one word alone asks for nothing
    ],
)
def test_a_question_as_typed_into_a_search_box_is_its_content_words(question, typed):
    from training.swapping import as_keywords

    assert as_keywords(question) == typed


def test_a_stage_says_how_often_a_question_is_put_as_typed_into_a_search_box(squad):
    from training.reader_data import Examples, Recipe, Stage

    def asked(often):
        stage = Stage(
            begin=0, whole=1.0, sizes=(1, 2), retrieved=0.0, adversarial=0.0, keywords=often
        )
        groups = Examples(squad, {}, Recipe(block=50, stages=(stage,))).block(0)
        return {group[0].question for group in groups}

    assert asked(1.0) == {"built bridge Arn Valley 1894"}
    assert "Who built the bridge of Arn Valley in 1894" in asked(0.0)
    assert "built bridge Arn Valley 1894" not in asked(0.0)


@pytest.fixture
def own_questions(tmp_path):
    rows = [
        {"paragraph": 1, "question": "What carried carts across meanwhile?", "answer": "A ferry"},
        {"paragraph": 1, "question": "What did a crossing by ferry cost?", "answer": None},
        {"paragraph": 0, "question": "When is market day?", "answer": "May"},
    ]
    rows = [row | {"held_out": row["paragraph"] == 0} for row in rows]
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_some_questions_of_ours_are_held_out_of_training(squad, own_questions):
    from training.squad import load_own_questions

    learnt = load_own_questions(own_questions, squad, held_out=False)
    assert [(q.text, q.start, q.answers) for q in learnt] == [
        ("What carried carts across meanwhile?", 55, ("a ferry",)),
        ("What did a crossing by ferry cost?", -1, ()),
    ]
    (held,) = load_own_questions(own_questions, squad, held_out=True)
    assert squad.paragraphs[0][held.start : held.end] == "May"
    row = {"paragraph": 1, "question": "Who?", "answer": "Nobody", "held_out": False}
    own_questions.write_text(json.dumps(row))
    with pytest.raises(ValueError, match="Paragraph 1 has no 'Nobody'"):
        load_own_questions(own_questions, squad, held_out=False)


def test_no_paragraph_of_a_held_out_question_is_trained_on(data: Path):
    from training.sources import FRESH, OURS
    from training.squad import load_own_questions, load_squad

    squad = load_squad(data / "squad/train-v1.1.json.gz")
    learnt, held = (
        [q for path in (OURS | FRESH).values() for q in load_own_questions(path, squad, held_out=x)]
        for x in (False, True)
    )
    assert len(learnt) > 17_000 and len(held) > 3_400
    assert {q.paragraph for q in learnt}.isdisjoint(q.paragraph for q in held)


def test_a_stage_asks_the_questions_of_its_sources_in_turn(squad, own_questions):
    from training.reader_data import Examples, Recipe, Stage
    from training.squad import load_own_questions

    def stage(begin, *turns):
        return Stage(
            begin=begin, whole=1.0, sizes=(1, 2), retrieved=0.0, adversarial=0.0, turns=turns
        )

    own = load_own_questions(own_questions, squad, held_out=False)
    recipe = Recipe(block=60, stages=(stage(0, "squad"), stage(30, "own", "own", "squad")))
    groups = Examples(squad, {"own": own}, recipe).block(0)
    assert {group[0].passage for group in groups[:30]} == {squad.paragraphs[0]}  # SQuAD's
    turns = [groups[30 + turn :: 3] for turn in range(3)]
    passages = [{group[0].passage for group in turn} for turn in turns]
    assert passages == [{squad.paragraphs[1]}, {squad.paragraphs[1]}, {squad.paragraphs[0]}]
    kinds = [group[0].kind for group in groups]
    assert kinds[:30] == ["answer"] * 30
    assert kinds[30:].count("answer") == 20 and kinds[30:].count("unanswered") == 10
    unanswered = next(group[0] for group in groups if group[0].kind == "unanswered")
    assert (unanswered.start, unanswered.end) == (-1, -1) and unanswered.group >= 0


def test_squads_questions_are_asked_from_a_number_on(squad):
    from dataclasses import replace

    from training.reader_data import Examples, Recipe, Stage

    (question,) = squad.questions
    several = replace(
        squad, questions=[replace(question, text=f"Who built {i}?") for i in range(9)]
    )

    def asked(squad_from):
        stage = Stage(begin=0, whole=1.0, sizes=(1, 2), retrieved=0.0, adversarial=0.0)
        recipe = Recipe(block=12, stages=(stage,), squad_from=squad_from)
        return [group[0].question[10:11] for group in Examples(several, {}, recipe).block(0)]

    first = asked(0)
    assert sorted(first[:9]) == list("012345678") and first[9:] == first[:3]
    assert asked(4)[:5] == first[4:9]


def test_a_rival_competes_with_the_passage_that_answers(squad, tmp_path):
    from training.reader_data import Examples, Recipe, Stage
    from training.squad import load_rivals

    path = tmp_path / "rivals.jsonl"
    path.write_text(json.dumps({"question": 0, "paragraph": 1, "start": 75}))
    stage = Stage(
        begin=0, whole=0.0, sizes=(1, 2), retrieved=0.0, adversarial=0.0, turns=("rival",)
    )
    rivals = load_rivals(path, squad)
    (group,) = Examples(squad, {"rival": rivals}, Recipe(block=1, stages=(stage,))).block(0)
    answer, rival = group
    assert (answer.kind, rival.kind, rival.start) == ("answer", "rival", -1)
    assert answer.group == rival.group and answer.question == rival.question
    assert rival.passage.startswith("A ferry run by Lena Brandt took its place")


def test_every_rival_is_another_paragraph_without_the_answer(data: Path):
    from training.squad import RIVALS, load_rivals, load_squad

    squad = load_squad(data / "squad/train-v1.1.json.gz")
    rivals = load_rivals(RIVALS, squad)
    assert len(rivals) == 1_749
    for question in rivals:
        number, at = question.rival
        text = squad.paragraphs[number].lower()
        assert number != question.paragraph and 0 <= at < len(text)
        assert not any(answer in text for answer in question.answers)


def test_no_word_is_swapped_for_one_that_no_question_on_the_article_has(squad, own_questions):
    from training.squad import load_own_questions
    from training.swapping import Swapper

    swapper, rng = Swapper(squad), random.Random(1)
    for question in load_own_questions(own_questions, squad, held_out=False):
        assert swapper.swap(question, rng) is None  # names, numbers, opposites: it has none either


def test_dropping_the_answer_leaves_no_sentence_that_holds_it(squad):
    from training.reader_data import without_answer

    text, sentences = squad.paragraphs[0], squad.sentences[0]
    assert "".join(text[a:b] for a, b in sentences) == text
    left = without_answer(text, sentences, ["karl ott"])
    assert "Karl Ott" not in left and "310 metres" in left and "finished in 1894" in left
    assert without_answer(text, sentences, ["the"]) is None


def test_relevance_is_won_by_the_answering_passage_and_without_it_by_none_of_these():
    import torch

    from training.reader_network import Row, relevance_loss

    def row(group, start=0):
        return Row(ids=[1], passage=0, start=start, end=start, group=group)

    scores = torch.tensor([2.0, -1.0, 5.0])  # answers, retrieved, swapped (takes no part)
    loss = relevance_loss(scores, [[row(7, start=3), row(7), row(-1)]], taught=0.6)
    won = 2.0 - np.log(np.exp(2.0) + np.exp(-1.0) + 1)
    none = 0.0 - np.log(np.exp(-1.0) + 1)
    assert float(loss) == pytest.approx(-(won + none))
    none_answers = relevance_loss(scores[1:2], [[row(8)]], taught=0.6)
    assert float(none_answers) == pytest.approx(-none)


def test_what_is_shipped_restores_what_was_trained():
    import torch

    from training.reader_network import changes

    generator = torch.Generator().manual_seed(3)
    base = {"x.weight": torch.randn(16, 8, generator=generator), "x.bias": torch.zeros(16)}
    trained = {
        "bert.x.weight": base["x.weight"] + 0.1 * torch.randn(16, 8, generator=generator),
        "bert.x.bias": torch.full((16,), 0.5),
        "span.weight": torch.ones(2, 8),
    }
    restored = merge(base, changes(trained, base))
    assert sorted(restored) == sorted(trained)
    for name, value in trained.items():
        assert float((restored[name] - value).abs().max()) < 0.002


def test_rates_rise_and_fall_in_each_cycle() -> None:
    from training.reader import Cycle, Settings

    run = Settings(cycles=(Cycle(end=20_000, peak=1.0), Cycle(end=30_000, peak=0.5)))
    assert run.questions == 30_000
    assert [run.number_at(place) for place in (0, 19_999, 20_000, 29_999)] == [0, 0, 1, 1]
    places = (0, run.warm_up, 19_999, 20_000, 20_000 + run.warm_up, 30_000)
    start, peak, end, again, second, last = (run.rate_at(place) for place in places)
    assert (start, peak, again, second, last) == (0.0, 1.0, 0.0, 0.5, 0.0)
    assert 0 < end < 0.001


def test_negatives_grow_more_frequent_until_a_stage_says_how_frequent_they_are() -> None:
    from training.reader_data import Recipe, Stage

    recipe = Recipe(
        ramp=100, retrieved=(0.1, 0.3), adversarial=(0.2, 0.6),
        stages=(
            Stage(begin=0, whole=0.0, sizes=(10, 20)),
            Stage(begin=200, whole=0.5, sizes=(10, 20), retrieved=0.0, adversarial=0.9),
        ),
    )  # fmt: skip
    assert recipe.chances(50) == pytest.approx((0.2, 0.4))
    assert recipe.chances(199) == pytest.approx((0.3, 0.6))
    assert recipe.chances(200) == (0.0, 0.9)


class Tiny:
    """Stands for the network: a body of one number and a head of one."""

    def __init__(self) -> None:
        import torch

        self.parameters = {
            name: torch.nn.Parameter(torch.ones(1)) for name in ("bert.one", "span.one")
        }

    def trained(self):
        return self.parameters


def test_a_cycle_begins_from_the_mean_of_those_before(tmp_path) -> None:
    import torch

    from training import reader

    worker = reader.Worker(0, reader.Settings(), torch.zeros(1, 1), None, Tiny)

    def hold(value):
        for parameter in worker._parameters.values():
            parameter.data.fill_(value)

    hold(2.0)
    worker.save_mean(tmp_path / "1.pt", share=1.0, before=tmp_path / "0.pt")  # none is before it
    hold(6.0)
    worker.save_mean(tmp_path / "2.pt", share=0.75, before=tmp_path / "1.pt")
    hold(9.0)
    worker.begin(tmp_path / "2.pt")
    assert all((p == 5.0).all() for p in worker._parameters.values())


def test_a_checkpoint_of_a_run_with_other_settings_is_not_gone_on_from(tmp_path) -> None:
    from training.reader import Settings, run
    from training.reader_data import Recipe

    (tmp_path / "checkpoint.pt").write_bytes(b"")
    (tmp_path / "plan.json").write_text('{"settings": {"rate": 0.1}}')
    with pytest.raises(ValueError, match="a run with other settings.*--out"):
        run(Settings(), Recipe(), tmp_path, lambda: pytest.fail("It was begun."))


def test_a_checkpoint_of_a_run_from_other_weights_is_not_gone_on_from(
    monkeypatch, tmp_path
) -> None:
    from training import reader
    from training.reader_data import Recipe

    monkeypatch.setattr(reader.mp, "spawn", lambda *_, **__: None)
    reader.end_of_cycle(tmp_path, 0).write_bytes(b"one verifier")

    def run() -> None:
        reader.run(reader.Settings(), Recipe(), tmp_path, lambda: pytest.fail("It was begun."))

    run()
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    run()
    reader.end_of_cycle(tmp_path, 0).write_bytes(b"another")
    with pytest.raises(ValueError, match="from other weights"):
        run()


def test_what_ships_is_the_base_model_and_most_of_what_changed(monkeypatch, tmp_path) -> None:
    import torch

    from training import reader

    settings = reader.Settings(kept=0.75)
    ended = {name: torch.full((1,), 5.0) for name in ("bert.one", "span.one")}
    torch.save({"parameters": ended}, reader.end_of_cycle(tmp_path, settings.questions))
    (tmp_path / "log.jsonl").write_text("")
    shipped = {}
    monkeypatch.setattr(reader, "fresh_network", Tiny)
    monkeypatch.setattr(reader, "write_weights", lambda found, *_, **__: shipped.update(found))
    reader.publish(tmp_path, tmp_path / "reader.safetensors", tmp_path / "curve", settings, {})
    assert {name: float(x) for name, x in shipped.items()} == {"bert.one": 4.0, "span.one": 5.0}


def test_a_threshold_is_not_chosen_for_one_gain_above_its_neighbours() -> None:
    from training.confidence import best_threshold

    gains = {"0.30": 0.57, "0.35": 0.6, "0.40": 0.63, "0.45": 0.62, "0.50": 0.64, "0.55": 0.59}
    assert best_threshold(gains) == 0.45
    assert best_threshold(gains | {"0.50": 0.58}) == 0.4
    assert best_threshold(gains | {"0.30": 0.6, "0.50": 0.58}) == 0.35  # as good as 0.4


def test_a_case_counted_threefold_is_fitted_as_three() -> None:
    from training.confidence import fit_monotone

    features = np.array([[0.0], [1.0], [2.0], [3.0], [1.5]])
    right = np.array([False, True, False, True, True])
    counted = np.array([1.0, 1.0, 1.0, 1.0, 3.0])
    once, often = (fit_monotone(features, right, x) for x in (np.ones(5), counted))
    assert often[1] + 1.5 * often[0][0] > once[1] + 1.5 * once[0][0] + 0.1  # it is believed more


def test_cases_of_another_arbiter_are_not_fitted(tmp_path) -> None:
    from training.confidence import kept_cases

    path = tmp_path / "cases.json"
    path.write_text('{"arbiter": "0123456789abcdef", "cases": []}')
    assert kept_cases(path, "0123456789abcdef") == []
    with pytest.raises(SystemExit, match="arbiter 0123456789ab, this is fedcba987654"):
        kept_cases(path, "fedcba9876543210")


def test_every_string_that_tells_a_right_quote_is_in_its_collection(data: Path) -> None:
    from training.own_words import collections, told

    for name, documents, questions in collections():
        texts = "\0".join(document.text for document in documents)
        for question, evidence in questions:
            for one in evidence:
                assert told([one], texts), (name, question, one)
