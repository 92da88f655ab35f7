"""The table of documents: what is indexed, what waits for the next rebuild, what cannot be read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from corpus.formats import LOADERS
from index import Summary
from index.filters import folder_of
from server.record import Record
from server.uploads import is_uploaded

State = Literal["indexed", "waiting", "unreadable", "removing", "excluded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document or file of a library.

    `doc_id` is the document's id where it is indexed, else one made from its source. `state` is
    ``indexed``; ``waiting`` (new or changed since the index was built); ``unreadable``;
    ``removing`` (still answers, not after the next rebuild) or ``excluded`` (the file is there, and
    was removed here). `reason` says more where it is not ``indexed``. `uploaded` tells files kept
    by the library from the user's own.
    """

    doc_id: str
    source: str
    title: str
    date: str | None
    language: str | None
    folder: str
    chunks: int
    state: State
    reason: str | None
    uploaded: bool


def list_entries(
    summaries: Sequence[Summary], files: Mapping[str, float], record: Record, *, built: float
) -> list[Entry]:
    """Return the table: the documents of the index in its order, then the other files.

    Args:
        summaries: what is indexed.
        files: when each file that a rebuild would read was last changed, by source, in seconds.
        record: what was left out, and what could not be read.
        built: when the index was built, in seconds.
    """
    rows = [_indexed(summary, files, record, built=built) for summary in summaries]
    known = {source for summary in summaries for source in (summary.source, *summary.copies)}
    reasons = {problem.source: problem.reason for problem in record.problems}
    for source in files:
        if source in known:
            continue
        if source in record.excluded:
            rows.append(_file(source, "excluded", "Left out here; the file itself is untouched."))
        elif source in reasons:
            rows.append(_file(source, "unreadable", reasons[source]))
        elif PurePosixPath(source).suffix.lower() in LOADERS:
            rows.append(_file(source, "waiting", "New: the next rebuild takes it in."))
    return rows


def file_id(source: str) -> str:
    """Return the id of a file that is no document of the index."""
    return hashlib.sha256(f"file\0{source}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _indexed(
    summary: Summary, files: Mapping[str, float], record: Record, *, built: float
) -> Entry:
    state: State = "indexed"
    reason = None
    sources = (summary.source, *summary.copies)
    kept = [source for source in sources if source not in record.excluded]
    watched = record.roots or all(map(is_uploaded, sources))  # else its file is not known
    if not kept:
        state, reason = "removing", "Left out from the next rebuild on."
    elif watched and not any(source in files for source in kept):
        state, reason = "removing", "Its file is gone: it goes with the next rebuild."
    elif any(files.get(source, 0) > built + 1 for source in kept):  # the clock has whole seconds
        state, reason = "waiting", "Changed since it was indexed: the next rebuild reads it anew."
    return Entry(
        doc_id=summary.doc_id, source=summary.source, title=summary.title, date=summary.date,
        language=summary.language, folder=summary.folder, chunks=summary.chunks, state=state,
        reason=reason, uploaded=is_uploaded(summary.source),
    )  # fmt: skip


def _file(source: str, state: State, reason: str) -> Entry:
    return Entry(
        doc_id=file_id(source), source=source, title=PurePosixPath(source).stem, date=None,
        language=None, folder=folder_of(source), chunks=0, state=state, reason=reason,
        uploaded=is_uploaded(source),
    )  # fmt: skip
