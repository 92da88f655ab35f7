"""Fusion of the three scores of a pool of candidates: the one place where their weights live."""

from typing import NamedTuple

import numpy as np

from index.encoder import Floats


class Weights(NamedTuple):
    """What each score's z-score counts in the sum."""

    dense: float
    lexical: float
    late: float


# One setting for all collections: benchmarks/README.md, "Fusion weights".
LETTERS = Weights(dense=0.4, lexical=0.25, late=0.35)
# Questions in Chinese, Japanese or Korean, which the bundled model hardly knows.
CHARACTERS = Weights(dense=0.15, lexical=0.7, late=0.15)


def z_scores(scores: Floats) -> Floats:
    """Return scores (n,) less their mean, over their standard deviation; zeros where all agree."""
    deviation = float(scores.std()) if len(scores) else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, np.float32)


def fuse(dense: Floats, lexical: Floats, late: Floats, *, weights: Weights = LETTERS) -> Floats:
    """Return the fused score (n,) of n candidates, higher is better.

    The weighted sum of each score's z-score over the pool, so that cosines, BM25 sums and mean
    similarities can be added. Comparable within one question only.
    """
    parts = zip(weights, (dense, lexical, late), strict=True)
    total = np.sum([weight * z_scores(scores) for weight, scores in parts], axis=0)
    return np.asarray(total, np.float32)
