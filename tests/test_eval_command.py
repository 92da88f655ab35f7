"""`citewise eval` on a real index: what it counts, saves, draws and refuses."""

import json
from pathlib import Path

import pytest
from commands import run

from corpus import Document
from index import build_index
from qa import Assistant
from qa.feedback import Feedback

HARBOUR = Document.from_text(
    "The harbour plan was signed by Ms Wu Lan on 3 May 2018. It costs 38 million yuan.\n\n"
    "The quay will be lit by 400 solar lamps. The lamps are made in Tianjin.\n",
    source="plans/harbour.md",
)
SCHOOLS = Document.from_text(
    "The district has 17 primary schools. Each school received a weather station in 2019. "
    "Pupils read the stations every morning.",
    source="schools.txt",
)
QUESTION = "Who signed the harbour plan?"
UNANSWERED = "What does the moon weigh in kilograms?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("built") / "index"
    build_index([HARBOUR, SCHOOLS], place).close()
    return str(place)


@pytest.fixture
def questions(tmp_path: Path) -> str:
    rows = [
        {"id": "a1", "question": QUESTION, "evidence": ["Ms Wu Lan"], "source": "harbour.md",
         "answer": "Ms Wu Lan"},
        {"id": "a2", "question": "How many primary schools has the district?",
         "evidence": ["every morning"], "source": "schools.txt", "answer": "every morning"},
        {"id": "u1", "question": UNANSWERED, "evidence": [], "source": None, "answer": None},
    ]  # fmt: skip
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_eval_counts_and_names_what_went_wrong(index: str, questions: str) -> None:
    text = run("eval", questions, "--index", index).stdout
    assert "\nanswerable: evidence in the first citation\t1\t50.0%\n" in text
    assert "\nunanswerable: abstained\t1\t100.0%\n" in text
    assert "a2  How many primary schools has the district?" in text
    assert "a1  " not in text


