"""The folder of uploaded files: safe names, limits, nothing overwritten, nothing lost at once."""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from corpus import CorpusError, StoreError
from corpus.formats import LOADERS

MOST_BYTES = 50_000_000  # of one uploaded file
MOST_BYTES_TOGETHER = 5_000_000_000
FOLDER = "uploads"  # what the sources of uploaded documents begin with
_TRASH = ".trash"  # hidden: passed over when documents are read
_LONGEST = 120  # bytes of a name without its suffix, in UTF-8
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u2028\u2029\ud800-\udfff]')
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # turn names around
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # of Windows


class TakenError(CorpusError):
    """There is an uploaded file of this name already."""


class TooLargeError(CorpusError):
    """The file, or all uploads together, are over the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be uploaded: `bytes` of one file, and the `suffixes` that can be read."""

    bytes: int = MOST_BYTES
    suffixes: tuple[str, ...] = tuple(LOADERS)


def safe_name(name: str) -> str:
    """Return the name under which an uploaded file is kept: one plain path component.

    The last part of a path, composed (NFC), without what file systems or terminals take amiss; its
    suffix says the format.

    Raises:
        CorpusError: no name is left, or no loader reads files of its suffix.
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFC", _UNSEEN.sub("", _NOT_IN_NAMES.sub("_", last)))
    stem, suffix = os.path.splitext(" ".join(plain.split()).strip(". "))
    stem = stem.strip(". ").encode()[:_LONGEST].decode("utf-8", "ignore").strip(". ")
    if not stem.strip("_"):
        raise CorpusError(
            f"The file is called {name[:200]!r}; expected a name such as report.pdf. Rename it."
        )
    if suffix.lower() not in LOADERS:
        raise CorpusError(
            f"{stem}{suffix} is not of a kind that can be read; expected {', '.join(LOADERS)}. "
            "Convert it, or print it to PDF."
        )
    return f"_{stem}{suffix}" if _DEVICES.fullmatch(stem) else f"{stem}{suffix}"


def add(folder: Path, name: str, content: bytes) -> str:
    """Keep an uploaded file; return its safe name. It appears whole or not at all.

    Args:
        folder: the library's folder.
        name: as the uploader calls it.
        content: the file.

    Raises:
        TakenError: there is a file of that name.
        TooLargeError: the file, or all uploads together, are over the limit.
        CorpusError: the name or the format is of no use, or the file is empty.
        StoreError: the folder cannot be written.
    """
    name = safe_name(name)
    if not content.strip():
        raise CorpusError(f"{name} is empty; expected text. Choose another file.")
    if len(content) > MOST_BYTES:
        raise TooLargeError(
            f"{name} has {len(content):,} bytes; the limit is {MOST_BYTES:,}. Split the file."
        )
    uploads = folder / FOLDER
    try:
        uploads.mkdir(parents=True, exist_ok=True)
        together = sum(file.stat().st_size for file in uploads.rglob("*"))
        if together + len(content) > MOST_BYTES_TOGETHER:
            raise TooLargeError(
                f"The uploads have {together:,} bytes, {MOST_BYTES_TOGETHER:,} are the limit. "
                "Remove some first."
            )
        if any(file.name.casefold() == name.casefold() for file in uploads.iterdir()):
            raise _taken(name)
        part = uploads / f".{name}.part"
        part.write_bytes(content)
        try:
            os.link(part, uploads / name)  # fails where the name was taken just now
        except FileExistsError as exc:
            raise _taken(name) from exc
        except OSError:  # a file system without hard links
            part.rename(uploads / name)
        part.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(
            f"{name} cannot be kept in {uploads} ({exc.strerror or exc}); expected a folder that "
            "can be written and a disk with room. See to that and upload it again."
        ) from exc
    return name


def remove(folder: Path, name: str) -> None:
    """Move an uploaded file to the trash, where one removed earlier under its name is dropped."""
    trash = folder / FOLDER / _TRASH
    try:
        trash.mkdir(exist_ok=True)
        os.replace(folder / FOLDER / name, trash / name)
    except OSError as exc:
        raise StoreError(
            f"{name} cannot be removed ({exc.strerror or exc}). Delete it in {folder / FOLDER}."
        ) from exc


def restore(folder: Path, name: str) -> bool:
    """Bring a removed file back; return whether there was one."""
    trashed, kept = folder / FOLDER / _TRASH / name, folder / FOLDER / name
    if not trashed.is_file() or kept.exists():
        return False
    trashed.rename(kept)
    return True


def empty_trash(folder: Path) -> None:
    """Delete for good what was removed."""
    trash = folder / FOLDER / _TRASH
    for file in trash.iterdir() if trash.is_dir() else ():
        file.unlink(missing_ok=True)


def is_uploaded(source: str) -> bool:
    """Return whether a source is that of an uploaded file."""
    return source.startswith(f"{FOLDER}/")


def _taken(name: str) -> TakenError:
    return TakenError(
        f"There is an uploaded file {name} already; nothing was overwritten. Remove that one "
        "first, or rename yours."
    )
