"""Cases for `training.confidence`: tuning questions, what spoke for the first quote, was it right.

Asked are whole collections: SQuAD's paragraphs and articles, CLAPnq's passages, six collections of
documents as people have them, two of reports written for this, Chinese ones, and some that do not
hold the answer.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from benchmarks.collections import Squad, data_folder, index_of, load_squad
from corpus import Document
from index import Hit
from qa.asked import Asked
from qa.assistant import Assistant
from qa.confidence import Evidence, shipped_model
from qa.deciding import NEAREST
from qa.kinds import Kind, kind_of, parts_of
from qa.passages import READ_PASSAGES, further, worth_reading
from qa.quoting import Quote, choose_quotes
from qa.reader import Reader
from qa.side_by_side import ranked
from training import own_words, reports

Asking = tuple[str, str, tuple[tuple[int, int], ...]]  # question, right source, answering spans
OPEN_QUESTIONS = Path(__file__).with_name("open_questions.jsonl")
OPEN = "open, one article"
OWN_WORDS = "own words"
CLAPNQ = "CLAPnq"
NEAR_MISSES = "near misses"
REPORTS = "reports"
TRICKS = "all paragraphs, SQuAD 2.0"  # half of them made to look answerable, far more than in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What spoke for the first quote to a question of a `kind`, and whether it was right.

    `answerable` says whether anything in the collection answers; cases of one `group`, an article,
    stay on one side when they are divided.
    """

    kind: str
    evidence: Evidence
    right: bool
    answerable: bool
    group: str


def first_quote(
    assistant: Assistant, question: str, *, without: str | None = None, kind: Kind = "thing"
) -> tuple[Evidence, Quote] | None:
    """Return the evidence for the first quote, and that; `kind` is what the question asks for.

    `without` leaves out documents whose source starts so, as if they were not in the collection.
    """
    asked = Asked.of(question, assistant.index)
    hits: list[Hit] = assistant.index.search_encoded(question, asked.encoding, k=100)
    if without is not None:
        hits = [hit for hit in hits if not hit.document.source.startswith(without)]
    first = worth_reading(hits[:READ_PASSAGES])
    candidates = assistant.candidates(asked, first, further(hits, first))
    quotes = choose_quotes(candidates, k=NEAREST, kind=kind)
    for best in ranked(asked, quotes, assistant.reader)[:1]:
        return best.evidence, best.quote
    return None


def squad_cases(
    assistant: Assistant, questions: Iterable[Asking], kind: str, *, absent: bool = False
) -> Iterator[Case]:
    """Yield a case for each question; without a place that answers, no quote can be right.

    `absent` takes the article that a question is on out of the collection.
    """
    for question, source, spans in questions:
        without = f"{source.split('/')[0]}/" if absent else None
        found = first_quote(assistant, question, without=without)
        if found is not None:
            evidence, quote = found
            right = quote.best.hit.document.source == source and any(
                quote.start <= a < quote.end for a, _ in spans
            )
            yield Case(
                kind=kind, evidence=evidence, right=right, answerable=bool(spans) and not absent,
                group=source.split("/")[0],
            )  # fmt: skip


def paragraph_cases(reader: Reader, count: int) -> Iterator[Case]:
    """Yield cases of SQuAD dev-a, 1.1 and 2.0, asked over all its paragraphs."""
    for kind, path in (
        ("all paragraphs", "squad/dev-a-v1.1.json.gz"),
        (TRICKS, "squad/dev-a-v2.0.json.gz"),
    ):
        squad = load_squad(path, limit=40 * count)
        everything = load_squad("squad/dev-a-v1.1.json.gz").documents
        over_all = Assistant(index_of("squad", everything), reader, shipped_model())
        asked = [(row.question, row.source, row.spans) for row in squad.questions]
        yield from squad_cases(over_all, asked, kind)


def as_articles(squad: Squad) -> tuple[list[Document], dict[str, list[Asking]]]:
    """Return whole articles as documents, as people have them, and the questions by article.

    The spans of a question are moved from its paragraph to its article.
    """
    documents, starts = [], {}
    for article, paragraphs in groupby(squad.documents, lambda d: d.source.split("/")[0]):
        text = ""
        for paragraph in paragraphs:
            starts[paragraph.source] = len(text)
            text += paragraph.text + "\n\n"
        documents.append(Document.from_text(text, source=article))
    questions: dict[str, list[Asking]] = {document.source: [] for document in documents}
    for row in squad.questions:
        start, article = starts[row.source], row.source.split("/")[0]
        spans = tuple((start + a, start + b) for a, b in row.spans)
        questions[article].append((row.question, article, spans))
    return documents, questions


