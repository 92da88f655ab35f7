"""Kill rebuilds and see what is left: ``python -m benchmarks.crash``.

At random moments (SIGKILL), before every step of the file system that the build takes in Python (an
audit hook), with a disk that is full at every such step, on a small disk that is really full, in a
read-only folder, and with files that vanish. After each, the old generation must open and answer
the same, the next build must succeed, and nothing may be left lying. Builds run in processes forked
from one that has imported everything, with the tiny model of ``benchmarks/tiny.py``. Needs Linux;
the full disk needs root. Results go to ``benchmarks/results/crash.json``.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import index.assembling
from benchmarks.collections import save
from corpus import CitewiseError, CorpusError, Document, split_document
from corpus.languages import language_of
from index import Index, build_index
from index.export import onnx_runtime
from index.publishing import JOURNAL

DOCUMENTS = 24
QUESTIONS = ("harbour of the third town", "Which ferry crosses 17 times?", "keeper of the gate")
WHOLE = {"CURRENT", "LOCK"}  # beside the generations, all that may lie in an index
STEPS = {
    "open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.truncate",
    "sqlite3.connect", "fsync",
}  # fmt: skip


def warm() -> None:
    """Import and load, before forking, what every build would; nothing of it starts a thread."""
    onnx_runtime()
    import tokenizers  # noqa: F401

    (document, *_) = documents(1)
    split_document(document, count_tokens=lambda texts: [len(text.split()) for text in texts])
    language_of(document.text, ())
    index.assembling.BATCH = 8  # a kill finds some batches written and some not


def documents(version: int) -> list[Document]:
    """Return the documents of a version; half of them are the same in every version."""
    texts = []
    for i in range(DOCUMENTS):
        edition = version if i % 2 else 0
        sentences = [
            f"Ferry {i}.{j} of edition {edition} crosses the harbour of the third town {i + j} "
            f"times a day, and the keeper of the gate counts {i * j + edition} boats."
            for j in range(4)
        ]
        texts.append("\n\n".join(sentences))
    return [Document.from_text(text, source=f"{i}.txt") for i, text in enumerate(texts)]


def forked(work: Callable[[], Any]) -> multiprocessing.Process:
    """Start work in a process forked from this one; it dies by exception with status 1."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def told(work: Callable[[], Any], *, seconds: float = 600) -> Any:
    """Return what work returns in a forked process, or raise what it raised."""
    ours, theirs = multiprocessing.Pipe(duplex=False)

    def send() -> None:
        try:
            theirs.send((True, work()))
        except Exception as exc:  # whatever it is, it is a finding
            theirs.send((False, f"{type(exc).__name__}: {exc}"))

    process = forked(send)
    if not ours.poll(seconds):
        process.kill()
        raise AssertionError(f"no answer within {seconds} s")
    fine, value = ours.recv()
    process.join()
    if not fine:
        raise AssertionError(value)
    return value


def answers(path: Path) -> list[Any]:
    """Return what an index answers, in values that compare."""
    index = Index.open(path)
    found = [
        (hit.document.source, hit.chunk.start, hit.chunk.text, round(hit.score, 3))
        for question in QUESTIONS
        for hit in index.search(question, k=5)
    ]
    index.close()
    return found


def build(path: Path, version: int, model: Path) -> dict[str, int]:
    """Rebuild an index and return what the build did."""
    report = build_index(documents(version), path, model=model).report
    assert report is not None
    return {"encoded": report.encoded_chunks, "resumed": report.resumed_chunks}


