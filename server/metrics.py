"""What a Prometheus server is told: counts and times, never a question or a name."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10)


class Metrics:
    """Counters of one library, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "citewise_requests", "HTTP requests.", ["door", "method", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._request_seconds = Histogram(
            "citewise_request_seconds", "Time until an HTTP request was answered.", ["door"],
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._answers = Counter(
            "citewise_answers", "Questions by outcome: answered, abstained or failed.", ["outcome"],
            registry=self._registry,
        )  # fmt: skip
        self._answer_seconds = Histogram(
            "citewise_answer_seconds", "Time to answer a question, waiting included.",
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._rebuilds = Counter(
            "citewise_rebuilds", "Rebuilds that have ended.", registry=self._registry
        )

    def watch(
        self,
        *,
        waiting: Callable[[], int],
        documents: Callable[[], int],
        passages: Callable[[], int],
    ) -> None:
        """Read these whenever the metrics are asked for."""
        for name, meaning, read in [
            ("waiting", "Questions that wait for their turn.", waiting),
            ("documents", "Documents in the index that answers.", documents),
            ("passages", "Passages in the index that answers.", passages),
        ]:
            gauge = Gauge(f"citewise_{name}", meaning, registry=self._registry)
            gauge.set_function(read)

    @contextmanager
    def answering(self) -> Iterator[Callable[[str], None]]:
        """Time an answer; its outcome is told to what this yields, else it has failed."""
        began = time.perf_counter()
        outcome = "failed"

        def done(how: str) -> None:
            nonlocal outcome
            outcome = how

        try:
            yield done
        finally:
            self._answers.labels(outcome).inc()
            self._answer_seconds.observe(time.perf_counter() - began)

    def requested(self, *, door: str, method: str, status: int, seconds: float) -> None:
        """Count a request that came through a door: ``page``, ``rest`` or ``mcp``."""
        known = method if method in {"GET", "POST", "DELETE", "HEAD", "OPTIONS"} else "other"
        self._requests.labels(door, known, str(status)).inc()
        self._request_seconds.labels(door).observe(seconds)

    def rebuilt(self) -> None:
        """Count a rebuild that has ended."""
        self._rebuilds.inc()

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)
