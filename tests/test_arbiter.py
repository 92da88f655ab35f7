"""What the arbiter is trained on: passages side by side, of which one answers."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from training.reader_data import Recipe, Stage
from training.squad import Question, Squad, sentence_spans

PIER = "The pier of Brakel is of oak. Karl Ott built it in 1887. It burnt down twice."
MOLE = "The mole of Lind is of stone. Lena Brandt built it in 1902. It is a mile long."
QUAY = "The quay of Denby is of brick. Bo Holm, who built it, came from the north."


@pytest.fixture
def squad():
    paragraphs = [PIER, MOLE, QUAY]
    start = PIER.index("Karl Ott")
    asked = Question(
        text="Who built the pier of Brakel?", paragraph=0, article=0, start=start, end=start + 8,
        answers=("karl ott",),
    )  # fmt: skip
    return Squad(
        paragraphs=paragraphs, articles=[0, 1, 1], titles=["Piers", "Moles"],
        questions=[asked, replace(asked, text="Who paid for the pier?")],
        sentences=[sentence_spans(text) for text in paragraphs],
    )  # fmt: skip


@pytest.fixture
def retrieved(squad):
    from training.retrieved import Retrieved, Window

    found = [Window(1, 0, len(MOLE)), Window(0, 30, len(PIER)), Window(2, 0, 30)]
    return Retrieved.of([(squad.questions[0], found)])


FIRST = Stage(
    begin=0, whole=0.5, sizes=(20, 60), retrieved=0.05, adversarial=0.0, turns=("squad",),
    others=(1, 2, 2),
)  # fmt: skip


def groups_of(squad, retrieved, blocks=4, stage=FIRST, sources=None):
    from training.arbiter import SideBySide

    stream = SideBySide(squad, sources or {}, Recipe(block=64, stages=(stage,)), retrieved)
    return [group for number in range(blocks) for group in stream.block(number)]


def test_what_was_found_is_kept_by_the_question(squad, retrieved, tmp_path):
    from training.retrieved import Retrieved

    retrieved.save(tmp_path / "retrieved.npz")
    kept = Retrieved.load(tmp_path / "retrieved.npz")
    assert kept.to(squad.questions[0]) == retrieved.to(squad.questions[0])
    assert [PIER[30:], MOLE] == [
        squad.paragraphs[number][begin:end]
        for number, begin, end in sorted(kept.to(squad.questions[0]))[:2]
    ]
    assert kept.to(squad.questions[1]) == []


def test_of_passages_side_by_side_one_answers_if_any(squad, retrieved):
    groups = groups_of(squad, retrieved)
    assert {one.question.lower() for group in groups for one in group} >= {
        "who built the pier of brakel?"
    }
    assert not any("paid" in one.question for group in groups for one in group)  # was not asked
    answering = [[one for one in group if one.kind == "answer"] for group in groups]
    assert {len(some) for some in answering} <= {0, 1}
    assert 0.9 < sum(map(len, answering)) / len(groups) < 1.0
    for (one,) in filter(None, answering):
        assert one.passage[one.start : one.end] == "Karl Ott"
    for group in groups:
        assert len(group) in {2, 3}
        assert all("Karl Ott" not in one.passage for one in group if one.kind != "answer")
    first = [group[0].kind == "answer" for group in groups if len(group) == 2]
    assert 0.3 < sum(first) / len(first) < 0.7  # where it stands tells nothing


def test_to_an_unanswered_question_nothing_found_answers_and_as_many_are_read(squad, retrieved):
    from training.retrieved import Retrieved, Window

    asked = squad.questions[0]
    swum, sunk = (
        replace(asked, text=text, start=-1, end=-1, answers=())
        for text in ("Who swam to the pier of Brakel?", "Who sank the pier of Brakel?")
    )
    found = Retrieved.of(
        [(asked, retrieved.to(asked)), (swum, [Window(2, 0, 30), Window(0, 0, 29)])]
    )
    stage = replace(FIRST, others=(0, 1), turns=("squad", "unanswered"))
    dams = [f"The dam of {name} is long. Nobody sank it." for name in "ABCDEFGHI"]
    many = replace(
        squad, paragraphs=[*squad.paragraphs, *dams], articles=[0, 1, 1, *[1] * 9],
        sentences=[*squad.sentences, *map(sentence_spans, dams)],
    )  # fmt: skip
    sources = {"report": [replace(swum, answers=("x",)), swum], "own": [sunk]}
    groups = groups_of(many, found, stage=stage, sources=sources)
    for about, read in (
        ("swam", {QUAY[:30], PIER[:29]}),  # what was found
        ("sank", {PIER, *dams}),  # its own paragraph, and those of another article
    ):
        own = [group for group in groups if about in group[0].question]
        passages = {one.passage for group in own for one in group}
        untitled = {text.removeprefix("Piers. ").removeprefix("Moles. ") for text in passages}
        assert len(untitled) > 1
        assert all(any(text in whole for whole in read) for text in untitled)
        assert {len(group) for group in own} == {1, 2}
        assert {(one.start, one.end, one.kind) for group in own for one in group} == {
            (-1, -1, "retrieved")
        }
    assert {len(group) for group in groups if "built" in group[0].question} == {1, 2}


def test_a_swapped_question_is_answered_by_none_of_the_same_passages(squad, retrieved):
    from training.retrieved import Retrieved

    stage = replace(FIRST, retrieved=0.0, adversarial=0.5)
    asked = replace(squad.questions[0], text="Who built the pier in 1887?")
    found = Retrieved.of([(asked, retrieved.to(squad.questions[0]))])
    groups = groups_of(replace(squad, questions=[asked]), found, stage=stage)
    swapped = [group for group in groups if "1887" not in group[0].question]
    assert 0.3 < len(swapped) / len(groups) < 0.7
    for group in groups:
        kinds = [one.kind for one in group]
        assert any("Karl Ott" in one.passage for one in group)
        assert kinds.count("answer") == (group not in swapped)


@pytest.fixture
def fresh(squad):
    """Return a fresh question, which is not SQuAD's, to what is found beside the answer."""
    start = MOLE.index("Lena")
    return Question(
        text="By whom was the mole at Lind put up?", paragraph=1, article=1, start=start,
        end=start + 11, answers=("lena brandt",),
    )  # fmt: skip


