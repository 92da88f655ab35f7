"""Files in, chunks out: documents with exact offsets, and the pieces that get indexed."""

from typing import TYPE_CHECKING, Any

from corpus.errors import CitewiseError, CorpusError, ModelError, Problem, StoreError

if TYPE_CHECKING:
    from corpus.document import Chunk, Document, normalise
    from corpus.loading import list_sources, load_documents
    from corpus.sentences import sentence_spans
    from corpus.splitting import split_document

__all__ = [
    "Chunk",
    "CitewiseError",
    "CorpusError",
    "Document",
    "ModelError",
    "Problem",
    "StoreError",
    "list_sources",
    "load_documents",
    "normalise",
    "sentence_spans",
    "split_document",
]

_HOME = {
    "Chunk": "corpus.document",
    "Document": "corpus.document",
    "list_sources": "corpus.loading",
    "load_documents": "corpus.loading",
    "normalise": "corpus.document",
    "sentence_spans": "corpus.sentences",
    "split_document": "corpus.splitting",
}


def __getattr__(name: str) -> Any:
    # Loaders and splitters load when first used: asking needs none of them.
    if name not in _HOME:
        raise AttributeError(f"module 'corpus' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
