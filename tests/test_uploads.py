"""Uploaded files: whatever they are called, one plain file in one folder, nothing overwritten."""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import CorpusError
from corpus.formats import LOADERS
from server import uploads
from server.turns import BusyError, Turns
from server.uploads import TakenError, TooLargeError, safe_name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\Plan B.DOCX", "Plan B.DOCX"),
        ("/abs/olute.md", "olute.md"),
        (".hidden.txt", "hidden.txt"),
        ("a\x00b\x1b[31m.txt", "a_b_[31m.txt"),
        ("智慧城市.html", "智慧城市.html"),
        ("e\u0301tude.txt", "étude.txt"),
        ("con.txt", "_con.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("a:b?.md", "a_b_.md"),
        ("x" * 400 + ".txt", "x" * 120 + ".txt"),
        ("\ud800.txt ", None),
        ("...", None),
        ("", None),
        (".txt", None),
        ("virus.exe", None),
        ("archive.tar.gz", None),
    ],
)
def test_a_name_is_made_safe_or_refused(name: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(CorpusError, match="expected"):
            safe_name(name)
    else:
        assert safe_name(name) == kept


@given(st.text(max_size=300), st.sampled_from([*LOADERS, ".PDF", ".exe", ""]))
def test_any_name_that_is_kept_is_one_plain_component(stem: str, suffix: str) -> None:
    try:
        name = safe_name(stem + suffix)
    except CorpusError:
        return
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
    assert not name.startswith(".")
    assert name.isprintable() or any(ord(letter) > 127 for letter in name)
    assert len(name.encode()) < 200
    assert safe_name(name) == name
    assert PurePosixPath(name).suffix.lower() in LOADERS


def test_nothing_is_overwritten_not_even_by_another_case(tmp_path: Path) -> None:
    assert uploads.add(tmp_path, "a/Report.txt", b"first") == "Report.txt"
    for name in ("Report.txt", "report.TXT"):
        with pytest.raises(TakenError, match=r"already; nothing was overwritten\. Remove"):
            uploads.add(tmp_path, name, b"second")
    kept = tmp_path / "uploads" / "Report.txt"
    assert kept.read_bytes() == b"first"
    assert os.listdir(kept.parent) == ["Report.txt"]


def test_limits_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match="is empty"):
        uploads.add(tmp_path, "blank.txt", b" \n")
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    with pytest.raises(TooLargeError, match="has 11 bytes; the limit is 10"):
        uploads.add(tmp_path, "long.txt", b"x" * 11)
    monkeypatch.setattr(uploads, "MOST_BYTES_TOGETHER", 15)
    uploads.add(tmp_path, "one.txt", b"x" * 10)
    with pytest.raises(TooLargeError, match="have 10 bytes, 15 are the limit"):
        uploads.add(tmp_path, "two.txt", b"x" * 6)
    assert os.listdir(tmp_path / "uploads") == ["one.txt"]


def test_what_is_removed_can_be_restored_until_the_trash_is_emptied(tmp_path: Path) -> None:
    uploads.add(tmp_path, "a.txt", b"text")
    uploads.remove(tmp_path, "a.txt")
    assert not (tmp_path / "uploads" / "a.txt").exists()
    assert uploads.restore(tmp_path, "a.txt")
    assert (tmp_path / "uploads" / "a.txt").read_bytes() == b"text"
    uploads.remove(tmp_path, "a.txt")
    uploads.empty_trash(tmp_path)
    assert not uploads.restore(tmp_path, "a.txt")


def test_turns_are_taken_in_order_and_a_long_queue_is_refused() -> None:
    import threading
    import time

    turns = Turns(at_once=1, waiting=3)
    order: list[int] = []

    def wait(number: int) -> None:
        with turns.turn():
            order.append(number)

    with turns.turn():
        threads = []
        for number in range(3):
            threads.append(threading.Thread(target=wait, args=[number]))
            threads[-1].start()
            while turns.waiting <= number:
                time.sleep(0.001)
        with pytest.raises(BusyError, match="3 questions wait"), turns.turn():
            pass
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2]
    with turns.turn():  # an error inside hands the turn on, too
        pass
    with pytest.raises(KeyError), turns.turn():
        raise KeyError
    with turns.turn():
        assert turns.waiting == 0
