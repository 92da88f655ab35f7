"""Locks of the operating system on open files: they end with the process, however it ends.

The writer locks one file for itself; every reader shares a lock on the generation it opened, so
that a writer can tell whether anybody still reads it.
"""

import errno
import os
import sys
import weakref
from pathlib import Path

# subtle: a link in place of the file would lead out of the index, a pipe would block the opening
_PLAINLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BYTE = 1 << 30  # Windows locks bytes: one far behind the text, which others may then read


class Lock:
    """A file held open and locked until `close`, or until nobody refers to this object any more."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.close = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def shared(cls, path: Path) -> "Lock | None":
        """Lock a file beside other readers; None while a writer has it.

        Raises:
            OSError: the file cannot be opened.
        """
        return cls._take(path, os.O_RDONLY, shared=True)

    @classmethod
    def exclusive(cls, path: Path, *, create: bool = False) -> "Lock | None":
        """Lock a file alone, made if need be and so wanted; None while anybody else has it.

        Raises:
            OSError: the file cannot be opened.
        """
        flags = os.O_RDWR | os.O_CREAT if create else os.O_RDONLY
        return cls._take(path, flags, shared=False)

    @classmethod
    def _take(cls, path: Path, flags: int, *, shared: bool) -> "Lock | None":
        descriptor = os.open(path, flags | _PLAINLY | getattr(os, "O_CLOEXEC", 0), 0o644)
        try:
            locked = _lock(descriptor, shared=shared)
        except BaseException:
            os.close(descriptor)
            raise
        if not locked:
            os.close(descriptor)
            return None
        return cls(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool) -> bool:
        """Lock for a writer; a reader needs no lock, as an open file keeps its folder in place."""
        if shared:
            return True
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            if shared and exc.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                return True  # a file system without locks is still one to read from
            raise
        return True
