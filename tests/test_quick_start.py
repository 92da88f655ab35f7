"""A cold start stays quick, as a multiple of what Python takes to import numpy: machines differ."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


def seconds(*arguments: str) -> float:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    return time.perf_counter() - began


def ratio(*arguments: str) -> float:
    """Return how many times as long as `import numpy` a command takes, both in turns."""
    seconds(*arguments)  # files are read once
    pairs = [(seconds(*arguments), seconds("-c", "import numpy")) for _ in range(ROUNDS)]
    return median(ours for ours, _ in pairs) / median(numpy for _, numpy in pairs)


def test_import_qa_takes_less_than_import_numpy():
    assert ratio("-c", "import qa") < 1


def test_a_cold_question_takes_a_few_imports_of_numpy():
    from qa.shipped import shipped_index

    shipped_index()
    # About 6 where it takes a second; torch alone would add 20.
    ask = "from qa.cli import main; main(['ask', 'How many smart city pilots are there?'])"
    assert ratio("-c", ask) < 10
