"""Fit the confidence: ``python -m training.confidence``, about fifteen minutes on two cores.

Asks tuning questions of whole collections, notes what speaks for the first quote and whether it
was right, and fits one logistic regression for text in letters, one for open questions ("Which
conferences were held?"), which passages answer that hold few of their words, and one for Chinese,
Japanese and Korean, which the reader was not trained on. Questions are divided by article into two
halves, each judged by a fit on the other; what ships is fitted on all. Writes
``qa/weights/confidence.json`` and the plot ``benchmarks/results/confidence.png``. The seed articles
are not used.
"""

import argparse
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.collections import RESULTS, Squad, data_folder, index_of, load_squad
from corpus import Document
from index import Hit
from qa.assistant import Assistant
from qa.calibration import auroc, figures
from qa.confidence import (
    FAR_SURE,
    FEATURES,
    WEIGHTS,
    Evidence,
    Form,
    beside_the_point,
    shipped_model,
)
from qa.kinds import kind_of, parts_of
from qa.passages import READ_PASSAGES, further, worth_reading
from qa.plotting import plot_confidence
from qa.quoting import Asked, choose_quotes
from qa.reader import DEFAULT_WEIGHTS, Reader
from qa.weighing import weigh
from training import own_words

Floats = npt.NDArray[np.float64]
Asking = tuple[str, str, tuple[tuple[int, int], ...]]  # question, right source, answering spans
Booleans = npt.NDArray[np.bool_]
RIDGE = 1e-3
OPEN_QUESTIONS = Path(__file__).with_name("open_questions.jsonl")
OPEN = "open, one article"
OWN_WORDS = "own words"
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
    assistant: Assistant, question: str, *, without: str | None = None
) -> tuple[Evidence, str, int, int] | None:
    """Return the evidence for the first quote, its source and offsets.

    `without` leaves out documents whose source starts so, as if they were not in the collection.
    """
    asked = Asked.of(question, assistant.index)
    hits: list[Hit] = assistant.index.search_encoded(question, asked.encoding, k=100)
    if without is not None:
        hits = [hit for hit in hits if not hit.document.source.startswith(without)]
    first = worth_reading(hits[:READ_PASSAGES])
    quotes = choose_quotes(assistant.candidates(asked, first, further(hits, first)), k=1)
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
                for quote in choose_quotes(candidates, k=1, kind=kind_of(part)):
                    held = any(evidence in quote.text for evidence in row["evidence"])
                    yield Case(
                        kind=OPEN, evidence=weigh(asked, quote), right=answerable and held,
                        answerable=answerable, group=article,
                    )  # fmt: skip


