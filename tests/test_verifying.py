"""Verify names whatever is damaged; rollback returns to the build before."""

import json
import sqlite3
from pathlib import Path

import faiss
import numpy as np
import pytest
from click.testing import CliRunner

from corpus import Document, StoreError
from index import Index, build_index
from index.generations import manifest_text
from index.models import file_sha256
from index.publishing import rollback
from index.verifying import verify
from qa.cli import main


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """An index of two builds; each test leaves it as it was."""
    path = tmp_path_factory.mktemp("verify") / "index"
    build_index([Document.from_text("The first build has this.", source="old.txt")], path).close()
    documents = [
        Document.from_text("The harbour of Aldmouth opened in 1887.", source="a.txt"),
        Document.from_text("The market is held on Fridays. Wool is sold.", source="b.txt"),
        Document.from_text("银川的智慧城市建设始于2013年。", source="c.txt"),
    ]
    build_index(documents, path).close()
    return path


@pytest.fixture
def restored(built: Path):
    """The index, whose files are put back after the test."""
    files = {file: file.read_bytes() for file in built.rglob("*") if file.is_file()}
    yield built
    for file, content in files.items():
        if not file.is_file() or file.read_bytes() != content:
            _replace(file, content)


def _replace(file: Path, content: bytes) -> None:
    file.unlink(missing_ok=True)  # it may be a hard link into the cache
    file.write_bytes(content)


def test_a_sound_index_is_sound_and_counted(built):
    seen = []
    found = verify(built, progress=lambda done, total: seen.append((done, total)))
    assert found.sound
    assert (found.generation, found.documents, found.chunks) == ("g000002", 3, 3)
    assert found.files == len(json.loads((built / "g000002/manifest.json").read_text())["files"])
    assert found.bytes > 1_000_000
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_flipped_bit_anywhere_in_any_file_is_found_and_named(restored):
    generator = np.random.default_rng(3)
    for file in [restored / "CURRENT", *sorted((restored / "g000002").rglob("*"))]:
        intact = file.read_bytes() if file.is_file() else b""
        places = generator.integers(0, len(intact), 3) if intact else []
        if len(intact) > 1_000_000:
            places = places[:1]
        for place in places:
            flipped = bytearray(intact)
            flipped[place] ^= 1 << int(generator.integers(0, 8))
            _replace(file, bytes(flipped))
            damage = " ".join(verify(restored).damage)
            assert file.name in damage, f"{file}: byte {place}"
            with pytest.raises(StoreError, match=r"damaged|format|outside"):
                Index.open(restored)
        if len(places):
            _replace(file, intact)
    assert verify(restored).sound


def test_a_current_that_names_an_earlier_generation_is_found(restored):
    (restored / "CURRENT").write_text("g000001\n")  # one flipped bit may do that
    with pytest.raises(StoreError, match="names g000001, which a later generation has followed"):
        Index.open(restored)
    assert not verify(restored).sound


def test_missing_and_added_files_are_named(restored):
    folder = restored / "g000002"
    (folder / "dense.faiss").unlink()
    (folder / "lexical" / "extra.store").write_text("x")
    damage = verify(restored).damage
    assert "dense.faiss is missing" in damage
    assert "lexical/extra.store is not in the manifest" in damage
    (folder / "lexical" / "extra.store").unlink()


