"""How much may be asked: the size of a request, and how many of them one client makes."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_BYTES = 1_000_000  # of a request that is no upload
_MOST_CLIENTS = 10_000  # remembered at once


@dataclass(slots=True)
class _Bucket:
    tokens: float
    since: float


class Rate:
    """Token buckets: each client may make `burst` requests at once, then `per_second` of them."""

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, client: str) -> int:
        """Count a request; return 0 if it may pass, else in how many whole seconds it may."""
        bucket = self._filled(client)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return math.ceil((1 - bucket.tokens) / self._per_second)

    def spent(self, client: str) -> int:
        """Return in how many whole seconds the client may make a request, counting none."""
        tokens = self._filled(client).tokens
        return 0 if tokens >= 1 else math.ceil((1 - tokens) / self._per_second)

    def _filled(self, client: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(client, _Bucket(float(self._burst), now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.tokens += (now - bucket.since) * self._per_second
        bucket.tokens, bucket.since = min(bucket.tokens, self._burst), now
        return bucket
