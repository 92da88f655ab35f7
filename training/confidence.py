"""Fit the confidence: ``python -m training.confidence``, about ten minutes on two cores.

Asks tuning questions of whole collections, notes what speaks for the first quote and whether it
was right, and fits one logistic regression for text in letters and one for Chinese, Japanese and
Korean, which the reader was not trained on. Each half is judged by a fit on the other half; what
ships is fitted on all. Writes ``qa/weights/confidence.json`` with its provenance. The seed articles
are not used.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.collections import Squad, data_folder, index_of, load_squad
from benchmarks.reader import auroc
from corpus import Document
from index import Hit
from qa.assistant import READ_PASSAGES, Assistant, weigh, worth_reading
from qa.confidence import FEATURES, WEIGHTS, Evidence, shipped_model
from qa.quoting import Asked, choose_quotes
from qa.reader import DEFAULT_WEIGHTS, Reader

Floats = npt.NDArray[np.float64]
Asking = tuple[str, str, tuple[tuple[int, int], ...]]  # question, right source, answering spans
Booleans = npt.NDArray[np.bool_]
RIDGE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What spoke for the first quote to a question of a `kind`, and whether it was right."""

    kind: str
    evidence: Evidence
    right: bool


def first_quote(
    assistant: Assistant, question: str, *, without: str | None = None
) -> tuple[Evidence, str, int, int] | None:
    """Return the evidence for the first quote, its source and offsets.

    `without` leaves out documents whose source starts so, as if they were not in the collection.
    """
    asked = Asked.of(question, assistant.index)
    hits: list[Hit] = assistant.index.search_encoded(question, asked.encoding, k=100)
    if without is not None:
        hits = [hit for hit in hits if not hit.document.source.startswith(without)]
    quotes = choose_quotes(assistant.candidates(asked, worth_reading(hits[:READ_PASSAGES])), k=1)
    if not quotes:
        return None
    quote = quotes[0]
    source = quote.best.hit.document.source
    return weigh(asked, quote), source, quote.start, quote.end


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
            evidence, quoted, start, end = found
            right = quoted == source and any(start <= a < end for a, _ in spans)
            yield Case(kind=kind, evidence=evidence, right=right)


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
        evidence, source, start, end = found
        gold = [
            (place, place + len(sentence.strip()))
            for sentence in row["output"][0]["selected_sentences"]
            if (place := documents[i].text.find(sentence.strip())) >= 0
        ]
        right = source == str(i) and any(a < end and start < b for a, b in gold)
        yield Case(kind="CLAPnq", evidence=evidence, right=right)


