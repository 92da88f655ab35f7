"""From paths to documents: walk folders, load each file, report what cannot be read.

What a format holds is read in ``corpus/formats.py``; here its pages become one normalised text with
a title, a date, page starts and furniture.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from corpus.dating import first_line, stated_date
from corpus.document import Document, normalise
from corpus.errors import CorpusError, Problem
from corpus.formats import LOADERS, Content, load_content
from corpus.tables import tables_in

_log = logging.getLogger(__name__)

_MOST_BYTES = 100_000_000
_CONTROLS = {code: None for code in (*range(1, 9), *range(14, 32), 127)} | {11: "\n", 12: "\n"}


def load_documents(
    paths: str | Path | Iterable[str | Path],
    *,
    strict: bool = False,
    problems: list[Problem] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Document]:
    """Read files and folders into documents, in sorted order.

    Folders are walked with their subfolders; hidden files and folders (a leading dot) and indexes
    that Citewise made are passed over.
    Files with the same text become one document, whose `copies` names the others. A document's
    `source` is its path below the folder given, its name if one file is given, and with several
    paths its path below the folder they share.

    Args:
        paths: a file or folder, or several.
        strict: raise at the first file that cannot be read.
        problems: filled with one Problem for each such file; None logs them as warnings.
        progress: called with how many files were read, and of how many.

    Raises:
        CorpusError: a path does not exist, nothing could be read, or `strict` and a problem.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files = list_sources(given)
    found: dict[str, Document] = {}  # by text
    reported = 0
    for done, (path, source) in enumerate(files):
        if progress is not None:
            progress(done, len(files))
        try:
            document = _load(path, source)
        except CorpusError as exc:
            if strict:
                raise CorpusError(f"{source}: {exc}") from exc
            reported += 1
            if problems is None:
                _log.warning("%s: %s", source, exc)
            else:
                problems.append(Problem(source=source, reason=str(exc)))
            continue
        if first := found.get(document.text):
            found[document.text] = replace(first, copies=(*first.copies, source))
        else:
            found[document.text] = document
    if not found:
        raise CorpusError(
            f"No readable document in {', '.join(map(str, given))} ({reported} files left out); "
            f"expected files of these kinds: {', '.join(LOADERS)}. Name another file or folder."
        )
    _log.info("read %d documents, left out %d files", len(found), reported)
    return list(found.values())


def list_sources(paths: str | Path | Iterable[str | Path]) -> list[tuple[Path, str]]:
    """Return the files that `load_documents` would read, each with its `source`, in its order.

    Raises:
        CorpusError: a path does not exist, or none is given.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not given:
        raise CorpusError("No path was given; expected files or folders. Name at least one.")
    for path in given:
        if not path.exists():
            raise CorpusError(f"{path} does not exist; expected a file or folder. Check the path.")
    return list(_sources(given))


def find_source(paths: Iterable[str | Path], source: str) -> Path | None:
    """Return the file that `load_documents` of the paths named `source`; None if it is not there.

    It lies at or below one of the paths: a source that leads elsewhere is not found.
    """
    given = [Path(path) for path in paths]
    if not given:
        return None
    base, given = _base(given)
    path = Path(os.path.normpath(base / source))
    below = any(path.is_relative_to(os.path.normpath(top)) for top in given)
    return path if below and path.is_file() else None


def _base(given: list[Path]) -> tuple[Path, list[Path]]:
    """Return the folder that sources are named from, and the paths to walk."""
    if len(given) == 1:
        return given[0] if given[0].is_dir() else given[0].parent, given
    absolute = [Path(os.path.abspath(path)) for path in given]
    parents = [path if path.is_dir() else path.parent for path in absolute]
    return Path(os.path.commonpath(parents)) if _same_drive(parents) else Path(), absolute


def _sources(given: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files below the paths, each once, with their source names."""
    base, given = _base(given)
    seen: set[Path] = set()
    for top in given:
        for path in _walk(top):
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                name = path.relative_to(base) if path.is_relative_to(base) else path
                # Names that are not UTF-8 must not stop the index from being written.
                yield path, os.fsencode(name.as_posix()).decode("utf-8", "replace")


def _same_drive(paths: list[Path]) -> bool:
    """Tell whether the paths share a root, which on Windows they may not."""
    return len({path.anchor for path in paths}) == 1


def _walk(top: Path) -> Iterator[Path]:
    """Yield the files below a folder in sorted order, or the file itself; links once."""
    if not top.is_dir():
        yield top
        return
    entered: set[Path] = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        real = Path(folder).resolve()
        if real in entered:  # a link back up the tree
            folders.clear()
            continue
        entered.add(real)
        if _is_index(files):  # ours, below the documents it was made from
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder, name)


def _is_index(files: Collection[str]) -> bool:
    """Tell whether a folder with these files is an index that Citewise made."""
    return "LOCK" in files and ("CURRENT" in files or len(files) == 1)


def _load(path: Path, source: str) -> Document:
    """Read one file into a document.

    Raises:
        CorpusError: it cannot be read or holds no text; the message does not name the file.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise CorpusError(f"{size:,} bytes; the limit is {_MOST_BYTES:,}. Split the file.")
        if not path.is_file():
            raise CorpusError("not a regular file. Name files and folders only.")
        data = path.read_bytes()
    except OSError as exc:
        raise CorpusError(f"cannot be opened: {exc.strerror or exc}.") from exc
    if not data.strip():
        raise CorpusError("empty; expected text.")
    content = load_content(data, path.name)
    text, page_starts = _compose(content)
    if not text.strip():
        raise CorpusError("no text inside; expected some.")
    document = Document.from_text(
        text, source=source, page_starts=page_starts, metadata=content.metadata,
        date=content.date if content.date and not content.paged else None,
    )  # fmt: skip
    title = " ".join(content.title.split())
    if content.paged and title.casefold() == path.stem.casefold():
        title = ""  # of a PDF, whose title is often the name of the file it was made from
    title = title or content.heading or first_line(document.text, document.furniture) or path.stem
    date = document.date or stated_date(document.text) or content.date
    return replace(document, title=normalise(title), date=date)


def _compose(content: Content) -> tuple[str, tuple[int, ...]]:
    """Return the normalised text of all pages and where each begins.

    Neither a sentence nor a table that runs over the end of a page is broken there.
    """
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for raw in content.pages:
        page = normalise(raw).translate(_CONTROLS).replace("\u2028", "\n").replace("\u2029", "\n\n")
        page = page.rstrip() if content.paged else page.strip("\n").rstrip()
        if parts:
            separator = _separator(parts[-1], page)
            parts.append(separator)
            length += len(separator)
        starts.append(length)
        parts.append(page)
        length += len(page)
    return "".join(parts), tuple(starts) if content.paged else ()


def _separator(page: str, following: str) -> str:
    """Return what stands between two pages."""
    if (page[-1:].isalnum() or page.endswith((",", ";"))) and following[:1].islower():
        return " "
    last, first = page.rpartition("\n")[2], following.partition("\n")[0]
    if not 0 < last.count("|") == first.count("|"):
        return "\n\n"
    names = any(table.certain and table.rows[0][0] == 0 for table in tables_in(following)[:1])
    again = first in page.rpartition("\n\n")[2].split("\n")
    return "\n\n" if names or again else "\n"
