"""Work that may wait, beside a server that answers questions."""

import contextlib
import os

_NICE = 10  # of 19: a tenth of the share of the processor that the server gets


def give_way() -> None:
    """Take one core, and of that only a tenth while questions are answered on it.

    The lowest priorities would never come to an end on a server that is asked all the time.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            # The last core, in all libraries at once: each starts as many threads as it may use.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
