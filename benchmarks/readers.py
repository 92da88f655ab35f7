"""Ask while the index is rebuilt: ``python -m benchmarks.readers``.

Several processes ask without a break; another rebuilds the index again and again. Whatever slows
an asker down that is not waiting for us (a rebuild takes the processor) is measured beside it: the
same asking of the same index while another index is rebuilt. Each generation holds one edition of
its documents, so that a mixture would show. Results go to ``benchmarks/results/readers.json``.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.collections import save
from corpus import Document
from index import build_index
from qa.following import Following

QUESTIONS = ("When does the harbour open?", "How many boats are there?", "Who keeps the gate?")
DOCUMENTS = 40
PAUSE_SECONDS = 0.02  # between two questions of a reader
ROOT = Path(__file__).parent.parent


def documents(edition: int) -> list[Document]:
    """Return the documents of an edition, whose number is in every passage."""
    return [
        Document.from_text(
            f"In edition {edition} the harbour of town {i} opens at {i % 12 + 1} in the morning. "
            f"There are {i * 7 + edition} boats, and keeper number {i} keeps the gate.",
            source=f"{i}.txt",
        )
        for i in range(DOCUMENTS)
    ]


def ask(path: Path, until: Path) -> dict[str, Any]:
    """Ask until a file appears; return the milliseconds of every wait, and what went wrong."""
    following = Following.open(path)
    handed_out, searches, errors, seen, mixtures = [], [], [], [], 0
    print("ready", flush=True)
    for number in range(10**9):
        if until.exists():
            break
        began = time.perf_counter()
        try:
            index = following.assistant.index
            got = time.perf_counter()
            hits = index.search(QUESTIONS[number % len(QUESTIONS)], k=10)
        except Exception as exc:  # whatever it is, it is a finding
            errors.append(f"{type(exc).__name__}: {exc}")
            continue
        handed_out.append(1000 * (got - began))
        searches.append(1000 * (time.perf_counter() - got))
        time.sleep(PAUSE_SECONDS)  # a person thinks longer
        editions = {hit.chunk.text.split(" the harbour")[0] for hit in hits}
        mixtures += len(editions) > 1
        if not seen or seen[-1] != index.generation:
            seen.append(index.generation)
    return {
        "handed_out": handed_out, "searches": searches, "errors": errors, "seen": seen,
        "mixtures": mixtures, "backwards": seen != sorted(set(seen)),
    }  # fmt: skip


def _asked(path: Path, rebuilt: Path, folder: Path, *, readers: int, rebuilds: int) -> list[Any]:
    """Ask one index while an index, the same or another, is rebuilt; return what readers found."""
    until = folder / f"stop-{rebuilt.name}"
    command = [sys.executable, "-m", "benchmarks.readers", "--ask", str(path), str(until)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(readers)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        arguments = ["--rebuild", str(rebuilt), str(rebuilds)]
        subprocess.run([*command[:3], *arguments], cwd=ROOT, check=True)
        time.sleep(1)
        until.touch()
        return [json.loads(process.communicate()[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _figures(waits: Sequence[float]) -> dict[str, float]:
    median, late = np.percentile(waits, [50, 99.9])
    return {
        "median_ms": round(float(median), 3), "p99_9_ms": round(float(late), 2),
        "longest_ms": round(max(waits), 2), "count": len(waits),
    }  # fmt: skip


def measure(folder: Path, *, readers: int, rebuilds: int) -> dict[str, Any]:
    """Return the figures of readers that ask while an index is rebuilt some times."""
    ours, other = folder / "ours", folder / "other"
    for path in (ours, other):
        build_index(documents(0), path).close()
    run = {"readers": readers, "rebuilds": rebuilds}
    beside = _asked(ours, other, folder, **run)
    found = _asked(ours, ours, folder, **run)
    return run | {
        "errors": [error for one in [*beside, *found] for error in one["errors"]],
        "mixtures": sum(one["mixtures"] for one in [*beside, *found]),
        "backwards": sum(one["backwards"] for one in found),
        "generations_seen": min(len(one["seen"]) for one in found),
        "handed_out": _figures([wait for one in found for wait in one["handed_out"]]),
        "beside": _figures([wait for one in beside for wait in one["handed_out"]]),
        "search": _figures([wait for one in found for wait in one["searches"]]),
        "search_beside": _figures([wait for one in beside for wait in one["searches"]]),
    }


def main() -> None:
    """Measure, print and save; or be one of the processes of a measurement."""
    if sys.argv[1:2] == ["--ask"]:
        print(json.dumps(ask(Path(sys.argv[2]), Path(sys.argv[3]))))
        return
    if sys.argv[1:2] == ["--rebuild"]:
        for edition in range(1, int(sys.argv[3]) + 1):
            build_index(documents(edition), sys.argv[2]).close()
            time.sleep(0.5)
        return
    with tempfile.TemporaryDirectory() as name:
        results = measure(Path(name), readers=4, rebuilds=12)
    print(json.dumps(results, indent=1))
    save("readers", results)


if __name__ == "__main__":
    main()
