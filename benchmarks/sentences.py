"""Quotes over a whole collection: ``python -m benchmarks.sentences [--limit N]``.

SQuAD dev-a, every paragraph a document: is the first quote from the right paragraph, does the best
sentence hold the answer, how well do the marked words match it? A sentence is right where it is the
one that the question was written on; counted beside it, as ``words``, is any sentence with the
words of a gold answer, in whatever paragraph. Beside it the usual way, the cosine of pooled
sentence vectors. CLAPnq: how much of the gold sentences is quoted. Reports of ours: is the first
quote from the right document, the right sentence? Results go to
``benchmarks/results/sentences.json``.
"""

import argparse
import json
import statistics
import time
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.collections import SquadQuestion, data_folder, index_of, load_squad, save
from benchmarks.reader import f1
from corpus import Document, sentence_spans
from index.encoder import Encoder
from qa.asked import Asked
from qa.assistant import Assistant
from qa.confidence import shipped_model
from qa.deciding import decide
from qa.kinds import kind_of
from qa.quoting import Candidate, Quote, choose_quotes
from qa.reader import Reader
from qa.side_by_side import ranked
from qa.weighing import Weighed, judge
from training.cases import held_out_questions


def chosen(assistant: Assistant, question: str) -> tuple[Asked, list[Candidate], list[Quote]]:
    """Return a question with its sentences and the quotes chosen, best first, read once."""
    asked = Asked.of(question, assistant.index)
    candidates = assistant.candidates(asked, *assistant.passages(asked))
    return asked, candidates, choose_quotes(candidates, k=3, kind=kind_of(question))


def quotes_of(assistant: Assistant, question: str) -> tuple[Asked, list[Candidate], list[Weighed]]:
    """Return a question with its sentences and quotes, best first, without deciding.

    The sentences begin with the best ones of the quotes, in their order.
    """
    asked, candidates, quotes = chosen(assistant, question)
    weighed = ranked(asked, quotes, assistant.reader)
    first = [one.quote.best for one in weighed]
    others = sorted((c for c in candidates if c not in first), key=lambda c: -c.score)
    return asked, [*first, *others], weighed


def differing(asked: Asked, quotes: Sequence[Weighed]) -> bool:
    """Whether quotes shown beside each other are flagged as giving different values."""
    model = shipped_model()
    decision = decide([judge(asked, quotes, model)], k=3, threshold=model.threshold)
    return any(citation.differs for citation in decision["citations"])


def holds_answer(row: SquadQuestion, source: str, start: int, end: int) -> bool:
    """Whether ``start:end`` of a document holds the start of a gold answer."""
    return source == row.source and any(start <= a < end for a, _ in row.spans)


def holds_words(row: SquadQuestion, text: str) -> bool:
    """Whether a sentence has the words of a gold answer."""
    return any(answer.lower() in text.lower() for answer in row.answers)


def measure_squad(assistant: Assistant, questions: Sequence[SquadQuestion]) -> dict[str, Any]:
    """Return shares of questions with the right paragraph, sentence and words, and the time."""
    names = (
        "paragraph@1", "sentence@1", "sentence@3", "words@1", "words@3", "quote@1", "quote@3",
        "span_f1",
    )  # fmt: skip
    flagged = 0
    found: dict[str, list[float]] = {name: [] for name in names}
    times = []
    for row in questions:
        began = time.perf_counter()
        asked, candidates, weighed = quotes_of(assistant, row.question)
        times.append(1000 * (time.perf_counter() - began))
        sentences = [
            holds_answer(row, c.hit.document.source, c.start, c.end) for c in candidates[:3]
        ]
        worded = [holds_words(row, c.hit.document.text[c.start : c.end]) for c in candidates[:3]]
        quotes = [one.quote for one in weighed]
        quoted = [holds_answer(row, q.best.hit.document.source, q.start, q.end) for q in quotes]
        flagged += differing(asked, weighed)  # each question has one answer: a false alarm
        first = candidates[0]
        marked = first.hit.document.text[slice(*first.mark)]
        values = (
            first.hit.document.source == row.source, sentences[0], any(sentences), worded[0],
            any(worded), quoted[0], any(quoted), f1(marked, row.answers),
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            found[name].append(float(value))
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()} | {
        "questions": len(questions),
        "flagged_as_differing": flagged,
        "median_ms": round(statistics.median(times), 1),
    }


