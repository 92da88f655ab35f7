"""Immutable generations on disk: which one is current, and whether it is what was written.

Nothing here writes (``publishing.py`` does) or knows what a generation holds beyond its manifest.
An index folder may come from anywhere: nothing outside of it is read, no link in it followed.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from corpus.errors import StoreError
from index.locking import Lock
from index.models import file_sha256

# 2: languages, documents to filter by, roots, a proven manifest; 3: unpadded encoder;
# 4: token codes of 72 dimensions, without stop words; 6: fewer of them in Chinese, Japanese, Korean
FORMAT = 7
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
SUPERSEDED = "SUPERSEDED"  # left in a generation that another one has followed
GENERATION = re.compile(r"g(\d{6,})")
REBUILD = "Rebuild it: citewise index build PATH... --index"
_LARGEST_MANIFEST = 1 << 26  # bytes

Stamp = tuple[int, int, int, int, str]  # device, inode, size, nanoseconds changed, SHA-256


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A generation that was found sound and is kept from being removed until `hold` is closed.

    `checked` says which files were found to have which checksum, so that a file that the next
    generation shares need not be read again.
    """

    folder: Path
    manifest: dict[str, Any]
    checked: frozenset[Stamp]
    hold: Lock


def current_name(path: Path) -> str | None:
    """Return the name of the current generation, None where there is no index.

    Raises:
        StoreError: ``CURRENT`` names no generation.
    """
    file = path / CURRENT
    try:
        if not _plain(file):
            raise StoreError(_foreign(path, CURRENT))
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StoreError(f"{file} cannot be read ({exc}). {REBUILD} {path}") from exc
    name = content.decode("utf-8", "replace").removesuffix("\n")
    if not content.endswith(b"\n") or not GENERATION.fullmatch(name) or not (path / name).is_dir():
        raise StoreError(
            f"{file} holds {name[:80]!r}, expected the name of a generation folder such as "
            f"g000001. The index is damaged. {REBUILD} {path}"
        )
    return name


def current_stamp(path: Path) -> tuple[int, ...] | None:
    """Return what tells one publishing of an index from the next, None where there is no index."""
    try:
        status = os.stat(path / CURRENT)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


def open_current(path: Path, *, checked: frozenset[Stamp] = frozenset()) -> Generation:
    """Return the current generation, held, every file's checksum verified.

    Args:
        path: index folder.
        checked: files that this process has verified before; those still the same are not read.

    Raises:
        StoreError: there is no index, it is damaged, or of a newer format.
    """
    hold, folder = _hold_current(path)
    try:
        manifest = read_manifest(path, folder)
        damage, now = damaged_files(path, folder, manifest, checked=checked)
        if damage:
            raise StoreError(f"The index {path} is damaged: {'; '.join(damage)}. {REBUILD} {path}")
    except BaseException:
        hold.close()
        raise
    return Generation(folder=folder, manifest=manifest, checked=now, hold=hold)


def _hold_current(path: Path) -> tuple[Lock, Path]:
    """Return the current generation's folder and the hold that keeps a writer from removing it."""
    name, failure = _existing(path), "it is being removed"
    while True:
        folder = path / name
        if folder.is_symlink():
            raise StoreError(_foreign(path, name))
        hold = None
        try:
            hold = Lock.shared(folder / MANIFEST)
        except FileNotFoundError:
            failure = "it is missing"
        except OSError as exc:
            failure = str(exc.strerror or exc)
        superseded = (folder / SUPERSEDED).exists()
        # subtle: only now is it certain that what is held is current; what follows cannot change it
        again = _existing(path)
        if again == name and hold is not None and not superseded:
            return hold, folder
        if hold is not None:
            hold.close()
        if again == name:
            if superseded:
                raise StoreError(
                    f"{path / CURRENT} names {name}, which a later generation has followed. The "
                    f"index is damaged. {REBUILD} {path}"
                )
            raise StoreError(
                f"{folder / MANIFEST} cannot be opened ({failure}). The index is damaged. "
                f"{REBUILD} {path}"
            )
        name = again


def _existing(path: Path) -> str:
    name = current_name(path)
    if name is None:
        raise StoreError(
            f"There is no index at {path}; expected a folder that citewise made. Build it: "
            f"citewise index build PATH... --index {path}"
        )
    return name


def manifest_text(manifest: dict[str, Any]) -> str:
    """Return a manifest as it is written: with its own checksum as the last entry."""
    body = json.dumps(manifest, indent=1)
    proof = hashlib.sha256(body.encode()).hexdigest()
    return json.dumps(manifest | {"sha256": proof}, indent=1) + "\n"


