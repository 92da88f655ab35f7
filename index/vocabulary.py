"""Texts made of a model's own words: a sample of what it computes that knows no documents."""

from typing import Any

import numpy as np

_WORDS = 80  # of a text


def word_samples(tokenizer: Any, *, most: int) -> list[str]:
    """Return at most `most` texts of the vocabulary's whole words in random order, seeded."""
    names = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [name for name, _ in names if any(map(str.isalnum, name)) and name[0] not in "#[<"]
    mixed = np.random.default_rng(0).permutation(np.array(words))[: _WORDS * most]
    return [" ".join(mixed[i : i + _WORDS]) for i in range(0, len(mixed), _WORDS)]
