"""How far a build is: bars on a terminal, lines in a log. rich is imported only for a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from index import Progress

_OPENING = "Opening the model"
_STAGES = {
    "reading": "Reading", "splitting": "Splitting", "encoding": "Encoding", "writing": "Writing",
}  # fmt: skip


@contextmanager
def progress_shown(
    stream: TextIO, *, seconds: float = 1.0
) -> Iterator[Callable[["Progress"], None]]:
    """Yield a callback for `build_index` that shows bars on a terminal and lines in a log.

    A log gets one line when a stage begins and one at each further tenth of it, no more than one
    every `seconds`. Until the first stage begins, it says that the model is opened.
    """
    if not stream.isatty():
        stream.write(f"{_OPENING} ...\n")
        stream.flush()
        yield _logger(stream, seconds)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description:<17}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", style="dim"), console=Console(file=stream),
    )  # fmt: skip
    with bars:
        tasks = {}
        pace = _Pace()
        opening = bars.add_task(_OPENING, total=None, rate="", note="")

        def show(progress: "Progress") -> None:
            bars.update(opening, completed=1, total=1, visible=False)
            if progress.stage not in tasks:
                name = _STAGES[progress.stage]
                tasks[progress.stage] = bars.add_task(name, rate="", note="")
            rate, _ = pace(progress)
            bars.update(
                tasks[progress.stage], completed=progress.done, total=progress.total,
                rate=rate, note=_note(progress),
            )  # fmt: skip

        yield show


@contextmanager
def counting(stream: TextIO, name: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback that takes how much is done and of how much: a bar, nothing in a log."""
    if not stream.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(file=stream), transient=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


class _Pace:
    """How fast a stage goes, since it began."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._from = 0

    def __call__(self, progress: "Progress") -> tuple[str, str]:
        """Return the rate and the time left in words, each empty while it cannot be told."""
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began, self._from = progress.stage, now, progress.done
        done, seconds = progress.done - self._from, now - self._began
        if progress.stage == "writing" or not done or seconds <= 0:
            return "", ""
        rate = done / seconds
        left = (progress.total - progress.done) / rate
        return f"{rate:,.{0 if rate >= 10 else 1}f} a second", _clock(left)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"


def _note(progress: "Progress") -> str:
    """Return what is counted, and how much need not be done again."""
    if progress.stage != "encoding":
        return ""
    return (
        f"chunks of {progress.documents:,} document{'' if progress.documents == 1 else 's'}, "
        f"{progress.reused:,} reused"
    )


def _logger(stream: TextIO, seconds: float) -> Callable[["Progress"], None]:
    stage, tenth, last = "", 0, 0.0
    pace = _Pace()

    def show(progress: "Progress") -> None:
        nonlocal stage, tenth, last
        now, reached = time.monotonic(), 10 * progress.done // max(progress.total, 1)
        speed = pace(progress)
        if progress.stage != stage:
            note = _note(progress)
            line = f"{_STAGES[progress.stage]}{f' {progress.total:,} {note}' if note else ''} ..."
        elif reached > tenth and now - last >= seconds:
            line = f"{_STAGES[stage]}: {progress.done:,} of {progress.total:,} ({10 * reached}%)"
            line = ", ".join(part for part in (line, *speed) if part)
        else:
            return
        stage, tenth, last = progress.stage, reached, now
        stream.write(line + "\n")
        stream.flush()

    return show
