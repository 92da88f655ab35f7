"""Reports of our own and questions on them, to train on and to try the fit on.

Language-model helpers wrote 449 documents, in 42 sets. On each of the first eight sets' there are
20 questions that are answered, in other words than they are asked in, and 15 to which a sentence
comes near that does not answer them; on each of the others' 22 and 18 or so, worded as people type
them, from set 31 on mostly in words that the text has not. None of the helpers saw a question or
document tested on.
"""

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus import Chunk, Document, load_documents, split_document
from training.squad import Question, Squad, sentence_spans

REPORTS = Path(__file__).with_name("reports.jsonl")
FRESH_REPORTS = Path(__file__).with_name("fresh_report_questions.jsonl")
HELD_OUT = frozenset({3, 4, 16, 32})  # the sets that nothing is trained or fitted on
LEARNT = frozenset(range(1, 43)) - HELD_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuestion:
    """A question on a document, the sentence that comes nearest, and the answer in it if any.

    `rival` names a document of the same set, maybe its own, and a sentence of it that the reader
    took for the answer or nearly did; the chunk that holds it does not answer.
    """

    text: str
    sentence: str
    answer: str | None
    rival: tuple[str, str] | None = None

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
            document=as_document(row["source"], row["text"]),
            questions=tuple(map(_asked, row["questions"])),
        )
        for row in rows
        if row["set"] in sets
    ]


def _asked(row: Mapping[str, Any]) -> ReportQuestion:
    return ReportQuestion(
        text=row["question"],
        sentence=row["sentence"],
        answer=row["answer"],
        rival=tuple(row["rival"]) if "rival" in row else None,
    )


def with_questions(reports: list[Report], path: Path) -> list[Report]:
    """Return reports with the questions of a file instead of their own.

    A row of the file is a question as in `REPORTS`, with the ``set`` and ``source`` of its report.

    Raises:
        ValueError: there is a question on a report that is not among them.
    """
    asked: dict[tuple[int, str], list[ReportQuestion]] = {
        (report.group, report.document.source): [] for report in reports
    }
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        place = row["set"], row["source"]
        if place not in asked:
            raise ValueError(f"{path} asks of {place}, expected one of {len(reports)} reports.")
        asked[place].append(_asked(row))
    return [
        replace(report, questions=tuple(asked[report.group, report.document.source]))
        for report in reports
    ]


def as_document(source: str, text: str) -> Document:
    """Return a text as the document that a file of that name would be."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / source).write_text(text, encoding="utf-8")
        (document,) = load_documents(folder)
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A report's chunks among the paragraphs, the first of which has the number `first`."""

    document: Document
    chunks: list[Chunk]
    first: int
    article: int

    def find(self, sentence: str, offset: int = 0) -> tuple[int, int]:
        """Return the number of the paragraph that holds a sentence, and where it is there.

        With an `offset`, that of the character so far behind the start of the sentence.

        Raises:
            ValueError: the document has no such sentence, or no chunk holds it.
        """
        start = self.document.text.find(sentence)
        for number, chunk in enumerate(self.chunks):
            if start >= 0 and chunk.start <= start + offset < chunk.end:
                return self.first + number, start + offset - chunk.start
        raise ValueError(f"No chunk of {self.document.source} holds {sentence!r}.")


def with_reports(squad: Squad, reports: list[Report]) -> tuple[Squad, list[Question]]:
    """Return SQuAD with the chunks of reports as further paragraphs, and the questions on them.

    Raises:
        ValueError: a sentence or an answer is not where it should be.
    """
    paragraphs, articles, titles = list(squad.paragraphs), list(squad.articles), list(squad.titles)
    placed: dict[tuple[int, str], _Placed] = {}
    for report in reports:
        document, chunks = report.document, split_document(report.document)
        placed[report.group, document.source] = _Placed(
            document=document, chunks=chunks, first=len(paragraphs), article=len(titles)
        )
        articles += [len(titles)] * len(chunks)
        titles.append(document.title)
        paragraphs += [chunk.text for chunk in chunks]
    sentences = squad.sentences + [
        sentence_spans(text) for text in paragraphs[len(squad.paragraphs) :]
    ]
    questions = [_question(one, report, placed) for report in reports for one in report.questions]
    return replace(
        squad, paragraphs=paragraphs, articles=articles, titles=titles, sentences=sentences
    ), questions


def _question(
    one: ReportQuestion, report: Report, placed: Mapping[tuple[int, str], _Placed]
) -> Question:
    own = placed[report.group, report.document.source]
    start = end = -1
    answers: tuple[str, ...] = ()
    if one.answer is None:
        paragraph, _ = own.find(one.sentence, len(one.sentence) // 2)
    else:
        paragraph, start = own.find(one.sentence, one.sentence.index(one.answer))
        end = start + len(one.answer)
        answers = (one.answer.lower(),)
    rival = None
    if one.rival is not None:
        source, sentence = one.rival
        rival = placed[report.group, source].find(sentence)
        if rival[0] == paragraph:
            raise ValueError(f"The rival {sentence!r} stands in the passage that answers.")
    return Question(
        text=one.text, paragraph=paragraph, article=own.article, start=start, end=end,
        answers=answers, rival=rival,
    )  # fmt: skip


def collections(sets: Collection[int]) -> Iterator[tuple[int, list[Report]]]:
    """Yield the number and the reports of each set, a collection to be asked."""
    reports = load_reports(sets)
    for number in sorted(sets):
        yield number, [report for report in reports if report.group == number]
