"""The writer's side of an index folder: one writer, a staging folder, the atomic swap, clearing up.

A writer fills the staging folder, `publish` makes it durable, names it ``g000042`` and swaps
``CURRENT``. A kill at any instant leaves the old generation serving, and what it left lying is
cleared by the next writer. A generation is removed only when no reader holds it.
"""

import contextlib
import logging
import os
import shutil
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import StoreError
from index.generations import (
    CURRENT,
    FORMAT,
    GENERATION,
    MANIFEST,
    SUPERSEDED,
    Stamp,
    current_name,
    damaged_files,
    manifest_text,
    read_manifest,
)
from index.locking import Lock
from index.models import file_sha256

JOURNAL = "journal"  # what a build has encoded and not published yet: journal.py
_LOCK = "LOCK"
_STAGING = "staging"
_REMOVED = "removed-"
_logger = logging.getLogger(__name__)


class Follower(Protocol):
    """What in this process wants to know at once that an index was published here."""

    def refresh(self) -> None:
        """Look whether one's index has a new generation."""


# Weak, and for this process alone: who rebuilds an index and then asks, asks the new one.
_followers: "weakref.WeakSet[Follower]" = weakref.WeakSet()


def announce_to(follower: Follower) -> None:
    """Call `refresh` after every writing, for as long as the follower lives."""
    _followers.add(follower)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the one writer lock of the index at `path`, made if need be; leftovers are cleared.

    Raises:
        StoreError: the folder cannot be written, is something else, or has a writer already.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        for file in path.iterdir():
            if file.is_symlink() and _ours(file.name):
                raise StoreError(
                    f"{file} is a link, expected a file or folder of the index itself. Citewise "
                    "makes no such index; name a new folder with --index."
                )
        foreign = sorted(file.name for file in path.iterdir() if not _ours(file.name))
        if foreign and not (path / CURRENT).exists():
            raise StoreError(
                f"{path} already holds other files, such as {foreign[0]}; an index needs a "
                "folder of its own. Name an empty or new folder with --index."
            )
        lock = Lock.exclusive(path / _LOCK, create=True)
        if lock is None:
            raise StoreError(
                f"Another process is writing the index {path}: process id {_holder(path)}. One "
                "writer at a time is possible. Wait until it has finished, then try again."
            )
        try:
            os.ftruncate(lock.descriptor, 0)
            os.write(lock.descriptor, f"{os.getpid()}\n".encode())
            _clear(path)
            yield
            _clear(path)
        finally:
            shutil.rmtree(path / _STAGING, ignore_errors=True)
            lock.close()
        for follower in list(_followers):
            follower.refresh()
    except OSError as exc:
        raise unwritable(path, exc.strerror or str(exc)) from exc


def unwritable(path: Path, reason: str) -> StoreError:
    """Return the error that says that an index folder cannot be written."""
    return StoreError(
        f"The index folder {path} cannot be written ({reason}). Make it writable and see that the "
        "disk has room, or name another folder with --index (for the shipped corpus: "
        "CITEWISE_CACHE)."
    )


def _ours(name: str) -> bool:
    return name in {CURRENT, _LOCK, _STAGING, JOURNAL, f"{CURRENT}.new"} or bool(
        GENERATION.fullmatch(name.removeprefix(_REMOVED))
    )


