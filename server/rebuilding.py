"""A rebuild in a process of its own: ``python -m server.rebuilding``, told on stdin what to build.

It gives way to whoever answers questions, and writes one JSON object a line to stdout: stages,
files that cannot be read, and at last ``report`` or ``error``. It may be killed at any instant.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from corpus import CitewiseError, CorpusError, Document, Problem, load_documents
from index.priority import give_way
from server.uploads import FOLDER, is_uploaded

Tell = Callable[[str, int, int], None]
_TOLD_EVERY = 8  # files


def main() -> None:
    """Build as the JSON object on stdin says: ``index``, ``folder``, ``roots``, ``excluded``."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints, libraries in C included, must not break the lines

    def say(**values: object) -> None:
        print(json.dumps(values), file=lines, flush=True)  # noqa: T201

    wanted = json.load(sys.stdin)
    give_way()
    from index import Progress, build_index

    def told(progress: Progress) -> None:
        say(stage=progress.stage, done=progress.done, total=progress.total)

    problems: list[Problem] = []
    try:
        documents = gather(
            roots=wanted["roots"] or _indexed(Path(wanted["index"])),
            folder=Path(wanted["folder"]),
            excluded=wanted["excluded"],
            problems=problems,
            tell=lambda stage, done, total: say(stage=stage, done=done, total=total),
        )
        say(problems=[asdict(problem) for problem in problems])
        built = build_index(documents, wanted["index"], progress=told)
        say(report=_plain(built.report))
    except (CitewiseError, OSError) as error:
        say(error=str(error))
        sys.exit(1)


def gather(
    *,
    roots: Sequence[str | Document],
    folder: Path,
    excluded: Collection[str],
    problems: list[Problem],
    tell: Tell,
) -> list[Document]:
    """Return the documents that the index shall hold: the user's own, then the uploaded ones.

    Args:
        roots: files and folders of the user, or the documents themselves where these are all that
            is left of what the index was made from.
        folder: the library's folder.
        excluded: sources to leave out.
        problems: filled with the files that cannot be read.
        tell: called with a stage and how many files of it are done, of how many.

    Raises:
        CorpusError: a root is gone, or nothing in it can be read.
    """

    def progress(done: int, total: int) -> None:
        if done % _TOLD_EVERY == 0:
            tell("loading", done, total)

    given = [root for root in roots if isinstance(root, Document)]
    paths = [root for root in roots if not isinstance(root, Document)]
    if paths:
        given = load_documents(paths, problems=problems, progress=progress)
    known = len(problems)
    uploaded: list[Document] = []
    if (folder / FOLDER).is_dir():
        try:  # the folder above is given, so that sources begin with FOLDER
            uploaded = load_documents([folder], problems=problems, progress=progress)
        except CorpusError:
            if len(problems) == known and any((folder / FOLDER).glob("[!.]*")):
                raise
    return merge([*given, *uploaded], excluded)


def merge(documents: Iterable[Document], excluded: Collection[str]) -> list[Document]:
    """Join documents of one text, naming copies, and leave out the sources that are excluded."""
    merged: dict[str, Document] = {}
    for document in documents:
        first = merged.get(document.text)
        sources = [] if first is None else [first.source, *first.copies]
        for source in (document.source, *document.copies):
            if source not in excluded and source not in sources:
                sources.append(source)
        if sources:
            merged[document.text] = _named(first or document, sources)
    return list(merged.values())


def _named(document: Document, sources: Sequence[str]) -> Document:
    source, *copies = sources
    if source != document.source:  # the id is made from the source
        document = Document.from_text(
            document.text, source=source, title=document.title, date=document.date,
            page_starts=document.page_starts, furniture=document.furniture,
            metadata=document.metadata,
        )  # fmt: skip
    return replace(document, copies=tuple(copies))


def _indexed(path: Path) -> list[Document]:
    """Return the documents of an index that were not uploaded."""
    from index import Index

    with contextlib.closing(Index.open(path)) as index:
        documents = [index.document(summary.doc_id) for summary in index.summaries()]
    return merge(documents, {s for d in documents for s in (d.source, *d.copies) if is_uploaded(s)})


def _plain(report: Any) -> dict[str, object]:
    return {name: value for name, value in asdict(report).items() if name != "problems"}


if __name__ == "__main__":
    main()
