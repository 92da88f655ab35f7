"""Files in, chunks out: documents with exact offsets, and the pieces that get indexed."""

from corpus.document import Chunk, Document, normalise
from corpus.errors import CitewiseError, CorpusError, ModelError, StoreError
from corpus.loading import Problem, list_sources, load_documents
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