def own_words_cases(reader: Reader) -> Iterator[Case]:
    """Yield a case for each question of `training.own_words`, asked of its whole collection."""
    for name, documents, questions in own_words.collections():
        assistant = Assistant(index_of(f"own-words-{name}", documents), reader, shipped_model())
        for question, evidence in questions:
            asked = Asked.of(assistant.index.correct(question), assistant.index)
            candidates = assistant.candidates(asked, *assistant.passages(asked))
            for quote in choose_quotes(candidates, k=1, kind=kind_of(question)):
                yield Case(
                    kind=OWN_WORDS, evidence=weigh(asked, quote),
                    right=own_words.told(evidence, quote.text), answerable=bool(evidence),
                    group=name,
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
        evidence, source, start, end = found
        gold = [
            (place, place + len(sentence.strip()))
            for sentence in row["output"][0]["selected_sentences"]
            if (place := documents[i].text.find(sentence.strip())) >= 0
        ]
        right = source == str(i) and any(a < end and start < b for a, b in gold)
        yield Case(
            kind="CLAPnq", evidence=evidence, right=right, answerable=bool(gold),
            group=row["input"],
        )  # fmt: skip


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


def halves(cases: Sequence[Case]) -> Booleans:
    """Return for each case whether it is of the first half; cases of one group stay together."""
    return np.array([zlib.crc32(case.group.encode()) % 2 == 0 for case in cases])


def cross_fitted(features: Floats, right: Booleans, half: Booleans) -> Floats:
    """Return each case's probability by a regression fitted on the other half of the cases."""
    chances = np.zeros(len(right))
    for fitting in (half, ~half):
        weights, intercept = fit_monotone(features[fitting], right[fitting])
        chances[~fitting] = 1 / (1 + np.exp(-(features[~fitting] @ weights + intercept)))
    return chances


def gains(cases: Sequence[Case], chances: Floats) -> dict[str, float]:
    """Return by threshold the share of right quotes answered less that of the wrong ones.

    The tricks of SQuAD 2.0 are left out: with a quarter of all questions made to mislead, the best
    threshold would be one for quizzes. So are open questions, most of which ask an article about
    something else altogether.
    """
    usual = np.array([case.kind not in {TRICKS, OPEN} for case in cases])
    right = np.array([case.right for case in cases])
    good, bad = chances[usual & right], chances[usual & ~right]
    return {
        f"{step:.2f}": round(float((good >= step).mean() - (bad >= step).mean()), 3)
        for step in np.arange(0.3, 0.71, 0.05)
    }


def best_threshold(by_threshold: Mapping[str, float]) -> float:
    """Return the threshold, from which on questions are answered, with the largest gain.

    Compared are means of three neighbours: a single gain changes by .01 from fit to fit.
    """
    steps = sorted(by_threshold)
    means = np.convolve([by_threshold[step] for step in steps], np.ones(3) / 3, mode="valid")
    return float(steps[int(means.argmax()) + 1])


def fit(cases: Sequence[Case], form: Form) -> tuple[dict[str, Any], Floats]:
    """Return a regression fitted on all cases of a form, and cross-fitted probabilities."""
    names = FEATURES[form]
    table = [asdict(case.evidence) for case in cases]
    features = np.array([[row[name] for name in names] for row in table], float)
    right = np.array([case.right for case in cases])
    weights, intercept = fit_monotone(features, right)
    coefficients = dict(zip(names, weights.round(4).tolist(), strict=True))
    fitted = {"intercept": round(intercept, 4), "coefficients": coefficients}
    chances = cross_fitted(features, right, halves(cases))
    if form == "letters":  # the rule of `ConfidenceModel.probability`
        far = np.array([beside_the_point(case.evidence) for case in cases])
        chances = np.where(far, np.minimum(chances, FAR_SURE), chances)
    return fitted, chances


def report(cases: Sequence[Case], chances: Floats, threshold: float) -> dict[str, Any]:
    """Return what cross-fitted probabilities are worth, overall and by kind.

    AUROC is given twice: for telling right quotes from wrong ones, and, where a kind has both, for
    telling questions that the collection answers from those that it does not.
    """
    right = np.array([case.right for case in cases])
    answerable = np.array([case.answerable for case in cases])
    kinds = np.array([case.kind for case in cases])
    answered = chances >= threshold
    by_kind = {}
    for kind in sorted(set(kinds)):
        rows = kinds == kind
        correct, told = right[rows & answered], auroc(chances[rows], answerable[rows])
        refused = answered[rows & ~answerable]
        by_kind[str(kind)] = figures(chances[rows], right[rows]) | {
            "auroc_answerable": None if told is None else round(told, 4),
            "answered": round(float(answered[rows].mean()), 3),
            "right_when_answered": round(float(correct.mean()), 3) if len(correct) else None,
            "unanswerable_answered": round(float(refused.mean()), 3) if len(refused) else None,
        }
    return figures(chances, right) | {"by_kind": by_kind}


def main() -> None:
    """Collect, fit, print and save."""
    parser = argparse.ArgumentParser(description="Fit the confidence.")
    parser.add_argument("--questions", type=int, default=12, help="of each article")
    parser.add_argument("--cases", type=Path, help="keep the cases here, or fit those kept here")
    arguments = parser.parse_args()
    kept = arguments.cases is not None and arguments.cases.exists()
    if kept:
        saved = json.loads(arguments.cases.read_text())
        cases = [Case(**(row | {"evidence": Evidence(**row["evidence"])})) for row in saved]
    else:
        cases = collect(arguments.questions)
        if arguments.cases:
            arguments.cases.write_text(json.dumps([asdict(case) for case in cases]))
    by_form = {form: [case for case in cases if form_of(case) == form] for form in FEATURES}
    fits = {form: fit(own, form) for form, own in by_form.items()}
    by_threshold = gains(
        [case for own in by_form.values() for case in own],
        np.concatenate([chances for _, chances in fits.values()]),
    )
    threshold = best_threshold(by_threshold)
    saved: dict[str, Any] = {"threshold": threshold, "gains": by_threshold}
    curves = {}
    for form, (fitted, chances) in fits.items():
        own = by_form[form]
        saved[form] = fitted | {"cross_fitted": report(own, chances, threshold)}
        for kind in ("SQuAD 2.0", "CLAPnq", "Chinese", "SQuAD 1.1", "Open"):
            rows = [i for i, case in enumerate(own) if _curve(case) == kind]
            if rows:
                curves[kind] = ([chances[i] for i in rows], [own[i].right for i in rows])
    plot_confidence(curves, RESULTS / "confidence.png")
    saved["provenance"] = {
        "command": "python -m training.confidence" + (" --cases FILE" if kept else ""),
        "cases": "kept from an earlier collection" if kept else "collected for this fit",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "data": "SQuAD dev-a 1.1 and 2.0, over all paragraphs, articles alone and together, "
        "CLAPnq, our own questions in the asker's words over six collections (letters); our own "
        "questions on articles of SQuAD dev-a (open); XQuAD-zh, with and without the article asked "
        "about (characters)",
        "reader": json.loads(DEFAULT_WEIGHTS.with_suffix(".json").read_text())["sha256"],
    }
    print(json.dumps(saved, indent=1))
    WEIGHTS.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


def form_of(case: Case) -> Form:
    """Return the form of a case's question."""
    if case.kind.startswith("Chinese"):
        return "characters"
    return "open" if case.kind == OPEN else "letters"


def _curve(case: Case) -> str:
    """Return the curve of the plot that a case belongs to."""
    names = {TRICKS: "SQuAD 2.0", "CLAPnq": "CLAPnq", OPEN: "Open"}
    return names.get(case.kind, "Chinese" if case.kind.startswith("Chinese") else "SQuAD 1.1")


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
        *squad_cases(over_chinese, asked, "Chinese"),
        *squad_cases(over_chinese, asked, "Chinese, article absent", absent=True),
    ]


if __name__ == "__main__":
    main()