def measure_cosine(
    encoder: Encoder, documents: Sequence[Document], questions: Sequence[SquadQuestion]
) -> dict[str, float]:
    """Return the same shares for the cosine of pooled sentence vectors, sentence by sentence."""
    spans = [(d, start, end) for d in documents for start, end in sentence_spans(d.text)]
    vectors = np.zeros((len(spans), encoder.dimension), np.float32)
    for i, encoding in encoder.encode_passages([("", d.text[a:b]) for d, a, b in spans]):
        vectors[i] = encoding.pooled
    found = []
    for row in questions:
        best = np.argsort(-(vectors @ encoder.encode_question(row.question).pooled))[:3]
        three = [spans[i] for i in best]
        right = [holds_answer(row, document.source, a, b) for document, a, b in three]
        worded = [holds_words(row, document.text[a:b]) for document, a, b in three]
        found.append((right[0], any(right), worded[0], any(worded)))
    names = ("sentence@1", "sentence@3", "words@1", "words@3")
    return dict(zip(names, np.mean(found, axis=0).round(4).tolist(), strict=True))


def measure_clapnq(reader: Reader) -> dict[str, Any]:
    """Return precision, recall and F1 of the first quote's characters against gold sentences.

    The length of quotes was tuned on half the questions; the other half is reported on its own.
    """
    lines = (data_folder() / "clapnq" / "answerable.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    documents = [
        Document.from_text(
            row["passages"][0]["text"], source=str(i), title=row["passages"][0]["title"]
        )
        for i, row in enumerate(rows)
    ]
    assistant = Assistant(index_of("clapnq", documents), reader, shipped_model())
    figures = []
    groups: dict[str, list[int]] = {"all": [], "tuned on": [], "reported": []}
    for i, row in enumerate(rows):
        _, _, weighed = quotes_of(assistant, row["input"])
        text = documents[i].text
        gold: set[int] = set()
        for sentence in row["output"][0]["selected_sentences"]:
            start = text.find(sentence.strip())
            if start >= 0:
                gold |= set(range(start, start + len(sentence.strip())))
        quote = weighed[0].quote
        same = quote.best.hit.document.source == str(i)
        quoted = set(range(quote.start, quote.end)) if same else set()
        common = len(gold & quoted)
        precision, recall = common / (quote.end - quote.start), common / max(1, len(gold))
        score = 2 * precision * recall / max(precision + recall, 1e-9)
        long = kind_of(row["input"]) in {"list", "explanation"}
        half = "tuned on" if zlib.crc32(row["input"].encode()) % 2 == 0 else "reported"
        sentences = sum(quote.start <= a < quote.end for a, _ in sentence_spans(text))
        figures.append((precision, recall, score, sentences))
        for name in ("all", half, f"{half}, {'lists and explanations' if long else 'facts'}"):
            groups.setdefault(name, []).append(i)
    table = np.array(figures)
    names = ("precision", "recall", "f1", "sentences_quoted")
    return {
        group: {"questions": len(rows)}
        | dict(zip(names, table[rows].mean(axis=0).round(4).tolist(), strict=True))
        for group, rows in groups.items()
    }


def measure_reports(reader: Reader) -> dict[str, Any]:
    """Return shares of answered questions on reports of ours with the right document and sentence.

    Nothing was trained on these reports.
    """
    found: list[tuple[bool, bool, bool]] = []
    for assistant, document, one in held_out_questions(reader):
        place = one.place_in(document)
        if place is None:
            continue
        _, candidates, _ = quotes_of(assistant, assistant.index.correct(one.text))
        same = candidates[0].hit.document.source == document.source
        right = [
            c.hit.document.source == document.source and c.start <= place < c.end
            for c in candidates[:3]
        ]
        found.append((same, right[0], any(right)))
    names = ("document@1", "sentence@1", "sentence@3")
    shares = np.mean(found, axis=0).round(4).tolist()
    return {"questions": len(found)} | dict(zip(names, shares, strict=True))


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure quotes over whole collections.")
    parser.add_argument("--limit", type=int, help="SQuAD questions; all 5,801 otherwise")
    arguments = parser.parse_args()
    squad = load_squad("squad/dev-a-v1.1.json.gz", limit=arguments.limit)
    reader = Reader.load()
    assistant = Assistant(index_of("squad", squad.documents), reader, shipped_model())
    results = {
        "squad": measure_squad(assistant, squad.questions),
        "squad_sentence_cosine": measure_cosine(
            assistant.index.encoder, squad.documents, squad.questions
        ),
        "clapnq": measure_clapnq(reader),
        "reports": measure_reports(reader),
    }
    for name, figures in results.items():
        print(name, figures)
    save("sentences", results)


if __name__ == "__main__":
    main()