def read_manifest(path: Path, folder: Path) -> dict[str, Any]:
    """Return the manifest of a generation of the index `path`.

    Raises:
        StoreError: it is damaged, of another format, or names files outside of its folder.
    """
    file = folder / MANIFEST
    try:
        if not _plain(file) or file.stat().st_size > _LARGEST_MANIFEST:
            raise StoreError(_foreign(path, MANIFEST))
        raw = file.read_bytes()
        manifest = json.loads(raw)
        found = manifest["format"]
        files = manifest["files"]
        if found == FORMAT:
            for name, entry in files.items():
                if _outside(name):
                    raise StoreError(_foreign(path, name))
                int(entry["size"]), str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        reason = f"{type(exc).__name__}: {exc}"
        raise StoreError(f"{file} is damaged ({reason}). {REBUILD} {path}") from exc
    if found != FORMAT:
        raise StoreError(
            f"The index {path} has format {found}; this version of Citewise reads format {FORMAT}. "
            f"{REBUILD} {path}, or install the version that wrote it."
        )
    proof = manifest.pop("sha256", None)
    if proof is None or manifest_text(manifest).encode() != raw:
        raise StoreError(
            f"{file} is damaged (it does not match its own checksum). {REBUILD} {path}"
        )
    return dict(manifest)


def _outside(name: str) -> bool:
    """Tell whether a name in a manifest is anything but a plain path below its folder."""
    plain = PurePosixPath(name)
    return (
        not plain.parts
        or plain.is_absolute()
        or ".." in plain.parts
        or bool(PureWindowsPath(name).drive)
        or plain.as_posix() != name
        or any(character in name for character in "\\\0")
    )


def _plain(file: Path) -> bool:
    """Tell whether a file is neither a link nor a pipe or device, whose reading may never end."""
    return stat.S_ISREG(file.lstat().st_mode)


def _foreign(path: Path, name: str) -> str:
    return (
        f"The index {path} has {name!r}, which is a link or lies outside the index. Citewise makes "
        "no such index. Do not use it; build your own from the documents."
    )


def damaged_files(
    path: Path,
    folder: Path,
    manifest: dict[str, Any],
    *,
    checked: frozenset[Stamp] = frozenset(),
) -> tuple[list[str], frozenset[Stamp]]:
    """Return what is wrong with the files of a generation, and the stamps of those that are sound.

    Raises:
        StoreError: the folder holds a link, which is followed nowhere.
    """
    there = dict(_walk(path, folder, ""))
    recorded = {name: (entry["size"], entry["sha256"]) for name, entry in manifest["files"].items()}
    strange = sorted(name for name in there.keys() - recorded.keys() if not _unlisted(name))
    damage = [f"{name} is not in the manifest" for name in strange]

    def check(name: str) -> str | Stamp:
        return _check(folder, name, there.get(name), recorded[name], checked)

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(check, sorted(recorded)))
    damage += [reason for reason in found if isinstance(reason, str)]
    return damage, frozenset(stamp for stamp in found if not isinstance(stamp, str))


def _walk(path: Path, folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield name and status of every file below a folder.

    Raises:
        StoreError: something there is neither a file nor a folder.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                yield from _walk(path, folder / entry.name, f"{name}/")
            elif stat.S_ISREG(status.st_mode):
                yield name, status if os.name != "nt" else (folder / entry.name).stat()
            else:
                raise StoreError(_foreign(path, f"{folder.name}/{entry.name}"))


def _unlisted(name: str) -> bool:
    """Tell whether a file is rightly not in the manifest: the manifest, our mark, a hidden file."""
    return name in (MANIFEST, SUPERSEDED) or PurePosixPath(name).name.startswith(".")


def _check(
    folder: Path,
    name: str,
    status: os.stat_result | None,
    expected: tuple[int, str],
    checked: frozenset[Stamp],
) -> str | Stamp:
    """Return a file's stamp, or what is wrong with it."""
    size, sha256 = expected
    if status is None:
        return f"{name} is missing"
    if status.st_size != size:
        return f"{name} has {status.st_size} bytes, expected {size}"
    stamp = (status.st_dev, status.st_ino, size, status.st_mtime_ns, sha256)
    try:
        if stamp not in checked and file_sha256(folder / name) != sha256:
            return f"the checksum of {name} does not match"
    except OSError as exc:
        return f"{name} cannot be read ({exc.strerror or exc})"
    return stamp
