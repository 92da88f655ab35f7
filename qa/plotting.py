"""The plot of a confidence: error by coverage, share right by confidence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from qa.calibration import COVERAGE, reliability, risk_coverage

Curves = Mapping[str, tuple[Sequence[float], Sequence[bool]]]


def plot_confidence(curves: Curves, path: Path) -> None:
    """Write a PNG (or what the suffix says) with one curve a name: its chances and outcomes.

    Raises:
        CorpusError: Plots cannot be written in the file format that the suffix names.
    """
    from matplotlib.figure import Figure  # slow to import, and only plots need it

    figure = Figure(figsize=(9, 4), layout="constrained")
    risk, calibration = figure.subplots(1, 2)
    for name, (chances, right) in curves.items():
        values, labels = np.asarray(chances, float), np.asarray(right, bool)
        if not len(labels):
            continue
        risk.plot(*(100 * part for part in risk_coverage(values, labels)), label=name)
        sure, came, _ = np.array(reliability(values, labels)).T
        calibration.plot(100 * sure, 100 * came, marker="o", label=name)
    risk.axvline(100 * COVERAGE, color="grey", linestyle=":")
    risk.set(xlabel="questions answered, surest first (%)", ylabel="of them wrong (%)")
    calibration.plot([0, 100], [0, 100], color="grey", linestyle=":")
    calibration.set(xlabel="confidence (%)", ylabel="right (%)")
    risk.legend(fontsize="small")
    try:
        figure.savefig(path, dpi=120)
    except ValueError as exc:
        raise CorpusError(f"No plot can be written to {path} ({exc}). Name it .png.") from exc
