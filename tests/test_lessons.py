"""What a teacher says of examples is kept, found again, and learnt from beside what is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.reader_data import Example, Lesson

PASSAGE = "The Arn Bridge was finished in 1894. It was built by Karl Ott."
KARL = PASSAGE.index("Karl")
LESSON = Lesson(
    starts={KARL: 0.75, -1: 0.25}, ends={len(PASSAGE) - 2: 0.5, -1: 0.25, 2: 0.25}, relevance=1.5
)

CPUINFO = Path("/proc/cpuinfo")


def example(question: str = "Who built it?", start: int = KARL) -> Example:
    return Example(
        question=question, passage=PASSAGE, start=start, end=len(PASSAGE) - 1 if start >= 0 else -1,
        group=1, kind="answer", article=0,
    )  # fmt: skip


class Blocks:
    """One block of some examples, each a group."""

    def __init__(self, *examples: Example) -> None:
        self._examples = examples

    def block(self, number: int) -> list[list[Example]]:
        return [[one] for one in self._examples]


def test_a_lesson_is_found_by_question_and_passage_in_the_file(tmp_path):
    from training.lessons import Lessons

    other = Lesson(starts={-1: 1.0}, ends={-1: 1.0}, relevance=-2.0)
    taught = [(example(), LESSON), (example("Who burnt it?", start=-1), other)]
    Lessons.of(taught).save(tmp_path / "lessons.npz")
    lessons = Lessons.load(tmp_path / "lessons.npz")
    assert lessons.on(example()) == LESSON
    assert lessons.on(example("Who burnt it?")) == other
    assert lessons.on(example("Who paid for it?")) is None


def test_lessons_on_other_examples_are_an_error_that_says_so():
    from training.lessons import Lessons, Taught

    lessons = Lessons.of([(example(), LESSON)])
    ((taught,),) = Taught(examples=Blocks(example()), lessons=lessons).block(0)
    assert taught.lesson == LESSON
    both = Taught(examples=Blocks(example(), example("Who paid?")), lessons=lessons)
    with pytest.raises(ValueError, match="on 1 of the 2 examples of block 7.*training.teacher"):
        both.block(7)


def test_characters_of_a_lesson_become_tokens_and_what_is_cut_off_is_left_out():
    from training.reader_network import reader_tokenizer, tokenise

    taught = replace(example(), lesson=LESSON)
    ((row,),) = tokenise([[taught]], reader_tokenizer(64))
    assert row.starts == {row.start: 0.75, 0: 0.25}
    assert row.ends is not None and row.ends[row.end] == 0.5
    early = replace(example(start=4), end=14, lesson=LESSON)  # "Arn Bridge", before the cut
    ((cut,),) = tokenise([[early]], reader_tokenizer(14))
    assert cut.starts == {0: 1.0} and cut.relevance == 1.5


def test_what_is_learnt_lies_between_what_is_known_and_what_is_taught():
    import torch

    from training.reader_network import Row, relevance_loss

    def row(told: float | None) -> Row:
        return Row(ids=[1], passage=0, start=0, end=0, group=1, relevance=told)

    score = torch.tensor([0.5])
    known = float(relevance_loss(score, [[row(None)]], taught=0.6))
    share = 1 / (1 + np.exp(-2.0))  # what a teacher with a score of 2 gives the passage
    lost = -np.log(1 / (1 + np.exp(-0.5)))
    taught = share * lost + (1 - share) * known
    mixed = float(relevance_loss(score, [[row(2.0)]], taught=0.6))
    assert mixed == pytest.approx(0.4 * known + 0.6 * taught)


def test_spans_are_learnt_from_what_is_known_and_what_is_taught():
    import torch

    from training.reader_network import Row, loss_of

    logits = torch.tensor([[[0.0, 0.0], [0.0, 0.0], [1.0, 3.0], [2.0, 0.0], [0.0, 0.0]]])

    def fixed(*_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return logits, torch.zeros(1)

    def span_loss(**told: dict[int, float] | None) -> float:
        row = Row(ids=[1, 2, 3, 4, 5], passage=2, start=2, end=3, group=-1, **told)
        loss, _ = loss_of(fixed, [[row]], relevance_weight=0.0, taught=0.6)
        return float(loss)

    starts = -torch.log_softmax(torch.tensor([0.0, 1.0, 2.0]), 0)  # not here, 2, 3
    ends = -torch.log_softmax(torch.tensor([0.0, 3.0, 0.0]), 0)
    assert span_loss() == pytest.approx(float(starts[1] + ends[2]) / 2)
    mixed = 0.4 * starts[1] + 0.6 * (0.75 * starts[2] + 0.25 * starts[0])
    found = span_loss(starts={3: 0.75, 0: 0.25}, ends=None)
    assert found == pytest.approx(float(mixed + ends[2]) / 2)


def test_the_teacher_names_the_likeliest_characters_of_each_passage():
    import torch
    from transformers import MPNetConfig, MPNetModel

    from training.reader_network import _BFLOAT16, ReaderNetwork, reader_tokenizer
    from training.teacher import Untyped, ask

    torch.manual_seed(3)
    config = MPNetConfig(
        vocab_size=30_527, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    teacher = ReaderNetwork(Untyped(MPNetModel(config, add_pooling_layer=False)), size=32).eval()
    asked = [example(), example("Who paid?"), example("When was the bridge of Arn finished?")]
    together = ask(teacher, reader_tokenizer(64), asked, batch=2)
    (alone,) = ask(teacher, reader_tokenizer(64), asked[1:2])
    assert together[1].relevance == pytest.approx(alone.relevance, abs=0.05)
    encoding = reader_tokenizer(64).encode(asked[1].question, PASSAGE)
    passage = [place for place, kind in enumerate(encoding.type_ids) if kind == 1][:-1]
    ids, mask = torch.tensor([encoding.ids]), torch.ones(1, len(encoding.ids), dtype=torch.long)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=_BFLOAT16):
        spans, _ = teacher(ids, mask, mask)
    shares = torch.softmax(spans[0, [0, *passage]].float(), 0)
    for side, told in enumerate((alone.starts, alone.ends)):
        best = shares[:, side].topk(4)
        assert list(told.values()) == pytest.approx(best.values.tolist(), abs=0.01)
        places = [encoding.offsets[passage[at - 1]] if at else None for at in best.indices]
        expected = {-1 if one is None else (one[0], one[1] - 1)[side] for one in places}
        assert len(set(told) & expected) >= 3  # near ones may change places in sixteen bits


def test_what_is_seen_in_one_passage_is_set_against_what_is_seen_in_the_others():
    from training.comparing import shared

    found = {4: np.log(0.6), 9: np.log(0.2), -1: np.log(0.2)}  # odds of 3 and 1
    weaker = {2: np.log(0.5), 7: np.log(0.0001), -1: np.log(0.25)}  # of 2
    first, second = shared([(found, found, 1.5), (weaker, found, -2.0)])
    assert first.starts == pytest.approx({4: 3 / 6, 9: 1 / 6}, abs=1e-4)
    assert second.starts == pytest.approx({2: 2 / 6}, abs=1e-4)  # what is hardly likely is left out
    assert first.ends == second.ends == pytest.approx({4: 3 / 8, 9: 1 / 8})
    assert (first.relevance, second.relevance) == (1.5, -2.0)
    nothing = {4: np.log(0.2), -1: np.log(0.8)}
    (alone,) = shared([(nothing, found, 0.0)])
    assert alone.starts == {} and alone.ends == pytest.approx({4: 3 / 4, 9: 1 / 4})


def test_the_passages_of_each_question_are_compared_among_themselves(monkeypatch):
    import torch

    from training import comparing

    asked = [example(), example("Who paid?", start=-1), example("When was it finished?", start=23)]
    asked[1] = replace(asked[1], kind="retrieved")

    def read(teacher, asking, examples):
        for place in reversed(range(len(examples))):  # they come as they are read
            logs = torch.log(torch.tensor([[0.1, 0.1], [0.9, 0.9]]))
            yield place, logs, [(0, 0), (4 + place, 9 + place)], float(place)

    monkeypatch.setattr(comparing, "read", read)
    one, other, next_one = comparing.ask(None, None, asked)
    assert one.starts == pytest.approx({4: 0.5}) and other.starts == pytest.approx({5: 0.5})
    assert other.ends == pytest.approx({9: 0.5}) and next_one.ends == pytest.approx({10: 1.0})
    assert [x.relevance for x in (one, other, next_one)] == [0.0, 1.0, 2.0]


def test_a_lesson_is_moved_with_its_passage():
    moved = LESSON.after(10)
    assert moved.starts == {KARL + 10: 0.75, -1: 0.25}
    assert moved.ends == {len(PASSAGE) + 8: 0.5, -1: 0.25, 12: 0.25}
    assert moved.relevance == LESSON.relevance


@pytest.mark.slow
@pytest.mark.skipif(
    not CPUINFO.exists() or "avx512f" not in CPUINFO.read_text(encoding="utf-8").split(),
    reason="the lessons were made with AVX-512: without it numpy.argpartition leaves the paragraphs"
    " that BM25 scores alike in another order, so that other negatives are drawn",
)
def test_there_are_lessons_on_what_the_verifier_learns_from(data):
    from training.verifier import RECIPE, SETTINGS, taught

    stream = taught(data)
    for number in range(SETTINGS.questions // RECIPE.block):
        assert len(stream.block(number)) >= RECIPE.block  # and nothing is without a lesson
