"""A rebuild beside the server: started, followed line by line, cancelled by killing it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from corpus import CitewiseError, Problem

State = Literal["running", "done", "failed", "cancelled"]
_PACKAGES = Path(__file__).parent.parent
_SECRETS = ("CITEWISE_AUTH", "CITEWISE_API_KEY")


class Job:
    """One rebuild. `stage` says what is going on: `done` of `total` files, chunks or parts of it.

    `problems` are the files that could not be read, `report` the counts of a build that is `done`,
    `error` what stopped one that `failed`.
    """

    def __init__(self, wanted: Mapping[str, object], *, ended: Callable[["Job"], None]) -> None:
        """Start it.

        Args:
            wanted: what ``server.rebuilding`` reads on stdin.
            ended: called once, from another thread, before the state leaves ``running``.
        """
        self.id = uuid.uuid4().hex[:12]
        self.state: State = "running"
        self.stage = "starting"
        self.done = 0
        self.total = 0
        self.problems: tuple[Problem, ...] = ()
        self.report: dict[str, Any] | None = None
        self.error: str | None = None
        self.seconds = 0.0
        self._began = time.monotonic()
        self._cancelled = False
        self._ended = ended
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.rebuilding"], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=self._said, encoding="utf-8", env=_environment(),
            # subtle: not a session of its own, in which it would get a full share of the processor
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )  # fmt: skip
        self._thread = threading.Thread(
            target=self._follow, args=[json.dumps(dict(wanted))], name="rebuild", daemon=True
        )
        self._thread.start()

    def cancel(self) -> None:
        """Stop it; the index goes on as it was. Nothing happens to a job that has ended."""
        self._cancelled = True
        self._process.kill()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most so long; return whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def to_dict(self) -> dict[str, Any]:
        """Return how far it is as plain values, ready for JSON."""
        return {
            "id": self.id, "state": self.state, "stage": self.stage, "done": self.done,
            "total": self.total, "error": self.error, "report": self.report,
            "seconds": round(self.seconds or time.monotonic() - self._began, 3),
            "problems": [{"source": p.source, "reason": p.reason} for p in self.problems],
        }  # fmt: skip

    def _follow(self, wanted: str) -> None:
        try:
            self._run(wanted)
            self._ended(self)
        except (CitewiseError, OSError, ValueError) as exc:
            self.error = self.error or f"The rebuild went wrong ({exc}). Run it again."
        finally:  # whatever happens, it does not seem to run on
            self.seconds = time.monotonic() - self._began
            if self.report is not None:  # also where it was cancelled too late
                self.state = "done"
            else:
                self.state = "cancelled" if self._cancelled else "failed"

    def _run(self, wanted: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process, self._said:
            with contextlib.suppress(OSError):  # it ended at once; its status says why
                self._process.stdin.write(wanted)
                self._process.stdin.close()
            for line in self._process.stdout:
                self._hear(json.loads(line))
            status = self._process.wait()
            if self.report is None and self.error is None and not self._cancelled:
                self._said.seek(0)
                last = self._said.read()[-2000:].strip().rpartition("\n")[2]
                self.error = (
                    f"The rebuild ended with status {status} ({last or 'no word of it'}); the "
                    "index is as it was. Run it again, or: citewise index build"
                )

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "stage" in said:
            self.stage, self.done, self.total = said["stage"], said["done"], said["total"]
        elif "problems" in said:
            self.problems = tuple(Problem(**problem) for problem in said["problems"])
        elif "report" in said:
            self.report, self.stage = said["report"], "opening"
        else:
            self.error = said["error"]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    path = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(path), "PYTHONIOENCODING": "utf-8"}
