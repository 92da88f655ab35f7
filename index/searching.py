"""Index: one opened generation, and the search over it.

retrieve (dense and lexical) → pool → late interaction → fuse. Reading and citing are `qa`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from corpus import Chunk, Document, ModelError, Problem, StoreError
from corpus.tables import title_of
from index.catalog import Catalog, Summary
from index.dense import DenseIndex, Rows
from index.encoder import Encoder, Encoding, Floats, Ints
from index.filters import Filters, newness
from index.generations import Generation, open_current
from index.lexical import LexicalIndex, Wording, terms, terms_again, written_in_characters
from index.models import model_checksum, resolve_model
from index.ranking import CHARACTERS, LETTERS, Signals, fuse
from index.threads import one_thread
from index.tokens import TokenCodec, TokenStore
from index.understanding import Understanding

UNDERSTANDING = "understanding"  # folder of a generation
POOL = 100  # candidates from each of the dense and the lexical index
_LOOKED_AT = 3  # passages in which it is looked up whether a word is a name
_KEPT_SELECTIONS = 8  # filters whose rows are remembered: up to 8 bytes a chunk each


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
    those before the chunk's start belong to its title (`corpus.tables.title_of`).
    """

    similarities: Floats
    offsets: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did: counts of documents and chunks, seconds, and the files it could not read.

    `reused_chunks` were not encoded; of them, `resumed_chunks` had been encoded by a build that was
    cut short. `changed` counts documents whose source was known with other text.
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
    resumed_chunks: int = 0


