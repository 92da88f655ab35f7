"""The loss curve of a training run, as its log and as a picture."""

import json
from pathlib import Path


def publish_curve(log: Path, curve: Path) -> None:
    """Write the log of a finished run and its picture; `curve` has no suffix."""
    curve.parent.mkdir(parents=True, exist_ok=True)
    curve.with_suffix(".jsonl").write_text(log.read_text("utf-8"), encoding="utf-8")
    draw_curve(log, curve.with_suffix(".png"))


def draw_curve(log: Path, picture: Path) -> None:
    """Draw the losses of a run's log against the questions seen."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    seen = [row["questions"] for row in rows]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    labels = {"span": "answer span", "none": "not here (negatives)", "relevance": "relevance"}
    for name, label in labels.items():
        axes.plot(seen, [row[name] for row in rows], label=label)
    axes.set(xlabel="questions seen", ylabel="loss (nats, mean of 20 batches)", ylim=(0, 4))
    rate = axes.twinx()
    rate.plot(seen, [row["rate"] for row in rows], color="0.7", ls=":")
    rate.set(ylabel="learning rate (dotted)", ylim=(0, None))
    axes.legend()
    figure.savefig(picture, dpi=110)
