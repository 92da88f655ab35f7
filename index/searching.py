"""Index: one opened generation, and the search over it.

retrieve (dense and lexical) → pool → late interaction → fuse. Reading and citing are `qa`'s.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from corpus import Chunk, Document, ModelError, Problem, StoreError
from index.catalog import Catalog, Summary
from index.dense import DenseIndex
from index.encoder import Encoder, Encoding, Floats, Ints
from index.export import model_checksum, resolve_model
from index.generations import open_current
from index.lexical import LexicalIndex, terms, written_in_characters
from index.ranking import CHARACTERS, LETTERS, fuse
from index.tokens import TokenCodec, TokenStore

POOL = 100  # candidates from each of the dense and the lexical index


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk found for a question.

    `score` is fused over the pool, comparable within one question only; `dense` is the cosine of
    the pooled vectors, `lexical` BM25, `late` the mean best token cosine, each comparable across
    questions of one index. Higher is better.
    """

    chunk: Chunk
    document: Document
    score: float
    dense: float
    lexical: float
    late: float
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMatch:
    """How each question token fits each token of one chunk.

    `similarities` (m, n) are cosines, `offsets` (n, 2) document offsets of the chunk's tokens;
    those before the chunk's start belong to the title.
    """

    similarities: Floats
    offsets: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did: counts of documents and chunks, seconds, and the files it could not read.

    `changed` counts documents whose source was known with other text.
    """

    documents: int
    chunks: int
    encoded_chunks: int
    reused_chunks: int
    added: int
    changed: int
    removed: int
    problems: tuple[Problem, ...]
    seconds: float


class Index:
    """An opened generation; safe to search from several threads, unmoved by later rebuilds."""

    def __init__(
        self,
        *,
        path: Path,
        folder: Path,
        manifest: dict[str, Any],
        catalog: Catalog,
        encoder: Encoder,
        dense: DenseIndex,
        lexical: LexicalIndex,
        tokens: TokenStore,
        report: BuildReport | None = None,
    ) -> None:
        self.path = path
        self.folder = folder
        self.manifest = MappingProxyType(manifest)
        self.encoder = encoder
        self.lexical = lexical
        self.report = report
        self._catalog = catalog
        self._dense = dense
        self.tokens = tokens

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        model: str | Path | None = None,
        report: BuildReport | None = None,
    ) -> Self:
        """Open the current generation of the index at `path`.

        Args:
            path: index folder.
            model: the model that the index must have been built with; None for any.
            report: what a build just did, kept on the index.

        Raises:
            StoreError: there is no index, it is damaged, or of a newer format.
            ModelError: it was built with another model.
        """
        folder, manifest = open_current(Path(path))
        if model is not None:
            _check_model(Path(path), manifest, model)
        try:
            places = np.load(folder / "tokens" / "places.npy", allow_pickle=False)
            codec = TokenCodec.load(folder / "encoder" / "codec.npy")
            tokens = TokenStore(codec, manifest["segments"], folder / "tokens", places)
        except (OSError, ValueError, KeyError) as exc:
            raise StoreError(
                f"The token vectors of {path} cannot be opened ({exc}). The index is damaged; "
                f"rebuild it: citewise index build PATH... --index {path}"
            ) from exc
        return cls(
            path=Path(path),
            folder=folder,
            manifest=manifest,
            catalog=Catalog.open(folder / "catalog.sqlite"),
            encoder=Encoder.open(folder / "encoder"),
            dense=DenseIndex.open(folder / "dense.faiss"),
            lexical=LexicalIndex.open(folder / "lexical"),
            tokens=tokens,
            report=report,
        )

    def close(self) -> None:
        """Close the catalog; the index cannot be used afterwards."""
        self._catalog.close()

    @property
    def generation(self) -> str:
        """Name of the generation that is open, such as ``g000001``."""
        return self.folder.name

    def __len__(self) -> int:
        return len(self._dense)

    def document(self, doc_id: str) -> Document:
        """Return a document by id.

        Raises:
            StoreError: there is none with this id.
        """
        return self._catalog.document(doc_id)

    def summaries(self) -> list[Summary]:
        """Return the table of contents, in the order in which documents were given."""
        return self._catalog.summaries()

    def search(self, question: str, *, k: int = 10) -> list[Hit]:
        """Return the `k` best chunks for a question, best first; fewer if the index is smaller.

        Ties are broken by the order of the chunks in the index.

        Raises:
            ValueError: the question is blank or `k` is below 1.
        """
        return self.search_encoded(question, self.encode_question(question), k=k)

    def encode_question(self, question: str) -> Encoding:
        """Return the question as `search_encoded` and `match` take it.

        Raises:
            ValueError: the question is blank.
        """
        if not question.strip():
            raise ValueError("The question is blank; expected at least one word. Ask something.")
        return self.encoder.encode_question(question)

    def search_encoded(self, question: str, encoding: Encoding, *, k: int) -> list[Hit]:
        """Search with a question that is already encoded."""
        if k < 1:
            raise ValueError(f"k is {k}; expected at least 1.")
        pool = max(POOL, k)
        near = self._dense.search(encoding.pooled, k=pool)
        shared, _ = self.lexical.search(question, k=pool)
        rows = np.union1d(near, shared)
        dense = self._dense.vectors(rows) @ encoding.pooled
        lexical = self.lexical.scores(question, rows)
        late = self.tokens.late_scores(
            encoding.tokens, np.ones(len(encoding.tokens), np.float32), rows
        )
        weights = CHARACTERS if written_in_characters(question) else LETTERS
        fused = fuse(dense, lexical, late, weights=weights)
        best = np.argsort(-fused, kind="stable")[:k]
        return [self._hit(int(rows[i]), fused[i], dense[i], lexical[i], late[i]) for i in best]

    def _hit(self, row: int, *scores: np.float32) -> Hit:
        document, chunk = self._catalog.chunk(row)
        score, dense, lexical, late = map(float, scores)
        return Hit(
            chunk=chunk, document=document, score=score, dense=dense, lexical=lexical, late=late,
            row=row,
        )  # fmt: skip

    def match(self, question: Encoding, hit: Hit) -> TokenMatch:
        """Return how the tokens of a question fit those of a hit's chunk."""
        offsets = self.encoder.token_offsets(hit.document.title, hit.chunk.text)
        similarities = self.tokens.codec.similarities(question.tokens, self.tokens.codes(hit.row))
        return TokenMatch(similarities=similarities, offsets=offsets + hit.chunk.start)

    def keys(self) -> list[bytes]:
        """Return every chunk's content key, by row."""
        return self._catalog.keys()

    def vectors(self, rows: npt.NDArray[np.int64]) -> Floats:
        """Return the pooled unit vectors (n, d) of chunk rows (n,)."""
        return self._dense.vectors(rows)

    def term_weights(self, text: str) -> dict[str, float]:
        """Return the distinct terms of a text and their inverse document frequency here."""
        found = list(dict.fromkeys(terms(text)))
        return dict(zip(found, self.lexical.idf(found).tolist(), strict=True))

    def token_weights(self, question: str, encoding: Encoding) -> Floats:
        """Return the inverse document frequency (m,) of the word that each question token is of."""
        weights = np.zeros(len(encoding.offsets), np.float32)
        for word in re.finditer(r"\w+", question):
            found = terms(word[0])
            if found:
                inside = (encoding.offsets[:, 0] >= word.start()) & (
                    encoding.offsets[:, 1] <= word.end()
                )
                weights[inside] = self.lexical.idf(found).mean()
        return weights


def _check_model(path: Path, manifest: dict[str, Any], model: str | Path) -> None:
    name, folder = resolve_model(model)
    if model_checksum(folder) != manifest["checksum"]:
        raise ModelError(
            f"The index {path} was built with model {manifest['model']}; the model asked for is "
            f"{name}, or another version of it. Rebuild it: citewise index build PATH... "
            f"--index {path} --model {model}"
        )
