"""Turn a torch model into an ONNX file, once, and keep it in the user cache.

Torch and sentence-transformers are imported here and nowhere else on the way to an answer: what
asks runs on ONNX Runtime alone, which starts in a tenth of a second instead of five.
"""

import importlib
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import platformdirs

from corpus.errors import ModelError
from index.fusing import fuse_attention
from index.models import model_checksum, resolve_model

if TYPE_CHECKING:
    import torch

ENCODER_FORMAT = 5  # raise it when the files written by `export_encoder` change
Precision = Literal["float32", "bfloat16", "int8"]
_Vectors = npt.NDArray[np.float32]
_OPSET = 17
_MOST_APART = 1e-3  # of any number that torch computes
_logger = logging.getLogger(__name__)


def model_cache() -> Path:
    """Return the folder for exported models, in ``CITEWISE_CACHE`` or the user's cache."""
    root = os.environ.get("CITEWISE_CACHE")
    base = Path(root) if root else platformdirs.user_cache_path("citewise", appauthor=False)
    return base / "models"


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cache folder `name`, made by ``make(folder)`` if it is not there yet.

    It appears whole or not at all, also when two processes make it at once.

    Raises:
        ModelError: the cache cannot be written.
    """
    target = model_cache() / name
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    except OSError as exc:
        raise ModelError(
            f"The model cache {target.parent} cannot be written ({exc.strerror}); the exported "
            "model is kept there. Make it writable, or set CITEWISE_CACHE to a folder that is."
        ) from exc
    try:
        make(staging)
        staging.chmod(0o755)
        try:
            staging.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was first, with the same content
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def export_onnx(
    module: "torch.nn.Module",
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Mapping[str, Sequence[str]],
    vocabulary: int,
    heads: int | None,
) -> None:
    """Write a torch module as an ONNX file and check that both give the same numbers.

    Its attentions are fused where that changes nothing.

    Args:
        module: takes the `inputs` as int64 tensors of shape (batch, length), in that order, and
            returns a tuple of the `outputs`.
        path: file to write.
        inputs: input names, of ``input_ids`` and ``token_type_ids``; texts are never padded, so
            there is no mask.
        outputs: output name to the names of its free axes, such as ``["batch", "length"]``.
        vocabulary: ids below this are used as the sample input.
        heads: of its attentions; None if that is not known.

    Raises:
        ModelError: the module cannot be exported, or the file gives other numbers than torch.
    """
    import torch

    def sample(batch: int, length: int) -> tuple["torch.Tensor", ...]:
        generator = torch.Generator().manual_seed(length)
        ids = torch.randint(0, vocabulary, (batch, length), generator=generator)
        values = {"input_ids": ids, "token_type_ids": torch.zeros_like(ids)}
        return tuple(values[name] for name in inputs)

    axes = {name: {0: "batch", 1: "length"} for name in inputs}
    axes |= {name: dict(enumerate(free)) for name, free in outputs.items()}
    module = module.eval()
    # The tracing exporter: the newer one (dynamo=True, torch 2.13) takes three times as long.
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                module, sample(2, 12), str(path), input_names=list(inputs),
                output_names=list(outputs), dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
            )  # fmt: skip
        except Exception as exc:  # torch raises many kinds; each means the same here
            raise ModelError(
                f"{type(module).__name__} cannot be exported to ONNX ({exc}). Use an encoder model "
                "that sentence-transformers loads with plain token input, such as BERT."
            ) from exc
        samples = [sample(1, 5), sample(3, 31)]
        expected = [[value.float().numpy() for value in module(*values)] for values in samples]
    feeds = [
        {name: value.numpy() for name, value in zip(inputs, values, strict=True)}
        for values in samples
    ]
    if (apart := _apart(path, feeds, expected)) > _MOST_APART:
        raise ModelError(
            f"The exported {type(module).__name__} differs from torch by {apart:.4f}, expected at "
            f"most {_MOST_APART}. This model cannot be used; choose another."
        )
    fused = path.with_suffix(".fused")
    if heads is not None and fuse_attention(path, fused, heads=heads):
        if (apart := _apart(fused, feeds, expected)) <= _MOST_APART:
            fused.replace(path)
        else:
            fused.unlink()
            _logger.warning("the attentions of %s are not fused: off by %.4f", path.name, apart)


def _apart(
    path: Path, feeds: Sequence[dict[str, Any]], expected: Sequence[Sequence[npt.NDArray[Any]]]
) -> float:
    """Return by how much at most the outputs of an ONNX file differ from those expected."""
    session = open_session(path)
    return max(
        float(np.abs(ours - theirs).max())
        for feed, values in zip(feeds, expected, strict=True)
        for ours, theirs in zip(session.run(None, feed), values, strict=True)
    )


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def onnx_runtime() -> Any:
    """Import ONNX Runtime without its telemetry, which is on by default and has no other switch.

    Everything of ours that imports it comes here first: the variable is read at the first import
    (microsoft/onnxruntime#27379, since 1.29).
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module("onnxruntime")


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers from writing progress bars and loading reports to stderr meanwhile."""
    logging: Any = importlib.import_module("transformers.utils.logging")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def open_session(path: Path, *, threads: int | None = None) -> Any:
    """Open an ONNX file.

    Args:
        path: the file.
        threads: how many share the work of one run; None for as many as there are cores.

    Raises:
        ModelError: the file cannot be opened.
    """
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or cores()
    # A thread that waits busily for the next of many small products saves half a millisecond a
    # question; longer than it takes to wake one, it would cost a factor on a busy machine.
    options.add_session_config_entry("session.intra_op.spin_duration_us", "50")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"],
            # Fused, an addition and a normalisation take twice as long on a processor.
            disabled_optimizers=["SkipLayerNormFusion"],
        )  # fmt: skip
    except Exception as exc:  # onnxruntime's exceptions have no public base
        raise ModelError(
            f"{path} cannot be opened as an ONNX model ({exc}). Delete it; it is made again."
        ) from exc


def export_encoder(
    model: str | os.PathLike[str] | None = None, *, precision: Precision = "float32"
) -> Path:
    """Return the cache folder with a model's ``model.onnx``, ``tokenizer.json``, ``encoder.json``.

    ``encoder.json`` names the model, its checksum, its precision, its inputs, its dimension, its
    longest input in tokens and the prompts put before questions and passages. The inputs hold one
    text without padding, so there is no mask.

    Raises:
        ModelError: the model is missing, altered or cannot be exported.
    """
    name, path = resolve_model(model)
    checksum = model_checksum(path)

    def make(folder: Path) -> None:
        _export(name, path, checksum, folder)

    def reduce(folder: Path) -> None:
        from index.quantising import quantise_encoder

        shutil.copyfile(exact / "tokenizer.json", folder / "tokenizer.json")
        if precision == "int8":
            quantise_encoder(exact, folder)
        else:
            shutil.copyfile(exact / "model.onnx", folder / "model.onnx")
        description = json.loads((exact / "encoder.json").read_text(encoding="utf-8"))
        _describe(folder, description | {"precision": precision})

    stem = f"encoder-{ENCODER_FORMAT}-{checksum[:16]}"
    exact = cached(stem, make)
    return exact if precision == "float32" else cached(f"{stem}-{precision}", reduce)


def _describe(folder: Path, description: Mapping[str, Any]) -> None:
    (folder / "encoder.json").write_text(json.dumps(description, indent=1), encoding="utf-8")


def bfloat16_forward(
    model: str, checksum: str
) -> Callable[[npt.NDArray[np.int64]], tuple[_Vectors, _Vectors]] | None:
    """Load a model in torch at bfloat16, for processors that compute in it.

    Returns:
        From token ids (1, n) to token vectors (1, n, d) and pooled vectors (1, d), one thread a
        call; None where the model of this name and checksum is not on this machine.
    """
    try:
        _, path = resolve_model(model)
    except ModelError:
        return None
    if model_checksum(path) != checksum:
        return None
    import torch
    from sentence_transformers import SentenceTransformer

    with quiet_transformers():
        network = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    network = network.to(torch.bfloat16).eval()

    def forward(ids: npt.NDArray[np.int64]) -> tuple[_Vectors, _Vectors]:
        torch.set_num_threads(1)  # of this thread: the others work on other texts
        with torch.inference_mode():
            features = network({"input_ids": torch.from_numpy(ids)})
        tokens, pooled = features["token_embeddings"], features["sentence_embedding"]
        return tokens.float().numpy(), pooled.float().numpy()

    return forward


def _export(name: str, path: Path, checksum: str, folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_transformers():
            model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        tokenizer = model.tokenizer.backend_tokenizer
        inputs = [key for key in _INPUTS if key in model.tokenizer.model_input_names]
        config = getattr(model[0], "auto_model", model[0]).config
    except (OSError, ValueError, AttributeError, KeyError) as exc:
        raise ModelError(
            f"sentence-transformers cannot load {path} ({exc}). Name a sentence-transformers text "
            "model with a fast tokenizer."
        ) from exc

    class Both(torch.nn.Module):
        """Token vectors and the pooled vector from one forward pass."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.model(dict(zip(inputs, values, strict=True)))
            return features["token_embeddings"], features["sentence_embedding"]

    export_onnx(
        Both(), folder / "model.onnx", inputs=inputs, vocabulary=tokenizer.get_vocab_size(),
        outputs={"tokens": ["batch", "length"], "pooled": ["batch"]},
        heads=getattr(config, "num_attention_heads", None),
    )  # fmt: skip
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
    limit = getattr(config, "max_position_embeddings", None) or model.max_seq_length or 512
    description = {
        "model": name,
        "checksum": checksum,
        "precision": "float32",
        "inputs": inputs,
        "dimension": model.get_embedding_dimension(),
        "max_tokens": min(int(limit), _LONGEST),
        "question_prompt": model.prompts.get("query", ""),
        "passage_prompt": model.prompts.get("document", "") or model.prompts.get("passage", ""),
    }
    _describe(folder, description)


_INPUTS = ("input_ids", "token_type_ids")
_LONGEST = 512
