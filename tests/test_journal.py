"""A build that is cut short goes on from what it had encoded, and only from what is whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.assembling
from corpus import Document
from index import Index, build_index
from index.journal import KEY_BYTES, Journal
from index.publishing import JOURNAL

ROOT = Path(__file__).parent.parent
DIMENSION, WIDTH = 3, 2
KIND = {"identity": "model", "dimension": DIMENSION, "width": WIDTH}


def _batches(sizes: list[list[int]]) -> list[tuple[list[bytes], list, list]]:
    """Return batches of passages, each given by its number of tokens, all of them different."""
    number, batches = 0, []
    for lengths in sizes:
        keys = [(number + i).to_bytes(KEY_BYTES, "big") for i in range(len(lengths))]
        vectors = [np.full(DIMENSION, number + i, np.float32) for i in range(len(lengths))]
        codes = [np.full((n, WIDTH), (number + i) % 256, np.uint8) for i, n in enumerate(lengths)]
        number += len(lengths)
        batches.append((keys, vectors, codes))
    return batches


def _written(folder: Path, batches: list) -> dict[str, Path]:
    journal = Journal.open(folder, **KIND)
    for batch in batches:
        journal.append(*batch)
    journal.close()
    return {file.suffix: file for file in folder.iterdir()}


def _check(folder: Path, batches: list) -> None:
    """Check that a journal holds exactly these batches."""
    journal = Journal.open(folder, **KIND)
    rows = [one for batch in batches for one in zip(*batch, strict=True)]
    assert len(journal) == len(rows)
    content = np.fromfile(journal.codes_file, np.uint8).reshape(-1, WIDTH)
    for key, vector, codes in rows:
        row = journal.row(key)
        np.testing.assert_array_equal(journal.vectors()[row], vector)
        start, count = journal.places()[row]
        np.testing.assert_array_equal(content[start : start + count], codes)
    assert len(content) == sum(len(codes) for _, _, codes in rows)
    journal.close()


SIZES = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=4)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=SIZES, data=st.data())
def test_what_is_whole_is_kept_whatever_is_cut_off_or_flipped(tmp_path_factory, sizes, data):
    folder = tmp_path_factory.mktemp("journal") / "journal"
    batches = _batches(sizes)
    files = _written(folder, batches)
    ends = {suffix: 0 for suffix in files}
    kept = len(batches)
    suffix = data.draw(st.sampled_from(sorted(files)))
    content = files[suffix].read_bytes()
    if content:
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            files[suffix].write_bytes(content[:place])
        else:
            files[suffix].write_bytes(
                content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            )
        for kept, (keys, vectors, codes) in enumerate(batches):  # noqa: B007
            ends[".records"] += 4 + 4 + len(keys) * (KEY_BYTES + 4) + 32
            ends[".vectors"] += len(vectors) * DIMENSION * 4
            ends[".codes"] += sum(map(len, codes)) * WIDTH
            if ends[suffix] > place:
                break
    _check(folder, batches[:kept])
    again = Journal.open(folder, **KIND)
    for batch in batches[kept:]:
        again.append(*batch)
    again.close()
    _check(folder, batches)


def test_a_journal_of_another_identity_is_thrown_away(tmp_path):
    _written(tmp_path / "j", _batches([[1, 2]]))
    journal = Journal.open(tmp_path / "j", **(KIND | {"identity": "other"}))
    assert len(journal) == 0
    assert len(list((tmp_path / "j").iterdir())) == 3
    journal.remove()
    assert not (tmp_path / "j").exists()


def test_a_journal_that_a_generation_shares_is_never_written_to(tmp_path):
    files = _written(tmp_path / "j", _batches([[1, 2]]))
    os.link(files[".codes"], tmp_path / "published.codes")
    before = (tmp_path / "published.codes").read_bytes()
    journal = Journal.open(tmp_path / "j", **KIND)
    assert len(journal) == 0
    journal.append(*_batches([[4]])[0])
    journal.close()
    assert (tmp_path / "published.codes").read_bytes() == before


def test_a_huge_count_in_a_foreign_journal_asks_for_no_memory(tmp_path):
    files = _written(tmp_path / "j", _batches([[1]]))
    files[".records"].write_bytes(b"CWJ1\xff\xff\xff\xff" + files[".records"].read_bytes()[8:])
    journal = Journal.open(tmp_path / "j", **KIND)
    assert len(journal) == 0
    journal.close()


def _documents(count: int) -> list[Document]:
    return [
        Document.from_text(f"Ferry number {i} crosses the bay {i + 2} times a day.", source=f"{i}")
        for i in range(count)
    ]


KILLED = """
import os, signal, sys
sys.path.insert(0, "tests")
import index.assembling
from index import build_index
from test_journal import _documents
index.assembling.BATCH = 8

def watch(progress):
    if progress.stage == "encoding" and progress.done >= 16:
        os.kill(os.getpid(), signal.SIGKILL)

build_index(_documents(40), sys.argv[1], progress=watch, full=len(sys.argv) > 2)
"""


def _kill(path: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", KILLED, str(path), *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr


def test_a_killed_build_goes_on_from_what_it_had_encoded(tmp_path):
    path = tmp_path / "index"
    _kill(path)
    assert (path / JOURNAL).is_dir()
    seen = []
    resumed = build_index(_documents(40), path, progress=seen.append)
    assert resumed.report.resumed_chunks >= 8
    assert resumed.report.encoded_chunks == 40 - resumed.report.resumed_chunks
    assert resumed.report.reused_chunks == resumed.report.resumed_chunks
    assert max(p.reused for p in seen) == resumed.report.resumed_chunks
    assert not (path / JOURNAL).exists()
    scratch = build_index(_documents(40), tmp_path / "scratch")
    for question in ("Which ferry crosses 7 times?", "bay"):
        ours, theirs = resumed.search(question), scratch.search(question)
        assert [hit.chunk for hit in ours] == [hit.chunk for hit in theirs]
        np.testing.assert_allclose(
            [hit.score for hit in ours], [hit.score for hit in theirs], atol=1e-4
        )


def test_a_full_build_goes_on_only_from_a_full_build(tmp_path):
    path = tmp_path / "index"
    _kill(path)
    assert build_index(_documents(40), path, full=True).report.resumed_chunks == 0
    _kill(path, "full")
    again = build_index(_documents(40), path, full=True)
    assert again.report.resumed_chunks >= 8
    assert again.report.encoded_chunks == 40 - again.report.resumed_chunks


def test_what_a_build_of_another_format_encoded_is_not_taken_over(tmp_path, monkeypatch):
    path = tmp_path / "index"
    _kill(path)
    monkeypatch.setattr(index.assembling, "FORMAT", index.assembling.FORMAT + 1)
    assert build_index(_documents(40), path).report.resumed_chunks == 0


def test_an_interrupted_build_keeps_its_journal_and_the_old_index(tmp_path, monkeypatch):
    path = tmp_path / "index"
    build_index(_documents(3), path).close()
    monkeypatch.setattr(index.assembling, "BATCH", 4)

    def interrupt(progress):
        if progress.stage == "writing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(_documents(12), path, progress=interrupt)
    assert len(Index.open(path)) == 3
    assert not (path / "staging").exists()
    assert build_index(_documents(12), path).report.resumed_chunks == 9