class Trial:
    """An index that is rebuilt and killed again and again, and the answers it must give."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.path = folder / "index"
        self.model = model
        self.version = 1
        self.expected: dict[int, list[Any]] = {}
        for version in (1, 2):
            scratch = folder / f"scratch-{version}"
            told(partial(build, scratch, version, model))
            self.expected[version] = told(partial(answers, scratch))
        told(partial(build, self.path, 1, model))

    @property
    def target(self) -> int:
        """The version that the next build goes to."""
        return 3 - self.version

    def check(self) -> dict[str, Any]:
        """Check what a killed or failed build left; the next build then succeeds.

        Returns:
            Whether the killed build had been published, and what the next build resumed.
        """

        def work() -> tuple[list[Any], dict[str, int], list[Any]]:
            before = answers(self.path)
            done = build(self.path, self.target, self.model)
            return before, done, answers(self.path)

        found, done, after = told(work)
        published = found == self.expected[self.target]
        if not published and found != self.expected[self.version]:
            raise AssertionError("the answers are neither the old ones nor the new ones")
        if after != self.expected[self.target]:
            raise AssertionError("the answers after the next build are not those of its documents")
        names = {entry.name for entry in self.path.iterdir()}
        generations = {name for name in names if name.startswith("g")}
        if names - generations != WHOLE or len(generations) > 2:
            raise AssertionError(f"left lying: {sorted(names)}")
        self.version = self.target
        return {"published": published, "resumed": done["resumed"]}


def killed_at_random(trial: Trial, kills: int, generator: random.Random) -> dict[str, Any]:
    """Kill rebuilds after random times from none to a little longer than one takes."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        told(partial(build, trial.path, trial.target, trial.model))
        times.append(time.perf_counter() - began)
        trial.version = trial.target
    outcomes: Counter[str] = Counter()
    resumed = journalled = done = 0
    while done < kills:
        process = forked(partial(build, trial.path, trial.target, trial.model))
        time.sleep(generator.uniform(0, 1.1 * max(times)))
        process.kill()
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        journalled += (trial.path / JOURNAL).exists()
        found = trial.check()
        outcomes[f"{'killed' if killed else 'finished'} {_when(found)}"] += 1
        resumed += found["resumed"] > 0
        done += killed
        if done % 50 == 0 and killed:
            print(f"{done} killed at random moments", flush=True)
    return {
        "kills": done, "build_seconds": round(max(times), 2), "outcomes": dict(outcomes),
        "left_a_journal": journalled, "resumed_from_it": resumed,
    }  # fmt: skip


def _when(found: dict[str, Any]) -> str:
    return "after publishing" if found["published"] else "before publishing"


def at_step(path: Path, number: int, act: Callable[[], None], work: Callable[[], Any]) -> Any:
    """Do work, and `act` before its step `number` (from 1) of the file system below `path`."""
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in STEPS or not str(arguments[0]).startswith(str(path)):
            return
        if event == "open" and not _writes(arguments):
            return
        count += 1
        if count == number:
            act()

    real = os.fsync

    def fsync(descriptor: int) -> None:
        watch("fsync", (os.readlink(f"/proc/self/fd/{descriptor}"),))
        real(descriptor)

    os.fsync = fsync
    sys.addaudithook(watch)
    return work()


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return any(c in str(mode or "") for c in "wax+") or bool(
        int(flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )


def killed_at_every_step(trial: Trial, *, stride: int = 1) -> dict[str, Any]:
    """Kill a rebuild before its first step, its second, and so on until it gets through."""
    outcomes: Counter[str] = Counter()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for number in range(1, 2000, stride):
        work = partial(build, trial.path, trial.target, trial.model)
        process = forked(partial(at_step, trial.path, number, die, work))
        process.join()
        through = process.exitcode == 0
        if not through and process.exitcode != -signal.SIGKILL:
            raise AssertionError(f"step {number}: exit status {process.exitcode}")
        found = trial.check()
        if through:
            return {"kills": outcomes.total(), "outcomes": dict(outcomes)}
        outcomes[f"killed {_when(found)}"] += 1
    raise AssertionError("a build takes more steps than expected")


def full_at_every_step(trial: Trial, *, stride: int = 1) -> dict[str, Any]:
    """Let the disk be full at one step: the build fails with our error, or does without."""
    outcomes: Counter[str] = Counter()

    def full() -> None:
        raise OSError(28, "No space left on device")

    def work(number: int) -> str:
        did = partial(build, trial.path, trial.target, trial.model)
        try:
            at_step(trial.path, number, full, did)
        except CitewiseError as exc:
            assert "No space left" in str(exc), str(exc)
            return "named error"
        return "done without"

    quiet = 0
    for number in range(1, 2000, stride):
        seen = told(partial(work, number))
        found = trial.check()
        outcomes[f"{seen}, {_when(found)}"] += 1
        quiet = quiet + 1 if seen == "done without" else 0
        if quiet > 12:  # more than there are steps in a row that a build can do without
            break
    return {"steps": outcomes.total() - quiet, "outcomes": dict(outcomes)}


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[str], None]]:
    """Yield a function that sets the options of a disk in memory, mounted at a folder."""
    folder.mkdir()

    def options(value: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{value}", str(folder)], check=True)

    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder)], check=True)
    try:
        yield options
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _refused(trial: Trial) -> str | None:
    """Try to build; return the error, None if it succeeds."""
    try:
        build(trial.path, trial.target, trial.model)
    except CitewiseError as exc:
        return str(exc)
    return None


