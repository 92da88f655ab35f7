"""Build an index: read, split, encode what is new, write a generation, publish it.

What an earlier generation encoded is taken over by content, so a rebuild encodes only new and
changed passages, whatever file they are in.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from corpus import (
    CorpusError,
    Document,
    ModelError,
    Problem,
    StoreError,
    load_documents,
    split_document,
)
from corpus.splitting import DEFAULT_MAX_TOKENS
from corpus.tables import title_of
from index.assembling import Assembly, Piece, Progress, Tell, content_key
from index.encoder import Encoder
from index.export import Precision
from index.generations import MANIFEST, current_name
from index.models import DEFAULT_MODEL
from index.precision import Choice, choose
from index.publishing import publish, staging, writing
from index.searching import BuildReport, Index

_logger = logging.getLogger(__name__)


def build_index(
    paths_or_documents: str | Path | Iterable[str | Path | Document],
    path: str | Path,
    *,
    model: str | Path | None = None,
    precision: Precision | None = None,
    full: bool = False,
    strict: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Index:
    """Build or rebuild the index at `path` so that it holds exactly the documents given.

    Args:
        paths_or_documents: a file or folder, several of them, or documents.
        path: index folder; made if need be.
        model: a sentence-transformers model by name or folder; None for the model the index was
            built with, for a new index the bundled one.
        precision: of the encoder's arithmetic; None for the one the index was built with, for a
            new index of some size the fastest here; what each costs in ranking is in
            benchmarks/README.md, "Encoding".
        full: encode everything anew.
        strict: an unreadable file ends the build instead of being reported.
        progress: called as the build goes on, from this thread.

    Returns:
        The opened index; its `report` says what was done.

    Raises:
        CorpusError: there is nothing to read, or, if `strict`, a file cannot be read.
        StoreError: the index folder cannot be written or has another writer.
        ModelError: the model is missing, altered or cannot be used.
    """
    began = time.perf_counter()
    tell = progress or (lambda _: None)
    problems: list[Problem] = []
    if not isinstance(paths_or_documents, str | Path):
        paths_or_documents = list(paths_or_documents)
    with writing(Path(path)):
        old = None if full else _previous(Path(path), model, precision)
        encoder = Encoder.load(model) if old is None else old.encoder
        documents = _documents(paths_or_documents, strict=strict, problems=problems, tell=tell)
        _logger.info("%d documents read, %d files could not be", len(documents), len(problems))
        pieces = _split(documents, encoder, tell)
        choice = _choice(old, model, precision, pieces)
        assembly = Assembly(Path(path), staging(Path(path)), choice.encoder, old, full=full)
        try:
            assembly.encode(pieces, tell)
            _logger.info("%d of %d chunks encoded, the others kept", assembly.encoded, len(pieces))
            assembly.write(documents, pieces, tell)
            roots = _roots(paths_or_documents)
            manifest = _manifest(documents, roots, problems) | assembly.manifest()
            manifest["encoding"] = {
                "precision": choice.encoder.precision, "measured": dict(choice.measured),
            }  # fmt: skip
            published = publish(
                Path(path),
                assembly.folder,
                manifest,
                checked=frozenset() if old is None else old.checked,
            )
            _logger.info("%s published", published.name)
            assembly.published()
        finally:
            assembly.close()
        tell(Progress(stage="writing", done=3, total=3, documents=len(documents)))
        report = _report(documents, pieces, assembly, old, problems, time.perf_counter() - began)
    opened = Index.open(path, report=report, like=old)
    if old is not None:
        old.close()
    return opened


def _choice(
    old: Index | None,
    model: str | Path | None,
    precision: Precision | None,
    pieces: Sequence[Piece],
) -> Choice:
    """Return the encoder: the one the vectors there are were made with, else a new index's."""
    if old is not None:
        return Choice(encoder=old.encoder)
    among = None if precision is None else [precision]
    return choose(model, [(piece.title, piece.chunk.text) for piece in pieces], among=among)


