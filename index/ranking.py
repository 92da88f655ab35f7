"""Fusion of the three scores of a pool of candidates: the one place where their weights live."""

import numpy as np

from index.encoder import Floats

# One setting for all collections: benchmarks/README.md, "Fusion weights".
DENSE_WEIGHT = 0.4
LEXICAL_WEIGHT = 0.25
LATE_WEIGHT = 0.35


def z_scores(scores: Floats) -> Floats:
    """Return scores (n,) less their mean, over their standard deviation; zeros where all agree."""
    deviation = float(scores.std()) if len(scores) else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, np.float32)


def fuse(dense: Floats, lexical: Floats, late: Floats) -> Floats:
    """Return the fused score (n,) of n candidates, higher is better.

    The weighted sum of each score's z-score over the pool, so that cosines, BM25 sums and mean
    similarities can be added. Comparable within one question only.
    """
    parts = ((DENSE_WEIGHT, dense), (LEXICAL_WEIGHT, lexical), (LATE_WEIGHT, late))
    total = np.sum([weight * z_scores(scores) for weight, scores in parts], axis=0)
    return np.asarray(total, np.float32)
