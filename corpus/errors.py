"""The errors Citewise raises.

    CitewiseError
    ├── CorpusError    a document or a folder cannot be read
    ├── StoreError     an index on disk is missing, damaged, locked or of another format
    └── ModelError     a model is missing, altered or does not fit the index

Every message has three parts: what was found, what was expected, what to do. Wrong arguments raise
``ValueError`` instead.
"""

from dataclasses import dataclass


class CitewiseError(Exception):
    """Any error that Citewise raises on purpose; its text is meant for a person."""


class CorpusError(CitewiseError):
    """A document or folder cannot be read, or holds no text."""


class StoreError(CitewiseError):
    """An index is missing, damaged, locked by another writer or of another format."""


class ModelError(CitewiseError):
    """A model is missing, altered or not the one an index was built with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file that was left out: its `source` as a document would name it, and the `reason`."""

    source: str
    reason: str