def really_full(folder: Path, model: Path, sizes: int) -> dict[str, Any]:
    """Rebuild on a disk with ever more room, and on one that may only be read."""
    with small_disk(folder / "disk") as options:
        trial = Trial(folder / "disk", model)
        for version in (1, 2):
            shutil.rmtree(folder / "disk" / f"scratch-{version}")
        outcomes: Counter[str] = Counter()
        for step in range(sizes):
            used = int(subprocess.check_output(["du", "-sk", trial.path]).split()[0])
            options(f"size={used + 64 + step * 64}k")
            error = told(partial(_refused, trial))
            if error is not None and "Make it writable and see that the disk has room" not in error:
                raise AssertionError(error)
            options("size=1g")
            found = trial.check()
            outcomes[f"{'failed' if error else 'succeeded'} {_when(found)}"] += 1
        options("ro")
        error = told(partial(_refused, trial))
        if error is None or "cannot be written" not in error:
            raise AssertionError(f"read-only: {error}")
        if told(partial(answers, trial.path)) != trial.expected[trial.version]:
            raise AssertionError("read-only: other answers")
        options("rw")
        trial.check()
        return {"disks": sizes, "outcomes": dict(outcomes), "read_only": "asked, not built"}


def vanishing(folder: Path, model: Path) -> dict[str, str]:
    """Remove a file, then the folder, between the listing of the files and the reading."""
    path = folder / "vanishing"

    def write() -> Path:
        texts = folder / "texts"
        texts.mkdir(exist_ok=True)
        for document in documents(1):
            (texts / document.source).write_text(document.text)
        return texts

    def built(texts: Path, *, gone: Path, strict: bool) -> list[str]:
        def remove(progress: Any) -> None:
            if progress.stage == "reading" and progress.done == 3:
                shutil.rmtree(gone) if gone.is_dir() else gone.unlink(missing_ok=True)

        try:
            index = build_index(texts, path, model=model, strict=strict, progress=remove)
        except CorpusError as exc:
            return [str(exc)]
        assert index.report is not None
        return [problem.source for problem in index.report.problems]

    assert told(lambda: built(write(), gone=folder / "none", strict=False)) == []
    old = told(partial(answers, path))
    texts = write()
    found = told(lambda: built(texts, gone=texts / "7.txt", strict=True))
    assert "7.txt" in found[0], found
    assert told(partial(answers, path)) == old
    texts = write()
    assert told(lambda: built(texts, gone=texts / "7.txt", strict=False)) == ["7.txt"]
    texts = write()
    assert len(told(lambda: built(texts, gone=texts, strict=False))) >= DOCUMENTS - 4
    return {"one_file": "reported, the others built", "strict": "error, old index stays"}


def run(folder: Path, *, kills: int, stride: int, sizes: int, seed: int = 0) -> dict[str, Any]:
    """Do all of it in a folder and return the figures; raise at the first thing that is lost.

    Args:
        folder: an empty one.
        kills: at random moments.
        stride: kill and fill at every step (1), every second one (2), and so on.
        sizes: how many small disks; 0 where none can be mounted.
        seed: of the random moments.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # torch stays out of this process
        model = pool.apply(_prepared, (folder,))
    warm()
    began = time.perf_counter()
    trial = Trial(folder, model)
    results: dict[str, Any] = {"chunks": told(lambda: len(Index.open(trial.path)))}
    results["random"] = killed_at_random(trial, kills, random.Random(seed))
    print(results["random"], flush=True)
    results["every_step"] = killed_at_every_step(trial, stride=stride)
    print(results["every_step"], flush=True)
    results["full_at_every_step"] = full_at_every_step(trial, stride=stride)
    print(results["full_at_every_step"], flush=True)
    if sizes:
        results["full_disk"] = really_full(folder, model, sizes)
        print(results["full_disk"], flush=True)
    results["vanishing"] = vanishing(folder, model)
    results["lost"] = 0  # the first loss would have ended this
    results["seconds"] = round(time.perf_counter() - began)
    return results


def _prepared(folder: Path) -> Path:
    """Make the model and let the caches be filled, in a process that torch is loaded into."""
    from benchmarks.tiny import make

    model = make(folder / "tiny")
    build_index(documents(1), folder / "warm", model=model).close()
    return model


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--kills", type=int, default=320, help="kills at random moments")
    parser.add_argument("--sizes", type=int, default=12, help="small disks; 0 without root")
    parser.add_argument("--stride", type=int, default=1, help="of the steps, every how many-th")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        save("crash", run(Path(name), **vars(arguments)))


if __name__ == "__main__":
    main()
