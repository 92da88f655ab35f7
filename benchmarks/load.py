"""Sixteen sessions asking while the index is rebuilt: ``python -m benchmarks.load``.

A real server, started as ``citewise ui`` starts it, over SQuAD paragraphs as files. Sessions ask
for two minutes without a pause, and for two with one as if to read each answer, each session its
own questions, while rebuilds run one after the other: files are added, then left out again, so that
each has passages to encode. Every answer is compared with those that the question has when it is
asked alone, of either set of files. Sessions are pages in Chromium without animation, driven
through the ask field as a person would, or, where ``--browsers`` is below ``--sessions``, in part
HTTP sessions that send what the page's script sends. Results go to
``benchmarks/results/load.json``.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from benchmarks.collections import SquadQuestion, load_squad, save
from benchmarks.processes import Accounts
from index import build_index
from qa import Answer, Assistant

QUESTIONS = 120  # of each session, more than it gets to: what was read would be remembered
_LOADED = ".cw-map"  # what comes last when a page is loaded
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

# Puts a question to the page as a person does, in a new conversation; the page tells when it is
# answered, with the answer it shows.
_ASK = """async (text) => {
  document.querySelector('[data-do="new"]').click();
  const done = new Promise((tell) => document.addEventListener(
    "cw:answered", (event) => tell(event.detail), { capture: true, once: true }));
  const began = performance.now();
  document.querySelector('[data-part="question"]').value = text;
  document.querySelector('[data-part="form"]').requestSubmit();
  const { turn, question, reply } = await done;
  return { seconds: (performance.now() - began) / 1000, question, answer: reply?.answer ?? null,
    shown: turn.querySelector("blockquote")?.textContent ?? null, said: turn.textContent };
}"""

Ask = Callable[[str], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class Outcome:
    """What came of the questions: seconds until each was answered, and what was wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)


def told(answer: Answer | dict[str, Any]) -> tuple[object, ...]:
    """Return what tells answers apart: the question, and which words are quoted from where."""
    values = answer if isinstance(answer, dict) else answer.to_dict()
    quotes = values["citations"] or values["nearest"]
    return (
        values["question"].strip(), values["answered"],
        tuple((quote["source"], quote["start"], quote["end"]) for quote in quotes),
    )  # fmt: skip


async def session(
    ask: Ask, questions: Sequence[str], expected: dict[str, set[object]], outcome: Outcome,
    *, until: float, pause: float,
) -> None:  # fmt: skip
    """Ask one's questions until the time is up, and check every answer."""
    for question in cycle(questions):
        if time.monotonic() >= until:
            return
        try:
            got = await ask(question)
        except Exception as error:  # whatever goes wrong is what is being counted
            outcome.errors.append(f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(1)
            continue
        if got["answer"] is None:
            outcome.errors.append(str(got["said"])[:300])
        elif told(got["answer"]) not in expected[question]:
            outcome.mixed_up.append(f"{question} -> {told(got['answer'])}"[:500])
        outcome.seconds.append(got["seconds"])
        await asyncio.sleep(pause)


def http_session(client: httpx.AsyncClient) -> Ask:
    """Return a session that sends what the page's script sends."""

    async def ask(question: str) -> dict[str, Any]:
        began = time.perf_counter()
        request = {"question": question, "spoken": None, "filters": None, "history": []}
        response = (await client.post("/ask", json=request)).raise_for_status()
        reply = json.loads(response.text.splitlines()[-1])
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "answer": reply.get("answer"), "said": reply["html"]}

    return ask


async def rebuilds(client: httpx.AsyncClient, added: Path, *, until: float) -> list[dict[str, Any]]:
    """Rebuild again and again, with the added files and without; return the finished jobs."""
    jobs = []
    hidden = added.with_name(f".{added.name}")  # hidden folders are passed over
    while time.monotonic() < until:
        (hidden if hidden.exists() else added).rename(added if hidden.exists() else hidden)
        job = (await client.post("/v1/rebuilds")).raise_for_status().json()
        while job["state"] == "running":
            await asyncio.sleep(0.5)
            if time.monotonic() > until:
                await client.delete(f"/v1/rebuilds/{job['id']}")
            job = (await client.get(f"/v1/rebuilds/{job['id']}")).raise_for_status().json()
        jobs.append(job)
    return jobs


@contextmanager
def server(index: Path, said: Path) -> Iterator[str]:
    """Serve an index as the command does, what it says going to a file; yield the address."""
    command = [sys.executable, "-m", "qa", "ui", "--index", str(index), "--port", "0"]
    with said.open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            while not (found := re.search(r"Citewise is at (\S+)", said.read_text())):
                if process.poll() is not None:
                    raise RuntimeError(f"The server ended: {said.read_text()}")
                time.sleep(0.1)
            yield found[1]
        finally:
            ended = process.poll()
            process.terminate()
    if ended is not None:
        raise RuntimeError(f"The server ended with status {ended}: {said.read_text()[-3000:]}")