def _holder(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return str(int((path / _LOCK).read_text(encoding="ascii", errors="replace")))
    return "unknown"


def _numbers(path: Path) -> list[int]:
    matches = (GENERATION.fullmatch(entry.name) for entry in path.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def _name(number: int) -> str:
    return f"g{number:06d}"


def _clear(path: Path) -> None:
    """Remove what a killed writer left, and the generations that neither we nor a reader need.

    The current one stays and the one before it. When ``CURRENT`` is lost, every one stays.
    """
    shutil.rmtree(path / _STAGING, ignore_errors=True)
    (path / f"{CURRENT}.new").unlink(missing_ok=True)
    for entry in list(path.glob(f"{_REMOVED}*")):
        shutil.rmtree(entry, ignore_errors=True)
    try:
        current = current_name(path)
    except StoreError:
        return
    if current is None:
        return
    number = int(current[1:])
    earlier = [n for n in _numbers(path) if n < number]
    for n in _numbers(path):
        if n != number and n not in earlier[-1:]:
            _remove(path, path / _name(n))
    for n in earlier[-1:]:
        with contextlib.suppress(OSError):  # a full disk; the next writer makes up for it
            (path / _name(n) / SUPERSEDED).touch()


def _remove(path: Path, generation: Path) -> None:
    """Remove a generation unless a reader holds it."""
    with contextlib.suppress(FileNotFoundError):
        lock = Lock.exclusive(generation / MANIFEST)
        if lock is None:
            _logger.info("%s stays, somebody is reading it", generation.name)
            return
        lock.close()  # Windows renames no folder with an open file; nobody opens an old generation
    aside = path / f"{_REMOVED}{generation.name}"
    with contextlib.suppress(OSError):  # Windows, while a reader has a file of it open
        generation.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def staging(path: Path) -> Path:
    """Return a new empty folder for the next generation. Only within `writing`."""
    folder = path / _STAGING
    folder.mkdir()
    return folder


def publish(
    path: Path, folder: Path, manifest: dict[str, Any], *, checked: frozenset[Stamp] = frozenset()
) -> Path:
    """Make the staged folder durable and current; return the generation's folder.

    Args:
        path: index folder. Only within `writing`.
        folder: what `staging` gave, filled.
        manifest: gains ``format``, ``files`` (relative path to size and SHA-256) and ``sha256``.
        checked: stamps of files that earlier generations share: durable, their checksums known.
    """
    known: dict[tuple[int, ...], str] = {stamp[:4]: stamp[4] for stamp in checked}
    paths = sorted(file for file in folder.rglob("*") if file.is_file())
    with ThreadPoolExecutor() as pool:
        checksums = list(pool.map(lambda file: _made_durable(file, known), paths))
    files = {
        file.relative_to(folder).as_posix(): {"size": file.stat().st_size, "sha256": sha256}
        for file, sha256 in zip(paths, checksums, strict=True)
    }
    written = folder / MANIFEST
    whole = {"format": FORMAT} | manifest | {"files": files}
    written.write_text(manifest_text(whole), encoding="utf-8", newline="\n")
    _fsync(written)
    for sub in [*(entry for entry in folder.rglob("*") if entry.is_dir()), folder]:
        _fsync(sub)
    generation = path / _name(max([0, *_numbers(path)]) + 1)
    folder.rename(generation)
    _fsync(path)
    new = path / f"{CURRENT}.new"
    new.write_text(generation.name + "\n", encoding="utf-8", newline="\n")
    _fsync(new)
    os.replace(new, path / CURRENT)
    _fsync(path)
    return generation


def _made_durable(file: Path, known: dict[tuple[int, ...], str]) -> str:
    """Flush a file unless an earlier generation has it too; return its SHA-256."""
    status = file.stat()
    stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    if stamp in known:
        return known[stamp]
    _fsync(file)
    return file_sha256(file)


def _fsync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rollback(path: Path) -> tuple[str, str]:
    """Make the newest sound generation before the current one current again, under a new name.

    It is published anew from the same files, so that names only ever grow and doing it twice
    returns to where one was.

    Returns:
        The name of the generation that was restored, and the one it has now.

    Raises:
        StoreError: there is no earlier generation, or the folder cannot be written.
    """
    with writing(path):
        for folder, manifest, checked in _earlier(path):
            staged = staging(path)
            for name in manifest["files"]:
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                link(folder / name, staged / name)
            kept = {key: manifest[key] for key in manifest if key not in ("format", "files")}
            published = publish(path, staged, kept | {"restored": folder.name}, checked=checked)
            return folder.name, published.name
        raise StoreError(
            f"The index {path} has no earlier generation that is sound; each build keeps the one "
            "before it. Build it from the documents: citewise index build PATH... --index "
            f"{path}"
        )


def _earlier(path: Path) -> Iterator[tuple[Path, dict[str, Any], frozenset[Stamp]]]:
    """Yield the sound generations before the current one, newest first."""
    try:
        current = current_name(path)
    except StoreError:
        current = None  # lost: any may have been current
    for number in reversed(_numbers(path)):
        if current is not None and number >= int(current[1:]):
            continue
        folder = path / _name(number)
        try:
            manifest = read_manifest(path, folder)
            damage, checked = damaged_files(path, folder, manifest)
        except StoreError as exc:
            damage = [str(exc)]
        if damage:
            _logger.warning("%s is passed over: %s", folder.name, "; ".join(damage))
        else:
            yield folder, manifest, checked


def link(source: Path, target: Path) -> None:
    """Hard-link a file that never changes, copy it where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
