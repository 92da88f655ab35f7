"""The index of the shipped corpus, kept in the user's cache and built on first use."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.export import Precision, model_cache
from index.generations import FORMAT, current_name

SHIPPED_DOCUMENTS = Path(__file__).parent.parent / "corpus" / "documents"
SHIPPED_PRECISION: Precision = "int8"  # opens sooner; the tests ask the index as it ships


def shipped_index_path() -> Path:
    """Return where the index of the shipped corpus is kept: in the user's cache.

    The name changes with the documents and the index format, so that an upgrade builds a new one.
    """
    digest = hashlib.sha256(f"{FORMAT} {SHIPPED_PRECISION}".encode())
    for file in sorted(SHIPPED_DOCUMENTS.rglob("*.md")):
        digest.update(file.read_bytes())
    return model_cache().parent / f"shipped-corpus-{digest.hexdigest()[:8]}"


def shipped_index() -> Path:
    """Return the shipped corpus's index folder, built if it is not there yet.

    Of several processes that need it at once one builds and the others wait.
    """
    path = shipped_index_path()
    if current_name(path) is None:
        from index.building import build_index  # asking needs none of it

        with _one_at_a_time(path):
            if current_name(path) is None:
                build_index(SHIPPED_DOCUMENTS, path, precision=SHIPPED_PRECISION).close()
    return path


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    from filelock import FileLock

    lock = FileLock(f"{path}.lock")
    with suppress(OSError):  # building says what is wrong with the folder
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