@pytest.fixture
def taught(squad, fresh):
    from training.lessons import Lessons
    from training.reader_data import Example, Lesson

    def said(passage, **lesson):
        one = Example(
            question=fresh.text, passage=passage, start=-1, end=-1, group=0, kind="x", article=0
        )
        return one, Lesson(relevance=0.0, **lesson)

    start = MOLE.index("Lena")
    return Lessons.of(
        [
            said(MOLE, starts={start: 0.5, start + 5: 0.25}, ends={start + 10: 0.75}),
            said(PIER[:58], starts={PIER.index("Karl"): 0.25}, ends={PIER.index(" built"): 0.25}),
            said(QUAY, starts={}, ends={}),
        ]
    )


def test_of_a_fresh_question_the_passages_are_read_that_a_teacher_read(squad, fresh, taught):
    from training.arbiter import MAX_TOKENS, SideBySide, side_by_side, tokenizer
    from training.retrieved import Retrieved, Window, compared

    found = [Window(0, 0, 58), Window(1, 0, len(MOLE)), Window(2, 0, len(QUAY)), Window(0, 0, 29)]
    assert compared(squad, fresh, found) == [found[1], found[0], found[2]]
    tricky = replace(fresh, text="Who sank the mole?", start=-1, end=-1, answers=())
    retrieved = Retrieved.of([(fresh, found), (tricky, found)])
    stage = replace(FIRST, retrieved=0.2, turns=("fresh", "fresh", "trick"), others=(0, 1, 2))
    recipe = Recipe(block=90, stages=(stage,))
    groups = SideBySide(squad, {"fresh": [fresh, tricky]}, recipe, retrieved, taught).block(0)
    words = tokenizer(MAX_TOKENS)
    marked = 0
    for group, (row,) in zip(groups, side_by_side(groups, words), strict=True):
        passages = {one.passage.removeprefix("Moles. ").removeprefix("Piers. ") for one in group}
        if "sank" in group[0].question.lower():
            assert row.start == 0 and row.starts is row.ends is None
            continue
        assert passages <= {MOLE, PIER[:58], QUAY}
        if not row.start:
            assert row.starts is row.ends is None and MOLE not in passages
            continue
        marked += 1
        assert row.starts[row.start] == pytest.approx(0.5 if PIER[:58] in passages else 2 / 3)
        assert sum(row.starts.values()) == pytest.approx(1) == sum(row.ends.values())
        assert words.decode([row.ids[max(row.ends, key=row.ends.get)]]) == "brandt"
    assert 30 < marked < 60


def test_what_answers_is_read_around_its_answer_where_it_was_not_found(squad, fresh):
    from training.retrieved import Window, compared

    cut = [Window(2, 0, len(QUAY)), Window(1, 60, len(MOLE))]
    right, other = compared(squad, fresh, cut)
    assert other == cut[0] and right.paragraph == 1
    assert "Lena Brandt built it" in MOLE[right.begin : right.end]
    assert compared(squad, fresh, cut)[0] == right


def test_passages_side_by_side_are_one_row(squad, retrieved):
    from training.arbiter import MAX_TOKENS, side_by_side, tokenizer

    words = tokenizer(MAX_TOKENS)
    groups = groups_of(squad, retrieved, blocks=1)
    rows = side_by_side(groups, words)
    for group, (row,) in zip(groups, rows, strict=True):
        assert row.ids.count(words.token_to_id("[SEP]")) == 1 + len(group)
        answers = any(one.kind == "answer" for one in group)
        marked = words.decode(row.ids[row.start : row.end + 1])
        assert marked == ("karl ott" if answers else "")
        assert (row.start >= row.passage) == answers
    long = [replace(one, passage=one.passage * 30) for one in groups[0]]
    assert side_by_side([long], words) == []


def test_what_does_not_fit_into_memory_is_learnt_in_pieces_of_whole_groups():
    from training.reader_network import Row, in_pieces

    def group(length, rows=1):
        row = Row(ids=[0] * length, passage=3, start=0, end=0, group=1)
        return [row] * rows

    groups = [group(100), group(400, 2), group(400, 6), group(400), group(50)]
    pieces = list(in_pieces(groups))
    assert [one for piece in pieces for one in piece] == groups
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert list(in_pieces([group(2_000)])) == [[group(2_000)]]
