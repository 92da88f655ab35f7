"""What a person meets before any code runs: make, the pins and the wheel."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_architecture import LAYERS, SOURCES, imported, name_of

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    bare = [line.partition("#")[0].strip() for line in lines]
    matches = [re.fullmatch(r"([a-z0-9-]+)==([\w.]+)", line) for line in bare if line]
    assert all(matches), "only pins and comments"
    found = {match[1]: match[2] for match in matches if match}
    assert len(found) == len(matches), "a package is pinned twice"
    return found


def test_every_package_that_gets_installed_is_pinned() -> None:
    wanted = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for group in ("test", "check"):
        wanted += [Requirement(line) for line in PROJECT["dependency-groups"][group]]
    pinned, seen = pins(), set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        assert name in pinned, f"{name} is not in constraints.txt"
        assert requirement.specifier.contains(pinned[name], prereleases=True), str(requirement)
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                wanted.append(needed)
    assert pinned["torch"] == "2.13.0"


def test_every_library_the_product_imports_is_declared() -> None:
    declared = {canonicalize_name(Requirement(d).name) for d in PROJECT["project"]["dependencies"]}
    homes = importlib.metadata.packages_distributions()
    undeclared = set()
    for path in SOURCES:
        for module in imported(path):
            top = module.partition(".")[0]
            if top in LAYERS or top in sys.stdlib_module_names:
                continue
            if not declared & {canonicalize_name(name) for name in homes[top]}:
                undeclared.add((name_of(path), top))
    assert undeclared == set()


def checkout(folder: Path) -> Path:
    """Copy what make reads into a folder."""
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


def make(
    folder: Path, *arguments: str, path: str = os.defpath, user: int | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True,
        env={"PATH": path, "HOME": str(folder)}, timeout=60, user=user,
    )  # fmt: skip


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def tools(tmp_path: Path) -> Path:
    """Return a folder with the few commands the Makefile uses, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "make", "rm", "touch", "sed", "test", "echo"):
        found = shutil.which(name, path=os.defpath)
        assert found
        (folder / name).symlink_to(found)
    return folder


def complaints(run: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what was said on stderr, without make's own closing line."""
    return [line for line in run.stderr.splitlines() if not line.startswith("make: ***")]


@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_a_python_that_is_too_old_gives_one_line_with_the_cure(target: str, tmp_path: Path) -> None:
    path = tools(tmp_path)
    fake(path, "python3", 'test "$1" = --version && echo "Python 3.9.2" && exit 0; exit 1')
    fake(path, "python3.12", "echo 'command not found' >&2; exit 127")  # as a version manager's
    run = make(checkout(tmp_path / "citewise"), target, path=str(path))
    assert run.returncode == 2
    (line,) = complaints(run)
    assert line.startswith("citewise: no Python 3.11 or newer")
    assert "python3 is Python 3.9.2." in line
    assert "python3.12 is" not in line
    assert "apt install python3.11-venv" in line


def test_no_python_at_all_gives_one_line(tmp_path: Path) -> None:
    run = make(checkout(tmp_path / "citewise"), "run", path=str(tools(tmp_path)))
    (line,) = complaints(run)
    assert line.startswith("citewise: no Python 3.11 or newer")


def test_a_python_without_venv_gives_one_line(tmp_path: Path) -> None:
    path = tools(tmp_path)
    fake(path, "python3.11", 'case "$2" in *ensurepip*) exit 1;; esac')
    run = make(checkout(tmp_path / "citewise"), "run", path=str(path))
    (line,) = complaints(run)
    assert "python3.11 has no venv module" in line
    assert "apt install python3-venv" in line


def test_a_named_python_is_the_one_used(tmp_path: Path) -> None:
    path = tools(tmp_path)
    fake(path, "python3.11", "exit 0")
    fake(tmp_path, "mine", 'test "$1" != -m || { echo "mine $*"; exit 9; }')
    run = make(checkout(tmp_path / "citewise"), "run", f"PYTHON={tmp_path}/mine", path=str(path))
    assert "mine -m venv .venv" in run.stdout


def test_an_unwritable_folder_gives_one_line() -> None:
    with tempfile.TemporaryDirectory() as place:  # not tmp_path: another user must reach it
        Path(place).chmod(0o755)
        folder = checkout(Path(place) / "citewise")
        folder.chmod(0o555)
        run = make(folder, "run", user=65534 if os.geteuid() == 0 else None)  # root writes anywhere
    (line,) = complaints(run)
    assert f"{folder} cannot be written to" in line


def test_the_environment_is_installed_again_only_when_the_pins_change(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "citewise")
    (folder / ".venv/bin").mkdir(parents=True)
    for name in (".venv/bin/python", ".venv/.installed", ".venv/.installed-dev"):
        (folder / name).touch()
    for target in ("run", "test", "check"):
        assert "install" not in make(folder, "-n", target).stdout
    later = (folder / ".venv/.installed").stat().st_mtime + 10
    os.utime(folder / "constraints.txt", (later, later))
    for target in ("run", "test", "check"):
        assert "pip --disable-pip-version-check install" in make(folder, "-n", target).stdout


def test_make_alone_says_what_there_is(tmp_path: Path) -> None:
    run = make(checkout(tmp_path / "citewise"))
    assert {"make run", "make test", "make check"} <= set(re.findall(r"make \w+", run.stdout))


@pytest.mark.slow
def test_the_wheel_holds_everything_the_code_reads(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    packages = ["corpus", "index", "page", "qa"]
    for name in packages:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("ui.py", "pyproject.toml", "README.md", *PROJECT["project"]["license-files"]):
        shutil.copy(ROOT / name, tree / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--wheel-dir", str(tmp_path), str(tree)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("citewise-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.relative_to(ROOT).as_posix()
        for name in packages
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sum(name.startswith("corpus/documents/") for name in expected) > 0
    assert expected | {"ui.py"} <= held
    assert {name.partition("/")[0] for name in held} <= {*packages, "ui.py", wheel_info(wheel)}


def wheel_info(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"
