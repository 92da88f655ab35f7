"""Train the reader: ``python -m training.reader``.

All-MiniLM-L6-v2 learns three outputs: start and end logits for every token of ``[CLS] question
[SEP] passage [SEP]`` (position 0 is "not here") and one relevance score per passage. Spans and
"not here" see adversarial negatives; relevance competes only among the passages that a question
would retrieve, so that abstaining does not cost ranking. What ships is the difference to the base
model in 8 bits, 10.8 MB.

Two processes of one thread each share every batch and add up their gradients, which keeps the rate
on a busy machine. A run stopped at any time goes on from its last checkpoint.
"""

import argparse
import contextlib
import ctypes
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.multiprocessing as mp

from benchmarks.collections import data_folder
from index.models import file_sha256
from training.curve import publish_curve
from training.reader_data import Blocks, Examples, Recipe
from training.reader_network import (
    BASE_SHA256,
    READER,
    ReaderNetwork,
    Row,
    Student,
    batches,
    fresh_network,
    in_pieces,
    loss_of,
    model_folder,
    write_weights,
)
from training.sources import SQUAD, SQUAD_SHA256, checksums, sources

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "qa" / "weights" / "reader.safetensors"
CURVE = ROOT / "benchmarks" / "results" / "reader-training"
_LOG_EVERY = 20  # batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A part of a run, to question `end`, a whole number of blocks.

    The rates rise to the share `peak` of those of the run. The end of the cycle has this `share` in
    the mean of the weights from which the next one begins, the mean before it the rest.
    """

    end: int
    peak: float
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is made of; `questions` counts questions of all sources, negatives come on top.

    In each cycle the rates (of the model and of its heads) rise over `warm_up` questions, stay, and
    fall in a straight line to 0 over the share `decay` at the end; the optimizer begins anew. What
    ships is the base model and the share `kept` of what the mean of the weights after the last
    cycle changed in it. `relevance` weighs the relevance loss. A teacher says the share `taught` of
    what is to be learnt of an example that it was asked.
    """

    cycles: tuple[Cycle, ...] = (
        Cycle(end=77_824, peak=1.0),
        Cycle(end=131_072, peak=0.8, share=0.4),
        Cycle(end=147_456, peak=0.6, share=0.3),
        Cycle(end=155_648, peak=0.6, share=0.3),
        Cycle(end=161_792, peak=0.6, share=0.3),
    )
    rate: float = 3e-4
    head_rate: float = 1e-3
    warm_up: int = 2_000
    decay: float = 0.75
    batch: int = 32
    max_tokens: int = 384
    relevance: float = 0.5
    taught: float = 0.6
    kept: float = 0.95
    workers: int = 2

    @property
    def questions(self) -> int:
        """How many questions the whole run sees, again where there are fewer."""
        return self.cycles[-1].end

    @property
    def begins(self) -> list[int]:
        """The question at which each cycle begins."""
        return [0, *(cycle.end for cycle in self.cycles[:-1])]

    def number_at(self, place: float) -> int:
        """Return the number of the cycle, from 0, that `place` questions lie in."""
        return sum(begin <= place for begin in self.begins) - 1

    def rate_at(self, place: float) -> float:
        """Return the share (0–1) of the peak rates after `place` questions."""
        number = self.number_at(place)
        begin, cycle = self.begins[number], self.cycles[number]
        left = (cycle.end - place) / (self.decay * (cycle.end - begin))
        return cycle.peak * max(0.0, min(1.0, (place - begin) / self.warm_up, left))


