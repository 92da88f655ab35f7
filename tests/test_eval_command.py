"""`citewise eval` on a real index: what it counts, saves, draws and refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus import Document
from index import build_index
from qa.cli import main

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


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), prog_name="citewise")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def questions(tmp_path: Path) -> str:
    rows = [
        {"id": "a1", "question": QUESTION, "evidence": ["Ms Wu Lan"], "source": "harbour.md",
         "answer": "Ms Wu Lan"},
        {"id": "a2", "question": "How many primary schools has the district?",
         "evidence": ["18 primary schools"], "source": "schools.txt", "answer": "18"},
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
