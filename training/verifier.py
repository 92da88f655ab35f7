"""Train the verifier: ``python -m training.verifier``, after `training.reader`.

The reader, trained on for a short cycle, to tell whether what it found answers: on our own
questions in the askers' words, on reports of ours, and on some of SQuAD's. Reading a passage again
with these weights says more about a quote than about where it stands, so that they do not replace
the reader's. What ships is the difference to the reader, in a few ranks a matrix.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file

from index.models import file_sha256
from qa.reader import DEFAULT_WEIGHTS, VERIFIER_WEIGHTS, merge
from training.reader import (
    CURVE,
    ROOT,
    SQUAD,
    SQUAD_SHA256,
    Cycle,
    Settings,
    checked_data,
    end_of_cycle,
    publish_curve,
    run,
    save_whole,
)
from training.reader_data import Example, Examples, Recipe, Stage
from training.reader_network import fresh_network, low_rank, model_folder, write_tensors
from training.reports import LEARNT, REPORTS, load_reports, with_reports
from training.squad import OWN_QUESTIONS, Question, Squad, load_own_questions, load_squad

FURTHER_QUESTIONS = Path(__file__).with_name("verifier_questions.jsonl")  # as OWN_QUESTIONS
RANK = 12
Source = Literal["own", "report", "squad"]
# Which questions come in turn. Without SQuAD's the verifier forgets what the reader knows.
TURNS: tuple[Source, ...] = (
    "own", "report", "squad", "report", "own", "report", "squad", "report", "own", "report", "own",
    "squad",
)  # fmt: skip
TITLED = 0.5  # share of the passages that are read after the title of their document
SETTINGS = Settings(
    cycles=(Cycle(end=24_576, peak=0.6), Cycle(end=40_960, peak=0.6, share=0.5)),
    relevance=1.0, kept=1.0,
)  # fmt: skip
RECIPE = Recipe(
    stages=(
        Stage(
            begin=0, whole=0.4, sizes=(150, 600), retrieved=0.35, adversarial=0.4, keywords=0.1
        ),
    )
)  # fmt: skip


class VerifierExamples(Examples):
    """Examples of three sources in turn; a swapped question is one of its own, not answered."""

    def __init__(
        self, squad: Squad, own: Sequence[Question], reports: Sequence[Question], recipe: Recipe
    ) -> None:
        super().__init__(squad, own, recipe)
        known = [squad.questions[i] for i in self._order]
        self._sources = {
            "own": self._own,
            "report": self._shuffled(reports),
            "squad": known[len(known) // 2 :] + known[: len(known) // 2],  # read least often first
        }

    def block(self, number: int) -> list[list[Example]]:
        """Return block `number` (from 0): groups of examples, each group of one question."""
        rng = self._rng(f"titles {number}")
        groups: list[list[Example]] = []
        for group in super().block(number):
            titled = rng.random() < TITLED
            examples = [self._after_title(one) if titled else one for one in group]
            groups.append([one for one in examples if one.kind != "swapped"])
            groups += [[replace(one, group=0)] for one in examples if one.kind == "swapped"]
        return groups

    def _question(self, place: int) -> Question:
        turn, rest = divmod(place, len(TURNS))
        source = TURNS[rest]
        number = turn * Counter(TURNS)[source] + TURNS[:rest].count(source)
        return self._sources[source][number % len(self._sources[source])]

    def _after_title(self, example: Example) -> Example:
        lead = f"{self._squad.titles[example.article]}. "
        moved = len(lead) if example.start >= 0 else 0
        return replace(
            example, passage=lead + example.passage, start=example.start + moved,
            end=example.end + moved,
        )  # fmt: skip


def examples(data: Path, recipe: Recipe) -> VerifierExamples:
    """Return what the verifier is trained on."""
    squad = load_squad(data / SQUAD)
    own = [
        question
        for path in (OWN_QUESTIONS, FURTHER_QUESTIONS)
        for question in load_own_questions(path, squad, held_out=False)
    ]
    squad, reports = with_reports(squad, load_reports(LEARNT))
    return VerifierExamples(squad, own, reports, recipe)


def reader_weights() -> dict[str, torch.Tensor]:
    """Return the weights of the reader that ships, by the names that training gives them."""
    merged = merge(load_file(model_folder() / "model.safetensors"), load_file(DEFAULT_WEIGHTS))
    return {name: merged[name].float() for name in fresh_network().trained()}


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    parser = argparse.ArgumentParser(description="Train the verifier.")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "verifier")
    parser.add_argument("--weights", type=Path, default=VERIFIER_WEIGHTS, help="file to write")
    parser.add_argument("--curve", type=Path, default=CURVE.with_name("verifier-training"))
    arguments = parser.parse_args()
    data = checked_data()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    before = reader_weights()
    save_whole({"parameters": before}, end_of_cycle(out, 0))
    run(SETTINGS, RECIPE, out, partial(examples, data, RECIPE))
    ended = torch.load(end_of_cycle(out, SETTINGS.questions), weights_only=True)["parameters"]
    description = {
        "reader": file_sha256(DEFAULT_WEIGHTS),
        "max_tokens": SETTINGS.max_tokens,
        "rank": RANK,
        "settings": asdict(SETTINGS),
        "recipe": asdict(RECIPE),
        "data": {
            SQUAD: SQUAD_SHA256,
            **{
                path.name: file_sha256(path) for path in (OWN_QUESTIONS, FURTHER_QUESTIONS, REPORTS)
            },
        },
    }
    tensors = low_rank(ended, before, rank=RANK)
    write_tensors(tensors, arguments.weights, description=description)
    publish_curve(out, arguments.curve)


if __name__ == "__main__":
    main()
