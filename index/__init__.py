"""Chunks in, hits out: build an index on disk and search it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.assembling import Progress
    from index.building import build_index
    from index.catalog import Summary
    from index.filters import Filters
    from index.searching import BuildReport, Hit, Index

__all__ = ["BuildReport", "Filters", "Hit", "Index", "Progress", "Summary", "build_index"]

_HOME = {
    "BuildReport": "index.searching",
    "Filters": "index.filters",
    "Hit": "index.searching",
    "Index": "index.searching",
    "Progress": "index.assembling",
    "Summary": "index.catalog",
    "build_index": "index.building",
}


def __getattr__(name: str) -> Any:
    # FAISS, tantivy and numpy load when an index is first used, not when this package is imported.
    if name not in _HOME:
        raise AttributeError(f"module 'index' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
