"""The words of an index as they are written, by tantivy, which finds those that are nearly another.

Lower-case, without accents, letters only; Chinese, Japanese and Korean have no words here.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import tantivy

from corpus.errors import StoreError
from index.lexical import open_tantivy

_CHARACTERS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"  # written without spaces
_WORD = re.compile(rf"[^\W\d_{_CHARACTERS}]{{2,40}}")
_WRITER_BYTES = 32_000_000
_MOST_NEAR = 24  # the most frequent of the words within reach


@lru_cache(maxsize=1)
def _schema() -> Any:
    return (
        tantivy.SchemaBuilder()
        .add_text_field("word", stored=True, tokenizer_name="raw", index_option="basic")
        .add_unsigned_field("passages", fast=True)
        .build()
    )


def plain(text: str) -> str:
    """Return a text in lower case without accents, of the same length where it has none."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(mark for mark in parts if not unicodedata.combining(mark))


def words_of(text: str) -> set[str]:
    """Return the distinct words of a text."""
    return set(_WORD.findall(plain(text)))


class Words:
    """The distinct words of an index, each with the number of passages that hold it."""

    def __init__(self, index: Any) -> None:
        self._searcher = index.searcher()

    @classmethod
    def build(cls, passages: Counter[str], folder: Path) -> Self:
        """Write words with the number of passages that hold each into an empty folder."""
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(_schema(), path=str(folder))
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for word, count in sorted(passages.items()):
            document = tantivy.Document(word=word)
            document.add_unsigned("passages", count)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return cls(index)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what `build` wrote.

        Raises:
            StoreError: tantivy cannot read the folder.
        """
        try:
            return open_tantivy(folder, cls)
        except (ValueError, OSError) as exc:
            raise StoreError(
                f"{folder} is not a list of words ({exc}). It is damaged; rebuild it: "
                "citewise index build ..."
            ) from exc

    def __contains__(self, word: str) -> bool:
        return bool(self._searcher.doc_freq("word", word))

    def near(self, word: str, *, distance: int) -> list[tuple[str, int]]:
        """Return the commonest words within an edit distance (1 or 2) and their passages.

        A letter too many, missing, wrong, or two neighbours swapped counts as one edit (optimal
        string alignment).
        """
        query = tantivy.Query.fuzzy_term_query(_schema(), "word", word, distance, True)
        hits = self._searcher.search(
            query, limit=_MOST_NEAR, count=False, order_by_field="passages"
        ).hits
        return [(self._searcher.doc(place)["word"][0], int(count)) for count, place in hits]


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return in how many of the texts each word is."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    return counts
