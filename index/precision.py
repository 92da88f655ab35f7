"""Choose the precision at which passages are encoded: what this processor does fastest."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.encoder import Encoder
from index.export import Precision

LEAST_PASSAGES = 4000  # below, preparing another precision takes longer than it saves
_SAMPLE = 24  # passages timed
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The encoder to build with, and the passages a second that each candidate encoded.

    `measured` is empty where there was nothing to choose.
    """

    encoder: Encoder
    measured: Mapping[Precision, float] = field(default_factory=dict)


def candidates(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[Precision]:
    """Return the precisions that this processor has instructions for, float32 first."""
    try:
        words = set(cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        words = set()
    bfloat16: list[Precision] = ["bfloat16"] if words & {"avx512_bf16", "amx_bf16"} else []
    return ["float32", *bfloat16, "int8"]


def choose(
    model: str | Path | None,
    passages: Sequence[tuple[str, str]],
    *,
    among: Sequence[Precision] | None = None,
    least: int = LEAST_PASSAGES,
) -> Choice:
    """Return the encoder that is fastest here on a sample of (title, text) pairs.

    Args:
        model: as for `Encoder.load`.
        passages: all that will be encoded.
        among: None for `candidates`.
        least: with fewer passages float32 is taken unmeasured.

    Raises:
        ModelError: the model is missing, altered or cannot be exported.
    """
    among = candidates() if among is None else among
    if len(among) == 1 or len(passages) < least:
        return Choice(encoder=Encoder.load(model, precision=among[0]))
    sample = passages[:: max(1, len(passages) // _SAMPLE)][:_SAMPLE]
    encoders = {precision: Encoder.load(model, precision=precision) for precision in among}
    measured = {name: _speed(encoder, sample) for name, encoder in encoders.items()}
    fastest = max(measured, key=lambda name: measured[name])
    speeds = ", ".join(f"{name} {speed:.0f}" for name, speed in measured.items())
    _logger.info("encoding in %s; passages a second: %s", fastest, speeds)
    return Choice(encoder=encoders[fastest], measured=measured)


def _speed(encoder: Encoder, sample: Sequence[tuple[str, str]]) -> float:
    """Return the passages a second, warm."""
    list(encoder.encode_passages(sample[:2]))
    began = time.perf_counter()
    list(encoder.encode_passages(sample))
    return round(len(sample) / (time.perf_counter() - began), 1)