def calibration_error(probabilities: Floats, right: Booleans, bins: int = 10) -> float:
    """Return the expected calibration error (0–1) over equally filled bins."""
    parts = np.array_split(np.argsort(probabilities), bins)
    gaps = [abs(probabilities[part].mean() - right[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(probabilities))


def fit_monotone(features: Floats, right: Booleans) -> tuple[Floats, float]:
    """Return coefficients (d,), none below 0, and intercept of a logistic regression.

    Every feature is evidence for the quote, so that more of it never lowers the confidence.
    """
    scale = features.std(axis=0) + 1e-9
    inputs = np.column_stack([features / scale, np.ones(len(features))])
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> float:
        misfit = np.logaddexp(0, -signs * (inputs @ weights)).mean()
        return float(misfit + RIDGE * (weights[:-1] ** 2).sum())

    bounds = [(0, None)] * features.shape[1] + [(None, None)]
    weights = minimize(loss, np.zeros(inputs.shape[1]), bounds=bounds, method="L-BFGS-B").x
    return weights[:-1] / scale, float(weights[-1])


def cross_fitted(features: Floats, right: Booleans) -> Floats:
    """Return each case's probability by a regression fitted on the other half of the cases."""
    chances = np.zeros(len(right))
    half = np.random.default_rng(0).permutation(len(right)) % 2 == 0
    for fitting in (half, ~half):
        weights, intercept = fit_monotone(features[fitting], right[fitting])
        chances[~fitting] = 1 / (1 + np.exp(-(features[~fitting] @ weights + intercept)))
    return chances


def best_threshold(chances: Floats, right: Booleans) -> float:
    """Return the threshold that answers most right and fewest wrong quotes, by shares of each."""
    steps = np.arange(0.2, 0.81, 0.05)
    gains = [(chances[right] >= t).mean() - (chances[~right] >= t).mean() for t in steps]
    return round(float(steps[int(np.argmax(gains))]), 2)


def fit(cases: Sequence[Case], names: Sequence[str]) -> tuple[dict[str, Any], Floats, Booleans]:
    """Return a regression fitted on all cases, and cross-fitted probabilities and outcomes."""
    table = [asdict(case.evidence) for case in cases]
    features = np.array([[row[name] for name in names] for row in table], float)
    right = np.array([case.right for case in cases])
    weights, intercept = fit_monotone(features, right)
    coefficients = dict(zip(names, weights.round(4).tolist(), strict=True))
    fitted = {"intercept": round(intercept, 4), "coefficients": coefficients}
    return fitted, cross_fitted(features, right), right


def report(
    cases: Sequence[Case], chances: Floats, right: Booleans, threshold: float
) -> dict[str, Any]:
    """Return what cross-fitted probabilities are worth, overall and by kind."""
    covered = right[np.argsort(-chances)][: int(0.8 * len(right))]
    kinds = np.array([case.kind for case in cases])
    answered = chances >= threshold
    by_kind = {}
    for kind in sorted(set(kinds)):
        rows = kinds == kind
        correct = right[rows & answered]
        by_kind[str(kind)] = {
            "questions": int(rows.sum()),
            "right": round(float(right[rows].mean()), 3),
            "answered": round(float(answered[rows].mean()), 3),
            "right_when_answered": round(float(correct.mean()), 3) if len(correct) else None,
        }
    return {
        "questions": len(right),
        "right": int(right.sum()),
        "auroc": round(auroc(chances, right.tolist()), 4),
        "calibration_error": round(calibration_error(chances, right), 4),
        "error_at_80_coverage": round(1 - float(covered.mean()), 4),
        "by_kind": by_kind,
    }


def main() -> None:
    """Collect, fit, print and save."""
    parser = argparse.ArgumentParser(description="Fit the confidence.")
    parser.add_argument("--questions", type=int, default=12, help="of each article")
    parser.add_argument("--cases", type=Path, help="keep the cases here, or fit those kept here")
    arguments = parser.parse_args()
    if arguments.cases and arguments.cases.exists():
        saved = json.loads(arguments.cases.read_text())
        cases = [Case(**(row | {"evidence": Evidence(**row["evidence"])})) for row in saved]
    else:
        cases = collect(arguments.questions)
        if arguments.cases:
            arguments.cases.write_text(json.dumps([asdict(case) for case in cases]))
    saved: dict[str, Any] = {}
    for script, names in FEATURES.items():
        own = [c for c in cases if c.kind.startswith("Chinese") == (script == "characters")]
        fitted, chances, right = fit(own, names)
        # one threshold for all: that of letters, which most questions are written in
        threshold = saved.setdefault("threshold", best_threshold(chances, right))
        saved[script] = fitted | {"cross_fitted": report(own, chances, right, threshold)}
    saved["provenance"] = {
        "command": "python -m training.confidence",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "data": "SQuAD dev-a 1.1 and 2.0, articles alone and together, CLAPnq (letters); "
        "XQuAD-zh, with and without the article asked about (characters)",
        "reader": json.loads(DEFAULT_WEIGHTS.with_suffix(".json").read_text())["sha256"],
    }
    print(json.dumps(saved, indent=1))
    WEIGHTS.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


def collect(count: int) -> list[Case]:
    """Return the cases of all tuning data, `count` questions an article."""
    reader = Reader.load()
    chinese = load_squad("chinese/xquad.zh.json.gz", limit=25 * count)
    over_chinese = Assistant(index_of("xquad-zh", chinese.documents), reader, shipped_model())
    asked = [(row.question, row.source, row.spans) for row in chinese.questions]
    return [
        *article_cases(reader, count),
        *clapnq_cases(reader),
        *squad_cases(over_chinese, asked, "Chinese"),
        *squad_cases(over_chinese, asked, "Chinese, article absent", absent=True),
    ]


if __name__ == "__main__":
    main()
