"""The product in one function: `Assistant.ask` retrieves, ranks, reads, cites and decides."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

from index.export import Precision, model_cache
from index.filters import Filters
from index.generations import FORMAT, current_name
from index.searching import Hit, Index
from index.threads import one_thread
from qa.answers import Answer, Citation
from qa.asked import Asked
from qa.confidence import ConfidenceModel, shipped_model
from qa.deciding import NEAREST, Decision, decide, surest_first
from qa.followups import Said, named_before, rewrite, with_topic
from qa.followups.vocabulary import PERSON
from qa.kinds import asks_for_several, asks_openly, in_singular, kind_of, parts_of
from qa.passages import (
    READ_ON_PASSAGES,
    READ_ON_WHOLE,
    READ_PASSAGES,
    READ_WHOLE,
    best_and_newest,
    excerpts,
    further,
    of_several_documents,
    worth_reading,
)
from qa.quoting import Candidate, choose_quotes, score_sentences
from qa.reader import Reader
from qa.rows import is_of_the_row
from qa.weighing import judge

SHIPPED_DOCUMENTS = Path(__file__).parent.parent / "corpus" / "documents"
SHIPPED_PRECISION: Precision = "int8"  # opens sooner; on this corpus it finds the same
# A question of a conversation that is not answered is asked again with the topic added, if alone it
# was at least as sure as this: less have questions on nothing in the documents, which a topic makes
# look answered. With a topic that is no name it is answered from a confidence that much higher.
# Where the topic makes it so much surer, its passages are shown as the nearest.
TOPIC_LACKS = 0.09
TOPIC_SURE = 0.1
TOPIC_ADDS = 0.2
UNSURE = 1.5  # relevance of the passage that the best sentence is from, below which reading goes on
_BEFORE_NAME = re.compile(r"\b(?:the\s+)?(?:\d{4}\s+)?$", re.IGNORECASE)  # "the 2018" Summit
_IN_NAMES = frozenset("of for and the on de".split())


class Assistant:
    """Answers questions from one index; safe to ask from several threads."""

    def __init__(self, index: Index, reader: Reader, model: ConfidenceModel) -> None:
        self.index = index
        self._reader = reader
        self._model = model

    @classmethod
    def open(cls, index: str | Path | None = None) -> Self:
        """Open the assistant over an index folder, None for the shipped corpus.

        The shipped corpus is built into the user's cache on first use.

        Raises:
            StoreError: there is no index, it is damaged, or of a newer format.
            ModelError: a model is missing or altered.
        """
        path = shipped_index() if index is None else Path(index)
        with ThreadPoolExecutor(1) as beside:
            reader = beside.submit(Reader.load)
            opened = Index.open(path)
            opened.encoder.encode_question("ready")  # loads the model while the reader is loaded
            return cls(opened, reader.result(), shipped_model())

    def over(self, index: Index) -> Self:
        """Return an assistant over another index, with the same models."""
        return type(self)(index, self._reader, self._model)

    @one_thread()
    def ask(
        self,
        question: str,
        *,
        k: int = 3,
        threshold: float | None = None,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        found: Callable[[str, Sequence[Hit]], None] | None = None,
    ) -> Answer:
        """Answer a question by at most `k` quotes, or say that the documents do not answer it.

        Args:
            question: in words; anything but blank.
            k: most quotes, at least 1.
            threshold: confidence (0–1) from which to answer; None for the fitted one.
            history: earlier questions of the conversation, oldest first.
            filters: which documents to ask; None for all. With ``newest_first`` the quotes that
                would each have answered come in the order of their dates, the undated last.
            found: told the question as understood and the passages that will be read, best first,
                before the reading begins.

        Raises:
            ValueError: the question is blank, `k` is below 1 or the threshold outside 0–1.
        """
        _check(question, k=k, threshold=threshold)
        clock = _Clock()
        with clock("rewrite"):
            earlier = [*map(self.index.correct, history)]
            told = partial(self._said, filters=filters)
            spelt = self.index.correct(question)
            rewritten = rewrite(spelt, earlier, self.index, told)
            others_than = named_before(spelt, earlier, self.index, told)
        limit = self._model.threshold if threshold is None else threshold
        asking = partial(
            self._decide,
            clock=clock, k=k, threshold=limit, filters=filters, others_than=others_than,
        )  # fmt: skip
        decision = asking(rewritten, found=found)
        hopeful = not decision["answered"] and decision["confidence"] >= TOPIC_LACKS
        about = with_topic(rewritten, earlier, self.index, told) if hopeful else None
        if about is not None:
            surer = limit if about.named else min(1.0, limit + TOPIC_SURE)
            again = asking(about.question, threshold=surer)
            if again["answered"] or again["confidence"] >= decision["confidence"] + TOPIC_ADDS:
                rewritten, decision = about.question, again
        if filters is not None and filters.narrow and not decision["answered"]:
            decision["reason"] = self._reason_within(filters, decision["reason"])
        return Answer(question=question, rewritten=rewritten, timings=clock.timings(), **decision)

    def _decide(
        self,
        question: str,
        *,
        clock: "_Clock",
        k: int,
        threshold: float,
        filters: Filters | None,
        others_than: Sequence[str] = (),
        found: Callable[[str, Sequence[Hit]], None] | None = None,
    ) -> Decision:
        """Return the answer to a question that leans on nothing; arguments as for `ask`.

        `others_than`: names that are no answer to it.
        """
        several, openly = asks_for_several(question), asks_openly(question)
        with clock("encode"):
            parts = [self._worded(part) for part in self.parts(question)]
            asked = [Asked.of(text, self.index) for part in parts for text in part]
        with clock("search"):
            hits = [self.passages(one, several=several, filters=filters) for one in asked]
        if found is not None:
            found(question, list({hit.row: hit for first, _ in hits for hit in first}.values()))
        with clock("read"):
            candidates = [
                _other_than(others_than, self.candidates(one, *some, openly=openly))
                for one, some in zip(asked, hits, strict=True)
            ]
        with clock("cite"):
            judged = (
                judge(
                    one,
                    choose_quotes(some, k=max(k, NEAREST), kind=kind_of(one.text)),
                    self._model,
                    openly=openly,
                )
                for one, some in zip(asked, candidates, strict=True)
            )
            by_part = [surest_first(list(islice(judged, len(part)))) for part in parts]
            newest = filters is not None and filters.newest_first
            return decide(by_part, k=k, threshold=threshold, several=several, newest_first=newest)

    def _worded(self, question: str) -> tuple[str, ...]:
        """Return a question, and again with its abbreviations in full if it has any.

        Documents may define "ITC" and say "the commission" from then on, or keep to one form.
        """
        return tuple(dict.fromkeys((question, self.index.in_full(question))))

    def _said(self, question: str, *, filters: Filters | None = None) -> Said | None:
        """Return what a question leaning on nothing is answered with, None if it is not."""
        decision = self._decide(
            question, clock=_Clock(), k=1, threshold=self._model.threshold, filters=filters
        )
        if not decision["answered"]:
            return None
        first = decision["citations"][0]
        return Said(quote=first.quote, name=_name_in(first))

    def parts(self, question: str) -> list[str]:
        """Return the questions that a sentence asks, a later one completed from the first."""
        first, *others = parts_of(question)
        own = parts_of(first)  # of each of its places or years: they lean on nothing else
        return [
            first,
            *(
                part if part in own else rewrite(part, [first], self.index, self._said)
                for part in others
            ),
        ]

    def passages(
        self, asked: Asked, *, several: bool = False, filters: Filters | None = None
    ) -> tuple[list[Hit], list[Hit]]:
        """Return the passages worth reading, best first, and those to read if these do not answer.

        `several`: the answer may lie in several documents, so that none may crowd out the others.
        """
        newest = filters is not None and filters.newest_first
        count = 4 * READ_PASSAGES if several or newest else READ_ON_PASSAGES
        hits = self.index.search_encoded(asked.text, asked.encoding, k=count, filters=filters)
        first = best_and_newest(hits) if newest else hits
        first = of_several_documents(first) if several else first[:READ_PASSAGES]
        first = worth_reading(first)
        return first, further(hits, first)

    def _reason_within(self, filters: Filters, reason: str | None) -> str:
        """Return why a question put to some of the documents was not answered."""
        titles = {one.doc_id: f"“{one.title or one.source}”" for one in self.index.summaries()}
        only = filters.describe(titles)
        searched = self.index.admitted(filters)
        if not searched:
            return f"No document passes the filter ({only}). Widen it or take it off."
        total = self.index.manifest["documents"]
        return (
            f"{reason} A filter was on ({only}): {searched:,} of {total:,} documents were searched."
        )

    def candidates(
        self,
        asked: Asked,
        hits: Sequence[Hit],
        others: Sequence[Hit] = (),
        *,
        openly: bool = False,
    ) -> list[Candidate]:
        """Return every sentence read, scored for a question; `openly` as in `judge`.

        Where the hits do not seem to answer, the others are read as well, and more of them whole.
        """
        candidates = self._read(asked, hits, whole=READ_WHOLE, openly=openly)
        best = max(candidates, key=lambda candidate: candidate.score, default=None)
        if asked.characters or (best is not None and best.relevance >= UNSURE):
            return candidates
        return self._read(asked, [*hits, *others], whole=READ_ON_WHOLE, openly=openly)

    def _read(
        self, asked: Asked, hits: Sequence[Hit], *, whole: int, openly: bool
    ) -> list[Candidate]:
        matches = [self.index.match(asked.encoding, hit) for hit in hits]
        parts = excerpts(
            hits, matches, asked.token_weights, whole=whole, wanted=partial(is_of_the_row, asked)
        )
        question = in_singular(asked.text) if openly else asked.text
        readings = self._reader.read(question, [part.text for part in parts])
        return [
            candidate
            for part, reading in zip(parts, readings, strict=True)
            for candidate in score_sentences(asked, part, reading)
        ]


def _other_than(names: Sequence[str], candidates: list[Candidate]) -> list[Candidate]:
    """Return the sentences in which something else is marked than a name; all if there is none."""
    known = [set(name.lower().split()) for name in names]

    def is_new(candidate: Candidate) -> bool:
        marked = candidate.hit.document.text[slice(*candidate.mark)].lower().split()
        name = set(marked) - PERSON  # "Mayor Yang Yujing"
        return not (name and any(one >= name for one in known))

    if not known:
        return candidates
    return [one for one in candidates if is_new(one)] or candidates


def _name_in(citation: Citation) -> str | None:
    """Return the words marked in a quote if they are a name, with "the 2018" before it."""
    if not citation.highlights:
        return None
    start, end = (place - citation.start for place in citation.highlights[0])
    words = citation.quote[start:end].split()
    if not _is_name(words):
        return None
    before = _BEFORE_NAME.search(citation.quote[:start])
    return " ".join([*(before[0].lower().split() if before else ()), *words])


def _is_name(words: Sequence[str]) -> bool:
    """Whether these are the words of a name, and of nothing more."""
    named = [word[0].isupper() for word in words]
    inside = all(
        is_so or word.lower() in _IN_NAMES for is_so, word in zip(named, words, strict=True)
    )
    return 0 < len(words) <= 8 and inside and named[-1]


def _check(question: str, *, k: int, threshold: float | None) -> None:
    if not question.strip():
        raise ValueError("The question is blank; expected at least one word. Ask something.")
    if k < 1:
        raise ValueError(f"k is {k}; expected at least 1.")
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"The threshold is {threshold}; expected a probability from 0 to 1.")


class _Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            taken = (time.perf_counter() - began) * 1000
            self._stages[stage] = self._stages.get(stage, 0.0) + taken

    def timings(self) -> dict[str, float]:
        """Return the stages so far and ``total``."""
        return self._stages | {"total": (time.perf_counter() - self._began) * 1000}


def shipped_index_path() -> Path:
    """Return where the index of the shipped corpus is kept: in the user's cache.

    The name changes with the documents and the index format, so that an upgrade builds a new one.
    """
    digest = hashlib.sha256(f"{FORMAT} {SHIPPED_PRECISION}".encode())
    for file in sorted(SHIPPED_DOCUMENTS.rglob("*.md")):
        digest.update(file.read_bytes())
    return model_cache().parent / f"shipped-corpus-{digest.hexdigest()[:8]}"


def shipped_index() -> Path:
    """Return the shipped corpus's index folder, built if it is not there yet.

    Of several processes that need it at once one builds and the others wait.
    """
    path = shipped_index_path()
    if current_name(path) is None:
        from index.building import build_index  # asking needs none of it

        with _one_at_a_time(path):
            if current_name(path) is None:
                build_index(SHIPPED_DOCUMENTS, path, precision=SHIPPED_PRECISION).close()
    return path


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    from filelock import FileLock

    lock = FileLock(f"{path}.lock")
    with suppress(OSError):  # building says what is wrong with the folder
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def answer(
    question: str,
    *,
    index: str | Path | None = None,
    k: int = 3,
    threshold: float | None = None,
    history: Sequence[str] = (),
    filters: Filters | None = None,
) -> Answer:
    """Answer a question from an index folder, None for the shipped corpus; see `Assistant.ask`.

    The index stays open between calls. A rebuilt one is opened meanwhile, without a call waiting.

    Raises:
        ValueError: the question is blank, `k` is below 1 or the threshold outside 0–1.
        StoreError: there is no index, it is damaged, or of a newer format.
        ModelError: a model is missing or altered.
    """
    from qa.following import followed

    _check(question, k=k, threshold=threshold)
    path = (shipped_index() if index is None else Path(index)).resolve()
    assistant = followed(path).assistant
    return assistant.ask(question, k=k, threshold=threshold, history=history, filters=filters)