def write(folder: Path, texts: Sequence[str]) -> None:
    """Write each text as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:04}.txt").write_text(text, encoding="utf-8")


def alone(index: Path, questions: Sequence[str], expected: dict[str, set[object]]) -> list[float]:
    """Add the answers that questions have when asked one by one; return the seconds of each."""
    assistant = Assistant.open(index)
    seconds = []
    for question in questions:
        began = time.perf_counter()
        expected.setdefault(question, set()).add(told(assistant.ask(question)))
        seconds.append(time.perf_counter() - began)
    assistant.index.close()
    return seconds


async def load(
    address: str, added: Path, questions: Sequence[Sequence[str]], expected: dict[str, set[object]],
    arguments: argparse.Namespace, pause: float,
) -> dict[str, Any]:  # fmt: skip
    """Run the sessions and the rebuilds, `pause` seconds between questions; return figures."""
    from playwright.async_api import async_playwright

    outcome = Outcome()
    chromium = os.environ.get("CITEWISE_CHROMIUM") or shutil.which("chromium")
    browsers = arguments.browsers if chromium else 0
    async with (
        httpx.AsyncClient(base_url=address, timeout=60) as client,
        async_playwright() as play,
    ):
        asks = [http_session(client) for _ in range(arguments.sessions - browsers)]
        if browsers:
            browser = await play.chromium.launch(executable_path=chromium, args=FLAGS)
            pages = []
            for _ in range(browsers):
                context = await browser.new_context(reduced_motion="reduce")
                page = await context.new_page()
                pages.append(page)
                await page.goto(address)
                await page.wait_for_selector(".cw-documents tbody tr")

                async def ask(question: str, page: Any = page) -> dict[str, Any]:
                    got: dict[str, Any] = await page.evaluate(_ASK, question)
                    return got

                asks.append(ask)
            await asyncio.gather(*(page.wait_for_selector(_LOADED, timeout=0) for page in pages))
        until = time.monotonic() + arguments.seconds
        with Accounts() as accounts:
            jobs, *_ = await asyncio.gather(
                rebuilds(client, added, until=until),
                *(
                    session(ask, own, expected, outcome, until=until, pause=pause)
                    for ask, own in zip(asks, questions, strict=True)
                ),
            )
        if browsers:
            await browser.close()
    ordered = sorted(outcome.seconds)
    return {
        "sessions": {"browser": browsers, "http": len(asks) - browsers},
        "seconds": arguments.seconds, "pause_seconds": pause,
        "answers": len(ordered), "answers_per_second": round(len(ordered) / arguments.seconds, 2),
        "p50_ms": round(statistics.median(ordered) * 1000),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000),
        "slowest_ms": round(ordered[-1] * 1000),
        "processor_ms_an_answer": {
            name: round(1000 * taken / len(ordered)) for name, taken in accounts.seconds.items()
        },
        "errors": outcome.errors[:20], "error_count": len(outcome.errors),
        "mixed_up": outcome.mixed_up[:20], "mixed_up_count": len(outcome.mixed_up),
        "rebuilds": [{"state": job["state"], "seconds": round(job["seconds"], 1),
                      "report": job["report"], "error": job["error"]} for job in jobs],
    }  # fmt: skip


def main() -> None:
    """Build, ask alone, ask under load, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=16)
    parser.add_argument("--browsers", type=int, default=16, help="Sessions that are real pages.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--pauses", type=float, nargs="+", default=(0.0, 4.0),
        help="Seconds that a session reads an answer before it asks again; a run for each.",
    )  # fmt: skip
    parser.add_argument(
        "--added", type=int, default=1_500, help="Paragraphs that come with every other rebuild."
    )
    parser.add_argument("--folder", type=Path, help="Keep files and indexes here; less to build.")
    parser.add_argument("--paragraphs", type=int, help="Index so many only, for a try.")
    arguments = parser.parse_args()
    squad = load_squad("squad/dev-a-v1.1.json.gz", limit=arguments.sessions * QUESTIONS)
    kept = [document.text for document in squad.documents[: arguments.paragraphs]]
    asked = [question.question for question in _distinct(squad.questions)]
    questions = [asked[number :: arguments.sessions] for number in range(arguments.sessions)]
    more = load_squad("squad/train-v1.1.json.gz", limit=1)
    with tempfile.TemporaryDirectory() as name:
        top = arguments.folder or Path(name)
        added, hidden = top / "papers" / "added", top / "papers" / ".added"
        if added.exists():  # left so by an earlier run
            added.rename(hidden)
        write(top / "papers" / "kept", kept)
        write(hidden, [document.text for document in more.documents[: arguments.added]])
        expected: dict[str, set[object]] = {}
        build_index(top / "papers", top / "index").close()
        seconds = alone(top / "index", asked, expected)
        hidden.rename(added)
        build_index(top / "papers", top / "other").close()
        alone(top / "other", asked, expected)
        added.rename(hidden)
        runs = []
        for pause in arguments.pauses:
            with server(top / "index", top / "said.txt") as address:
                run = load(address, added, questions, expected, arguments, pause)
                runs.append(asyncio.run(run))
    for run in runs:
        print(*(f"{key}: {value}" for key, value in run.items()), sep="\n")
    alone_ms = round(statistics.median(seconds) * 1000)
    save("load", {"alone_p50_ms": alone_ms, "runs": runs})


def _distinct(questions: Sequence[SquadQuestion]) -> list[SquadQuestion]:
    return list({question.question: question for question in questions}.values())


if __name__ == "__main__":
    main()
