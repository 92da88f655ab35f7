"""Hits in, a cited answer out: ask a question and get quotes that are slices of the documents."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.answers import Answer, Citation, cite
    from qa.assistant import Assistant, answer
    from qa.shipped import shipped_index_path

__all__ = ["Answer", "Assistant", "Citation", "answer", "cite", "shipped_index_path"]

_HOME = {
    "Answer": "qa.answers",
    "Assistant": "qa.assistant",
    "Citation": "qa.answers",
    "answer": "qa.assistant",
    "cite": "qa.answers",
    "shipped_index_path": "qa.shipped",
}


def __getattr__(name: str) -> Any:
    # Models and indexes load when first used, so that `import qa` stays quick.
    if name not in _HOME:
        raise AttributeError(f"module 'qa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