def spread(questions: Sequence[Asking], count: int) -> list[Asking]:
    """Return `count` questions, evenly over the sequence."""
    return list(questions[:: max(1, len(questions) // count)][:count])


def article_cases(reader: Reader, count: int) -> Iterator[Case]:
    """Yield cases of collections of one article each, and of all articles together.

    Asked are questions the article answers, questions made to look so (SQuAD 2.0), and questions
    on another article.
    """
    documents, questions = as_articles(load_squad("squad/dev-a-v1.1.json.gz"))
    _, tricks = as_articles(load_squad("squad/dev-a-v2.0.json.gz"))
    everything = Assistant(index_of("articles", documents), reader, shipped_model())
    for i, document in enumerate(documents):
        alone = Assistant(index_of(f"article-{i}", [document]), reader, shipped_model())
        own = spread(questions[document.source], count)
        strange = [
            (row[0], "", ()) for row in spread(questions[documents[i - 1].source], count // 3)
        ]
        yield from squad_cases(alone, own, "one article")
        yield from squad_cases(alone, strange, "one article, asked about another")
        yield from squad_cases(everything, own[: count // 2], "all articles")
        impossible = [row for row in tricks.get(document.source, []) if not row[2]]
        yield from squad_cases(alone, spread(impossible, count // 2), "one article, SQuAD 2.0")


def open_cases(reader: Reader) -> Iterator[Case]:
    """Yield cases of open questions, asked of their article and of some that do not answer them.

    The questions are ours. A quote is right if it contains one of the strings noted as evidence.
    """
    documents, _ = as_articles(load_squad("squad/dev-a-v1.1.json.gz"))
    places = {document.source: place for place, document in enumerate(documents)}

    @cache
    def alone(article: str) -> Assistant:
        index = index_of(f"article-{places[article]}", [documents[places[article]]])
        return Assistant(index, reader, shipped_model())

    for row in map(json.loads, OPEN_QUESTIONS.read_text("utf-8").splitlines()):
        for article in dict.fromkeys([row["article"], *row["absent"]]):
            assistant = alone(article)
            answerable = article not in row["absent"]
            for part in parts_of(row["question"]):
                asked = Asked.of(part, assistant.index)
                hits = assistant.passages(asked, several=True)
                candidates = assistant.candidates(asked, *hits, openly=True)
                quotes = choose_quotes(candidates, k=NEAREST, kind=kind_of(part))
                for first in ranked(asked, quotes, reader, openly=True)[:1]:
                    held = any(evidence in first.quote.text for evidence in row["evidence"])
                    yield Case(
                        kind=OPEN, evidence=first.evidence, right=answerable and held,
                        answerable=answerable, group=article,
                    )  # fmt: skip


def own_words_cases(reader: Reader) -> Iterator[Case]:
    """Yield a case for each question of `training.own_words`, asked of its whole collection."""
    yield from _collection_cases(reader, own_words.QUESTIONS, OWN_WORDS)
    yield from _collection_cases(reader, own_words.NEAR_MISSES, NEAR_MISSES)


def _collection_cases(reader: Reader, path: Path, kind: str) -> Iterator[Case]:
    for name, documents, questions in own_words.collections(path):
        assistant = Assistant(index_of(f"own-words-{name}", documents), reader, shipped_model())
        for question, evidence in questions:
            found = first_quote(
                assistant, assistant.index.correct(question), kind=kind_of(question)
            )
            if found is not None:
                proof, quote = found
                yield Case(
                    kind=kind, evidence=proof, right=own_words.told(evidence, quote.text),
                    answerable=bool(evidence), group=name,
                )  # fmt: skip


def held_out_questions(
    reader: Reader,
) -> Iterator[tuple[Assistant, Document, reports.ReportQuestion]]:
    """Yield each question on the reports that nothing learnt from, whom to ask, and its document.

    Each set of six or twelve reports is a collection.
    """
    for number, own in reports.collections(reports.HELD_OUT):
        documents = [report.document for report in own]
        assistant = Assistant(index_of(f"reports-{number}", documents), reader, shipped_model())
        for report in own:
            for one in report.questions:
                yield assistant, report.document, one


def report_cases(reader: Reader) -> Iterator[Case]:
    """Yield a case for each question on the reports that nothing learnt from."""
    for assistant, document, one in held_out_questions(reader):
        asked = assistant.index.correct(one.text)
        found = first_quote(assistant, asked, kind=kind_of(asked))
        if found is not None:
            evidence, quote = found
            same = quote.best.hit.document.source == document.source
            place = one.place_in(document)
            yield Case(
                kind=REPORTS, evidence=evidence,
                right=same and place is not None and quote.start <= place < quote.end,
                answerable=one.answer is not None, group=document.source,
            )  # fmt: skip


def clapnq_cases(reader: Reader) -> Iterator[Case]:
    """Yield a case for each CLAPnq question, asked of all its passages together."""
    rows = []
    for name in ("answerable", "unanswerable"):
        lines = (data_folder() / "clapnq" / f"{name}.jsonl").read_text("utf-8").splitlines()
        rows += [json.loads(line) for line in lines]
    documents = [
        Document.from_text(passage["text"], source=str(i), title=passage["title"])
        for i, row in enumerate(rows)
        for passage in row["passages"][:1]
    ]
    assistant = Assistant(index_of("clapnq-all", documents), reader, shipped_model())
    for i, row in enumerate(rows):
        found = first_quote(assistant, row["input"])
        if found is None:
            continue
        evidence, quote = found
        gold = [
            (place, place + len(sentence.strip()))
            for sentence in row["output"][0]["selected_sentences"]
            if (place := documents[i].text.find(sentence.strip())) >= 0
        ]
        right = quote.best.hit.document.source == str(i) and any(
            a < quote.end and quote.start < b for a, b in gold
        )
        yield Case(
            kind=CLAPNQ, evidence=evidence, right=right, answerable=bool(gold),
            group=row["input"],
        )  # fmt: skip


def collect(count: int) -> list[Case]:
    """Return the cases of all tuning data, `count` questions an article."""
    reader = Reader.load()
    chinese = load_squad("chinese/xquad.zh.json.gz", limit=25 * count)
    over_chinese = Assistant(index_of("xquad-zh", chinese.documents), reader, shipped_model())
    asked = [(row.question, row.source, row.spans) for row in chinese.questions]
    return [
        *paragraph_cases(reader, count),
        *article_cases(reader, count),
        *open_cases(reader),
        *clapnq_cases(reader),
        *own_words_cases(reader),
        *report_cases(reader),
        *squad_cases(over_chinese, asked, "Chinese"),
        *squad_cases(over_chinese, asked, "Chinese, article absent", absent=True),
    ]