class Worker:
    """One of the processes of a run: its copy of the network and of the optimizer's state."""

    def __init__(
        self,
        rank: int,
        settings: Settings,
        gradients: torch.Tensor,
        barrier: Any,
        fresh: Callable[[], ReaderNetwork],
    ) -> None:
        self._rank = rank
        self._settings = settings
        self._gradients = gradients
        self._barrier = barrier
        self._model = fresh()
        self._parameters = self._model.trained()
        self.begin()

    def begin(self, weights: Path | None = None) -> None:
        """Begin a cycle with a new optimizer, from the weights of a file or from those held."""
        if weights is not None:
            self._take(torch.load(weights, weights_only=True)["parameters"])
        body = [p for name, p in self._parameters.items() if name.startswith("bert.")]
        head = [p for name, p in self._parameters.items() if not name.startswith("bert.")]
        self._optimizer = torch.optim.AdamW(
            [{"params": body}, {"params": head}], weight_decay=0.01, fused=True
        )

    def step(self, shares: Sequence[Sequence[Sequence[Row]]], place: float) -> dict[str, float]:
        """Learn from one batch, of which this worker reads its share; return its losses."""
        settings = self._settings
        parts: Counter[str] = Counter()
        for groups in in_pieces(shares[self._rank]):
            loss, some = loss_of(
                self._model, groups, relevance_weight=settings.relevance, taught=settings.taught
            )
            (loss / settings.batch).backward()
            parts.update(some)
        own = [p.grad for p in self._parameters.values() if p.grad is not None]
        self._gradients[self._rank] = torch.cat([gradient.ravel() for gradient in own])
        self._barrier.wait()
        total = self._gradients.sum(0)
        self._barrier.wait()
        total.mul_(min(1.0, 1.0 / (float(total.norm()) + 1e-6)))
        for gradient, summed in zip(own, total.split([g.numel() for g in own]), strict=True):
            gradient.copy_(summed.view_as(gradient))
        peaks = (settings.rate, settings.head_rate)
        for group, peak in zip(self._optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * settings.rate_at(place)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return dict(parts)

    def save(self, path: Path, **more: Any) -> None:
        """Write a checkpoint, whole or not at all."""
        parameters = {name: p.data for name, p in self._parameters.items()}
        optimizer = self._optimizer.state_dict()
        save_whole({"parameters": parameters, "optimizer": optimizer, **more}, path)

    def save_mean(self, path: Path, *, share: float, before: Path) -> None:
        """Write the weights held in this share, those of the file `before` in the rest."""
        parameters = {name: p.data for name, p in self._parameters.items()}
        if share < 1:
            earlier = torch.load(before, weights_only=True)["parameters"]
            parameters = {name: earlier[name].lerp(x, share) for name, x in parameters.items()}
        save_whole({"parameters": parameters}, path)

    def load(self, path: Path) -> dict[str, Any]:
        """Go on from a checkpoint; return what else was saved in it."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self._take(state.pop("parameters"))
        self._optimizer.load_state_dict(state.pop("optimizer"))
        return state

    def _take(self, parameters: Mapping[str, torch.Tensor]) -> None:
        for name, value in parameters.items():
            self._parameters[name].data.copy_(value)


def save_whole(state: dict[str, Any], path: Path) -> None:
    """Write a file for torch.load, whole or not at all."""
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def work(
    rank: int,
    settings: Settings,
    recipe: Recipe,
    out: Path,
    load: Callable[[], Blocks],
    student: Student,
    gradients: torch.Tensor,
    barrier: Any,
) -> None:
    """Train as one of the workers; the first one also logs and saves."""
    _keep_memory()
    torch.set_num_threads(1)
    worker = Worker(rank, settings, gradients, barrier, student.network)
    examples = load()
    tokenizer = student.tokenizer(settings.max_tokens)
    checkpoint, log = out / "checkpoint.pt", out / "log.jsonl"
    done = {"block": 0, "seen": 0, "seconds": 0.0}
    if checkpoint.exists():
        done |= worker.load(checkpoint)
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    rows = [row for row in rows if row["questions"] < done["block"] * recipe.block]
    began = time.monotonic() - done["seconds"]
    for block in range(int(done["block"]), settings.questions // recipe.block):
        number = settings.number_at(block * recipe.block)
        cycle, begin = settings.cycles[number], settings.begins[number]
        if block * recipe.block == begin:
            before = end_of_cycle(out, begin)
            worker.begin(before if before.exists() else None)
        rng = random.Random(f"{recipe.seed} batches {block}")
        groups = student.rows(examples.block(block), tokenizer)
        dealt = list(batches(groups, rng, size=settings.batch, workers=settings.workers))
        losses: Counter[str] = Counter()
        for step, shares in enumerate(dealt):
            place = (block + step / len(dealt)) * recipe.block
            losses.update(worker.step(shares, place))
            done["seen"] += sum(len(group) for share in shares for group in share)
            done["seconds"] = time.monotonic() - began
            if rank == 0 and (step + 1) % _LOG_EVERY == 0:
                rate = settings.rate * settings.rate_at(place)
                rows.append(_line(losses, rate=rate, questions=round(place), **done))
                log.write_text("".join(json.dumps(row) + "\n" for row in rows))
                losses.clear()
        if rank == 0:
            if (block + 1) * recipe.block == cycle.end:  # first: a run goes on from the checkpoint
                worker.save_mean(
                    end_of_cycle(out, cycle.end),
                    share=cycle.share, before=end_of_cycle(out, begin),
                )  # fmt: skip
            worker.save(checkpoint, **{**done, "block": block + 1})
        barrier.wait()  # the next cycle begins from what the first one has saved


def run(
    settings: Settings,
    recipe: Recipe,
    out: Path,
    load: Callable[[], Blocks],
    student: Student = READER,
) -> None:
    """Train on what `load` returns, to the end of the last cycle; `out` keeps the checkpoints.

    The first cycle begins from ``end_of_cycle(out, 0)`` if there is such a file, else from the base
    model.

    Raises:
        ValueError: `out` has the checkpoint of a run with other settings, or from other weights.
    """
    begun = end_of_cycle(out, 0)
    plan = json.dumps(
        {
            "settings": asdict(settings),
            "recipe": asdict(recipe),
            "begun_from": file_sha256(begun) if begun.exists() else None,
        },
        indent=1,
    )
    kept = out / "plan.json"
    if (out / "checkpoint.pt").exists() and (
        not kept.exists() or kept.read_text(encoding="utf-8") != plan
    ):
        raise ValueError(
            f"{out} holds the checkpoint of a run with other settings or from other weights, "
            "expected one of this run to go on from. Remove the folder, or name another: "
            "--out FOLDER"
        )
    kept.write_text(plan, encoding="utf-8")
    size = sum(p.numel() for p in student.network().trained().values())
    gradients = torch.zeros(settings.workers, size).share_memory_()
    barrier = mp.get_context("spawn").Barrier(settings.workers)
    mp.spawn(
        work,
        args=(settings, recipe, out, load, student, gradients, barrier),
        nprocs=settings.workers,
    )


def examples(data: Path, recipe: Recipe) -> Examples:
    """Return what the reader is trained on."""
    return Examples(*sources(data), recipe)


def end_of_cycle(out: Path, questions: int) -> Path:
    """Return where the mean of the weights after a cycle is kept."""
    return out / f"cycle-{questions}.pt"


def _line(losses: Counter[str], **more: float) -> dict[str, float]:
    return {
        "questions": more["questions"],
        "examples": more["seen"],
        "seconds": round(more["seconds"]),
        "rate": more["rate"],
        "span": losses["answer"] / max(losses["answers"], 1),
        "none": losses["none"] / max(losses["nones"], 1),
        "relevance": losses["ranking"] / losses["rows"],
    }


def _keep_memory() -> None:
    # subtle: freed tensors stay with the process, since giving pages back and forth costs time
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD


def check(path: Path, expected: str) -> None:
    """Raise ValueError unless the file is the one that the published run was made with."""
    found = file_sha256(path)
    if found != expected:
        raise ValueError(f"{path} has SHA-256 {found}, expected {expected}. Fetch it again.")


def checked_data() -> Path:
    """Return the folder of the data once SQuAD and the base model are found to be the same."""
    check(data_folder() / SQUAD, SQUAD_SHA256)
    check(model_folder() / "model.safetensors", BASE_SHA256)
    return data_folder()


def publish(
    out: Path, weights: Path, curve: Path, settings: Settings, description: dict[str, Any]
) -> None:
    """Write the weights to ship, the loss curve and its picture from a finished run."""
    ended = torch.load(end_of_cycle(out, settings.questions), weights_only=True)["parameters"]
    start = fresh_network().trained()
    shipped = {
        name: start[name].data.lerp(x, settings.kept) if name.startswith("bert.") else x
        for name, x in ended.items()
    }
    write_weights(shipped, weights, description=description)
    publish_curve(out / "log.jsonl", curve)


def main() -> None:
    """Train, from the last checkpoint if there is one, and write the weights that ship."""
    parser = argparse.ArgumentParser(description="Train the reader.")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "reader", help="checkpoints")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="file to write")
    parser.add_argument("--curve", type=Path, default=CURVE, help="loss curve, without suffix")
    arguments = parser.parse_args()
    data = checked_data()
    settings, recipe = Settings(), Recipe()
    arguments.out.mkdir(parents=True, exist_ok=True)
    run(settings, recipe, arguments.out, partial(examples, data, recipe))
    description = {
        "max_tokens": settings.max_tokens,
        "settings": asdict(settings),
        "recipe": asdict(recipe),
        "data": checksums(),
    }
    publish(arguments.out, arguments.weights, arguments.curve, settings, description)


if __name__ == "__main__":
    main()
