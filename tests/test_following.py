"""Readers and a writer: nobody waits, nobody sees a mixture, nothing that is read is removed."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus import Document
from index import Index, build_index
from index.publishing import writing
from qa import answer
from qa.following import Following

ROOT = Path(__file__).parent.parent
QUESTION = "Who built the harbour of Aldmouth?"


def _built_by(name: str) -> list[Document]:
    return [Document.from_text(f"The harbour of Aldmouth was built by {name}.", source="a.txt")]


def _generations(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if entry.name.startswith("g"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    build_index(_built_by("Mara Quill"), tmp_path / "index").close()
    return tmp_path / "index"


def _until(condition, *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_who_rebuilds_and_asks_in_one_process_asks_the_new_generation(path):
    following = Following.open(path)
    old = following.assistant
    build_index(_built_by("Otto Lind"), path).close()
    assert "Otto Lind" in following.assistant.ask(QUESTION, threshold=0).text
    assert "Mara Quill" in old.ask(QUESTION, threshold=0).text  # who had it keeps it
    following.close()


REBUILD = """
import sys
from corpus import Document
from index import build_index
text = f"The harbour of Aldmouth was built by {sys.argv[2]}."
build_index([Document.from_text(text, source="a.txt")], sys.argv[1])
"""


def _elsewhere(script: str, *arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_rebuild_by_another_process_is_picked_up_without_a_restart(path):
    following = Following.open(path)
    assert "Mara Quill" in answer(QUESTION, index=path, threshold=0).text
    with _elsewhere(REBUILD, path, "Otto Lind") as other:
        assert other.wait(120) == 0
    _until(lambda: following.assistant.index.generation == "g000002")
    assert "Otto Lind" in following.assistant.ask(QUESTION, threshold=0).text
    _until(lambda: "Otto Lind" in answer(QUESTION, index=path, threshold=0).text)
    following.close()


def test_a_closed_following_stays_as_it_is(path):
    following = Following.open(path)
    following.close()
    build_index(_built_by("Otto Lind"), path).close()
    assert "Mara Quill" in following.assistant.ask(QUESTION, threshold=0).text


def test_a_damaged_new_generation_leaves_the_old_one_answering(path, caplog):
    following = Following.open(path)
    with writing(path):  # what no build does: publish what cannot be opened
        (path / "g000009").mkdir()
        (path / "g000009" / "manifest.json").write_text("{}")
        (path / "CURRENT").write_text("g000009\n")
    assert "Mara Quill" in following.assistant.ask(QUESTION, threshold=0).text
    assert "the old one stays" in caplog.text
    following.close()


def test_what_nobody_uses_any_more_is_closed_without_the_garbage_collector(path):
    following = Following.open(path)
    gc.disable()
    try:
        for name in ("Otto Lind", "Ida Berg", "Jo Falk"):
            following.assistant.ask(QUESTION)
            build_index(_built_by(name), path).close()
        assert _generations(path) == ["g000003", "g000004"]
    finally:
        gc.enable()
        following.close()


HOLD = """
import sys, time
from index import Index
index = Index.open(sys.argv[1])
print("open", flush=True)
time.sleep(300)
"""


def test_a_generation_that_another_process_reads_stays_until_that_process_is_gone(path):
    with _elsewhere(HOLD, path) as reader:
        try:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "open\n"
            for name in ("Otto Lind", "Ida Berg", "Jo Falk"):
                build_index(_built_by(name), path).close()
            assert _generations(path) == ["g000001", "g000003", "g000004"]
        finally:
            os.kill(reader.pid, signal.SIGKILL)  # a crash frees it too
    build_index(_built_by("Kim Moe"), path).close()
    assert _generations(path) == ["g000004", "g000005"]


def test_an_index_of_this_process_holds_its_generation_until_closed(path):
    old = Index.open(path)
    for name in ("Otto Lind", "Ida Berg", "Jo Falk"):
        build_index(_built_by(name), path).close()
    assert "g000001" in _generations(path)
    assert old.search(QUESTION)[0].document.text.endswith("Mara Quill.")
    old.close()
    with writing(path):
        pass
    assert _generations(path) == ["g000003", "g000004"]


@pytest.mark.slow
def test_many_readers_ask_while_one_rebuilds(tmp_path):
    from benchmarks.readers import measure

    figures = measure(tmp_path, readers=2, rebuilds=3)
    assert figures["errors"] == []
    assert figures["mixtures"] == 0
    assert figures["generations_seen"] >= 2
    # Beside a rebuild of another index, as busy but not followed: what is left is our waiting.
    assert figures["handed_out"]["longest_ms"] <= 50 + figures["beside"]["longest_ms"]
