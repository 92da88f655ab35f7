"""Write what training changed as the file that ships, and draw the loss curve.

A changed matrix is stored as its difference to the base model in 8 bits, one scale a row; vectors
and heads are stored in 16 bits.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file


def changes(
    trained: Mapping[str, torch.Tensor], base: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return the tensors to ship: ``NAME.delta`` and ``NAME.scale`` for matrices, else ``NAME``.

    Args:
        trained: what training changed; names of the base model begin with ``bert.``.
        base: the base model's tensors.
    """
    shipped: dict[str, torch.Tensor] = {}
    for full_name, value in sorted(trained.items()):
        name = full_name.removeprefix("bert.")
        if name in base and value.dim() == 2 and len(value) > 2:
            delta = value - base[name]
            scale = (delta.abs().amax(1, keepdim=True) / 127).clamp_min(1e-12)
            shipped[f"{name}.delta"] = (delta / scale).round().to(torch.int8)
            shipped[f"{name}.scale"] = scale
        else:
            shipped[name] = value.half()
    return shipped


def write_weights(
    trained: Mapping[str, torch.Tensor],
    base: Mapping[str, torch.Tensor],
    path: Path,
    *,
    description: Mapping[str, Any],
) -> None:
    """Write `path` (safetensors) and its description beside it, with the file's checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(changes(trained, base), path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    text = json.dumps({"sha256": found, **description}, indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def draw_curve(log: Path, picture: Path) -> None:
    """Draw the losses in a run's ``log.jsonl`` against the examples seen."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, label in (
        ("span", "answer span"), ("none", "not here (negatives)"), ("relevance", "relevance")
    ):  # fmt: skip
        axes.plot([row["questions"] for row in rows], [row[name] for row in rows], label=label)
    axes.set(xlabel="SQuAD questions seen", ylabel="loss (nats, mean of 20 batches)", ylim=(0, 4))
    rate = axes.twinx()
    rate.plot([r["questions"] for r in rows], [r["rate"] for r in rows], color="0.7", ls=":")
    rate.set(ylabel="learning rate", ylim=(0, None))
    axes.legend()
    figure.savefig(picture, dpi=110)
