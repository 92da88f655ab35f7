"""Generations: a kill, a flipped byte, a second writer or a foreign folder never cost an index."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import index.assembling
import index.publishing
from corpus import Document, StoreError
from index import Index, build_index
from index.generations import FORMAT
from index.publishing import writing


@pytest.fixture
def path(small_index):
    small_index.close()
    return small_index.path


def _files(path: Path) -> list[Path]:
    return sorted(file for file in (path / "g000001").rglob("*") if file.is_file())


def test_the_layout_is_the_one_in_the_design(path):
    assert (path / "CURRENT").read_text() == "g000001\n"
    names = {file.relative_to(path / "g000001").as_posix() for file in _files(path)}
    assert {"manifest.json", "catalog.sqlite", "dense.faiss", "tokens/places.npy"} <= names
    manifest = json.loads((path / "g000001" / "manifest.json").read_text())
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert manifest["documents"] == 3


def test_a_flipped_byte_in_any_file_is_found(path):
    for file in _files(path):
        intact = file.read_bytes()
        if not intact:
            continue
        middle = len(intact) // 2
        damaged = intact[:middle] + bytes([intact[middle] ^ 255]) + intact[middle + 1 :]
        file.unlink()  # the encoder's files are hard links into the cache
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"damaged|format|outside"):
            Index.open(path)
        file.unlink()
        file.write_bytes(intact)
    Index.open(path).close()


def test_a_missing_or_short_file_is_named(path):
    file = path / "g000001" / "dense.faiss"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"dense.faiss has \d+ bytes, expected .* Rebuild it"):
        Index.open(path)
    file.unlink()
    with pytest.raises(StoreError, match=r"dense.faiss is missing"):
        Index.open(path)


def test_a_newer_format_is_refused(path):
    manifest = path / "g000001" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    with pytest.raises(StoreError, match=rf"format 99; .* reads format {FORMAT}. Rebuild it"):
        Index.open(path)


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname"])
def test_a_manifest_cannot_point_outside(path, name):
    manifest = path / "g000001" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["files"][name] = {"size": 1, "sha256": "0"}
    manifest.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="outside the index"):
        Index.open(path)


@pytest.mark.parametrize("content", ["", "g9", "../elsewhere", "g000007"])
def test_a_wrong_current_is_an_error(path, content):
    (path / "CURRENT").write_text(content)
    with pytest.raises(StoreError, match="expected the name of a generation"):
        Index.open(path)


def test_no_index_says_how_to_build_one(tmp_path):
    with pytest.raises(StoreError, match=r"There is no index at .* citewise index build"):
        Index.open(tmp_path / "nowhere")


def test_a_damaged_index_can_be_rebuilt_in_full(path, small_documents):
    (path / "g000001" / "dense.faiss").write_bytes(b"")
    index = build_index(small_documents, path, full=True)
    assert index.generation == "g000002"
    assert index.search("harbour")


def test_a_folder_with_other_files_is_not_taken_over(tmp_path, small_documents):
    (tmp_path / "thesis.docx").write_text("precious")
    with pytest.raises(StoreError, match="already holds other files, such as thesis.docx"):
        build_index(small_documents, tmp_path)
    assert (tmp_path / "thesis.docx").read_text() == "precious"


def test_an_unwritable_place_is_one_clear_error(tmp_path, small_documents):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        build_index(small_documents, tmp_path / "file" / "index")


def _hold(path: Path, ready: "multiprocessing.Event", done: "multiprocessing.Event") -> None:
    with writing(path):
        ready.set()
        done.wait(60)


def test_a_second_writer_is_told_so(path, small_documents):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(path, ready, done))
    holder.start()
    try:
        assert ready.wait(60)
        with pytest.raises(StoreError, match="Another process is writing"):
            build_index(small_documents, path)
    finally:
        done.set()
        holder.join()


# Each line it reads is the step before which a fork of it is killed while it builds.
KILLED_BUILDS = """
import os, signal, sys, traceback
from pathlib import Path
import langchain_text_splitters, onnxruntime, py3langid, sentencex  # here, not in each fork
import index.publishing as generations
from corpus import Document
from index import build_index

def step(function):
    def counted(*args, **kwargs):
        global steps
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return counted

generations._fsync = step(generations._fsync)
os.replace = step(os.replace)
Path.rename = step(Path.rename)
for line in sys.stdin:
    steps = int(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    try:
        build_index([Document.from_text("The new text is here.", source="new")], sys.argv[1])
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
"""


@pytest.mark.slow
def test_a_kill_at_any_step_of_publishing_leaves_the_old_index_or_the_new(path, small_documents):
    survived = 0
    command = [sys.executable, "-c", KILLED_BUILDS, str(path)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1,
    ) as builds:  # fmt: skip
        assert builds.stdin is not None and builds.stdout is not None
        for steps in range(1, 60):
            before = Index.open(path)
            old = {entry.source for entry in before.summaries()}
            before.close()
            builds.stdin.write(f"{steps}\n")
            code = int(builds.stdout.readline())
            after = Index.open(path)
            found = {entry.source for entry in after.summaries()}
            assert after.search("new text")
            after.close()
            if code == 0:
                assert found == {"new"}
                survived = steps
                break
            assert code == -9
            assert found in (old, {"new"})
            if found != old:
                build_index(small_documents, path).close()
        builds.stdin.close()
    assert survived > 10
    index = build_index(small_documents, path)
    assert not (path / "staging").exists()
    assert len([name for name in os.listdir(path) if name.startswith("g")]) <= 3
    assert index.search("harbour")[0].document.source == "harbour.txt"


def test_a_full_disk_leaves_the_old_index(path, small_documents, monkeypatch):
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index.publishing, "_fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        build_index([Document.from_text("New.", source="new")], path)
    monkeypatch.undo()
    assert len(Index.open(path)) == 3
    assert not (path / "staging").exists()


def test_what_was_half_written_is_never_published(path, small_documents, monkeypatch):
    real = index.assembling.DenseIndex.save

    def half(self: object, file: Path) -> None:  # as FAISS does on a full disk, without a word
        real(self, file)
        file.write_bytes(file.read_bytes()[:-100])

    monkeypatch.setattr(index.assembling.DenseIndex, "save", half)
    with pytest.raises(StoreError, match="cannot be written|damaged"):
        build_index([Document.from_text("New.", source="new")], path)
    monkeypatch.undo()
    assert len(Index.open(path)) == 3


def test_a_build_mends_a_damaged_index(path, small_documents):
    (path / "g000001" / "catalog.sqlite").write_bytes(b"")
    assert build_index(small_documents, path).report.encoded_chunks == 3
    (path / "CURRENT").write_text("rubbish")
    assert len(build_index(small_documents, path)) == 3


def test_a_moved_index_works_without_the_cache(path, tmp_path, monkeypatch):
    shutil.move(path, tmp_path / "elsewhere")
    monkeypatch.setenv("CITEWISE_CACHE", str(tmp_path / "empty"))
    assert Index.open(tmp_path / "elsewhere").search("Who built the harbour?")
    assert not (tmp_path / "empty").exists()


def test_an_index_below_its_documents_is_not_read_as_a_document(tmp_path):
    (tmp_path / "a.txt").write_text("The harbour of Aldmouth opened in 1887.")
    for _ in range(2):
        index = build_index(tmp_path, tmp_path / "citewise-index")
        assert [entry.source for entry in index.summaries()] == ["a.txt"]
        assert index.report.problems == ()
