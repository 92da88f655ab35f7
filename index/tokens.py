"""Token vectors on disk, and late interaction over them.

A token vector is projected on the model's main directions, scaled to unit length and kept in four
bits a dimension: 36 bytes instead of 1,536. The projection is learnt from the model's vocabulary
alone, never from the documents, so a chunk has the same code in every index and an incremental
build equals one from scratch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from index.encoder import Encoder, Floats, Ints
from index.export import cached
from index.interaction import LateScores, late_interaction

DEFAULT_DIMENSION = 72  # benchmarks/README.md, "Token codec"
CODEC_FORMAT = 2  # 2: no stop words
Codes = npt.NDArray[np.uint8]

# The 16 levels that quantise a standard normal with least squared error (Lloyd 1982, Max 1960).
_POSITIVE = [0.1284, 0.3881, 0.6568, 0.9424, 1.2562, 1.6181, 2.0690, 2.7326]
_LEVELS = np.array([-level for level in reversed(_POSITIVE)] + _POSITIVE, np.float32)
_EDGES = (_LEVELS[1:] + _LEVELS[:-1]) / 2
_PAIRS = np.stack([np.repeat(_LEVELS, 16), np.tile(_LEVELS, 16)], axis=1)  # byte -> two values
_PACKED = _PAIRS.view(np.complex64).ravel()  # the same two as one number: taken six times as fast
_DECODED_AT_ONCE = 512  # tokens, whose values then stay in the processor's cache
_SAMPLES = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCodec:
    """Projection (d, k) and the standard deviation (k,) of each projected dimension, k even."""

    projection: Floats
    scale: Floats

    @property
    def width(self) -> int:
        """Bytes a token."""
        return len(self.scale) // 2

    @classmethod
    def for_encoder(cls, encoder: Encoder) -> Self:
        """Return the codec of a model, learnt once from its vocabulary and kept in the cache."""

        def make(folder: Path) -> None:
            codec = cls.fit(_vocabulary_vectors(exact))
            codec.save(folder / "codec.npy")

        exact = encoder.exact()  # so that precisions differ in what they compute alone
        name = f"codec-{CODEC_FORMAT}-{DEFAULT_DIMENSION}-{exact.checksum[:16]}-{exact.precision}"
        return cls.load(cached(name, make) / "codec.npy")

    @classmethod
    def fit(cls, vectors: Floats, *, dimension: int = DEFAULT_DIMENSION) -> Self:
        """Learn the codec from vectors (n, d): their uncentred principal directions.

        `dimension` is lowered to the largest even number that `d` allows.
        """
        dimension = min(dimension, vectors.shape[1] // 2 * 2)
        _, directions = np.linalg.eigh(vectors.T @ vectors)
        projection = np.ascontiguousarray(directions[:, ::-1][:, :dimension], np.float32)
        return cls(projection=projection, scale=_project(vectors, projection).std(axis=0) + 1e-6)

    def save(self, path: Path) -> None:
        """Write the codec as one array (d + 1, k), the scale last."""
        np.save(path, np.vstack([self.projection, self.scale]))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        array = np.load(path, allow_pickle=False)
        return cls(projection=array[:-1], scale=array[-1])

    def encode(self, vectors: Floats) -> Codes:
        """Return the codes (n, width) of unit vectors (n, d)."""
        levels = np.searchsorted(_EDGES, _project(vectors, self.projection) / self.scale)
        return (levels[:, 0::2] * 16 + levels[:, 1::2]).astype(np.uint8)

    def decode(self, codes: Codes) -> Floats:
        """Return approximately unit vectors (n, k) in the projected space."""
        return _PAIRS[codes].reshape(len(codes), len(self.scale)) * self.scale

    def similarities(self, question: Floats, codes: Codes) -> Floats:
        """Return the cosine (m, n) of m question vectors (m, d) to n coded tokens (n, width)."""
        scaled = _project(question, self.projection) * self.scale
        similarities = np.empty((len(scaled), len(codes)), np.float32)
        decoded = np.empty((_DECODED_AT_ONCE, self.width), np.complex64)
        for begin in range(0, len(codes), _DECODED_AT_ONCE):
            part = codes[begin : begin + _DECODED_AT_ONCE]
            values = decoded[: len(part)]
            _PACKED.take(part, out=values, mode="clip")  # quicker than the check "raise"
            similarities[:, begin : begin + len(part)] = scaled @ values.view(np.float32).T
        return similarities


def _project(vectors: Floats, projection: Floats) -> Floats:
    projected = vectors @ projection
    norms = np.linalg.norm(projected, axis=1, keepdims=True)
    return np.asarray(projected / np.maximum(norms, 1e-12), np.float32)


def _vocabulary_vectors(encoder: Encoder) -> Floats:
    """Return token vectors (n, d) of the model's own words in random order, seeded."""
    texts = [("", text) for text in encoder.word_samples(most=_SAMPLES)]
    return np.concatenate([encoding.tokens for _, encoding in encoder.encode_passages(texts)])


