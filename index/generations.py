"""Immutable generations on disk and the atomic swap between them.

A writer fills a staging folder, `publish` makes it durable, names it ``g000042`` and swaps
``CURRENT``. A kill at any instant leaves the old generation serving. Nothing here knows what a
generation holds beyond its manifest.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from corpus.errors import StoreError
from index.export import file_sha256

FORMAT = 1
_CURRENT = "CURRENT"
_LOCK = "LOCK"
_MANIFEST = "manifest.json"
_STAGING = "staging"
_GENERATION = re.compile(r"g(\d{6,})")
_REBUILD = "Rebuild it: citewise index build PATH... --index"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the one writer lock of the index at `path`, made if need be; leftovers are cleared.

    Raises:
        StoreError: the folder cannot be written, is something else, or has a writer already.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        foreign = [file.name for file in path.iterdir() if not _ours(file.name)]
        if foreign and not (path / _CURRENT).exists():
            raise StoreError(
                f"{path} already holds other files, such as {sorted(foreign)[0]}; an index needs a "
                "folder of its own. Name an empty or new folder with --index."
            )
        with FileLock(path / _LOCK, timeout=0):
            _remove_leftovers(path)
            yield
    except Timeout as exc:
        raise StoreError(
            f"Another process is writing the index {path}; one writer at a time is possible. Wait "
            "until it has finished, then try again."
        ) from exc
    except OSError as exc:
        raise StoreError(
            f"The index folder {path} cannot be written ({exc.strerror or exc}). Make it writable "
            "and see that the disk has room, or name another folder with --index (for the shipped "
            "corpus: CITEWISE_CACHE)."
        ) from exc


def _ours(name: str) -> bool:
    return name in {_CURRENT, _LOCK, _STAGING, f"{_CURRENT}.new"} or bool(
        _GENERATION.fullmatch(name)
    )


def _numbers(path: Path) -> list[int]:
    matches = (_GENERATION.fullmatch(entry.name) for entry in path.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def _remove_leftovers(path: Path) -> None:
    """Remove what a killed writer left and all generations but the current and the one before."""
    shutil.rmtree(path / _STAGING, ignore_errors=True)
    current = current_name(path)
    numbers = _numbers(path)
    if current is None:
        keep: set[int] = set()
    else:
        number = int(current[1:])
        keep = {number, *[n for n in numbers if n < number][-1:]}
    for number in numbers:
        if number not in keep:
            shutil.rmtree(path / f"g{number:06d}", ignore_errors=True)


def staging(path: Path) -> Path:
    """Return a new empty folder for the next generation. Only within `writing`."""
    folder = path / _STAGING
    folder.mkdir()
    return folder


def publish(path: Path, folder: Path, manifest: dict[str, Any]) -> Path:
    """Make the staged folder durable and current; return the generation's folder.

    `manifest` gains ``format`` and ``files``: relative path to size and SHA-256.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    names = [file.relative_to(folder).as_posix() for file in files]
    with ThreadPoolExecutor() as pool:
        checksums = list(pool.map(file_sha256, files))
    manifest = {"format": FORMAT} | manifest
    manifest["files"] = {
        name: {"size": file.stat().st_size, "sha256": checksum}
        for name, file, checksum in zip(names, files, checksums, strict=True)
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for file in [*files, folder / _MANIFEST]:
        _fsync(file)
    for sub in [*(entry for entry in folder.rglob("*") if entry.is_dir()), folder]:
        _fsync(sub)
    number = max([0, *_numbers(path)]) + 1
    generation = path / f"g{number:06d}"
    folder.rename(generation)
    _fsync(path)
    new = path / f"{_CURRENT}.new"
    new.write_text(generation.name + "\n", encoding="utf-8")
    _fsync(new)
    os.replace(new, path / _CURRENT)
    _fsync(path)
    return generation


def _fsync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def current_name(path: Path) -> str | None:
    """Return the name of the current generation, None where there is no index.

    Raises:
        StoreError: ``CURRENT`` names no generation.
    """
    try:
        name = (path / _CURRENT).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise StoreError(f"{path / _CURRENT} cannot be read ({exc}). {_REBUILD} {path}") from exc
    if not _GENERATION.fullmatch(name) or not (path / name).is_dir():
        raise StoreError(
            f"{path / _CURRENT} names {name!r}, expected a generation folder such as g000001. The "
            f"index is damaged. {_REBUILD} {path}"
        )
    return name


def open_current(path: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder and the manifest of the current generation, every file's checksum verified.

    Raises:
        StoreError: there is no index, it is damaged, or of a newer format.
    """
    name = current_name(path)
    if name is None:
        raise StoreError(
            f"There is no index at {path}; expected a folder that citewise made. Build it: "
            f"citewise index build PATH... --index {path}"
        )
    folder = path / name
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
        files = dict(manifest["files"])
        recorded = {file: (entry["size"], entry["sha256"]) for file, entry in files.items()}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StoreError(
            f"{folder / _MANIFEST} is damaged ({type(exc).__name__}: {exc}). {_REBUILD} {path}"
        ) from exc
    if found != FORMAT:
        raise StoreError(
            f"The index {path} has format {found}; this version of Citewise reads format {FORMAT}. "
            f"Install the version that wrote it, or rebuild: {_REBUILD} {path}"
        )
    for file in recorded:
        if Path(file).is_absolute() or ".." in Path(file).parts or (folder / file).is_symlink():
            raise StoreError(
                f"The manifest of {path} names {file!r}, which lies outside the index. Do not use "
                "this index; build your own from the documents."
            )
    with ThreadPoolExecutor() as pool:
        damage = [reason for reason in pool.map(_damage, *_columns(folder, recorded)) if reason]
    if damage:
        raise StoreError(f"The index {path} is damaged: {'; '.join(damage)}. {_REBUILD} {path}")
    return folder, manifest


def _columns(
    folder: Path, recorded: dict[str, tuple[int, str]]
) -> tuple[list[Path], list[tuple[int, str]]]:
    return [folder / name for name in recorded], list(recorded.values())


def _damage(file: Path, expected: tuple[int, str]) -> str | None:
    """Return what is wrong with a file, None if nothing."""
    if not file.is_file():
        return f"{file.name} is missing"
    if file.stat().st_size != expected[0]:
        return f"{file.name} has {file.stat().st_size} bytes, expected {expected[0]}"
    if file_sha256(file) != expected[1]:
        return f"the checksum of {file.name} does not match"
    return None
