"""Fit the confidence: ``python -m training.confidence``, about fifteen minutes on two cores.

Asks tuning questions of whole collections, notes what speaks for the first quote and whether it
was right, and fits one logistic regression for text in letters, one for open questions ("Which
conferences were held?"), which passages answer that hold few of their words, and one for Chinese,
Japanese and Korean, which the reader was not trained on. Questions are divided by article into two
halves, each judged by a fit on the other; what ships is fitted on all. Questions on reports of our
own are not fitted on: what ships is tried on them. Writes ``qa/weights/confidence.json`` and the
plot ``benchmarks/results/confidence.png``. The seed articles are not used.
"""

import argparse
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.collections import RESULTS
from qa.calibration import auroc, figures
from qa.confidence import (
    FAR_SURE,
    FEATURES,
    WEIGHTS,
    ConfidenceModel,
    Evidence,
    Form,
    Regression,
    beside_the_point,
)
from qa.networks import ARBITER_WEIGHTS
from qa.plotting import plot_confidence
from training.cases import CLAPNQ, NEAR_MISSES, OPEN, OWN_WORDS, REPORTS, TRICKS, Case, collect

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
RIDGE = 1e-3
NATURAL = 4.0  # so often count CLAPnq's questions, the only ones here that anybody wanted answered
_AS_GOOD = 0.01  # by which a gain changes from fit to fit


def fit_monotone(features: Floats, right: Booleans, counted: Floats) -> tuple[Floats, float]:
    """Return coefficients (d,), none below 0, and intercept of a logistic regression.

    Every feature is evidence for the quote, so that more of it never lowers the confidence. Each
    row is `counted` so many times.
    """
    scale = features.std(axis=0) + 1e-9
    inputs = np.column_stack([features / scale, np.ones(len(features))])
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> float:
        misfits = np.logaddexp(0, -signs * (inputs @ weights))
        misfit = np.average(misfits, weights=counted)
        return float(misfit + RIDGE * (weights[:-1] ** 2).sum())

    bounds = [(0, None)] * features.shape[1] + [(None, None)]
    weights = minimize(loss, np.zeros(inputs.shape[1]), bounds=bounds, method="L-BFGS-B").x
    return weights[:-1] / scale, float(weights[-1])


def halves(cases: Sequence[Case]) -> Booleans:
    """Return for each case whether it is of the first half; cases of one group stay together."""
    return np.array([zlib.crc32(case.group.encode()) % 2 == 0 for case in cases])


def cross_fitted(features: Floats, right: Booleans, counted: Floats, half: Booleans) -> Floats:
    """Return each case's probability by a regression fitted on the other half of the cases."""
    chances = np.zeros(len(right))
    for fitting in (half, ~half):
        weights, intercept = fit_monotone(features[fitting], right[fitting], counted[fitting])
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

    Compared are means of three neighbours. Of those as good as the best, as far as can be told, the
    lowest is taken, which withholds fewer answers.
    """
    steps = sorted(by_threshold)
    means = np.convolve([by_threshold[step] for step in steps], np.ones(3) / 3, mode="valid")
    return float(steps[int(np.argmax(means >= means.max() - _AS_GOOD)) + 1])


def fit(cases: Sequence[Case], form: Form) -> tuple[dict[str, Any], Floats]:
    """Return a regression fitted on all cases of a form, and cross-fitted probabilities."""
    names = FEATURES[form]
    features = np.array([[getattr(case.evidence, name) for name in names] for case in cases], float)
    right = np.array([case.right for case in cases])
    counted = np.array([NATURAL if case.kind == CLAPNQ else 1.0 for case in cases])
    weights, intercept = fit_monotone(features, right, counted)
    coefficients = dict(zip(names, weights.round(4).tolist(), strict=True))
    fitted = {"intercept": round(intercept, 4), "coefficients": coefficients}
    chances = cross_fitted(features, right, counted, halves(cases))
    if form == "letters":  # the rule of `ConfidenceModel.probability`
        far = np.array([beside_the_point(case.evidence) for case in cases])
        chances = np.where(far, np.minimum(chances, FAR_SURE), chances)
    return fitted, chances


def tried(cases: Sequence[Case], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fit that ships is worth on cases that it was not fitted on."""
    model = ConfidenceModel(
        regressions={form: Regression(**_numbers(saved[form])) for form in FEATURES},
        threshold=saved["threshold"],
    )
    chances = np.array([model.probability(case.evidence, form_of(case)) for case in cases])
    return report(cases, chances, model.threshold)


def _numbers(fitted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fitted[name] for name in ("intercept", "coefficients")}


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


def kept_cases(path: Path, arbiter: str) -> list[Case]:
    """Return the cases kept in a file.

    Raises:
        SystemExit: they were collected with another arbiter than that of this checksum.
    """
    saved = json.loads(path.read_text())
    if saved.get("arbiter") != arbiter:
        raise SystemExit(
            f"The cases in {path} were collected with the arbiter {str(saved.get('arbiter'))[:12]},"
            f" this is {arbiter[:12]}. Name a file that does not exist yet, to collect them anew."
        )
    return [Case(**(row | {"evidence": Evidence(**row["evidence"])})) for row in saved["cases"]]


def main() -> None:
    """Collect, fit, print and save."""
    parser = argparse.ArgumentParser(description="Fit the confidence.")
    parser.add_argument("--questions", type=int, default=12, help="of each article")
    parser.add_argument("--cases", type=Path, help="keep the cases here, or fit those kept here")
    arguments = parser.parse_args()
    kept = arguments.cases is not None and arguments.cases.exists()
    # one arbiter goes with one reader and one verifier
    arbiter = json.loads(ARBITER_WEIGHTS.with_suffix(".json").read_text())["sha256"]
    if kept:
        cases = kept_cases(arguments.cases, arbiter)
    else:
        cases = collect(arguments.questions)
        if arguments.cases:
            rows = {"arbiter": arbiter, "cases": [asdict(case) for case in cases]}
            arguments.cases.write_text(json.dumps(rows))
    unseen = [case for case in cases if case.kind == REPORTS]
    by_form = {
        form: [case for case in cases if form_of(case) == form and case.kind != REPORTS]
        for form in FEATURES
    }
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
        for kind in ("SQuAD 2.0", "CLAPnq", "Chinese", "SQuAD 1.1", "Own words", "Open"):
            rows = [i for i, case in enumerate(own) if _curve(case) == kind]
            if rows:
                curves[kind] = ([chances[i] for i in rows], [own[i].right for i in rows])
    saved["not_fitted_on"] = tried(unseen, saved)
    plot_confidence(curves, RESULTS / "confidence.png")
    saved["provenance"] = {
        "command": "python -m training.confidence" + (" --cases FILE" if kept else ""),
        "cases": "kept from an earlier collection" if kept else "collected for this fit",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "data": "SQuAD dev-a 1.1 and 2.0, over all paragraphs, articles alone and together, "
        "CLAPnq, our own questions in the asker's words over six collections (letters); our "
        "own questions on articles of SQuAD dev-a (open); XQuAD-zh, "
        "with and without the article asked about (characters)",
        "arbiter": arbiter,
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
    names = {TRICKS: "SQuAD 2.0", CLAPNQ: "CLAPnq", OPEN: "Open"}
    names |= dict.fromkeys((OWN_WORDS, NEAR_MISSES), "Own words")
    return names.get(case.kind, "Chinese" if case.kind.startswith("Chinese") else "SQuAD 1.1")


if __name__ == "__main__":
    main()
