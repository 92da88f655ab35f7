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
    """What the z-score of each signal counts in the sum, and of the likeness to the best by it."""

    dense: float
    lexical: float
    late: float
    window: float
    pairs: float
    title: float
    feedback: float


FEEDBACK = 2  # passages, the best without it, that the others are compared with
# One setting for all collections: benchmarks/README.md, "Ranking".
LETTERS = Weights(
    dense=0.28, lexical=0.09, late=0.13, window=0.15, pairs=0.04, title=0.03, feedback=0.28
)
# Questions in Chinese, Japanese or Korean, which the bundled model hardly knows.
CHARACTERS = Weights(
    dense=0.15, lexical=0.7, late=0.15, window=0.0, pairs=0.0, title=0.0, feedback=0.0
)


def z_scores(scores: Floats) -> Floats:
    """Return scores (..., n) less their mean, over their standard deviation; zeros where all agree.

    Each of several rows by itself.
    """
    if not scores.size:
        return np.zeros_like(scores)
    apart = scores - scores.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((apart * apart).mean(axis=-1, keepdims=True))
    alike = deviation < 1e-9
    return np.asarray(np.where(alike, 0, apart / np.where(alike, 1, deviation)), np.float32)


def fuse(signals: Signals, vectors: Floats, weights: Weights = LETTERS) -> Floats:
    """Return the fused score (n,) of n candidates, higher is better.

    The weighted sum of each signal's z-score over the pool, so that cosines, BM25 sums and shares
    can be added; then, as what is like the best passages is more often relevant too (Rocchio 1971),
    that of the likeness to the best by that sum. Comparable within one question only.

    Args:
        signals: what is known of the candidates.
        vectors: (n, d) their pooled unit vectors.
        weights: what each signal counts.
    """
    total = np.array(weights[:-1], np.float32) @ z_scores(np.stack(signals))
    if weights.feedback:
        best = np.argsort(-total, kind="stable")[:FEEDBACK]
        total += weights.feedback * z_scores(vectors @ vectors[best].sum(axis=0))
    return np.asarray(total, np.float32)
