"""Turns: a few questions are answered at once, the others wait in the order in which they came."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from corpus import CitewiseError


class BusyError(CitewiseError):
    """More questions wait than can be answered in good time."""


class Turns:
    """At most `at_once` hold a turn, at most `waiting` wait for one, first come first served.

    More at once than processor cores would only make all of them slow.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._most = waiting
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a turn.

        Raises:
            BusyError: too many wait already.
        """
        mine = self._join()
        if mine is not None:
            mine.wait()  # set by the one who hands the turn over
        try:
            yield
        finally:
            self._leave()

    def _join(self) -> threading.Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            if len(self._queue) >= self._most:
                raise BusyError(
                    f"{self._most} questions wait for an answer already; this is as many as are "
                    "taken. Ask again in a few seconds."
                )
            mine = threading.Event()
            self._queue.append(mine)
            return mine

    def _leave(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