def test_eval_saves_what_it_prints_as_json(index: str, questions: str, tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    result = run("eval", questions, "--index", index, "--json", "--output", str(output))
    assert json.loads(result.stdout) == json.loads(output.read_text(encoding="utf-8"))
    assert json.loads(result.stdout)["counts"]["answerable: evidence in the first citation"] == 1


def test_eval_compares_with_earlier_figures_and_fails_when_they_fell(
    index: str, questions: str, tmp_path: Path
) -> None:
    old = tmp_path / "old.json"
    run("eval", questions, "--index", index, "--output", str(old))
    same = run("eval", questions, "--index", index, "--compare", str(old))
    assert same.exit_code == 0
    assert "Compared on" in same.stdout
    saved = json.loads(old.read_text(encoding="utf-8"))
    for row in saved["results"]:
        row.update(right=True, rank=1, outcome="first")
    old.write_text(json.dumps(saved), encoding="utf-8")
    worse = run("eval", questions, "--index", index, "--compare", str(old))
    assert worse.exit_code == 1
    assert worse.stderr.startswith(f"citewise: Worse than {old}: right, evidence in the first")
    assert "Lost: How many primary schools has the district?" in worse.stdout


def test_eval_draws_a_plot(index: str, questions: str, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    assert run("eval", questions, "--index", index, "--plot", str(plot)).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_eval_without_a_file_says_where_feedback_comes_from(
    index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    result = run("eval", "--index", index)
    assert result.exit_code == 1
    assert "Judge answers in the page (citewise ui), or name a file" in result.stderr


def test_eval_names_the_line_of_a_bad_row(index: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "Who?", "answer": null}\n{"question": 3}\n', encoding="utf-8")
    result = run("eval", str(path), "--index", index)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"citewise: {path}, line 2: ")


def rows_of(path: Path, *rows: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


SIGNED = {"question": QUESTION, "evidence": ["Ms Wu Lan"], "source": "harbour.md", "answer": "Wu"}


def test_rows_that_no_quote_could_prove_right_are_left_out_counted_and_named(
    index: str, tmp_path: Path
) -> None:
    unfit = (
        SIGNED | {"source": "Harbour.md"}, SIGNED | {"source": "docs/schools.txt"},
        SIGNED | {"evidence": ["Ms Wu Lin"]},
        SIGNED | {"evidence": [], "source": None, "answer": "Mr Wu"},
    )  # fmt: skip
    unanswerable = {"question": UNANSWERED, "answer": None, "source": "none.txt"}
    path = rows_of(tmp_path / "questions.jsonl", SIGNED, *unfit, unanswerable)
    result = run("eval", path, "--index", index)
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()[:5]
    assert head == "Left out, as no quote could prove them right: 4 of 6"
    assert [row.partition(" (")[0] for row in rows] == [
        '  line 2: "source" is "Harbour.md", which no document has; the nearest is '
        '"plans/harbour.md"',
        '  line 3: "source" is "docs/schools.txt", which no document has; the nearest is '
        '"schools.txt"',
        '  line 4: "evidence" is "Ms Wu Lin", which stands nowhere in harbour.md',
        '  line 5: "answer" is "Mr Wu", which stands in no document',
    ]
    none_left = run("eval", rows_of(tmp_path / "unfit.jsonl", *unfit), "--index", index)
    assert (none_left.exit_code, none_left.stdout) == (1, "")
    first, *_, last = none_left.stderr.splitlines()
    assert first == "These rows do not fit the documents:"
    assert "unfit.jsonl has no row that a quote could prove right; all 4 are named" in last
    assert "Expected sources as `citewise index info` lists them" in last


def test_matching_answers_leaves_out_and_counts_those_in_no_document(
    index: str, tmp_path: Path
) -> None:
    elsewhere = SIGNED | {"source": "another.txt", "evidence": ["Madam Wu"]}
    path = rows_of(tmp_path / "questions.jsonl", elsewhere, SIGNED | {"answer": "Madam Wu"})
    asked = ("eval", path, "--index", index, "--match", "answer")
    text = run(*asked).stdout
    assert text.startswith(
        "Left out, as no quote could prove them right: 1 of 2\n"
        '  line 2: "answer" is "Madam Wu", which stands in no document ('
    )
    figures = json.loads(run(*asked, "--json").stdout)
    assert figures["counts"]["answerable: evidence in the first citation"] == 1
    assert [(row["line"], row["question"]) for row in figures["left_out"]] == [(2, QUESTION)]


def test_feedback_on_a_document_that_is_gone_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    place = tmp_path / "index"
    build_index([HARBOUR, SCHOOLS], place).close()
    assistant = Assistant.open(place)
    Feedback.of(place).record(assistant.ask(QUESTION), "right")
    Feedback.of(place).record(assistant.ask("How many primary schools are there?"), "right")
    build_index([SCHOOLS], place).close()
    result = run("eval", "--index", str(place), "--json")
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert figures["counts"]["answerable"] == 1
    (left_out,) = figures["left_out"]
    assert left_out["reason"].startswith('"source" is "plans/harbour.md", which no document has')
    build_index([Document.from_text("Nothing.", source="empty.txt")], place).close()
    nothing = run("eval", "--index", str(place))
    assert nothing.exit_code == 1
    assert "The feedback has no row that a quote could prove right" in nothing.stderr


@pytest.mark.parametrize("match", ["evidence", "answer"])
def test_what_a_right_quote_holds_is_printed_and_saved(
    index: str, questions: str, match: str, tmp_path: Path
) -> None:
    output = tmp_path / "figures.json"
    asked = ("eval", questions, "--index", index, "--match", match)
    text = run(*asked, "--output", str(output)).stdout
    assert text.startswith(f"Matched by {match}: a right quote holds the row's {match} and ")
    assert f"\nanswerable: {match} in the first citation\t1\t50.0%\n" in text
    assert json.loads(output.read_text(encoding="utf-8"))["match"] == match
    compared = run(*asked, "--compare", str(output)).stdout.partition("Compared on")[2]
    assert f"\n{match} in the first citation\t1\t1\n" in compared
    other = {"evidence": "answer", "answer": "evidence"}[match]
    again = run("eval", questions, "--index", index, "--match", other, "--compare", str(output))
    assert (again.exit_code, again.stdout) == (1, "")
    assert f"were matched by {match}, these are by {other}" in again.stderr


def test_each_file_that_is_saved_is_said_to_be_apart_from_the_results(
    index: str, questions: str, tmp_path: Path
) -> None:
    output, plot = tmp_path / "figures.json", tmp_path / "plot.svg"
    asked = ("eval", questions, "--index", index, "--json")
    assert run(*asked).stderr == ""
    result = run(*asked, "--output", str(output), "--plot", str(plot))
    assert result.stderr == f"Saved figures and results: {output}\nSaved plot: {plot}\n"
    assert json.loads(result.stdout)["counts"]["questions"] == 3


def test_a_mistake_of_a_row_without_an_id_is_named_by_its_line(index: str, tmp_path: Path) -> None:
    wrong = {"question": "How many primary schools has the district?", "answer": "every morning"}
    path = rows_of(tmp_path / "questions.jsonl", SIGNED, wrong)
    text = run("eval", path, "--index", index).stdout
    assert "\n  line 2  How many primary schools has the district?\n" in text
