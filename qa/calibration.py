"""How far a confidence can be trusted: pure functions over probabilities and outcomes.

`chances` (n,) are probabilities, `right` (n,) says for each whether the quote answered.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Chances = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
COVERAGE = 0.8  # share of the questions, the surest ones, at which the error is reported
BINS = 10
FEWEST_IN_BIN = 5
FEWEST = 20  # questions below which none of the figures says anything
FEWEST_OF_EACH = 5  # right and wrong: an AUROC of 0.8 is then some 0.15 off (Hanley, McNeil 1982)


def auroc(chances: Sequence[float] | Chances, right: Sequence[bool] | Booleans) -> float | None:
    """Return the chance that a right quote is surer than a wrong one, ties counted half.

    None where all are right or all are wrong.
    """
    values, labels = np.asarray(chances, float), np.asarray(right, bool)
    count = int(labels.sum())
    if count in {0, len(labels)}:
        return None
    order = np.unique(values, return_inverse=True)[1]
    counts = np.bincount(order)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[order]  # equal values share their mean rank
    return float((ranks[labels].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))


def calibration_error(chances: Chances, right: Booleans, bins: int | None = None) -> float:
    """Return the expected calibration error (0–1) over the bins of `reliability`."""
    gaps = [abs(sure - came) * count for sure, came, count in reliability(chances, right, bins)]
    return float(sum(gaps) / max(1, len(chances)))


def reliability(
    chances: Chances, right: Booleans, bins: int | None = None
) -> list[tuple[float, float, int]]:
    """Return for each of equally filled bins its mean chance, its share right and its size.

    Without a number there are `BINS`, or fewer, so that each holds at least `FEWEST_IN_BIN`.
    """
    if bins is None:
        bins = max(1, min(BINS, len(chances) // FEWEST_IN_BIN))
    parts = np.array_split(np.argsort(chances, kind="stable"), bins)
    return [
        (float(chances[part].mean()), float(right[part].mean()), len(part))
        for part in parts
        if len(part)
    ]


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95% interval of a share (0–1) seen in `count` cases (Wilson 1927)."""
    z2 = 1.96**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def risk_coverage(chances: Chances, right: Booleans) -> tuple[Chances, Chances]:
    """Return the coverage (n,) and, answering the surest questions up to it, the error (n,)."""
    wrong = ~right[np.argsort(-chances, kind="stable")]
    answered = np.arange(1, len(wrong) + 1)
    return answered / max(1, len(wrong)), np.cumsum(wrong) / answered


def error_at(chances: Chances, right: Booleans, coverage: float = COVERAGE) -> float | None:
    """Return the error among the surest share of the questions; None without questions."""
    count = int(coverage * len(right))
    if count == 0:
        return None
    return float(risk_coverage(chances, right)[1][count - 1])


def enough(right: Sequence[bool] | Booleans) -> dict[str, bool]:
    """Return for each of the `figures` whether there are enough questions for it to tell."""
    some, count = len(right) >= FEWEST, int(np.asarray(right, bool).sum())
    either = min(count, len(right) - count)
    return {
        "auroc": some and either >= FEWEST_OF_EACH,
        "calibration_error": some,
        "error_at_80_coverage": some,
    }


def figures(chances: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """Return AUROC, calibration error and error at 80% coverage, rounded, ready for JSON."""
    values, labels = np.asarray(chances, float), np.asarray(right, bool)
    area, error = auroc(values, labels), error_at(values, labels)
    return {
        "questions": len(labels),
        "right": int(labels.sum()),
        "auroc": None if area is None else round(area, 4),
        "calibration_error": round(calibration_error(values, labels), 4) if len(labels) else None,
        "error_at_80_coverage": None if error is None else round(error, 4),
    }
