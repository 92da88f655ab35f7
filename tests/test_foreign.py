"""An index folder from anywhere: it executes nothing, reads nothing outside of itself."""

import ast
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from corpus import CitewiseError, Document, StoreError
from index import Index, build_index
from index.generations import manifest_text
from index.models import file_sha256
from index.publishing import rollback, writing
from index.verifying import verify

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("foreign") / "index"
    build_index([Document.from_text("Mara Quill built it.", source="a.txt")], path).close()
    return path


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    """A copy to tamper with, beside a file that is none of its business."""
    (tmp_path / "secret").write_text("a secret")
    shutil.copytree(built, tmp_path / "index", symlinks=True)
    return tmp_path / "index"


def _manifest(path: Path) -> Path:
    return path / "g000001" / "manifest.json"


def _forge(path: Path, change) -> None:
    """Change a manifest, and make it right about the files as they are now."""
    manifest = json.loads(_manifest(path).read_text())
    del manifest["sha256"]
    for name in manifest["files"]:
        file = path / "g000001" / name
        if file.is_file():
            entry = {"size": file.stat().st_size, "sha256": file_sha256(file)}
            manifest["files"][name] = entry
    change(manifest)
    _manifest(path).write_text(manifest_text(manifest))


def _refused(path: Path, match: str) -> None:
    with pytest.raises(StoreError, match=match):
        Index.open(path)
    assert not verify(path).sound


NAMES = [
    "../../secret", "/etc/hostname", "..", ".", "", "tokens/../../../secret", "./manifest.json",
    "C:\\secret", "c:secret", "\\\\host\\share", "..\\..\\secret", "tokens//places.npy", "a\0b",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_file_outside_of_the_index_is_refused(path: Path, name: str) -> None:
    entry = {"size": 8, "sha256": file_sha256(path.parent / "secret")}
    _forge(path, lambda manifest: manifest["files"].update({name: entry}))
    _refused(path, "is a link or lies outside the index")


@pytest.mark.parametrize("name", [*NAMES, "../../../secret", 7, None, ["x"]])
def test_token_codes_outside_of_the_index_are_refused(path: Path, name: object) -> None:
    _forge(path, lambda manifest: manifest.update(segments=[name]))
    _refused(path, "no file of the token codes")


@pytest.mark.parametrize(
    "name",
    ["catalog.sqlite", "dense.faiss", "tokens/places.npy", "encoder/model.onnx", "manifest.json"],
)
def test_a_link_in_place_of_a_file_is_not_followed(path: Path, name: str) -> None:
    file = path / "g000001" / name
    shutil.move(file, path.parent / "elsewhere")
    file.symlink_to(path.parent / "elsewhere")
    _refused(path, "is a link or lies outside|cannot be opened")


@pytest.mark.parametrize("name", ["tokens", "lexical", "encoder", ""])
def test_a_link_in_place_of_a_folder_is_not_followed(path: Path, name: str) -> None:
    folder = path / "g000001" / name
    shutil.move(folder, path.parent / "elsewhere")
    folder.symlink_to(path.parent / "elsewhere", target_is_directory=True)
    _refused(path, "is a link or lies outside the index")


def test_a_link_that_nothing_needs_is_not_followed_either(path: Path) -> None:
    (path / "g000001" / "tokens" / ".x").symlink_to("/")
    _refused(path, "is a link or lies outside the index")


def test_a_link_in_place_of_current_is_not_followed(path: Path) -> None:
    shutil.move(path / "CURRENT", path.parent / "elsewhere")
    (path / "CURRENT").symlink_to(path.parent / "elsewhere")
    _refused(path, "is a link or lies outside the index")


def test_a_pipe_in_place_of_a_file_does_not_block(path: Path) -> None:
    for name in ("catalog.sqlite", "manifest.json"):
        file = path / "g000001" / name
        content = file.read_bytes()
        file.unlink()
        os.mkfifo(file)
        with pytest.raises(StoreError):
            Index.open(path)
        file.unlink()
        file.write_bytes(content)
    Index.open(path).close()


@pytest.mark.parametrize("name", ["LOCK", "staging", "journal", "CURRENT.new", "g000007"])
def test_a_writer_follows_no_link_and_removes_nothing_behind_one(path: Path, name: str) -> None:
    outside = path.parent / "outside"
    outside.mkdir()
    (outside / "precious.records").write_text("precious")
    (path / name).unlink(missing_ok=True)
    target = outside / "precious.records" if name in ("LOCK", "CURRENT.new") else outside
    (path / name).symlink_to(target)
    with pytest.raises(StoreError, match="is a link, expected a file or folder of the index"):
        build_index([Document.from_text("New.", source="new")], path)
    with pytest.raises(StoreError, match="is a link"):
        rollback(path)
    assert (outside / "precious.records").read_text() == "precious"
    assert len(Index.open(path)) == 1 if name != "LOCK" else True


@pytest.mark.parametrize(
    "content",
    [
        "", "null", "[]", "{}", '{"format": 2}', "[" * 100_000, '{"format": 2, "files": []}',
        '{"format": 2, "files": {"a": 1}}', '{"format": 2, "files": {"a": {"size": "1"}}}',
        '{"format": [], "files": {}}', "\ufeff{}", "\x00",
    ],
)  # fmt: skip
def test_a_manifest_of_nonsense_is_a_clear_error(path: Path, content: str) -> None:
    _manifest(path).write_text(content)
    _refused(path, "is damaged|has format")


@pytest.mark.parametrize(
    "change",
    [
        {"chunks": "many"}, {"chunks": 2}, {"chunks": None}, {"segments": None}, {"segments": "ab"},
        {"segments": []},
    ],
)  # fmt: skip
def test_a_manifest_with_wrong_values_is_a_clear_error(path: Path, change: dict) -> None:
    _forge(path, lambda manifest: manifest.update(change))
    with pytest.raises(StoreError, match="damaged"):
        Index.open(path)


@pytest.mark.parametrize("name", ["tokens/places.npy", "encoder/codec.npy"])
def test_an_array_of_pickled_objects_is_not_loaded(path: Path, name: str) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(path.parent / "executed"),)

    np.save(path / "g000001" / name, np.array([[Bomb()]], dtype=object), allow_pickle=True)
    _forge(path, lambda manifest: None)
    with pytest.raises(CitewiseError):
        Index.open(path)
    assert not (path.parent / "executed").exists()