def max_similarities(similarities: Floats, lengths: Sequence[int] | Ints) -> Floats:
    """Return each passage's best similarity (m, p) to each of m question tokens.

    Args:
        similarities: (m, n), the n tokens of p passages one after the other.
        lengths: (p,) tokens of each passage; a passage without tokens gets zeros.
    """
    lengths = np.asarray(lengths)
    best = np.zeros((len(similarities), len(lengths)), np.float32)
    full = np.flatnonzero(lengths)
    if len(full):
        starts = (np.cumsum(lengths) - lengths)[full]
        best[:, full] = np.maximum.reduceat(similarities, starts, axis=1)
    return best


class TokenStore:
    """The token codes of an index, memory-mapped, one file a build that encoded something.

    `places` (chunks, 3) holds each chunk's segment, first token and number of tokens.
    """

    def __init__(
        self,
        codec: TokenCodec,
        segments: Sequence[str],
        folder: Path,
        places: npt.NDArray[np.int64],
    ) -> None:
        self.codec = codec
        self.segments = list(segments)
        self.places = places
        self._codes = [_map(folder / f"{name}.codes", codec.width) for name in segments]

    def codes(self, row: int) -> Codes:
        """Return the codes (n, width) of one chunk."""
        segment, start, count = self.places[row]
        codes: Codes = self._codes[segment][start : start + count]
        return codes

    def within_bounds(self) -> bool:
        """Tell whether `places` is an array of places that all lie inside the segments."""
        if self.places.dtype != np.int64 or self.places.shape[1:] != (3,):
            return False
        segments, starts, counts = self.places.T
        if not ((segments >= 0) & (segments < len(self._codes)) & (starts >= 0)).all():
            return False
        sizes = np.array([len(codes) for codes in self._codes] or [0])
        return bool(((counts >= 0) & (starts + counts <= sizes[segments])).all())

    def share(self, segment: int, rows: npt.NDArray[np.int64]) -> float:
        """Return the share of a segment's tokens that belongs to these chunk rows."""
        total = len(self._codes[segment])
        return float(self.places[rows, 2].sum()) / total if total else 0.0

    def late_scores(
        self, question: Floats, weights: Floats, rows: npt.NDArray[np.int64]
    ) -> LateScores:
        """Return how the question fits chunks; see `index.interaction`.

        Args:
            question: (m, d) unit token vectors.
            weights: (m,) inverse document frequency of each question token.
            rows: (p,) chunk rows.
        """
        places = self.places[rows]
        codes = [self._codes[part][at : at + count] for part, at, count in places.tolist()]
        codes.append(np.zeros((0, self.codec.width), np.uint8))  # for no rows at all
        similarities = self.codec.similarities(question, np.concatenate(codes))
        return late_interaction(similarities, places[:, 2].astype(np.int32), weights)


def _map(path: Path, width: int) -> Codes:
    if not path.stat().st_size:  # an empty file cannot be mapped
        return np.zeros((0, width), np.uint8)
    # As a plain array, of which a slice costs a tenth.
    return np.asarray(np.memmap(path, np.uint8, mode="r")).reshape(-1, width)
