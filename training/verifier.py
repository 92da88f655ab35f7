"""Train the verifier: ``python -m training.verifier``, after `training.reader`.

The reader, trained on for a short cycle, to tell whether what it found answers: on our own
questions in the askers' words and as typed into a search engine, on reports of ours, and on some of
SQuAD's, those with a rival among them. Beside what is known of each it learns what a larger model
says of it (`training.teacher`). Reading a passage again with these weights says more about a quote
than about where it stands, so that they do not replace the reader's. What ships is the difference
to the reader, in a few ranks a matrix.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file

from index.models import file_sha256
from qa.networks import DEFAULT_WEIGHTS, VERIFIER_WEIGHTS, merge
from training.curve import publish_curve
from training.lessons import LESSONS, Lessons, Taught
from training.reader import (
    CURVE,
    ROOT,
    Cycle,
    Settings,
    checked_data,
    end_of_cycle,
    run,
    save_whole,
)
from training.reader_data import Blocks, Example, Examples, Recipe, Source, Stage
from training.reader_network import (
    READER,
    Student,
    fresh_network,
    low_rank,
    model_folder,
    write_tensors,
)
from training.sources import checksums, sources

RANK = 12
SHARE = 0.6  # of what the verifier that the run began from, and of what its end, differ in
# Without SQuAD's, and those to which there is a rival, it forgets what the reader knows.
TURNS: tuple[Source, ...] = (
    "squad", "report", "squad", "own", "rival", "squad", "further", "report", "squad", "search",
)  # fmt: skip
TITLED = 0.5  # share of the passages that are read after the title of their document
SETTINGS = Settings(cycles=(Cycle(end=16_384, peak=0.6),), relevance=1.0, kept=1.0)
RECIPE = Recipe(
    seed=29,
    block=1024,
    squad_from=30_000,
    stages=(
        Stage(
            begin=0, whole=0.25, sizes=(200, 600), retrieved=0.5, adversarial=0.3, keywords=0.08,
            turns=TURNS,
        ),
    ),
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
            lesson=None if example.lesson is None else example.lesson.after(len(lead)),
        )  # fmt: skip


def examples(data: Path, recipe: Recipe) -> VerifierExamples:
    """Return what the verifier is trained on."""
    return VerifierExamples(*sources(data), recipe)


def taught(data: Path) -> Taught:
    """Return the same examples with what the teacher says of them."""
    return Taught(examples=examples(data, RECIPE), lessons=Lessons.load())


def reader_weights(*changes: Path) -> dict[str, torch.Tensor]:
    """Return the base model's weights with changes, by the names that training gives them."""
    merged = merge(load_file(model_folder() / "model.safetensors"), *map(load_file, changes))
    return {name: merged[name].float() for name in fresh_network().trained()}


def beyond(
    weights: Mapping[str, torch.Tensor], *changed: Mapping[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """Return weights with this share of what each of the others has changed in them."""
    return {
        name: value + share * sum(other[name] - value for other in changed)
        for name, value in weights.items()
    }


def on_the_reader(weights: Path) -> Path:
    """Return a verifier's weights once they are found to be on top of the shipped reader's."""
    found = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))["reader"]
    expected = file_sha256(DEFAULT_WEIGHTS)
    if found != expected:
        raise ValueError(
            f"{weights} is on top of the reader {found[:12]}, expected {expected[:12]}, the one "
            "that ships. Give a verifier trained on that."
        )
    return weights


def train_on_the_verifier(
    weights: Path,
    load: Callable[[], Blocks],
    settings: Settings,
    recipe: Recipe,
    *,
    rank: int,
    data: Mapping[str, str],
    student: Student = READER,
) -> None:
    """Train a network from the shipped verifier on; write its difference to the reader.

    Where checkpoints, weights and loss curve go may be named on the command line.

    Args:
        weights: the file that ships, which also names the network.
        load: returns what it is trained on.
        settings: what the run is made of.
        recipe: what its examples are made of.
        rank: ranks a matrix that ship.
        data: checksums of what it is trained on, by the names of the files.
        student: how examples become rows.
    """
    kind = weights.stem
    parser = argparse.ArgumentParser(description=f"Train the {kind}.")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / kind, help="checkpoints")
    parser.add_argument("--weights", type=Path, default=weights, help="file to write")
    parser.add_argument("--curve", type=Path, default=CURVE.with_name(f"{kind}-training"))
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    begun = reader_weights(DEFAULT_WEIGHTS, VERIFIER_WEIGHTS)
    save_whole({"parameters": begun}, end_of_cycle(out, 0))
    run(settings, recipe, out, load, student)
    ended = torch.load(end_of_cycle(out, settings.questions), weights_only=True)["parameters"]
    description = {
        "reader": file_sha256(DEFAULT_WEIGHTS),
        "verifier": file_sha256(VERIFIER_WEIGHTS),
        "max_tokens": settings.max_tokens,
        "rank": rank,
        "settings": asdict(settings),
        "recipe": asdict(recipe),
        "data": data,
    }
    tensors = low_rank(ended, reader_weights(DEFAULT_WEIGHTS), rank=rank)
    write_tensors(tensors, arguments.weights, description=description)
    publish_curve(out / "log.jsonl", arguments.curve)


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    parser = argparse.ArgumentParser(description="Train the verifier.")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "verifier")
    parser.add_argument("--weights", type=Path, default=VERIFIER_WEIGHTS, help="file to write")
    parser.add_argument("--curve", type=Path, default=CURVE.with_name("verifier-training"))
    parser.add_argument("--earlier", type=Path, help="verifier to begin from; else the reader")
    arguments = parser.parse_args()
    data = checked_data()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    before = reader_weights(DEFAULT_WEIGHTS)
    earlier = [] if arguments.earlier is None else [on_the_reader(arguments.earlier)]
    begun = reader_weights(DEFAULT_WEIGHTS, *earlier)
    save_whole({"parameters": begun}, end_of_cycle(out, 0))
    run(SETTINGS, RECIPE, out, partial(taught, data))
    ended = torch.load(end_of_cycle(out, SETTINGS.questions), weights_only=True)["parameters"]
    if earlier:
        ended = beyond(before, begun, ended, share=SHARE)
    description = {
        "reader": file_sha256(DEFAULT_WEIGHTS),
        "max_tokens": SETTINGS.max_tokens,
        "rank": RANK,
        "share": SHARE if earlier else 1.0,
        "earlier": [file_sha256(path) for path in earlier],
        "settings": asdict(SETTINGS),
        "recipe": asdict(RECIPE),
        "data": checksums() | {LESSONS.name: file_sha256(LESSONS)},
    }
    tensors = low_rank(ended, before, rank=RANK)
    write_tensors(tensors, arguments.weights, description=description)
    publish_curve(out / "log.jsonl", arguments.curve)


if __name__ == "__main__":
    main()