class Index:
    """An opened generation; safe to search from several threads, unmoved by later rebuilds."""

    def __init__(
        self,
        *,
        path: Path,
        generation: Generation,
        catalog: Catalog,
        encoder: Encoder,
        dense: DenseIndex,
        lexical: LexicalIndex,
        understanding: Understanding | None,
        tokens: TokenStore,
        report: BuildReport | None = None,
    ) -> None:
        self.path = path
        self.folder = generation.folder
        self.manifest = MappingProxyType(generation.manifest)
        self.checked = generation.checked
        self._hold = generation.hold
        self.encoder = encoder
        self.lexical = lexical
        self.report = report
        self._catalog = catalog
        self._dense = dense
        self.understanding = understanding
        self.tokens = tokens
        self._selected = lru_cache(maxsize=_KEPT_SELECTIONS)(partial(_select, catalog))

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        model: str | Path | None = None,
        report: BuildReport | None = None,
        like: "Index | None" = None,
    ) -> Self:
        """Open the current generation of the index at `path`; it stays on disk until closed.

        Args:
            path: index folder.
            model: the model that the index must have been built with; None for any.
            report: what a build just did, kept on the index.
            like: an open generation of the same index; what has not changed since is shared with it
                and not verified again.

        Raises:
            StoreError: there is no index, it is damaged, or of a newer format.
            ModelError: it was built with another model.
        """
        generation = open_current(Path(path), checked=frozenset() if like is None else like.checked)
        try:
            if model is not None:
                _check_model(Path(path), generation.manifest, model)
            lexical = LexicalIndex.open(generation.folder / "lexical")
            index = cls(
                path=Path(path),
                generation=generation,
                catalog=Catalog.open(generation.folder / "catalog.sqlite"),
                encoder=_encoder(generation, like),
                dense=DenseIndex.open(generation.folder / "dense.faiss"),
                lexical=lexical,
                understanding=Understanding.open(generation.folder / UNDERSTANDING, lexical),
                tokens=_tokens(generation),
                report=report,
            )
            index.check_counts()
            return index
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            generation.hold.close()
            raise StoreError(
                f"{generation.folder} cannot be opened ({type(exc).__name__}: {exc}). The index is "
                f"damaged; rebuild it: citewise index build PATH... --index {path}"
            ) from exc
        except BaseException:
            generation.hold.close()
            raise

    def check_counts(self) -> None:
        """Check that all parts hold the passages that the manifest counts.

        Raises:
            StoreError: they do not.
        """
        expected = int(self.manifest["chunks"])
        counts = {
            "the catalog": self._catalog.chunks(),
            "dense.faiss": len(self._dense),
            "the lexical index": len(self.lexical),
            "tokens/places.npy": len(self.tokens.places),
        }
        wrong = [f"{part} holds {n:,}" for part, n in counts.items() if n != expected]
        if wrong:
            raise StoreError(
                f"The index {self.path} is damaged: its manifest counts {expected:,} passages, but "
                f"{', '.join(wrong)}. Rebuild it: citewise index build PATH... --index {self.path}"
            )

    def close(self) -> None:
        """Close the catalog and let go of the generation; the index cannot be used afterwards."""
        self._catalog.close()
        self._hold.close()

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

    @one_thread()
    def search(self, question: str, *, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Return the `k` best chunks for a question, best first; fewer if there are fewer.

        The question is searched as `correct` understands it. Ties are broken by the order of the
        chunks in the index. With ``filters.newest_first`` the `k` best are put in the order of
        their documents' dates, the undated last.

        Raises:
            ValueError: the question is blank or `k` is below 1.
        """
        question = self.as_written(self.correct(question))
        hits = self.search_encoded(question, self.encode_question(question), k=k, filters=filters)
        if filters is not None and filters.newest_first:
            hits.sort(key=lambda hit: newness(hit.document.date), reverse=True)
        return hits

    def correct(self, question: str) -> str:
        """Return a question with its misspelt words replaced by words of the documents.

        The same question where it has none; then what `wordings` gives is all that is changed.
        """
        if self.understanding is None:
            return question
        return self.understanding.correct(question, known=self._is_token, is_name=self._is_name)

    def as_written(self, question: str) -> str:
        """Return a corrected question with dates, figures and words as the documents write them.

        That is what is encoded and read, and says no more than the question.
        """
        if self.understanding is None:
            return question
        return self.understanding.as_written(question, known=self._is_token)

    def in_full(self, question: str) -> str:
        """Return a question with each abbreviation as its long form, the same if it has none."""
        return question if self.understanding is None else self.understanding.in_full(question)

    def wordings(self, question: str) -> tuple[Wording, ...]:
        """Return what a question may be called otherwise in the documents: "ITC", "color", "12"."""
        return () if self.understanding is None else self.understanding.wordings(question)

    def _is_token(self, word: str) -> bool:
        return self.encoder.count_tokens([word]) == [1]

    def _is_name(self, word: str) -> bool:
        """Whether the passages that have most of a lower-case word write it with a capital."""
        rows, _ = self.lexical.search(word, k=_LOOKED_AT)
        located = self._catalog.located(rows.tolist())
        texts = [f"{document.title}\n{chunk.text}" for document, chunk in located]
        return not any(re.search(rf"\b{word}\b", text) for text in texts)

    def encode_question(self, question: str) -> Encoding:
        """Return the question as `search_encoded` and `match` take it.

        Raises:
            ValueError: the question is blank.
        """
        if not question.strip():
            raise ValueError("The question is blank; expected at least one word. Ask something.")
        return self.encoder.encode_question(question)

    def search_encoded(
        self, question: str, encoding: Encoding, *, k: int, filters: Filters | None = None
    ) -> list[Hit]:
        """Search with a question that is already encoded, for the best first whatever its date."""
        if k < 1:
            raise ValueError(f"k is {k}; expected at least 1.")
        pool = max(POOL, k)
        rows, places = self._selected(filters) if filters and filters.narrow else (None, None)
        near = self._dense.search(encoding.pooled, k=pool, among=rows)
        wordings = self.wordings(question)
        shared, scores = self.lexical.search(question, k=pool, among=places, wordings=wordings)
        rows = np.union1d(near, shared)
        vectors = self._dense.vectors(rows)
        dense = vectors @ encoding.pooled
        lexical = np.zeros(len(rows), np.float32)
        unscored = np.ones(len(rows), np.bool_)
        known = np.searchsorted(rows, shared)
        lexical[known], unscored[known] = scores, False
        if len(shared) == pool:  # else they are all that share a term
            others = np.flatnonzero(unscored)
            lexical[others] = self.lexical.scores(question, rows[others], wordings=wordings)
        late = self.tokens.late_scores(
            encoding.tokens, self.token_weights(question, encoding), rows
        )
        signals = Signals(dense, lexical, *late, title=self._in_titles(question, rows))
        weights = CHARACTERS if written_in_characters(question) else LETTERS
        fused = fuse(signals, vectors, weights)
        best = np.argsort(-fused, kind="stable")[:k]
        return [
            Hit(
                chunk=chunk, document=document, score=float(fused[i]), dense=float(dense[i]),
                lexical=float(lexical[i]), late=float(late.late[i]), row=int(rows[i]),
            )
            for i, (document, chunk) in zip(
                best, self._catalog.located(rows[best].tolist()), strict=True
            )
        ]  # fmt: skip

    def _in_titles(self, question: str, rows: npt.NDArray[np.int64]) -> Floats:
        """Return how much (n,) of the question, by idf, is in the titles of chunk rows (n,)."""
        weights = self.term_weights(question)
        total = sum(weights.values()) or 1.0
        places, which = np.unique(self._catalog.places(rows), return_inverse=True)
        asked = weights.keys()
        shares = [
            0.0
            if asked.isdisjoint(held)
            else sum(weights[term] for term in asked & set(held)) / total
            for held in map(terms_again, self._catalog.titles(places.tolist()))
        ]
        return np.array(shares, np.float32)[which]

    def admitted(self, filters: Filters) -> int:
        """Return how many documents filters admit."""
        return int(self._selected(filters)[1].sum())

    def passage(self, row: int) -> tuple[Document, Chunk]:
        """Return the document and the chunk of a row."""
        ((document, chunk),) = self._catalog.located([row])
        return document, chunk

    def match(self, question: Encoding, hit: Hit) -> TokenMatch:
        """Return how the tokens of a question fit those of a hit's chunk."""
        title = title_of(hit.document, hit.chunk.start)
        offsets = self.encoder.token_offsets(title, hit.chunk.text)
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
            found = terms_again(word[0])
            if found:
                inside = (encoding.offsets[:, 0] >= word.start()) & (
                    encoding.offsets[:, 1] <= word.end()
                )
                weights[inside] = sum(self.lexical.idf(found).tolist()) / len(found)
        return weights


def _encoder(generation: Generation, like: Index | None) -> Encoder:
    """Open the encoder of a generation, or share that of another one if its files are the same."""

    def files(manifest: Mapping[str, Any]) -> dict[str, Any]:
        return {n: entry for n, entry in manifest["files"].items() if n.startswith("encoder/")}

    folder = generation.folder / "encoder"
    if like is not None and files(like.manifest) == files(generation.manifest):
        return like.encoder.at(folder)
    return Encoder.open(folder)


def _tokens(generation: Generation) -> TokenStore:
    """Open the token codes of a generation.

    Raises:
        ValueError: places or files are not those of token codes.
    """
    folder, segments = generation.folder / "tokens", generation.manifest["segments"]
    for name in segments:
        if f"tokens/{name}.codes" not in generation.manifest["files"]:
            raise ValueError(f"there is no file of the token codes {name!r}")
    codec = TokenCodec.load(generation.folder / "encoder" / "codec.npy")
    places = np.load(folder / "places.npy", allow_pickle=False)
    store = TokenStore(codec, segments, folder, places)
    if not store.within_bounds():
        raise ValueError("tokens/places.npy points outside of the token codes")
    return store


def _select(catalog: Catalog, filters: Filters) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Return the chunk rows (n,) and a mark for each document (documents,) admitted."""
    marks = np.array([filters.admit(summary) for summary in catalog.summaries()], np.bool_)
    return np.flatnonzero(marks[catalog.places(np.arange(catalog.chunks()))]), marks


def _check_model(path: Path, manifest: dict[str, Any], model: str | Path) -> None:
    name, folder = resolve_model(model)
    if model_checksum(folder) != manifest["checksum"]:
        raise ModelError(
            f"The index {path} was built with model {manifest['model']}; the model asked for is "
            f"{name}, or another version of it. Rebuild it: citewise index build PATH... "
            f"--index {path} --model {model}"
        )
