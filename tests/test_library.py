"""The library: files added and removed, rebuilt beside the server, served at once."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pdf_writer import paragraph, write_pdf

import server.library
from corpus import Document, Problem
from index import build_index
from page import Kept, Maps, page_functions
from server import Library
from server.jobs import Job
from server.library import RebuildingError, UnknownDocumentError
from server.rebuilding import merge
from server.record import Record
from server.table import Entry, list_entries

pytestmark = pytest.mark.slow  # a rebuild takes what processor time is left over

HARBOUR = "The harbour of Aldmouth opened in 1887. It was built by Mara Quill, an engineer."
MARKET = "The market of Aldmouth is held on Fridays. Farmers sell apples, wool and honey there."
KEEPER = b"# The lighthouse\n\nThe lighthouse keeper of Aldmouth earns 40 crowns a month."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the user's own with two documents."""
    own = tmp_path / "papers"
    own.mkdir()
    (own / "harbour.txt").write_text(HARBOUR)
    (own / "market.txt").write_text(MARKET)
    return own


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    """The library over an index of that folder."""
    build_index(folder, tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    yield library
    library.close()


def states(library: Library) -> dict[str, str]:
    return {entry.source: entry.state for entry in library.documents()}


def id_of(library: Library, source: str) -> str:
    return next(entry.doc_id for entry in library.documents() if entry.source == source)


def rebuilt(library: Library) -> Job:
    job = library.rebuild()
    assert job.wait(120)
    assert job.state == "done", job.error
    return job


def test_what_an_index_built_outside_could_not_read_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "torn.pdf").write_bytes(b"%PDF-1.4 and no more")
    build_index(folder, tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    assert states(library)["torn.pdf"] == "unreadable"
    assert [problem.source for problem in library.problems] == ["torn.pdf"]
    library.close()


def test_the_pages_of_pdfs_are_drawn_after_a_rebuild_and_of_uploads(
    folder: Path, tmp_path: Path
) -> None:
    pages = [paragraph(["Two ferries cross the bay of Aldmouth each morning."])]
    (folder / "ferries.pdf").write_bytes(write_pdf(pages))
    build_index(folder, tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    library.add("gate.pdf", write_pdf([paragraph(["The gate is painted green each year."])]))
    rebuilt(library)
    functions = page_functions(library, Kept(), Maps(library))
    (leaf,) = (one for one in functions if one.__name__ == "leaf")
    for source in ("ferries.pdf", "uploads/gate.pdf"):
        drawn = leaf({"doc": id_of(library, source), "page": 1})
        assert "<img" in drawn.get("html", ""), drawn
    library.close()


def test_an_upload_waits_then_answers_at_once_after_the_rebuild(library: Library) -> None:
    entry = library.add("../lighthouse.md", KEEPER)
    assert (entry.source, entry.state, entry.uploaded) == ("uploads/lighthouse.md", "waiting", True)
    library.add("broken.pdf", b"%PDF-1.4 and no more")
    before = library.generation
    job = library.rebuild()
    with pytest.raises(RebuildingError, match="one at a time"):
        library.rebuild()
    seen = set()
    while not job.wait(0.2):
        seen.add(job.stage)
        assert library.ask("Who built the harbour?").answered  # answering goes on
    assert job.state == "done", job.error
    assert {"loading", "encoding", "opening"} & seen
    assert job.report is not None
    assert (job.report["documents"], job.report["added"], job.report["encoded_chunks"]) == (3, 1, 1)
    assert [problem.source for problem in job.problems] == ["uploads/broken.pdf"]
    assert library.problems == job.problems
    assert library.generation > before
    answer = library.ask("What does the lighthouse keeper earn?")
    assert answer.citations[0].source == "uploads/lighthouse.md"
    assert states(library) == {
        "harbour.txt": "indexed", "market.txt": "indexed", "uploads/lighthouse.md": "indexed",
        "uploads/broken.pdf": "unreadable",
    }  # fmt: skip
    assert "PDF" in str(library.entry(id_of(library, "uploads/broken.pdf")).reason)


def test_a_file_of_the_user_is_left_out_and_never_touched(library: Library, folder: Path) -> None:
    library.add("keeper.md", KEEPER)
    rebuilt(library)
    removal = library.remove(id_of(library, "harbour.txt"))
    assert removal.kept
    assert "stays where it is" in removal.note
    keeper = id_of(library, "uploads/keeper.md")
    gone = library.remove(keeper)
    assert not gone.kept
    assert states(library)["harbour.txt"] == states(library)["uploads/keeper.md"] == "removing"
    rebuilt(library)
    assert (folder / "harbour.txt").read_text() == HARBOUR
    assert states(library) == {"market.txt": "indexed", "harbour.txt": "excluded"}
    assert {c.source for c in library.ask("Who built the harbour?").nearest} == {"market.txt"}
    library.restore(id_of(library, "harbour.txt"))
    rebuilt(library)
    assert states(library) == {"market.txt": "indexed", "harbour.txt": "indexed"}
    assert library.restore(keeper).state == "waiting"  # also after rebuilds without it
    with pytest.raises(UnknownDocumentError, match="no document '0000'"):
        library.remove("0000")


def test_a_cancelled_or_failed_rebuild_leaves_the_index_answering(
    library: Library, folder: Path
) -> None:
    generation = library.generation
    job = library.rebuild()
    job.cancel()
    assert job.wait(10)
    assert job.state == "cancelled"
    folder.rename(folder.with_name("moved"))
    failed = library.rebuild()
    assert failed.wait(60)
    assert failed.state == "failed"
    assert "does not exist" in str(failed.error)
    assert library.generation == generation
    assert library.ask("Who built the harbour?").answered
    folder.with_name("moved").rename(folder)
    rebuilt(library)  # neither is in the way of the next


def test_new_changed_and_vanished_files_are_told_apart(library: Library, folder: Path) -> None:
    (folder / "new.md").write_text("# New\n\nA new bridge opened.")
    (folder / "image.png").write_bytes(b"no document")
    os.utime(folder / "market.txt", (time.time() + 60, time.time() + 60))
    (folder / "harbour.txt").unlink()
    entries = {entry.source: entry for entry in library.documents()}
    assert {source: entry.state for source, entry in entries.items()} == {
        "harbour.txt": "removing", "market.txt": "waiting", "new.md": "waiting",
    }  # fmt: skip
    assert "gone" in str(entries["harbour.txt"].reason)
    assert "Changed" in str(entries["market.txt"].reason)
    rebuilt(library)
    assert states(library)["image.png"] == "unreadable"


def test_documents_that_came_from_no_file_survive_a_rebuild(tmp_path: Path) -> None:
    given = [Document.from_text(HARBOUR, source="one"), Document.from_text(MARKET, source="two")]
    build_index(given, tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    assert set(states(library).values()) == {"indexed"}
    library.add("keeper.md", KEEPER)
    rebuilt(library)
    rebuilt(library)
    assert list(states(library)) == ["one", "two", "uploads/keeper.md"]
    library.remove(id_of(library, "two"))
    library.remove(id_of(library, "uploads/keeper.md"))
    rebuilt(library)
    assert list(states(library)) == ["one"]
    library.close()


def test_uploads_lie_where_reading_the_folder_around_passes_over_them(tmp_path: Path) -> None:
    (tmp_path / "harbour.txt").write_text(HARBOUR)
    build_index(tmp_path, tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    library.add("keeper.md", KEEPER)
    rebuilt(library)
    assert list(states(library)) == ["harbour.txt", "uploads/keeper.md"]
    library.close()


def test_a_copy_of_a_document_is_named_and_outlives_the_first(library: Library) -> None:
    library.add("again.txt", HARBOUR.encode())
    rebuilt(library)
    (harbour,) = [s for s in library.assistant.index.summaries() if s.source == "harbour.txt"]
    assert harbour.copies == ("uploads/again.txt",)
    assert "uploads/again.txt" not in states(library)
    library.remove(harbour.doc_id)  # the text, wherever it lies
    rebuilt(library)
    assert states(library) == {"market.txt": "indexed", "harbour.txt": "excluded"}


def test_merging_names_copies_and_leaves_out_what_is_excluded() -> None:
    first, second = (Document.from_text(HARBOUR, source=source) for source in ("a", "b"))
    (both,) = merge([first, second], excluded=())
    assert (both.source, both.copies, both.doc_id) == ("a", ("b",), first.doc_id)
    (left,) = merge([first, second], excluded={"a"})
    assert (left.source, left.copies, left.doc_id) == ("b", (), second.doc_id)
    assert merge([first, second], excluded={"a", "b"}) == []


def test_the_record_survives_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    record = Record(roots=("/a",), excluded=("b.txt",), problems=(Problem(source="c", reason="d"),))
    record.save(tmp_path)
    assert Record.load(tmp_path) == record
    assert Record.load(tmp_path / "none") == Record()
    (tmp_path / ".library.json").write_text("{")
    with pytest.raises(Exception, match="cannot be read .* Delete it"):
        Record.load(tmp_path)


def test_a_rebuild_does_not_get_the_secrets_and_ends_with_the_server(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.jobs import _environment

    monkeypatch.setenv("CITEWISE_AUTH", "ann:secret")
    monkeypatch.setenv("CITEWISE_API_KEY_FILE", "/secret")
    assert not [name for name in _environment() if "AUTH" in name or "KEY" in name]
    job = library.rebuild()
    library.close()
    assert job.state == "cancelled"
    assert not [thread for thread in threading.enumerate() if thread.name == "rebuild"]


def test_of_many_tabs_that_want_the_table_one_looks_at_the_disk(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    found = server.library.list_sources
    monkeypatch.setattr(
        server.library, "list_sources", lambda *roots: looks.append(roots) or found(*roots)
    )
    monkeypatch.setattr(server.library, "FRESH_SECONDS", 0.5)
    with ThreadPoolExecutor(8) as tabs:
        tables = list(tabs.map(lambda _: library.documents(), range(16)))
    assert all(table == tables[0] for table in tables)
    assert len(looks) <= 2  # one of the user's folder, one of the uploads
    (folder / "later.txt").write_text("It came later.", encoding="utf-8")
    time.sleep(0.6)
    assert "later.txt" in {entry.source for entry in library.documents()}
    library.add("now.txt", b"It came now.")
    assert "uploads/now.txt" in {entry.source for entry in library.documents()}


def test_four_thousand_files_are_listed_quickly() -> None:
    files = {f"folder/{number}.md": 0.0 for number in range(4_000)}
    began = time.thread_time()
    entries = list_entries([], files, Record(problems=()), built=1.0)
    assert time.thread_time() - began < 1
    assert len({entry.doc_id for entry in entries}) == 4_000
    assert all(isinstance(entry, Entry) and entry.state == "waiting" for entry in entries)
