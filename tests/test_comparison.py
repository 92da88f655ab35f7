"""Evaluations compared with earlier ones, and how far a confidence can be trusted."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import rcParams
from matplotlib.figure import Figure

from corpus import CorpusError
from qa.calibration import (
    auroc,
    calibration_error,
    error_at,
    figures,
    reliability,
    risk_coverage,
    wilson,
)
from qa.comparison import compare, load_results
from qa.plotting import _draw_bins, plot_confidence


def row(question, *, right, rank=None, outcome="first", answer="x"):
    return {
        "question": {"question": question, "answer": answer, "filters": None},
        "right": right, "rank": rank, "outcome": outcome,
    }  # fmt: skip


BEFORE = {
    "results": [
        row("a", right=True, rank=1),
        row("b", right=False, rank=2, outcome="first three"),
        row("c", right=True, outcome="abstained", answer=None),
        row("gone", right=True, rank=1),
    ]
}


def test_the_same_figures_are_no_worse():
    same = compare(BEFORE, BEFORE)
    assert (same.questions, same.worse, same.lost, same.gained) == (4, (), (), ())


def test_what_fell_is_named_with_its_questions():
    now = {
        "results": [
            row("a", right=False, rank=2, outcome="first three"),
            row("b", right=True, rank=1),
            row("c", right=False, outcome="answered", answer=None),
            row("new", right=False, outcome="abstained"),
        ]
    }
    comparison = compare(BEFORE, now)
    assert comparison.questions == 3
    assert comparison.figures["right"] == (2, 1)
    assert comparison.worse == ("right", "unanswerable: abstained")
    assert (comparison.lost, comparison.gained) == (("a", "c"), ("b",))
    assert json.loads(json.dumps(comparison.to_dict()))["worse"] == list(comparison.worse)


def test_other_questions_cannot_be_compared():
    with pytest.raises(CorpusError, match="none is in this file"):
        compare(BEFORE, {"results": [row("other", right=True)]})


def result_with(**changes):
    return json.dumps({"results": [row("a", right=True, rank=1) | changes]})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, r"cannot be read \(No such file"),
        ("{", r"no JSON \("),
        ('{"question": "a"}\n{"question": "b"}\n', r"no JSON \("),
        ("[]", 'no object with a list of "results"'),
        ("{}", 'no object with a list of "results"'),
        ('{"results": {"a": 1}}', 'no object with a list of "results"'),
        ('{"results": [3]}', "number 1 of its results"),
        ('{"results": [{"question": "a"}]}', "number 1 of its results"),
        (result_with(question={"question": "a"}), "number 1 of its results"),
        (result_with(question={"question": ["a"], "answer": None}), "number 1 of its results"),
        (result_with(rank="1"), "number 1 of its results"),
        (result_with(right=None), "number 1 of its results"),
    ],
)
def test_a_file_that_holds_no_figures_is_refused_in_plain_words(content, found, tmp_path):
    path = tmp_path / "old.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CorpusError, match=rf"old.json holds no earlier.*{found}.*--out") as caught:
        load_results(path)
    assert "Error" not in str(caught.value)


def test_figures_matched_otherwise_are_not_compared(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json.dumps(BEFORE))
    assert load_results(path, match="answer") == BEFORE  # an old file does not say
    path.write_text(json.dumps(BEFORE | {"match": "answer"}))
    assert load_results(path, match="answer")["match"] == "answer"
    with pytest.raises(CorpusError, match=r"matched by answer, these are by evidence.*--match"):
        load_results(path)


outcomes = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@settings(deadline=None)
@given(outcomes)
def test_auroc_is_the_share_of_pairs_in_order(rows):
    chances, right = zip(*rows, strict=True)
    pairs = [(a > b) + (a == b) / 2 for a, x in rows for b, y in rows if x and not y]
    expected = None if not pairs else pytest.approx(sum(pairs) / len(pairs))
    assert auroc(chances, right) == expected


@settings(deadline=None)
@given(outcomes)
def test_risk_at_full_coverage_is_the_share_wrong(rows):
    chances, right = (np.array(part) for part in zip(*rows, strict=True))
    coverage, risk = risk_coverage(chances, right)
    assert coverage[-1] == 1
    assert risk[-1] == pytest.approx(1 - right.mean())
    assert error_at(chances, right, 1.0) == pytest.approx(1 - right.mean())


def test_calibration_error_of_known_bins():
    chances = np.array([0.1] * 10 + [0.9] * 10)
    right = np.array([False] * 9 + [True] + [True] * 7 + [False] * 3)
    assert calibration_error(chances, right, bins=2) == pytest.approx(0.1)


def test_no_questions_have_no_figures():
    assert figures([], [])["auroc"] is None
    assert figures([], [])["calibration_error"] is None


def test_bins_hold_five_questions_at_least():
    chances = np.linspace(0, 1, 103)
    sizes = [[count for _, _, count in reliability(chances[:n], chances[:n] > 0)] for n in (3, 27)]
    assert sizes == [[3], [6, 6, 5, 5, 5]]
    assert len(reliability(chances, chances > 0)) == 10


@given(st.integers(1, 500), st.data())
def test_an_interval_is_where_the_share_is_under_two_deviations_off(count, data):
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert 0 <= low <= share + 1e-9 and share - 1e-9 <= high <= 1
    for edge in (low, high):
        assert (edge - share) ** 2 == pytest.approx(1.96**2 * edge * (1 - edge) / count, abs=1e-9)


def test_the_plot_is_a_picture(tmp_path):
    path = tmp_path / "plot.png"
    plot_confidence({"some": ([0.9, 0.2, 0.6], [True, False, True]), "none": ([], [])}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(CorpusError, match="Name it .png"):
        plot_confidence({"some": ([0.9], [True])}, tmp_path / "plot.abc")


def test_the_plot_says_what_it_shows_and_of_how_many(tmp_path, monkeypatch):
    monkeypatch.setitem(rcParams, "svg.fonttype", "none")  # words stay words
    path = tmp_path / "plot.svg"
    right = [True] * 18 + [False] * 7
    plot_confidence({"_问$x$.jsonl": (np.linspace(1, 0, 25), right)}, path)
    words = path.read_text(encoding="utf-8")
    for text in (
        "How far the confidence can be trusted<", "Were only the surest first quotes given",
        "25 first quotes of _?$x$.jsonl, 18 of them right", "5 groups of 5, _?$x$.jsonl",
        "the surest 80%", "as sure as right", "bars: 95% interval", "abstentions included",
    ):  # fmt: skip
        assert text in words
    plot_confidence({"few": ([0.9, 0.1], [True, False])}, path)
    assert "(too few questions to tell)" in path.read_text(encoding="utf-8")


def test_points_of_the_plot_are_not_joined():
    axes = Figure().subplots()
    _draw_bins(axes, np.linspace(0, 1, 25), np.arange(25) > 7, "some")
    (points,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert points.get_linestyle() == "None"
    assert len(points.get_xdata()) == 5
