"""Late interaction: how the tokens of a question fit those of passages, as three numbers each.

Pure functions over similarities; where the token vectors come from is `index.tokens`' matter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from index.encoder import Floats, Ints

BLOCK = 24  # tokens; a window is two neighbouring blocks, two or three sentences


class LateScores(NamedTuple):
    """What late interaction says of passages, each (p,), higher is better.

    `late`: the mean over question tokens of each one's best cosine in the passage (MaxSim, Khattab
    and Zaharia 2020). `window`: the same within the passage's best window of 48 tokens, with cubed
    cosines, which count near matches little, and each token weighted by the root of its idf.
    `pairs`: the idf-weighted mean over neighbouring question tokens of how well both are matched by
    one passage token or it and the next, the worse of the two counting: phrases, not only words.
    """

    late: Floats
    window: Floats
    pairs: Floats


def late_interaction(
    similarities: Floats, lengths: Sequence[int] | Ints, weights: Floats
) -> LateScores:
    """Score passages by late interaction; a passage without tokens gets zeros.

    Args:
        similarities: cosines (m, n) of m question tokens to the n tokens of p passages, one passage
            after the other.
        lengths: (p,) tokens of each passage.
        weights: (m,) inverse document frequency of each question token, at least 0.
    """
    lengths = np.asarray(lengths, np.int64)
    late, window, pairs = scores = LateScores(
        *(np.zeros(len(lengths), np.float32) for _ in range(3))
    )
    full = np.flatnonzero(lengths)
    if not len(full) or not len(similarities):
        return scores
    if not weights.any():
        weights = np.ones(len(similarities), np.float32)
    lengths = lengths[full]
    starts = np.cumsum(lengths) - lengths
    counts = -(-lengths // BLOCK)  # blocks of each passage
    first = np.cumsum(counts) - counts
    of = np.repeat(np.arange(len(full)), counts)  # each block's passage
    blocks = np.maximum.reduceat(
        similarities, starts[of] + (np.arange(len(of)) - first[of]) * BLOCK, axis=1
    )
    late[full] = np.maximum.reduceat(blocks, first, axis=1).mean(axis=0)
    within = of[:-1] == of[1:]
    blocks[:, :-1][:, within] = np.maximum(blocks[:, :-1], blocks[:, 1:])[:, within]
    roots = np.sqrt(weights)
    fits = roots @ np.maximum(blocks, 0) ** 3 / roots.sum()
    window[full] = np.maximum.reduceat(fits, first)
    if len(similarities) == 1:
        pairs[full] = late[full]
        return scores
    near = similarities[1:].copy()
    np.maximum(near[:, :-1], similarities[1:, 1:], out=near[:, :-1])
    last = starts + lengths - 1  # whose next token is of another passage
    near[:, last] = similarities[1:, last]
    best = np.maximum.reduceat(np.minimum(similarities[:-1], near), starts, axis=1)
    shares = (weights[:-1] + weights[1:]) / 2
    pairs[full] = shares @ np.maximum(best, 0) / max(float(shares.sum()), 1e-6)
    return scores
