"""Follow an index as it is rebuilt: the newest published generation, opened before it is asked.

A thread of our own watches for a new generation, opens it and asks it once; only then is it handed
out, so whoever asks waits for nothing. The old one stays with those who still use it.
"""

import logging
import threading
import weakref
from functools import lru_cache
from pathlib import Path
from typing import Self

from corpus.errors import CitewiseError
from index.generations import current_stamp
from index.publishing import Follower, announce_to
from index.searching import Index
from qa.assistant import Assistant
from qa.shipped import shipped_index

WATCH_SECONDS = 0.2  # between two looks at the index
_logger = logging.getLogger(__name__)


class Following(Follower):
    """The assistant over an index as it stands; safe to use from several threads."""

    def __init__(self, assistant: Assistant, stamp: tuple[int, ...] | None) -> None:
        self._assistant = assistant
        self._path = assistant.index.path
        self._stamp = stamp  # of what is open, or could not be opened
        self._opening = threading.Lock()
        stopping = threading.Event()
        self._stop = weakref.finalize(self, stopping.set)
        arguments = (weakref.ref(self), stopping)
        threading.Thread(target=_watch, args=arguments, name="citewise-watch", daemon=True).start()
        announce_to(self)

    @classmethod
    def open(cls, index: str | Path | None = None) -> Self:
        """Open an index folder, None for the shipped corpus, and follow it from now on.

        Raises:
            StoreError: there is no index, it is damaged, or of a newer format.
            ModelError: a model is missing or altered.
        """
        path = shipped_index() if index is None else Path(index)
        stamp = current_stamp(path)
        return cls(Assistant.open(path), stamp)

    @property
    def assistant(self) -> Assistant:
        """The assistant over the newest generation that can be opened.

        What this process publishes is there at once. What another does may be missed by one
        question, never by two that are a second apart, as long as it opens in that time.
        """
        return self._assistant

    def close(self) -> None:
        """Stop following. The assistant handed out last goes on answering."""
        self._stop()

    def _stale(self) -> bool:
        return self._stop.alive and current_stamp(self._path) not in (None, self._stamp)

    def refresh(self) -> None:
        """Open the current generation if it is not the one that is open; a failure is logged."""
        if not self._stale():
            return
        with self._opening:
            if not self._stale():
                return
            stamp = current_stamp(self._path)
            try:
                index = Index.open(self._path, like=self._assistant.index)
                index.search("?", k=1)  # what the first question would have waited for
                self._assistant = self._assistant.over(index)
                _logger.info("%s is open now", index.generation)
            except (CitewiseError, OSError) as exc:
                _logger.error("The new generation is not used, the old one stays: %s", exc)
            self._stamp = stamp


_kept = threading.Lock()


def followed(path: Path) -> Following:
    """Return what follows an index folder in this process; the last four asked for are kept."""
    with _kept:  # of many that ask at once, one opens it
        return _followed(path)


@lru_cache(maxsize=4)
def _followed(path: Path) -> Following:
    return Following.open(path)


def _watch(following: "weakref.ref[Following]", stopping: threading.Event) -> None:
    """Keep a Following fresh until it is closed or nobody refers to it."""
    while not stopping.wait(WATCH_SECONDS):
        if alive := following():
            alive.refresh()
        del alive  # subtle: waiting must not keep it alive
