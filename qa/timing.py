"""How long the stages of an answer take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time until the block is left to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            taken = (time.perf_counter() - began) * 1000
            self._stages[stage] = self._stages.get(stage, 0.0) + taken

    def timings(self) -> dict[str, float]:
        """Return the stages so far and ``total``."""
        return self._stages | {"total": (time.perf_counter() - self._began) * 1000}