@pytest.mark.parametrize("where", ["../../../secret", "/etc/hostname", "link"])
def test_a_model_with_weights_outside_of_the_index_is_refused(path: Path, where: str) -> None:
    tensor = TensorProto(name="w", data_type=1, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", where), ("length", "8")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    inputs = [helper.make_tensor_value_info("x", 1, [2])]
    outputs = [helper.make_tensor_value_info("y", 1, [2])]
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", inputs, outputs, [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    encoder = path / "g000001" / "encoder"
    for file in encoder.glob("*.onnx"):
        onnx.save(model, file)
    if where == "link":
        (encoder / "link").symlink_to(path.parent / "secret")
    _forge(path, lambda manifest: None)
    with pytest.raises(CitewiseError, match="cannot be opened|is a link"):
        Index.open(path).search("Who built it?")


def test_a_catalog_whose_tables_are_views_runs_no_function_of_harm(path: Path) -> None:
    file = path / "g000001" / "catalog.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE chunk RENAME TO hidden")
        harm = "load_extension('/tmp/none')"
        connection.execute(f"CREATE VIEW chunk AS SELECT *, {harm} FROM hidden")
    connection.close()
    _forge(path, lambda manifest: None)
    _refused(path, "is not a catalog|damaged")


READ_ONLY = """
import os, sys
from corpus import Document, StoreError
from index import Index, build_index
# Everything is imported before nobody may read it any more.
build_index([Document.from_text("Warm.", source="warm")], sys.argv[2]).search("Warm")
os.setgid(65534); os.setuid(65534)
index = Index.open(sys.argv[1])
assert index.search("Who built it?")[0].document.source == "a.txt"
try:
    build_index([Document.from_text("New.", source="new")], sys.argv[1])
except StoreError as exc:
    print(exc)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file permissions are of another kind")
def test_an_index_in_a_read_only_folder_can_be_asked_and_not_built(
    built: Path, tmp_path: Path
) -> None:
    readable = Path("/tmp") if os.getuid() == 0 else built.parent
    path = readable / f"citewise-read-only-{os.getpid()}"
    shutil.copytree(built, path)
    script = READ_ONLY if os.getuid() == 0 else READ_ONLY.replace("os.set", "None and os.set")
    try:
        for entry in [path, *path.rglob("*")]:
            entry.chmod(0o555 if entry.is_dir() else 0o444)
        run = subprocess.run(
            [sys.executable, "-c", script, str(path), str(tmp_path / "warm")], cwd=ROOT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "cannot be written" in run.stdout, run.stderr
    finally:
        for entry in [path, *(entry for entry in path.rglob("*") if entry.is_dir())]:
            entry.chmod(0o755)
        shutil.rmtree(path)


PACKAGES = ["corpus", "index", "qa", "page", "server", "training", "benchmarks"]
UNSAFE = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")
    yield ROOT / "ui.py"


def _unsafe(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if call.endswith(("np.load", "numpy.load")) and options.get("allow_pickle") != "False":
                yield ast.unparse(node)
            if call.endswith("torch.load") and options.get("weights_only") != "True":
                yield ast.unparse(node)
            if options.get("allow_pickle") == "True" or call in ("eval", "exec", "yaml.load"):
                yield ast.unparse(node)


@pytest.mark.parametrize("file", sorted(_sources()), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_of_ours_unpickles_or_evaluates(file: Path) -> None:
    assert list(_unsafe(ast.parse(file.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from joblib import load", "np.load(path)", "torch.load(path)", "eval(x)",
        "np.load(path, allow_pickle=True)", "np.save(path, x, allow_pickle=True)",
    ],
)  # fmt: skip
def test_the_rule_against_pickle_can_fail(code: str) -> None:
    assert list(_unsafe(ast.parse(code)))


def test_a_second_writer_is_named(path: Path) -> None:
    with writing(path):
        match = f"Another process is writing .* process id {os.getpid()}"
        with pytest.raises(StoreError, match=match), writing(path):
            pass
