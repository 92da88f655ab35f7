"""The product in one function: `Assistant.ask` retrieves, ranks, reads, cites and decides."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Self, TypedDict

from index.building import build_index
from index.export import model_cache
from index.generations import FORMAT, current_name
from index.lexical import terms
from index.searching import Hit, Index
from qa.answers import Answer, Citation, cite
from qa.confidence import ConfidenceModel, Evidence, shipped_model
from qa.followups import rewrite
from qa.quoting import Asked, Candidate, Quote, choose_quotes, score_sentences
from qa.reader import Reader

READ_PASSAGES = 5  # most passages read for a question: benchmarks/README.md, "Sentence choice"
READ_AT_LEAST = 3
READ_WITHIN = (
    1.5  # of the best fused score; no reading brings a passage further behind to the front
)
NEAREST = 3  # quotes shown when abstaining
SUPPORTING = 0.1  # confidence below which a quote is not shown beside a better one
SHIPPED_DOCUMENTS = Path(__file__).parent.parent / "corpus" / "documents"


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
        return cls(Index.open(path), Reader.load(), shipped_model())

    def ask(
        self,
        question: str,
        *,
        k: int = 3,
        threshold: float | None = None,
        history: Sequence[str] = (),
        found: Callable[[str, Sequence[Hit]], None] | None = None,
    ) -> Answer:
        """Answer a question by at most `k` quotes, or say that the documents do not answer it.

        Args:
            question: in words; anything but blank.
            k: most quotes, at least 1.
            threshold: confidence (0–1) from which to answer; None for the fitted one.
            history: earlier questions of the conversation, oldest first.
            found: told the question as understood and the passages that will be read, best first,
                before the reading begins.

        Raises:
            ValueError: the question is blank, `k` is below 1 or the threshold outside 0–1.
        """
        _check(question, k=k, threshold=threshold)
        clock = _Clock()
        with clock("rewrite"):
            rewritten = rewrite(question, history, self.index)
        with clock("encode"):
            asked = Asked.of(rewritten, self.index)
        with clock("search"):
            hits = self.index.search_encoded(rewritten, asked.encoding, k=READ_PASSAGES)
            hits = worth_reading(hits)
        if found is not None:
            found(rewritten, hits)
        with clock("read"):
            candidates = self.candidates(asked, hits)
        with clock("cite"):
            quotes = choose_quotes(candidates, k=max(k, NEAREST))
            sure = [self.confidence(asked, quote) for quote in quotes]
            limit = self._model.threshold if threshold is None else threshold
            decision = decide(quotes, sure, k=k, threshold=limit)
        return Answer(question=question, rewritten=rewritten, timings=clock.timings(), **decision)

    def candidates(self, asked: Asked, hits: Sequence[Hit]) -> list[Candidate]:
        """Return every sentence of the hits, scored for a question."""
        readings = self._reader.read(asked.text, [hit.chunk.text for hit in hits])
        return [
            candidate
            for hit, reading in zip(hits, readings, strict=True)
            for candidate in score_sentences(
                asked, hit, self.index.match(asked.encoding, hit), reading
            )
        ]

    def confidence(self, asked: Asked, quote: Quote) -> float:
        """Return the probability (0–1) that a quote answers."""
        regression = self._model.characters if asked.characters else self._model.letters
        return regression.probability(weigh(asked, quote))


def worth_reading(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that reading may bring to the front, and the first few anyway."""
    return [
        hit
        for place, hit in enumerate(hits)
        if place < READ_AT_LEAST or hit.score >= hits[0].score - READ_WITHIN
    ]


def weigh(asked: Asked, quote: Quote) -> Evidence:
    """Return what speaks for a quote as an answer to a question."""
    best = quote.best
    passage = f"{best.hit.document.title}\n{best.hit.chunk.text}"
    rarest = max(asked.term_weights, key=lambda term: asked.term_weights[term], default=None)
    return Evidence(
        margin=best.margin,
        relevance=best.relevance,
        late=best.late,
        dense=best.hit.dense,
        coverage=asked.coverage(passage),
        quoted=asked.coverage(quote.text),
        rarest=float(rarest in terms(passage)),
    )


class Decision(TypedDict):
    """The part of an `Answer` that the quotes and their confidences decide."""

    answered: bool
    confidence: float
    text: str | None
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    reason: str | None


def decide(quotes: Sequence[Quote], sure: Sequence[float], *, k: int, threshold: float) -> Decision:
    """Answer with the first quote and those that support it, or abstain and show the nearest.

    Args:
        quotes: best first.
        sure: the confidence (0–1) of each quote.
        k: most citations.
        threshold: confidence of the first quote from which to answer.
    """
    confidence = sure[0] if quotes else 0.0
    if not quotes or confidence < threshold:
        return Decision(
            answered=False, confidence=confidence, text=None, citations=(),
            nearest=_citations(quotes[:NEAREST]), reason=_reason(quotes),
        )  # fmt: skip
    supporting = [
        quote for quote, chance in zip(quotes[1:], sure[1:], strict=True) if chance >= SUPPORTING
    ]
    citations = _citations([quotes[0], *supporting][:k])
    return Decision(
        answered=True, confidence=confidence, text=citations[0].quote, citations=citations,
        nearest=(), reason=None,
    )  # fmt: skip


def _citations(quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    return tuple(_citation(quote, number) for number, quote in enumerate(quotes, 1))


def _citation(quote: Quote, number: int) -> Citation:
    chunk, document = quote.best.hit.chunk, quote.best.hit.document
    return cite(
        document, quote.start, quote.end, number=number, highlights=quote.marks,
        passage=(chunk.start, chunk.end), score=quote.best.score,
        also=(*document.copies, *quote.also),
    )  # fmt: skip


def _reason(quotes: Sequence[Quote]) -> str:
    if not quotes:
        return "No passage in the documents shares anything with the question."
    return "The documents have passages near the question, but none that answers it."


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
            self._stages[stage] = (time.perf_counter() - began) * 1000

    def timings(self) -> dict[str, float]:
        """Return the stages so far and ``total``."""
        return self._stages | {"total": (time.perf_counter() - self._began) * 1000}


def shipped_index_path() -> Path:
    """Return where the index of the shipped corpus is kept: in the user's cache.

    The name changes with the documents and the index format, so that an upgrade builds a new one.
    """
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for file in sorted(SHIPPED_DOCUMENTS.rglob("*.md")):
        digest.update(file.read_bytes())
    return model_cache().parent / f"shipped-corpus-{digest.hexdigest()[:8]}"


def shipped_index() -> Path:
    """Return the shipped corpus's index folder, built if it is not there yet."""
    path = shipped_index_path()
    if current_name(path) is None:
        build_index(SHIPPED_DOCUMENTS, path).close()
    return path


@lru_cache(maxsize=4)
def _opened(path: Path, generation: str | None) -> Assistant:
    return Assistant.open(path)


def answer(
    question: str,
    *,
    index: str | Path | None = None,
    k: int = 3,
    threshold: float | None = None,
    history: Sequence[str] = (),
) -> Answer:
    """Answer a question from an index folder, None for the shipped corpus; see `Assistant.ask`.

    The index stays open between calls and is opened anew when it has been rebuilt.

    Raises:
        ValueError: the question is blank, `k` is below 1 or the threshold outside 0–1.
        StoreError: there is no index, it is damaged, or of a newer format.
        ModelError: a model is missing or altered.
    """
    _check(question, k=k, threshold=threshold)
    path = (shipped_index() if index is None else Path(index)).resolve()
    assistant = _opened(path, current_name(path))
    return assistant.ask(question, k=k, threshold=threshold, history=history)
