"""How many threads the libraries for matrices use while a question is answered: the one that asks.

A question's matrices are so small that a second thread gains nothing, but OpenBLAS and OpenMP let
it wait for the next one without sleeping: that took a quarter of the time of both cores. Reading,
which takes longest, is shared among the cores by the reader itself.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
# subtle: threadpoolctl lets only the thread that first set the threads of BLAS set them again
_setting = ThreadPoolExecutor(1, thread_name_prefix="blas-threads")
_inside = 0
_outside: Any = None  # what restores the threads that BLAS had before


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and OpenMP work on the calling thread alone; also a decorator, ``@one_thread()``.

    OpenMP counts its threads for each caller, BLAS for the whole process: that has its threads back
    when the last of those inside leaves.
    """
    global _inside, _outside
    with _lock:
        if not _inside:
            _outside = _setting.submit(_of_process().limit, limits=1).result()
        _inside += 1
    try:
        with _of_caller().limit(limits=1):
            yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _setting.submit(_outside.restore_original_limits).result()


@cache
def _of_process() -> ThreadpoolController:
    """Return the libraries loaded, numpy's from the start, whose threads all callers share."""
    libraries = ThreadpoolController().select(user_api="blas")
    own = [one["filepath"] for one in libraries.info() if one["threading_layer"] != "openmp"]
    return libraries.select(filepath=own)


@cache
def _of_caller() -> ThreadpoolController:
    """Return the libraries loaded, FAISS's from the start, that count threads for each caller."""
    return ThreadpoolController().select(user_api="openmp")
