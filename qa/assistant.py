"""The product in one function: `Assistant.ask` retrieves, ranks, reads, cites and decides."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

from index.filters import Filters
from index.searching import Hit, Index
from index.threads import one_thread
from qa.agreeing import near
from qa.answers import Answer, Citation
from qa.asked import Asked
from qa.confidence import ConfidenceModel, shipped_model
from qa.conversing import Conversations, Found, Remembered
from qa.deciding import NEAREST, Decision, Judged, decide, surest_first
from qa.followups import rewrite
from qa.followups.vocabulary import PERSON
from qa.kinds import asks_for_several, asks_openly, in_singular, kind_of, parts_of
from qa.listening import heard
from qa.passages import (
    READ_NEAR,
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
from qa.shipped import shipped_index
from qa.side_by_side import ranked
from qa.timing import Clock
from qa.weighing import judge

# A question that is not answered is asked again of passages after their document's title, and
# answered from a confidence that much higher: benchmarks/README.md, "Confidence".
TITLED_SURER = 0.05
UNSURE = 1.5  # relevance of the passage that the best sentence is from, below which reading goes on


class Assistant:
    """Answers questions from one index; safe to ask from several threads."""

    def __init__(self, index: Index, reader: Reader, model: ConfidenceModel) -> None:
        self.index = index
        self.reader = reader
        self._model = model
        self._remembered: Remembered = {}

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
        return type(self)(index, self.reader, self._model)

    @one_thread()
    def ask(
        self,
        question: str,
        *,
        k: int = 3,
        threshold: float | None = None,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        found: Found | None = None,
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
        clock, conversations = Clock(), self.conversations()
        with clock("rewrite"):
            earlier = conversations.earlier(history, filters)
        rewritten, decision = conversations.understand(
            self.index.correct(question), earlier,
            clock=clock, k=k, threshold=threshold, filters=filters, found=found,
        )  # fmt: skip
        if filters is not None and filters.narrow and not decision["answered"]:
            decision["reason"] = self._reason_within(filters, decision["reason"])
        return Answer(question=question, rewritten=rewritten, timings=clock.timings(), **decision)

    def conversations(self) -> Conversations:
        """Return what understands the questions of conversations with this assistant."""
        # subtle: made anew, since one kept would refer to this and this to it, and a superseded
        # index stay open until the garbage is collected
        return Conversations(
            self.index, self.decide, partial(heard, index=self.index, reader=self.reader),
            threshold=self._model.threshold, remembered=self._remembered,
        )  # fmt: skip

    def decide(
        self,
        question: str,
        *,
        clock: Clock,
        k: int,
        threshold: float,
        filters: Filters | None,
        others_than: Sequence[str] = (),
        around: Citation | None = None,
        found: Found | None = None,
    ) -> Decision:
        """Return the answer to a question that leans on nothing; arguments as for `ask`.

        `others_than`: names that are no answer to it. `around`: a quote of the one document asked,
        near to which it is looked for.
        """
        several, openly = asks_for_several(question), asks_openly(question)
        with clock("encode"):
            parts = [self._worded(part) for part in self.parts(question)]
            asked = [Asked.of(text, self.index) for part in parts for text in part]
        with clock("search"):
            look = partial(self.passages, several=several, filters=filters, around=around)
            hits = [look(one) for one in asked]
        if found is not None:
            found(question, list({hit.row: hit for first, _ in hits for hit in first}.values()))
        judge_all = partial(
            self._judge, asked, hits,
            counts=[len(part) for part in parts], clock=clock, k=k, openly=openly,
            others_than=others_than,
        )  # fmt: skip
        newest = filters is not None and filters.newest_first
        deciding = partial(decide, k=k, several=several, newest_first=newest)
        decision = deciding(judge_all(), threshold=threshold)
        if decision["answered"] or not any(
            _titled(*both) for both in zip(asked, hits, strict=True)
        ):
            return decision
        again = deciding(judge_all(titled=True), threshold=min(1.0, threshold + TITLED_SURER))
        return again if again["answered"] else decision

    def _judge(
        self,
        asked: Sequence[Asked],
        hits: Sequence[tuple[list[Hit], list[Hit]]],
        *,
        counts: Sequence[int],
        clock: Clock,
        k: int,
        openly: bool,
        others_than: Sequence[str],
        titled: bool = False,
    ) -> list[list[Judged]]:
        """Return the quotes of each part of a question, which has `counts` wordings, best first."""
        with clock("read"):
            candidates = [
                _other_than(others_than, self.candidates(one, *some, openly=openly, titled=titled))
                for one, some in zip(asked, hits, strict=True)
            ]
        with clock("cite"):
            quotes = [
                choose_quotes(some, k=max(k, NEAREST), kind=kind_of(one.text))
                for one, some in zip(asked, candidates, strict=True)
            ]
        with clock("read"):
            weighed = [
                ranked(one, chosen, self.reader, openly=openly)
                for one, chosen in zip(asked, quotes, strict=True)
            ]
        with clock("cite"):
            judged = (
                judge(one, some, self._model, openly=openly)
                for one, some in zip(asked, weighed, strict=True)
            )
            return [surest_first(list(islice(judged, count))) for count in counts]

    def _worded(self, question: str) -> tuple[str, ...]:
        """Return a question, and again with its abbreviations in full if it has any.

        Documents may define "ITC" and say "the commission" from then on, or keep to one form.
        """
        return tuple(dict.fromkeys((question, self.index.in_full(question))))

    def parts(self, question: str) -> list[str]:
        """Return the questions that a sentence asks, a later one completed from the first."""
        first, *others = parts_of(question)
        own = parts_of(first)  # of each of its places or years: they lean on nothing else
        told = self.conversations().said
        return [
            first,
            *(part if part in own else rewrite(part, [first], self.index, told) for part in others),
        ]

    def passages(
        self,
        asked: Asked,
        *,
        several: bool = False,
        filters: Filters | None = None,
        around: Citation | None = None,
    ) -> tuple[list[Hit], list[Hit]]:
        """Return the passages worth reading, best first, and those to read if these do not answer.

        `several`: the answer may lie in several documents, so that none may crowd out the others;
        `around` as in `decide`.
        """
        if around is not None:
            hits = self.index.search_encoded(
                asked.text, asked.encoding, k=READ_NEAR, filters=filters
            )
            close = [hit for hit in hits if near(hit.chunk.start, hit.chunk.end, around)]
            return close[:READ_PASSAGES], []
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
        titled: bool = False,
    ) -> list[Candidate]:
        """Return every sentence read, scored for a question; `openly` as in `judge`.

        With `titled` a passage is read after its document's title, if that holds words of the
        question: a report on a company calls it "the company" on most of its pages. Where the hits
        do not seem to answer, the others are read as well, and more of them whole.
        """
        candidates = self._read(asked, hits, whole=READ_WHOLE, openly=openly, titled=titled)
        best = max(candidates, key=lambda candidate: candidate.score, default=None)
        if asked.characters or (best is not None and best.relevance >= UNSURE):
            return candidates
        return self._read(
            asked, [*hits, *others], whole=READ_ON_WHOLE, openly=openly, titled=titled
        )

    def _read(
        self, asked: Asked, hits: Sequence[Hit], *, whole: int, openly: bool, titled: bool
    ) -> list[Candidate]:
        matches = [self.index.match(asked.encoding, hit) for hit in hits]
        parts = excerpts(
            hits, matches, asked.token_weights, whole=whole, wanted=partial(is_of_the_row, asked)
        )
        question = in_singular(asked.text) if openly else asked.text
        leads = [_lead(asked, part.hit) if titled else "" for part in parts]
        texts = [lead + part.text for lead, part in zip(leads, parts, strict=True)]
        readings = self.reader.read(question, texts)
        return [
            candidate
            for lead, part, reading in zip(leads, parts, readings, strict=True)
            for candidate in score_sentences(asked, part, reading.after(len(lead)))
        ]


def _lead(asked: Asked, hit: Hit) -> str:
    """Return the title of a hit's document if it holds words of the question, else nothing."""
    title = hit.document.title
    return "" if asked.term_weights.keys().isdisjoint(asked.terms_in(title)) else f"{title}. "


def _titled(asked: Asked, hits: tuple[list[Hit], list[Hit]]) -> bool:
    return not asked.characters and any(_lead(asked, hit) for some in hits for hit in some)


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


def _check(question: str, *, k: int, threshold: float | None) -> None:
    if not question.strip():
        raise ValueError("The question is blank; expected at least one word. Ask something.")
    if k < 1:
        raise ValueError(f"k is {k}; expected at least 1.")
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"The threshold is {threshold}; expected a probability from 0 to 1.")


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
