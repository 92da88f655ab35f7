"""How long asking takes, cold, warm and from many at once: ``python -m benchmarks.latency``.

Questions of the seed articles, asked of the shipped corpus: `citewise ask` in a process of its own,
then `Assistant.ask` in one process by one asker and by sixteen at once, each of whose answers is
compared with the one the question got alone. Nothing is remembered from an earlier round but where
it is said so (`again`). Results go to ``benchmarks/results/latency.json``.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.collections import data_folder, save
from qa import Answer, Assistant
from qa.confidence import shipped_model
from qa.reader import Reader

ASKERS = 16


def cold(question: str, *, rounds: int) -> dict[str, float]:
    """Return the median seconds of processes that import numpy, import qa, and ask."""
    commands = {
        "import_numpy": [sys.executable, "-c", "import numpy"],
        "import_qa": [sys.executable, "-c", "import qa"],
        "citewise_ask": [str(Path(sys.executable).with_name("citewise")), "ask", question],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - began)
    return {f"{name}_s": round(median(values), 3) for name, values in times.items()}


def stages(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of each stage's milliseconds."""
    names = answers[0].timings
    return {
        name: {
            "median_ms": round(float(np.median([a.timings[name] for a in answers])), 2),
            "p95_ms": round(float(np.percentile([a.timings[name] for a in answers], 95)), 2),
        }
        for name in names
    }


def forgetful(assistant: Assistant) -> Assistant:
    """Return an assistant over the same index that has not read anything yet."""
    return Assistant(assistant.index, Reader.load(), shipped_model())


def wordings(questions: Sequence[str]) -> list[str]:
    """Return each question in four wordings, so that none is read twice."""
    said = ("{}?", "{}", "{}, please?", "Tell me: {}?")
    return [way.format(question.rstrip("?")) for way in said for question in questions]


def throughput(assistant: Assistant, questions: Sequence[str], *, rounds: int) -> dict[str, Any]:
    """Return the questions a second of one asker and of sixteen, in turns, and wrong answers."""
    asked = wordings(questions)
    alone = [_content(assistant.ask(question)) for question in asked]
    one, many, wrong = [], [], 0
    with ThreadPoolExecutor(ASKERS) as pool:
        for _ in range(rounds):
            fresh = forgetful(assistant)
            began = time.perf_counter()
            for question in asked[: len(questions)]:
                fresh.ask(question)
            one.append(len(questions) / (time.perf_counter() - began))
            fresh = forgetful(assistant)
            began = time.perf_counter()
            answers = list(pool.map(fresh.ask, asked))
            many.append(len(asked) / (time.perf_counter() - began))
            wrong += sum(
                _content(answer) != expected
                for answer, expected in zip(answers, alone, strict=True)
            )
    return {
        "one_asker": round(median(one), 2),
        f"{ASKERS}_askers": round(median(many), 2),
        "ratio": round(median(b / a for a, b in zip(one, many, strict=True)), 2),
        "answers_compared": rounds * len(asked),
        "wrong": wrong,
    }


def _content(answer: Answer) -> Answer:
    return replace(answer, timings={})


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure how long asking takes.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    lines = (data_folder() / "seeds" / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assistant = Assistant.open()
    for question in questions:
        assistant.ask(question)
    fresh = [forgetful(assistant) for _ in range(rounds)]
    warm = [one.ask(question) for one in fresh for question in questions]
    again = [assistant.ask(question) for question in questions]
    results = {
        "cold": cold(questions[0], rounds=rounds),
        "warm": stages(warm),
        "again": stages(again),
        "questions_a_second": throughput(assistant, questions, rounds=rounds),
    }
    for name, row in results.items():
        print(name, json.dumps(row))
    save("latency", results)


if __name__ == "__main__":
    main()
