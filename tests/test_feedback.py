"""Feedback: rows that `citewise eval` replays, kept whole whoever writes at the same time."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from corpus import CorpusError, Document, StoreError
from index import Filters, Index, build_index
from qa import Answer, Assistant, cite
from qa.evaluation import evaluate, load_questions
from qa.feedback import Feedback

TEXT = Document.from_text(
    "The harbour opened in 1887. The market is held on Fridays. Ferries leave at dawn.",
    source="town/guide.txt",
)


def answer_of(words: str | None, *, question: str = "When did it open?") -> Answer:
    citations = ()
    if words is not None:
        start = TEXT.text.index(words)
        citations = (cite(TEXT, start, start + len(words), highlights=[(start + 4, start + 11)]),)
    return Answer(
        question=question, rewritten=question, answered=bool(citations), confidence=0.5,
        text=words, citations=citations, nearest=(), timings={},
    )  # fmt: skip


HARBOUR = "The harbour opened in 1887."
MARKET = "The market is held on Fridays."


class Says:
    """An assistant that always gives the same answer, and remembers the filters."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.filters: list[Filters | None] = []

    def ask(self, question: str, *, k: int = 3, filters: Filters | None = None) -> Answer:
        self.filters.append(filters)
        return self.answer


def replayed(feedback: Feedback, answer: Answer) -> tuple[str, bool]:
    questions = load_questions(feedback.path)
    (result,) = evaluate(Says(answer), questions).results
    return result.outcome, result.right


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "new folder" / "feedback.jsonl")


@pytest.mark.parametrize(
    ("judged", "verdict", "evidence", "outcomes"),
    [
        (HARBOUR, "right", "", {HARBOUR: True, MARKET: False, None: False}),
        (None, "right", "", {HARBOUR: False, None: True}),
        (MARKET, "wrong", "", {HARBOUR: True, MARKET: False, None: True}),
        (MARKET, "wrong", "opened in 1887", {HARBOUR: True, MARKET: False, None: False}),
        (None, "wrong", "", {HARBOUR: True, None: False}),
        (None, "missing", "", {HARBOUR: True, MARKET: True, None: False}),
        (None, "missing", "opened in 1887", {HARBOUR: True, MARKET: False, None: False}),
        (MARKET, "missing", "", {HARBOUR: True, MARKET: True, None: False}),
    ],
)
def test_each_verdict_is_replayed_as_a_test_case(feedback, judged, verdict, evidence, outcomes):
    feedback.record(answer_of(judged), verdict, "a note", evidence=evidence)
    came = {words: replayed(feedback, answer_of(words))[1] for words in outcomes}
    assert came == outcomes


def test_a_row_holds_the_case_and_what_was_said(feedback):
    filters = Filters(folder="town", after="2019")
    row = feedback.record(answer_of(HARBOUR), "right", "fine\nindeed", filters=filters)
    assert feedback.rows() == [row]
    assert {key: row[key] for key in ("verdict", "note", "question", "evidence", "source")} == {
        "verdict": "right", "note": "fine\nindeed", "question": "When did it open?",
        "evidence": [HARBOUR], "source": "town/guide.txt",
    }  # fmt: skip
    assert row["answer"] == "harbour"  # the marked words
    assert Filters.from_dict(row["filters"]) == filters
    (question,) = feedback.questions()
    assistant = Says(answer_of(HARBOUR))
    evaluate(assistant, [question])
    assert assistant.filters == [filters]


def test_a_second_verdict_on_the_same_answer_takes_the_place_of_the_first(feedback):
    feedback.record(answer_of(HARBOUR), "right")
    feedback.record(answer_of(MARKET), "wrong")
    feedback.record(answer_of(HARBOUR), "wrong")
    assert [(r["verdict"], r.get("refuted")) for r in feedback.rows()] == [
        ("wrong", [MARKET]), ("wrong", [HARBOUR]),
    ]  # fmt: skip
    feedback.record(answer_of(HARBOUR), "right", filters=Filters(folder="town"))
    assert len(feedback.rows()) == 3  # another question, being put to other documents
    feedback.withdraw(answer_of(MARKET))
    assert len(feedback.rows()) == 2
    feedback.withdraw(answer_of(MARKET))
    assert len(feedback.rows()) == 2


