"""Fusion of the scores of a pool of candidates: the one place where their weights live."""

from typing import NamedTuple

import numpy as np

from index.encoder import Floats


class Signals(NamedTuple):
    """What is known of n candidates for one question, each (n,), higher is better.

    `dense`: cosine of the pooled vectors. `lexical`: BM25. `late`, `window`, `pairs`: late
    interaction, see `index.interaction.LateScores`. `title`: share of the question's terms, by
    inverse document frequency, that the document's title has.
    """

    dense: Floats
    lexical: Floats
    late: Floats
    window: Floats
    pairs: Floats
    title: Floats


class Weights(NamedTuple):
    """What the z-score of each signal counts in the sum."""

    dense: float
    lexical: float
    late: float
    window: float
    pairs: float
    title: float


# One setting for all collections: benchmarks/README.md, "Fusion weights".
LETTERS = Weights(dense=0.34, lexical=0.14, late=0.1, window=0.24, pairs=0.1, title=0.08)
# Questions in Chinese, Japanese or Korean, which the bundled model hardly knows.
CHARACTERS = Weights(dense=0.15, lexical=0.7, late=0.15, window=0.0, pairs=0.0, title=0.0)


def z_scores(scores: Floats) -> Floats:
    """Return scores (n,) less their mean, over their standard deviation; zeros where all agree."""
    deviation = float(scores.std()) if len(scores) else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, np.float32)


def fuse(signals: Signals, weights: Weights = LETTERS) -> Floats:
    """Return the fused score (n,) of n candidates, higher is better.

    The weighted sum of each signal's z-score over the pool, so that cosines, BM25 sums and shares
    can be added. Comparable within one question only.
    """
    parts = zip(weights, signals, strict=True)
    total = np.sum([weight * z_scores(scores) for weight, scores in parts], axis=0)
    return np.asarray(total, np.float32)
