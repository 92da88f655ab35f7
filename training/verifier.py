"""Train the verifier: ``python -m training.verifier``, after `training.reader`.

The reader, trained on for a short cycle, to tell whether what it found answers: on our own
questions in the askers' words and as typed into a search engine, on reports of ours, and on some of
SQuAD's, those with a rival among them. Reading a passage again
with these weights says more about a quote than about where it stands, so that they do not replace
the reader's. What ships is the difference to the reader, in a few ranks a matrix.
"""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file

from index.models import file_sha256
from qa.reader import DEFAULT_WEIGHTS, VERIFIER_WEIGHTS, merge
from training.reader import (
    CURVE,
    ROOT,
    Cycle,
    Settings,
    checked_data,
    checksums,
    end_of_cycle,
    publish_curve,
    run,
    save_whole,
    sources,
)
from training.reader_data import Example, Examples, Recipe, Source, Stage
from training.reader_network import fresh_network, low_rank, model_folder, write_tensors

RANK = 12
# Without SQuAD's, and those to which there is a rival, it forgets what the reader knows.
TURNS: tuple[Source, ...] = (
    "own", "report", "squad", "report", "further", "report", "rival", "report", "search", "report",
    "further", "squad",
)  # fmt: skip
TITLED = 0.5  # share of the passages that are read after the title of their document
SETTINGS = Settings(
    cycles=(Cycle(end=24_576, peak=0.6), Cycle(end=40_960, peak=0.6, share=0.5)),
    relevance=1.0, kept=1.0,
)  # fmt: skip
RECIPE = Recipe(
    stages=(
        Stage(
            begin=0, whole=0.4, sizes=(150, 600), retrieved=0.35, adversarial=0.4, keywords=0.1,
            turns=TURNS,
        ),
    ),
    squad_from=44_000,
)  # fmt: skip


class VerifierExamples(Examples):
    """Examples of which a swapped question is one of its own that nothing answers."""

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

    def _after_title(self, example: Example) -> Example:
        lead = f"{self._squad.titles[example.article]}. "
        moved = len(lead) if example.start >= 0 else 0
        return replace(
            example, passage=lead + example.passage, start=example.start + moved,
            end=example.end + moved,
        )  # fmt: skip


def examples(data: Path, recipe: Recipe) -> VerifierExamples:
    """Return what the verifier is trained on."""
    return VerifierExamples(*sources(data), recipe)


def reader_weights(*changes: Path) -> dict[str, torch.Tensor]:
    """Return the base model's weights with changes, by the names that training gives them."""
    merged = merge(load_file(model_folder() / "model.safetensors"), *map(load_file, changes))
    return {name: merged[name].float() for name in fresh_network().trained()}


def mean_of_changes(
    weights: Mapping[str, torch.Tensor],
    *runs: tuple[Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]],
) -> dict[str, torch.Tensor]:
    """Return weights with the mean of what runs have changed, each given as before and after it."""
    return {
        name: value + sum(after[name] - before[name] for before, after in runs) / len(runs)
        for name, value in weights.items()
    }


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    parser = argparse.ArgumentParser(description="Train the verifier.")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "verifier")
    parser.add_argument("--weights", type=Path, default=VERIFIER_WEIGHTS, help="file to write")
    parser.add_argument("--curve", type=Path, default=CURVE.with_name("verifier-training"))
    parser.add_argument(
        "--earlier", type=Path, nargs=2, metavar=("READER", "VERIFIER"),
        help="weights of an earlier run: what is written is the mean of what both have changed",
    )  # fmt: skip
    arguments = parser.parse_args()
    data = checked_data()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    before = reader_weights(DEFAULT_WEIGHTS)
    save_whole({"parameters": before}, end_of_cycle(out, 0))
    run(SETTINGS, RECIPE, out, partial(examples, data, RECIPE))
    ended = torch.load(end_of_cycle(out, SETTINGS.questions), weights_only=True)["parameters"]
    if arguments.earlier:
        reader, verifier = arguments.earlier
        changed = reader_weights(reader), reader_weights(reader, verifier)
        ended = mean_of_changes(before, (before, ended), changed)
    description = {
        "reader": file_sha256(DEFAULT_WEIGHTS),
        "max_tokens": SETTINGS.max_tokens,
        "rank": RANK,
        "earlier": [file_sha256(path) for path in arguments.earlier or ()],
        "settings": asdict(SETTINGS),
        "recipe": asdict(RECIPE),
        "data": checksums(),
    }
    tensors = low_rank(ended, before, rank=RANK)
    write_tensors(tensors, arguments.weights, description=description)
    publish_curve(out, arguments.curve)


if __name__ == "__main__":
    main()
