"""Questions in the asker's own words, for `training.confidence`.

SQuAD's questions were written with the paragraph in view and share its words. These 600, of which
340 have an answer, were written for Citewise, worded as by people who have not seen the text, over
six collections of documents as people have them: reports in PDF, web pages, ordinances, articles
and the shipped corpus. `NEAR_MISSES` are further ones on two of them that have no answer there
though they nearly do: another one's mayor, the deputy, why where only what is told.
"""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from benchmarks.collections import unpacked
from corpus import Document, load_documents
from qa.shipped import SHIPPED_DOCUMENTS

QUESTIONS = Path(__file__).with_name("own_words.jsonl")
NEAR_MISSES = Path(__file__).with_name("near_misses.jsonl")
_SAMPLE, _SEED, _LEAST = 260, 5, 2500  # pages of digital.gov, of at least so many characters
_LAYOUT = re.compile(r"[\s\-\u2010\u00ad*_`\[\]]+")  # what evidence and quote may differ in
Question = tuple[str, tuple[str, ...]]  # and what an answer contains, nothing if there is none


def collections(path: Path = QUESTIONS) -> Iterator[tuple[str, list[Document], list[Question]]]:
    """Yield the name, documents and questions of each collection that a file has questions on.

    Raises:
        SystemExit: the test data is not there.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for name in _COLLECTIONS:
        own = [row for row in rows if row["collection"] == name]
        if own:
            questions = [(row["question"], tuple(row["evidence"])) for row in own]
            yield name, documents(name), questions


def documents(name: str) -> list[Document]:
    """Return the documents of a collection by its name.

    Raises:
        SystemExit: the test data is not there.
    """
    return _COLLECTIONS[name]()


def told(evidence: Sequence[str], quote: str) -> bool:
    """Tell whether a quote contains one of the strings, whatever the layout."""
    plain = _plain(quote)
    return any(_plain(one) in plain for one in evidence)


@lru_cache(maxsize=64)
def _plain(text: str) -> str:
    return _LAYOUT.sub("", text).lower()


def _unpacked(archive: str, pattern: str = "*") -> Callable[[], list[Document]]:
    """Return what loads the files of an archive whose names match a pattern."""

    def load() -> list[Document]:
        with unpacked(archive) as folder:
            for path in [path for path in folder.rglob("*") if path.is_file()]:
                if not path.match(pattern):
                    path.unlink()
            return load_documents(folder, problems=[])

    return load


def _articles() -> list[Document]:
    with unpacked("article-html") as folder:
        for path in sorted(folder.rglob("*.html.gz")):
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
        return load_documents(next(folder.rglob("html")), problems=[])


def _digital_government() -> list[Document]:
    with unpacked("digitalgov-md") as folder:
        pages = sorted((folder / "content").rglob("*.md"))
        long = [page for page in pages if len(page.read_text(errors="ignore")) > _LEAST]
        random.Random(_SEED).shuffle(long)
        for page in set(pages) - set(long[:_SAMPLE]):
            page.unlink()
        return load_documents(folder / "content", problems=[])


_COLLECTIONS: dict[str, Callable[[], list[Document]]] = {
    "agency reports": _unpacked("agency-reports"),
    "city projects": _unpacked("austin-smart-city"),
    "shipped corpus": lambda: load_documents(SHIPPED_DOCUMENTS),
    "digital government": _digital_government,
    "ordinances": _unpacked("city-ordinances", "*.md"),
    "articles": _articles,
}
