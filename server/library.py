"""Library: the documents behind every door, what is asked of them, and how they are changed.

Uploads and the record lie in ``.NAME-library`` beside the index ``NAME``, hidden so that reading a
folder in which the index lies passes over them. A rebuild runs in a process of its own; questions
are answered meanwhile, and by the new index as soon as it is there.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from corpus import CitewiseError, CorpusError, Problem, list_sources
from index import Filters, Hit
from index.export import cores
from qa import Answer, Assistant
from qa.following import Following
from qa.shipped import SHIPPED_DOCUMENTS, shipped_index_path
from server import uploads
from server.jobs import Job
from server.metrics import Metrics
from server.record import Record
from server.table import Entry, list_entries
from server.turns import Turns

FRESH_SECONDS = 1.0  # for which the files found on disk count as those that are there
MOST_WAITING = 32  # questions; each holds a thread, of which there are 40


class RebuildingError(CitewiseError):
    """A rebuild is running already."""


class UnknownDocumentError(CitewiseError):
    """There is no document of this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What removing a document did: `kept` where its file is the user's own and stays."""

    doc_id: str
    source: str
    kept: bool
    note: str


class Library:
    """The documents of one index, uploads included; safe to use from several threads."""

    limits = uploads.Limits()

    def __init__(self, following: Following) -> None:
        self.metrics = Metrics()
        self._following = following
        self._path = following.assistant.index.path.resolve()
        shipped = self._path == shipped_index_path().resolve()
        # The name of the shipped index changes with every version; uploads stay.
        name = "shipped-corpus" if shipped else self._path.name
        self._folder = self._path.parent / f".{name}-library"
        self._own = (str(SHIPPED_DOCUMENTS),) if shipped else ()
        self._job: Job | None = None
        self._removed: dict[str, tuple[str, ...]] = {}  # sources by id, to take removals back
        self._found: tuple[tuple[str, ...], float, dict[str, float]] | None = None  # files on disk
        self._finding = threading.Lock()
        self._lock = threading.Lock()  # of the record, the uploads and starting a job
        self._turns = Turns(at_once=cores(), waiting=MOST_WAITING)
        self.metrics.watch(
            waiting=lambda: self._turns.waiting,
            documents=lambda: len(self.assistant.index.summaries()),
            passages=lambda: len(self.assistant.index),
        )

    @classmethod
    def open(cls, index: str | Path | None = None) -> Self:
        """Open the library over an index folder, None for the shipped corpus.

        Raises:
            StoreError: there is no index, it is damaged, or of a newer format.
            ModelError: a model is missing or altered.
        """
        library = cls(Following.open(index))
        uploads.empty_trash(library._folder)
        return library

    def close(self) -> None:
        """Stop a rebuild and close the index."""
        job = self._job
        if job is not None:
            job.cancel()
            job.wait(5)
        self._following.close()

    @property
    def assistant(self) -> Assistant:
        """The assistant over the newest index."""
        return self._following.assistant

    @property
    def generation(self) -> str:
        """The name of the index generation that answers now, such as ``g000001``."""
        return self.assistant.index.generation

    @property
    def job(self) -> Job | None:
        """The rebuild that runs, or the last one; None where there was none."""
        return self._job

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The files that the last rebuild could not read."""
        return self._record().problems

    def roots_of(self, source: str) -> tuple[str, ...]:
        """Return the files and folders among or below which the file of a source lies."""
        return (str(self._folder),) if uploads.is_uploaded(source) else self._record().roots

    def ask(
        self,
        question: str,
        *,
        k: int = 3,
        threshold: float | None = None,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        found: Callable[[str, Sequence[Hit]], None] | None = None,
    ) -> Answer:
        """Answer as `Assistant.ask` does, when the questions that came before have been answered.

        Raises:
            BusyError: too many wait.
            ValueError: the question is blank, `k` is below 1 or the threshold outside 0–1.
        """
        with self.metrics.answering() as done, self._turns.turn():
            answer = self.assistant.ask(
                question, k=k, threshold=threshold, history=history, filters=filters, found=found
            )
            done("answered" if answer.answered else "abstained")
        return answer

    def search(self, question: str, *, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Return the nearest passages as `Index.search` does, in turn like `ask`."""
        with self._turns.turn():
            return self.assistant.index.search(question, k=k, filters=filters)

    def documents(self) -> list[Entry]:
        """Return the table of documents: those of the index in its order, then other files."""
        index = self.assistant.index
        built = datetime.fromisoformat(str(index.manifest["created"])).timestamp()
        record = self._record()
        return list_entries(index.summaries(), self._files(record), record, built=built)

    def entry(self, doc_id: str) -> Entry:
        """Return one row of the table.

        Raises:
            UnknownDocumentError: there is none of this id.
        """
        for entry in self.documents():
            if entry.doc_id == doc_id:
                return entry
        raise UnknownDocumentError(
            f"There is no document {doc_id[:100]!r}; expected the id of a row in the table of "
            "documents. List them and take an id from there."
        )

    def add(self, name: str, content: bytes) -> Entry:
        """Keep an uploaded file; it answers after the next rebuild.

        Args:
            name: as the uploader calls it; made safe here.
            content: the file.

        Raises:
            TakenError: there is an upload of that name; nothing is overwritten.
            TooLargeError: the file, or all uploads together, are over the limit.
            CorpusError: the name or format is of no use, or the file is empty.
            StoreError: it cannot be written.
        """
        with self._lock:
            source = f"{uploads.FOLDER}/{uploads.add(self._folder, name, content)}"
            self._look_anew()
            record = self._record()
            problems = tuple(p for p in record.problems if p.source != source)
            excluded = tuple(one for one in record.excluded if one != source)
            if (problems, excluded) != (record.problems, record.excluded):
                replace(record, problems=problems, excluded=excluded).save(self._folder)
        return self._row(source)

    def remove(self, doc_id: str) -> Removal:
        """Take a document out of the next index, with all copies of its text.

        An uploaded file goes to the trash, which is emptied when the library is next opened. A file
        in a folder of the user's own is never touched: it is left out from now on.

        Raises:
            UnknownDocumentError: there is none of this id.
            StoreError: its file or the record cannot be changed.
        """
        entry = self.entry(doc_id)
        with self._lock:
            sources = self._removed[doc_id] = self._sources(entry)
            files = [source for source in sources if uploads.is_uploaded(source)]
            for source in files:
                with contextlib.suppress(FileNotFoundError):
                    uploads.remove(self._folder, source.removeprefix(f"{uploads.FOLDER}/"))
            self._look_anew()
            own = [source for source in sources if source not in files]
            if own:
                record = self._record()
                excluded = dict.fromkeys([*record.excluded, *own])
                replace(record, excluded=tuple(excluded)).save(self._folder)
        note = (
            f"{', '.join(own)} stays where it is and is left out from the next rebuild on."
            if own
            else f"{entry.source} was deleted; it no longer answers after the next rebuild."
        )
        return Removal(doc_id=doc_id, source=entry.source, kept=bool(own), note=note)

    def restore(self, doc_id: str) -> Entry:
        """Undo `remove`, for a file of the user's own at any time, for an upload until a restart.

        Raises:
            UnknownDocumentError: there is none of this id.
        """
        with self._lock:
            # An upload that a rebuild has left out since is in no row of the table any more.
            sources = self._removed.get(doc_id) or self._sources(self.entry(doc_id))
            for source in sources:
                if uploads.is_uploaded(source):
                    uploads.restore(self._folder, source.removeprefix(f"{uploads.FOLDER}/"))
            self._look_anew()
            record = self._record()
            excluded = tuple(one for one in record.excluded if one not in sources)
            replace(record, excluded=excluded).save(self._folder)
        return self._row(sources[0])

    def rebuild(self) -> Job:
        """Start building the index anew, from the user's own files and the uploads.

        Raises:
            RebuildingError: a rebuild is running.
            StoreError: the record cannot be written.
        """
        with self._lock:
            if self._job is not None and self._job.state == "running":
                raise RebuildingError(
                    "A rebuild is running; one at a time is possible. Wait for it or cancel it."
                )
            record = self._record()
            record.save(self._folder)
            self._look_anew()
            wanted = {
                "index": str(self._path), "folder": str(self._folder),
                "roots": record.roots, "excluded": record.excluded,
            }  # fmt: skip
            self._job = Job(wanted, ended=self._rebuilt)
            return self._job

    def _rebuilt(self, job: Job) -> None:
        """Note what a rebuild could not read, and wait until its index answers."""
        self.metrics.rebuilt()
        if job.report is None:
            return
        with self._lock:
            replace(self._record(), problems=job.problems).save(self._folder)
        self._following.refresh()

    def _record(self) -> Record:
        """Return the record; what an index built outside says of itself goes before."""
        record = Record.load(self._folder)
        manifest = self.assistant.index.manifest
        if manifest.get("roots"):  # a rebuild from here is given documents, not paths
            problems = tuple(Problem(**problem) for problem in manifest.get("problems", ()))
            record = replace(record, roots=tuple(manifest["roots"]), problems=problems)
        return replace(record, roots=self._own) if self._own else record

    def _look_anew(self) -> None:
        """Have the files on disk found again, as something has changed; also by who is at it."""
        with self._finding:
            self._found = None

    def _files(self, record: Record) -> dict[str, float]:
        """Return every file that a rebuild would read and when it was changed, by source.

        Of many tabs that want the table when something has changed, one looks at the disk.
        """
        with self._finding:
            if self._found is not None:
                roots, until, files = self._found
                if roots == record.roots and time.monotonic() < until:
                    return files
            files = self._find_files(record)
            self._found = record.roots, time.monotonic() + FRESH_SECONDS, files
            return files

    def _find_files(self, record: Record) -> dict[str, float]:
        found = []
        with contextlib.suppress(CorpusError):  # a root is gone: the rebuild says so
            found += list_sources(record.roots)
        if (self._folder / uploads.FOLDER).is_dir():
            found += list_sources(self._folder)
        files = {}
        for path, source in found:
            with contextlib.suppress(OSError):  # gone since
                files[source] = path.stat().st_mtime
        return files

    def _row(self, source: str) -> Entry:
        """Return the row of a file; where its text is indexed as that of another, the other's."""
        alike = [s.doc_id for s in self.assistant.index.summaries() if source in s.copies]
        rows = [e for e in self.documents() if e.source == source or e.doc_id in alike]
        if not rows:
            raise UnknownDocumentError(f"The file {source} is gone; add it again.")
        return rows[0]

    def _sources(self, entry: Entry) -> tuple[str, ...]:
        """Return the sources that share the text of an entry."""
        for summary in self.assistant.index.summaries():
            if summary.doc_id == entry.doc_id:
                return (summary.source, *summary.copies)
        return (entry.source,)