def test_rows_of_many_threads_and_processes_are_all_kept(feedback):
    program = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from test_feedback import answer_of, HARBOUR
from qa.feedback import Feedback
for n in range(15):
    Feedback(Path(sys.argv[1])).record(answer_of(HARBOUR, question=f"{sys.argv[2]} {n}?"), "right")
"""
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(feedback.path), name],
            cwd=Path(__file__).parent.parent,
        )
        for name in ("a", "b", "c")
    ]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda n: feedback.record(answer_of(HARBOUR, question=f"own {n}?"), "right"),
                range(30),
            )
        )
    assert [process.wait(60) for process in others] == [0, 0, 0]
    asked = [row["question"] for row in feedback.rows()]
    expected = {f"own {n}?" for n in range(30)} | {f"{p} {n}?" for p in "abc" for n in range(15)}
    assert set(asked) == expected
    assert len(asked) == len(expected)


def test_only_the_user_may_read_the_file(feedback):
    feedback.record(answer_of(HARBOUR), "right")
    assert feedback.path.stat().st_mode & 0o777 == 0o600


def test_odd_words_survive(feedback):
    for text in ("智慧城市?\u2028\x85 \x00", "\ud800 lone", '"quoted"\n\r\n{}'):
        feedback.record(answer_of(HARBOUR, question=f"Q {text}"), "right", note=text)
    assert len(feedback.rows()) == len(load_questions(feedback.path)) == 3


def test_replaying_nothing_says_how_feedback_is_given(feedback):
    with pytest.raises(CorpusError, match="Judge answers in the page"):
        feedback.questions()


@pytest.mark.parametrize("verdict", ["", "Right", None])
def test_another_verdict_is_refused(feedback, verdict):
    with pytest.raises(ValueError, match="expected right, wrong or missing"):
        feedback.record(answer_of(HARBOUR), verdict)


def test_an_endless_note_is_refused(feedback):
    with pytest.raises(ValueError, match="longer than 10,000"):
        feedback.record(answer_of(HARBOUR), "wrong", "x" * 10_001)


@pytest.mark.parametrize("content", ["no json\n", "[1]\n", b"\xff\xfe"])
def test_a_damaged_file_is_named_and_left_as_it_is(feedback, content):
    feedback.path.parent.mkdir()
    content = content if isinstance(content, bytes) else content.encode()
    feedback.path.write_bytes(content)
    with pytest.raises(StoreError, match="feedback.jsonl"):
        feedback.record(answer_of(HARBOUR), "right")
    assert feedback.path.read_bytes() == content


def test_each_index_has_a_file_of_its_own(tmp_path, monkeypatch):
    from qa.shipped import shipped_index_path

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    paths = [Feedback.of(place).path for place in (tmp_path / "a", tmp_path / "b", None)]
    assert len(set(paths)) == 3
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert Feedback.of(shipped_index_path()).path == Feedback.of(None).path == paths[2]


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Index:
    return build_index([TEXT], tmp_path_factory.mktemp("town") / "index")


def test_feedback_on_real_answers_is_replayed_by_the_real_assistant(town, feedback):
    assistant = Assistant.open(town.path)
    right = assistant.ask("When did the harbour open?")
    assert right.answered
    feedback.record(right, "right")
    within = Filters(folder="elsewhere")
    nothing = assistant.ask("When did the harbour open?", filters=within)
    assert not nothing.answered
    feedback.record(nothing, "right", filters=within)
    wrong = assistant.ask("When is the market held?")
    feedback.record(wrong, "wrong")
    results = evaluate(assistant, load_questions(feedback.path)).results
    assert [(r.outcome, r.right) for r in results] == [
        ("first", True), ("abstained", True), ("wrong again", False),
    ]  # fmt: skip
    counts = evaluate(assistant, load_questions(feedback.path)).counts
    assert (counts["reported"], counts["reported: no longer wrong"]) == (1, 0)
    assert json.loads(feedback.path.read_text().splitlines()[0])["verdict"] == "right"
