"""Lexical retrieval: BM25 by tantivy.

English words are stemmed; Chinese, Japanese and Korean, which are written without spaces, are
indexed by pairs of characters.
"""

import contextlib
import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import tantivy

from corpus.errors import StoreError

T = TypeVar("T")

_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+"
)
_WRITER_BYTES = 64_000_000
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Index terms of a question, and others of which each group means the same as all of them."""

    terms: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


@lru_cache(maxsize=1)
def _schema() -> Any:
    return (
        tantivy.SchemaBuilder()
        .add_text_field("terms", tokenizer_name="raw_terms", index_option="freq")
        .add_unsigned_field("row", indexed=True, fast=True)
        .add_unsigned_field("document", indexed=True)
        .build()
    )


def terms(text: str) -> list[str]:
    """Return the index terms of a text: lower-case, accent-free stems and pairs of characters.

    A single Chinese, Japanese or Korean character on its own is a term; 1,000 is 1000.
    """
    found = list(_analyzer().analyze(_CJK.sub(" ", _THOUSANDS.sub("", text))))
    for run in _CJK.findall(text):
        found += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    return found


@lru_cache(maxsize=1 << 14)
def terms_again(text: str) -> tuple[str, ...]:
    """Return the terms of a word or a title, which are asked for again and again."""
    return tuple(terms(text))


def with_other_wordings(held: Set[str], wordings: Iterable[Wording]) -> set[str]:
    """Return the terms a text holds, with those of a question that it holds in other words."""
    found = set(held)
    for wording in wordings:
        if any(held >= set(other) for other in wording.others):
            found.update(wording.terms)
    return found


def written_in_characters(text: str) -> bool:
    """Whether most letters and digits of a text are Chinese, Japanese or Korean characters."""
    characters = sum(len(run) for run in _CJK.findall(text))
    return 2 * characters > sum(map(str.isalnum, text))


def open_tantivy(folder: Path, use: Callable[[Any], T]) -> T:
    """Return ``use(index)`` of what tantivy wrote, also where nothing can be written.

    Raises:
        ValueError, OSError: tantivy cannot read the folder.
    """
    with contextlib.suppress(ValueError, OSError):
        return use(tantivy.Index.open(str(folder)))
    # tantivy makes a lock file beside the index, even to read it: elsewhere, then.
    with tempfile.TemporaryDirectory(prefix="citewise-") as links:
        for file in folder.iterdir():
            if file.suffix != ".lock":
                Path(links, file.name).symlink_to(file.resolve())
        return use(tantivy.Index.open(links))


class LexicalIndex:
    """BM25 (k1 1.2, b 0.75) over the chunks' terms; a score is higher for better, zero for none."""

    def __init__(self, index: Any) -> None:
        _register(index)
        self._searcher = index.searcher()
        self._idf = lru_cache(maxsize=1 << 14)(partial(_idf, self._searcher))

    @classmethod
    def build(
        cls, texts: Iterable[str], folder: Path, *, documents: Iterable[int] | None = None
    ) -> Self:
        """Write an index of texts into an empty folder; row i is text i.

        `documents` names the place of the document that each text is of; None: one text each.
        """
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(_schema(), path=str(folder))
        _register(index)
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for row, (text, place) in enumerate(zip(texts, documents or count(), strict=False)):
            document = tantivy.Document(terms=" ".join(terms(text)))
            document.add_unsigned("row", row)
            document.add_unsigned("document", place)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return cls(index)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what `build` wrote, also where nothing can be written.

        Raises:
            StoreError: tantivy cannot read the folder.
        """
        try:
            return open_tantivy(folder, cls)
        except (ValueError, OSError) as exc:
            raise StoreError(
                f"{folder} is not a lexical index ({exc}). It is damaged; rebuild the index: "
                "citewise index build ..."
            ) from exc

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def rows(self) -> Rows:
        """Return the rows (n,) that the index holds, in order."""
        return np.sort(self._search(tantivy.Query.all_query(), max(1, len(self)))[0])

    def search(
        self,
        question: str,
        *,
        k: int,
        among: npt.NDArray[np.bool_] | None = None,
        wordings: Sequence[Wording] = (),
    ) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Return the rows and BM25 scores (at most k,) that share a term, best first.

        `among` (documents,) marks the only documents to search, None for all. Of a `wordings` entry
        that counts which a passage has more of.
        """
        query = self._query(question, wordings)
        return self._search(query if among is None else _within(query, among), k)

    def scores(
        self, question: str, rows: Rows, *, wordings: Sequence[Wording] = ()
    ) -> npt.NDArray[np.float32]:
        """Return the BM25 score (n,) of each of the rows (n,), zero where no term is shared."""
        # Of few rows this is quicker than a term set, which first makes an automaton of them.
        wanted = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(_schema(), "row", int(row)))
                for row in rows
            ]
        )
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.const_score_query(wanted, 0.0)),
                (tantivy.Occur.Must, self._query(question, wordings)),
            ]
        )
        by_row = dict(zip(*self._search(query, max(1, len(rows))), strict=True))
        return np.array([by_row.get(row, 0.0) for row in rows], np.float32)

    def has(self, wanted: Sequence[str]) -> bool:
        """Whether the index has each of some terms, and there are some."""
        return bool(wanted) and all(self._searcher.doc_freq("terms", term) for term in wanted)

    def passages(self, wanted: Sequence[str]) -> int:
        """Return how many passages have all of some terms."""
        return int(self._searcher.search(_all_of(wanted), limit=1, count=True).count)

    def support(self, wanted: Sequence[str], others: Sequence[str]) -> float:
        """Return the best BM25 score of other terms in a passage that has all the wanted ones."""
        held = _all_of(wanted) if wanted else tantivy.Query.all_query()
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.const_score_query(held, 0.0)),
                (tantivy.Occur.Should, _any_of(Counter(others))),
            ]
        )
        hits = self._searcher.search(query, limit=1, count=False).hits
        return float(hits[0][0]) if hits else 0.0

    def _query(self, question: str, wordings: Sequence[Wording]) -> Any:
        counts = Counter(terms(question))
        groups = []
        for wording in wordings:
            weights = [self.idf(group).sum() for group in (wording.terms, *wording.others)]
            written = _any_of(Counter({term: counts.pop(term, 1) for term in wording.terms}))
            # An abbreviation and its long form weigh the same, however many words they have.
            alike = len(wording.terms) == 1 and all(len(other) == 1 for other in wording.others)
            otherwise = [
                tantivy.Query.boost_query(
                    _all_of(other), 1.0 if alike else float(weights[0] / max(weight, 1e-6))
                )
                for other, weight in zip(wording.others, weights[1:], strict=True)
            ]
            groups.append(tantivy.Query.disjunction_max_query([written, *otherwise]))
        if not groups:
            return _any_of(counts)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, query) for query in (*groups, _any_of(counts))]
        )

    def idf(self, found: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the inverse document frequency (n,) of each term, as BM25 counts it."""
        return np.array([self._idf(term) for term in found], np.float32)

    def _search(self, query: Any, k: int) -> tuple[Rows, npt.NDArray[np.float32]]:
        hits = self._searcher.search(query, limit=k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)


def _idf(searcher: Any, term: str) -> float:
    frequency = searcher.doc_freq("terms", term)
    return math.log(1 + (searcher.num_docs - frequency + 0.5) / (frequency + 0.5))


def _any_of(counts: Counter[str]) -> Any:
    if not counts:
        return tantivy.Query.empty_query()
    queries = [
        tantivy.Query.boost_query(_has(term), float(count)) for term, count in counts.items()
    ]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _all_of(wanted: Sequence[str]) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, _has(term)) for term in wanted])


def _has(term: str) -> Any:
    return tantivy.Query.term_query(_schema(), "terms", term, index_option="freq")


def _within(query: Any, among: npt.NDArray[np.bool_]) -> Any:
    """Return the query over marked documents only, by naming them or the fewer others."""
    few = 2 * int(among.sum()) <= len(among)
    named = np.flatnonzero(among if few else ~among).tolist()
    chosen = tantivy.Query.term_set_query(_schema(), "document", named)
    only = tantivy.Query.const_score_query(chosen, 0.0)
    occur = tantivy.Occur.Must if few else tantivy.Occur.MustNot
    return tantivy.Query.boolean_query([(occur, only), (tantivy.Occur.Must, query)])


def _register(index: Any) -> None:
    splitter = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("raw_terms", splitter)