def _previous(path: Path, model: str | Path | None, precision: Precision | None) -> Index | None:
    """Return the current generation if its vectors can be taken over, None for a new beginning.

    A damaged generation is a new beginning too, so that a build mends an index.

    Raises:
        ModelError: all has to be encoded anew, with a model that is not named now.
    """
    try:
        if current_name(path) is None:
            return None
        index = Index.open(path, model=model)
        if precision not in {None, index.encoder.precision}:
            index.close()
            if model is None:
                _check_bundled(path)
            return None
        return index
    except ModelError:
        if model is None:
            raise
        return None
    except StoreError as exc:
        if model is None:
            _check_bundled(path)
        _logger.warning("Everything is encoded anew: %s", exc)
        return None


def _check_bundled(path: Path) -> None:
    """Refuse to encode an index of another model anew with the bundled one."""
    try:
        folder = path / (current_name(path) or "")
        found = json.loads((folder / MANIFEST).read_bytes())["model"]
    except (StoreError, OSError, ValueError, KeyError, TypeError):
        return
    if found != DEFAULT_MODEL:
        raise ModelError(
            f"The index {path} was built with the model {found}, and encoding all of it anew "
            f"needs the model again. Name it: --model {found}, or --model {DEFAULT_MODEL}."
        )


def _documents(
    given: str | Path | Iterable[str | Path | Document],
    *,
    strict: bool,
    problems: list[Problem],
    tell: Tell,
) -> list[Document]:
    items = [given] if isinstance(given, str | Path) else list(given)
    documents = [item for item in items if isinstance(item, Document)]
    paths = [item for item in items if not isinstance(item, Document)]
    if paths and documents:
        raise ValueError("Both paths and documents were given. Pass one kind, or load the paths.")
    if paths:

        def told(done: int, total: int) -> None:
            tell(Progress(stage="reading", done=done, total=total, documents=done))

        return load_documents(paths, strict=strict, problems=problems, progress=told)
    tell(Progress(stage="reading", done=len(documents), total=len(documents)))
    distinct = {document.doc_id: document for document in documents}
    return list(distinct.values())


def _split(documents: Sequence[Document], encoder: Encoder, tell: Tell) -> list[Piece]:
    pieces = []
    for place, document in enumerate(documents):
        for chunk in split_document(
            document, max_tokens=DEFAULT_MAX_TOKENS, count_tokens=encoder.count_tokens
        ):
            title = title_of(document, chunk.start)
            key = content_key(title, chunk.text)
            pieces.append(Piece(place=place, title=title, chunk=chunk, key=key))
        done = place + 1
        if place % 16 == 0 or done == len(documents):
            tell(Progress(stage="splitting", done=done, total=len(documents), documents=done))
    if not pieces:
        raise CorpusError(
            f"The {len(documents)} documents given hold no text that could be quoted. Name files "
            "or folders with text."
        )
    return pieces


def _roots(given: str | Path | Sequence[str | Path | Document]) -> list[str]:
    """Return the absolute paths given, none when documents were."""
    items = [given] if isinstance(given, str | Path) else given
    return [os.path.abspath(item) for item in items if not isinstance(item, Document)]


def _manifest(
    documents: Sequence[Document], roots: Sequence[str], problems: Sequence[Problem]
) -> dict[str, object]:
    return {
        "citewise": _version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "roots": list(roots),
        "problems": [asdict(problem) for problem in problems],
        "documents": len(documents),
    }


def _report(
    documents: Sequence[Document],
    pieces: Sequence[Piece],
    assembly: Assembly,
    old: Index | None,
    problems: Sequence[Problem],
    seconds: float,
) -> BuildReport:
    before = {} if old is None else {entry.source: entry.doc_id for entry in old.summaries()}
    now = {document.source: document.doc_id for document in documents}
    return BuildReport(
        documents=len(documents),
        chunks=len(pieces),
        encoded_chunks=assembly.encoded,
        reused_chunks=len(pieces) - assembly.encoded,
        resumed_chunks=assembly.resumed,
        added=len(now.keys() - before.keys()),
        changed=sum(now[source] != before[source] for source in now.keys() & before.keys()),
        removed=len(before.keys() - now.keys()),
        problems=tuple(problems),
        seconds=seconds,
    )


def _version() -> str:
    try:
        return version("citewise")
    except PackageNotFoundError:
        return "not installed"
