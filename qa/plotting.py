"""The plot of a confidence: error by coverage, share right by confidence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from corpus.errors import CorpusError
from qa.calibration import COVERAGE, Booleans, Chances, enough, reliability, risk_coverage, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curves = Mapping[str, tuple[Sequence[float], Sequence[bool]]]


def plot_confidence(curves: Curves, path: Path) -> None:
    """Write a PNG (or what the suffix says) with one curve a name: its chances and outcomes.

    Raises:
        CorpusError: Plots cannot be written in the file format that the suffix names.
    """
    from matplotlib.figure import Figure  # slow to import, and only plots need it

    figure = Figure(figsize=(11, 5.4), layout="constrained")
    risk, calibration = figure.subplots(1, 2)
    few = False
    for name, (chances, right) in curves.items():
        values, labels = np.asarray(chances, float), np.asarray(right, bool)
        if not len(labels):
            continue
        few |= not enough(labels)["calibration_error"]
        counts = f"{len(labels):,} first quotes of {_plain(name)}, {labels.sum():,} of them right"
        risk.plot(*(100 * part for part in risk_coverage(values, labels)), label=counts)
        _draw_bins(calibration, values, labels, _plain(name))
    figure.suptitle("How far the confidence can be trusted" + " (too few questions to tell)" * few)
    risk.axvline(
        100 * COVERAGE, color="grey", linestyle=":", label=f"the surest {100 * COVERAGE:.0f}%"
    )
    risk.set(
        title="Were only the surest first quotes given: how many are wrong",
        xlabel="first quotes given, surest first (%)\n"
        "abstentions included, each by its nearest quote, as if it had been given",
        ylabel="of them wrong (%)", xlim=(0, 102), ylim=(0, None),
    )  # fmt: skip
    calibration.plot([0, 100], [0, 100], color="grey", linestyle=":", label="as sure as right")
    calibration.set(
        title="Right as often as sure?",
        xlabel="mean confidence of a group (%)\ngroups of equal size, bars: 95% interval",
        ylabel="of them right (%)", xlim=(0, 102), ylim=(-2, 102),
    )  # fmt: skip
    for axes in (risk, calibration):
        axes.title.set_fontsize("medium")
        axes.legend(fontsize="small")
    try:
        figure.savefig(path, dpi=120)
    except ValueError as exc:
        raise CorpusError(f"No plot can be written to {path} ({exc}). Name it .png.") from exc


def _draw_bins(axes: "Axes", chances: Chances, right: Booleans, name: str) -> None:
    """Draw the share right of each bin with its interval, as points that no line joins."""
    bins = reliability(chances, right)
    sure, came, sizes = np.array(bins).T
    low, high = np.array([wilson(share, count) for _, share, count in bins]).T
    spread = 100 * np.maximum(0, [came - low, high - came])
    least, most = int(sizes.min()), int(sizes.max())
    size = f"{least:,}" if least == most else f"{least:,}–{most:,}"
    axes.errorbar(
        100 * sure, 100 * came, spread, fmt="o", capsize=3, elinewidth=1,
        label=f"{len(bins)} groups of {size}, {name}",
    )  # fmt: skip


def _plain(name: str) -> str:
    """Return a name without what the plot's font lacks, its dollars no marks of a formula."""
    return name.encode("ascii", "replace").decode().replace("$", r"\$")
