"""The networks that read: the weights that ship, added to the base model and exported.

``qa/weights`` holds what the trainings changed. The first use adds that to the installed base model
and writes ONNX files to the user cache; torch is imported for that alone. Every later one opens the
files with ONNX Runtime.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import ModelError

DEFAULT_WEIGHTS = Path(__file__).parent / "weights" / "reader.safetensors"
VERIFIER_WEIGHTS = DEFAULT_WEIGHTS.with_name("verifier.safetensors")
ARBITER_WEIGHTS = DEFAULT_WEIGHTS.with_name("arbiter.safetensors")
LISTENER_WEIGHTS = DEFAULT_WEIGHTS.with_name("listener.safetensors")
READER_FORMAT = 3  # raise it when the files written by `_export` change
INPUTS = ("input_ids", "token_type_ids")  # no mask: passages are read one by one, unpadded
_HEADS = ("span.", "relevance.")
_UNUSED = ("pooler.", "embeddings.position_ids")  # in the base's file, not in the network


class Weights(NamedTuple):
    """A file of weights and its description."""

    path: Path
    about: dict[str, Any]


def described(weights: Path) -> Weights:
    """Return weights with the description beside them once their checksum is found to match it."""
    from index.models import file_sha256

    try:
        description: dict[str, Any] = json.loads(weights.with_suffix(".json").read_text("utf-8"))
        found = file_sha256(weights)
    except (OSError, ValueError) as exc:
        raise ModelError(
            f"The {weights.stem}'s weights cannot be read ({exc}); expected {weights} and its "
            f"description {weights.with_suffix('.json').name}. Install Citewise again, or train "
            f"them: python -m training.{weights.stem}"
        ) from exc
    if found != description["sha256"]:
        raise ModelError(
            f"{weights} has SHA-256 {found}, expected {description['sha256']}. The file is damaged "
            "or was replaced; install Citewise again."
        )
    return Weights(weights, description)


def exported(kind: str, *weights: Weights) -> Path:
    """Return the folder of the user cache that holds the base model with some weights added."""
    from index.export import cached

    for on, one in pairwise(weights):
        if one.about["reader"] != on.about["sha256"]:
            raise ModelError(
                f"The {kind} was trained on the reader {one.about['reader'][:12]}, this is "
                f"{on.about['sha256'][:12]}. Install Citewise again, or train it: "
                f"python -m training.{kind}"
            )
    last = weights[-1].about
    name = f"{kind}-{READER_FORMAT}-{last['sha256'][:12]}-{last['base'][:12]}"
    return cached(name, lambda target: _export([one.path for one in weights], target))


def opened(folder: Path) -> Any:
    """Return a session with the network of a folder that `exported` returned."""
    from index.export import open_session

    # Passages are read side by side, one thread each: quicker than several threads a passage.
    return open_session(folder / "reader.onnx", threads=1)


def _export(weights: Sequence[Path], folder: Path) -> None:
    """Write ``reader.onnx`` and ``tokenizer.json``: the base model with the weights added, int8."""
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    from index.export import export_onnx
    from index.models import default_model_path
    from index.quantising import quantise

    base = default_model_path()
    changes = [load_file(path) for path in weights]
    config = BertConfig.from_pretrained(base, local_files_only=True)

    class Network(torch.nn.Module):
        """Span logits of every token and the relevance of the passage."""

        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel(config, add_pooling_layer=False)
            self.span = torch.nn.Linear(config.hidden_size, 2)
            self.relevance = torch.nn.Linear(config.hidden_size, 1)

        def forward(
            self, input_ids: torch.Tensor, token_type_ids: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            encoded = self.bert(input_ids=input_ids, token_type_ids=token_type_ids)
            states = encoded.last_hidden_state
            return self.span(states), self.relevance(states[:, 0]).squeeze(-1)

    network = Network()
    network.load_state_dict(merge(load_file(base / "model.safetensors"), *changes))
    export_onnx(
        network, folder / "float.onnx", inputs=INPUTS, vocabulary=config.vocab_size,
        outputs={"spans": ["batch", "length"], "relevance": ["batch"]},
        heads=config.num_attention_heads,
    )  # fmt: skip
    quantise(folder / "float.onnx", folder / "reader.onnx")
    (folder / "float.onnx").unlink()
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))


def merge(base: Mapping[str, Any], *changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the network's tensors: the base model's with the trained changes in place, in turn.

    ``NAME.delta`` (int8, one row an output) times ``NAME.scale`` (one number a row) is added to
    ``NAME``, and so is the product of ``NAME.up`` (out, rank) and ``NAME.down`` (rank, in); any
    other tensor replaces the base's or is a head's.
    """
    merged = {f"bert.{name}": base[name] for name in base if not name.startswith(_UNUSED)}
    for changed in changes:
        for name, value in changed.items():
            target = f"bert.{name.rpartition('.')[0]}"
            if name.startswith(_HEADS):
                merged[name] = value.float()
            elif name.endswith(".delta"):
                scale = changed[name.removesuffix("delta") + "scale"]
                merged[target] = merged[target] + value.float() * scale
            elif name.endswith(".up"):
                down = changed[name.removesuffix("up") + "down"]
                merged[target] = merged[target] + value.float() @ down.float()
            elif not name.endswith((".scale", ".down")):
                merged[f"bert.{name}"] = value.float()
    return merged
