"""The rules of the code that a reader would have to check by hand, checked on the syntax tree."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each imports from itself and those before it.
LAYERS = ["corpus", "index", "qa", "server", "page", "ui"]
PACKAGES = LAYERS[:-1]
SOURCES = sorted(p for name in PACKAGES for p in (ROOT / name).rglob("*.py")) + [ROOT / "ui.py"]

# One heavy library, one place; `citewise ui` starts the page from below.
HOMES = {
    "faiss": {"index/dense.py", "index/tokens.py"},
    "gradio": {"ui.py"},
    "langchain_text_splitters": {"corpus/splitting.py"},
    "mcp": {"server/tools.py"},
    "onnxruntime": {"index/quantising.py", "index/export.py"},
    "py3langid": {"corpus/languages.py"},
    "sentence_transformers": {"index/export.py"},
    "sklearn": {"index/placing.py"},
    "tantivy": {"index/lexical.py", "index/understanding/words.py"},
    "tokenizers": {
        "index/quantising.py",
        "corpus/splitting.py",
        "index/encoder.py",
        "qa/networks.py",
        "qa/reader.py",
    },
    "torch": {"index/export.py", "qa/networks.py"},
    "transformers": {"index/export.py", "qa/networks.py"},
}
UPWARD = {("qa/cli.py", "ui"), ("qa/cli.py", "server")}
LONGEST = 420  # "about 400 lines"


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in the file, by statement or by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import, line {node.lineno}"
            yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    own = LAYERS.index(path.relative_to(ROOT).parts[0].removesuffix(".py"))
    upward = {
        (name_of(path), top)
        for top in (module.partition(".")[0] for module in imported(path))
        if top in LAYERS and LAYERS.index(top) > own
    }
    assert upward <= UPWARD


def test_the_one_import_that_points_upward_is_still_there() -> None:
    for path, module in UPWARD:
        assert module in set(imported(ROOT / path))


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_heavy_library_has_one_home(library: str) -> None:
    users = {
        name_of(path)
        for path in SOURCES
        if library in {module.partition(".")[0] for module in imported(path)}
    }
    assert users
    assert users <= HOMES[library]


@pytest.mark.parametrize("module", ["corpus", "index", "qa", "qa.cli", "server", "page"])
def test_importing_loads_nothing_heavy_and_changes_nothing(module: str, tmp_path: Path) -> None:
    script = (
        "import json, os, sys, logging\n"
        "before = dict(os.environ), list(logging.root.handlers), logging.root.level\n"
        f"import {module}\n"
        "after = dict(os.environ), list(logging.root.handlers), logging.root.level\n"
        "print(json.dumps([before == after, sorted(sys.modules)]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    unchanged, modules = json.loads(run.stdout)
    assert unchanged
    assert not set(HOMES) & set(modules)
    assert list(tmp_path.iterdir()) == []


def test_asking_leaves_nothing_in_the_home_folder(index_path: Path, tmp_path: Path) -> None:
    # onnxruntime 1.29 and later keep an identifier and an upload queue there unless told not to.
    cache = os.environ.get("CITEWISE_CACHE") or platformdirs.user_cache_path("citewise")
    script = f"from qa import answer; answer('How many pilots?', index={str(index_path)!r})"
    subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True,
        env={"HOME": str(tmp_path), "CITEWISE_CACHE": str(cache), "PATH": os.defpath},
    )  # fmt: skip
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_front_door_lists_its_names_in_order(package: str) -> None:
    module = __import__(package)
    assert module.__all__ == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)


def test_files_are_short_and_named_for_what_they_do() -> None:
    vague = {"utils", "util", "base", "helpers", "helper", "common", "misc"}
    for folder in [*PACKAGES, "tests", "benchmarks", "training"]:
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").count("\n")
            assert lines <= LONGEST, f"{name_of(path)} has {lines} lines"
            assert path.stem not in vague, name_of(path)
    assert (ROOT / "ui.py").read_text(encoding="utf-8").count("\n") <= LONGEST
