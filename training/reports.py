"""Reports of our own and questions on them, to train the verifier on and to try the fit on.

Language-model helpers wrote 209 documents, in 22 sets. On each of the first eight sets' there are
20 questions that are answered, in other words than they are asked in, and 15 to which a sentence
comes near that does not answer them; on each of the others' 22 and 18, worded as people type them.
None of the helpers saw a question or document tested on.
"""

import json
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus import Chunk, Document, load_documents, split_document
from training.squad import Question, Squad, sentence_spans

REPORTS = Path(__file__).with_name("reports.jsonl")
HELD_OUT = frozenset({3, 4, 16})  # the sets that nothing is trained or fitted on
LEARNT = frozenset(range(1, 23)) - HELD_OUT  # those that the verifier learns from


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuestion:
    """A question on a document, the sentence that comes nearest, and the answer in it if any."""

    text: str
    sentence: str
    answer: str | None

    def place_in(self, document: Document) -> int | None:
        """Return the offset of the answer in the document, None where there is none.

        Raises:
            ValueError: the document has no such sentence.
        """
        start = document.text.find(self.sentence)
        if start < 0:
            raise ValueError(f"{document.source} has no {self.sentence!r}.")
        return None if self.answer is None else start + self.sentence.index(self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One document of a set and its questions."""

    group: int
    document: Document
    questions: tuple[ReportQuestion, ...]


def load_reports(sets: Collection[int], path: Path = REPORTS) -> list[Report]:
    """Return the reports of some sets, read as files of theirs would be."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Report(
            group=row["set"],
            document=_read(row["source"], row["text"]),
            questions=tuple(
                ReportQuestion(text=one["question"], sentence=one["sentence"], answer=one["answer"])
                for one in row["questions"]
            ),
        )
        for row in rows
        if row["set"] in sets
    ]


def _read(source: str, text: str) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / source).write_text(text, encoding="utf-8")
        (document,) = load_documents(folder)
        return document


def with_reports(squad: Squad, reports: list[Report]) -> tuple[Squad, list[Question]]:
    """Return SQuAD with the chunks of reports as further paragraphs, and the questions on them.

    Raises:
        ValueError: a sentence or an answer is not where it should be.
    """
    paragraphs, articles = list(squad.paragraphs), list(squad.articles)
    titles, questions = list(squad.titles), []
    for report in reports:
        document, article = report.document, len(titles)
        titles.append(document.title)
        chunks = split_document(document)
        for one in report.questions:
            number, start = _place(one, document, chunks)
            questions.append(
                Question(
                    text=one.text, paragraph=len(paragraphs) + number, article=article,
                    start=start, end=start if start < 0 else start + len(one.answer or ""),
                    answers=() if one.answer is None else (one.answer.lower(),),
                )
            )  # fmt: skip
        paragraphs += [chunk.text for chunk in chunks]
        articles += [article] * len(chunks)
    sentences = squad.sentences + [
        sentence_spans(text) for text in paragraphs[len(squad.paragraphs) :]
    ]
    return replace(
        squad, paragraphs=paragraphs, articles=articles, titles=titles, sentences=sentences
    ), questions


def _place(one: ReportQuestion, document: Document, chunks: Sequence[Chunk]) -> tuple[int, int]:
    """Return the number of the chunk that holds a question's sentence, and where its answer starts.

    That is an offset in the chunk, -1 where there is no answer.
    """
    answer = one.place_in(document)
    near = document.text.find(one.sentence) + len(one.sentence) // 2
    place = near if answer is None else answer
    for number, chunk in enumerate(chunks):
        if chunk.start <= place < chunk.end:
            return number, -1 if answer is None else answer - chunk.start
    raise ValueError(f"No chunk of {document.source} holds {one.sentence!r}.")


def collections(sets: Collection[int]) -> Iterator[tuple[int, list[Report]]]:
    """Yield the number and the reports of each set, a collection to be asked."""
    reports = load_reports(sets)
    for number in sorted(sets):
        yield number, [report for report in reports if report.group == number]