def _sign(folder: Path) -> None:
    """Make the manifest right about the files as they are now, as a careful forger would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["sha256"]
    for name in manifest["files"]:
        file = folder / name
        manifest["files"][name] = {"size": file.stat().st_size, "sha256": file_sha256(file)}
    (folder / "manifest.json").write_text(manifest_text(manifest))


def _sql(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ('UPDATE chunk SET "end" = "end" - 1 WHERE row = 1', "b.txt, chunk 1: a sentence lies"),
        ('UPDATE chunk SET "end" = 9999 WHERE row = 0', "a.txt, chunk 0: offsets 0–9999 lie"),
        ("UPDATE chunk SET start = start + 3 WHERE row = 0", "a sentence lies outside"),
        ("UPDATE document SET text = text || ' More.' WHERE place = 2", "c.txt: text and source"),
        ("UPDATE document SET title = 'Other' WHERE place = 2", "does not slice to the text"),
        ("UPDATE document SET page_starts = '[5, 2]' WHERE place = 1", "b.txt: pages lie"),
        ("UPDATE document SET furniture = '[[3, 99999]]' WHERE place = 1", "b.txt: furniture lies"),
        ("UPDATE chunk SET document = 2 WHERE row = 0", "missing or out of order"),
        ("DELETE FROM chunk WHERE row = 2", "the catalog holds 2"),
    ],
)
def test_contradictions_in_the_catalog_are_found(restored, statement, named):
    _sql(restored / "g000002", statement)
    _sign(restored / "g000002")
    assert named in " ".join(verify(restored).damage)


def test_vectors_of_other_passages_are_found(restored):
    file = restored / "g000002" / "dense.faiss"
    index = faiss.read_index(str(file))
    vectors = index.reconstruct_n(0, 3)
    swapped = faiss.IndexFlatIP(vectors.shape[1])
    swapped.add(vectors[[1, 0, 2]])
    faiss.write_index(swapped, str(file))
    _sign(restored / "g000002")
    damage = " ".join(verify(restored).damage)
    assert "vector 0 is not that of chunk 0" in damage
    assert "vector 1 is not that of chunk 1" in damage


def test_token_codes_of_other_passages_are_found(restored):
    file = restored / "g000002" / "tokens" / "places.npy"
    places = np.load(file, allow_pickle=False)
    np.save(file, places[[1, 0, 2]])
    _sign(restored / "g000002")
    assert "the codes of chunk 0 are not those of its text" in " ".join(verify(restored).damage)


@pytest.mark.parametrize("place", [[7, 0, 1], [0, -1, 1], [0, 0, 10_000], [-1, 0, 1]])
def test_places_outside_of_the_token_codes_are_refused(restored, place):
    file = restored / "g000002" / "tokens" / "places.npy"
    places = np.load(file, allow_pickle=False)
    places[1] = place
    np.save(file, places)
    _sign(restored / "g000002")
    with pytest.raises(StoreError, match="points outside of the token codes"):
        Index.open(restored)
    assert not verify(restored).sound


def test_no_index_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="There is no index"):
        verify(tmp_path)


def _sources(path: Path) -> list[str]:
    index = Index.open(path)
    found = [summary.source for summary in index.summaries()]
    index.close()
    return found


def test_rollback_returns_to_the_build_before_and_back(tmp_path):
    path = tmp_path / "index"
    for name in ("one", "two"):
        build_index([Document.from_text("Some text.", source=name)], path).close()
    assert rollback(path) == ("g000001", "g000003")
    assert _sources(path) == ["one"]
    assert verify(path).sound
    assert rollback(path) == ("g000002", "g000004")
    assert _sources(path) == ["two"]


def test_rollback_leaves_a_damaged_generation_behind(tmp_path):
    path = tmp_path / "index"
    for name in ("one", "two"):
        build_index([Document.from_text("Some text.", source=name)], path).close()
    (path / "g000002" / "catalog.sqlite").write_bytes(b"")
    assert not verify(path).sound
    rollback(path)
    assert _sources(path) == ["one"]
    (path / "CURRENT").write_text("rubbish")
    rollback(path)
    assert _sources(path) == ["one"]


def test_rollback_without_an_earlier_build_says_so(tmp_path):
    build_index([Document.from_text("Some text.", source="one")], tmp_path / "index").close()
    with pytest.raises(StoreError, match="no earlier generation that is sound"):
        rollback(tmp_path / "index")
    assert _sources(tmp_path / "index") == ["one"]


def test_the_commands_say_what_they_found(tmp_path):
    path = tmp_path / "index"
    for name in ("one", "two"):
        build_index([Document.from_text("Some text.", source=name)], path).close()
    run = CliRunner().invoke(main, ["index", "verify", "--index", str(path)])
    assert run.exit_code == 0
    assert "is sound: g000002" in run.stdout
    (path / "g000002" / "dense.faiss").write_bytes(b"")
    run = CliRunner().invoke(main, ["index", "verify", "--index", str(path)])
    assert run.exit_code == 1
    assert "dense.faiss has 0 bytes, expected" in run.stdout
    run = CliRunner().invoke(main, ["index", "verify", "--index", str(path), "--json"])
    assert json.loads(run.stdout)["sound"] is False
    run = CliRunner().invoke(main, ["index", "rollback", "--index", str(path)])
    assert run.exit_code == 0
    assert "as it was in g000001 again, published as g000003" in run.stdout
    run = CliRunner().invoke(main, ["index", "verify", "--index", str(path), "--json"])
    assert json.loads(run.stdout)["sound"] is True
