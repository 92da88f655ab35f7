"""Which process the processor's time goes to, read from ``/proc`` (Linux)."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY = 1.0  # seconds between two looks: what a process takes in its last moments is missed


class Accounts:
    """Seconds of processor time of this process and all below it, by what they are.

    Used as ``with Accounts() as accounts``; `seconds` then holds what was taken in between.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._before: dict[tuple[int, int], float] = {}
        self._taken: dict[tuple[int, int], tuple[str, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._before = {key: seconds for key, _, seconds in _processes()}
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stop.set()
        self._thread.join()
        self._look()
        for key, (name, seconds) in self._taken.items():
            taken = seconds - self._before.get(key, 0.0)
            self.seconds[name] = self.seconds.get(name, 0.0) + taken

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        for key, name, seconds in _processes():
            self._taken[key] = (name, seconds)


def _processes() -> Iterator[tuple[tuple[int, int], str, float]]:
    """Yield this process and those below it: ``(pid, start)``, what it is, seconds taken."""
    found: dict[int, tuple[int, int, float]] = {}  # parent, start, seconds by pid
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        seconds = (int(fields[11]) + int(fields[12])) / _TICKS
        found[int(folder.name)] = (int(fields[1]), int(fields[19]), seconds)
    for pid, (_, start, seconds) in found.items():
        above = pid
        while above in found and above != os.getpid():
            above = found[above][0]
        if above == os.getpid() and (name := _name(pid)) is not None:
            yield (pid, start), name, seconds


def _name(pid: int) -> str | None:
    """Return what a process is, None where it has ended."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return None
    if not command:
        return None
    if pid == os.getpid():
        return "benchmark"
    if "server.rebuilding" in command:
        return "rebuild"
    if "index.placing" in command:
        return "map"
    if "-m qa ui" in command:
        return "server"
    if "chrom" in command.partition(" ")[0]:
        kind = re.search(r"--type=(\S+)", command)
        return f"chromium {kind[1] if kind else 'browser'}"
    return "driver" if "playwright" in command else "other"
