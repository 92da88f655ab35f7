"""Dense search against brute force: all compared as they are, or by their codes first."""

import numpy as np
import pytest

from index.dense import LEAST_RECALL, DenseIndex


def _vectors(count: int, *, topics: int = 40) -> np.ndarray:
    """Return unit vectors (count, 32) around some topics, seeded."""
    generator = np.random.default_rng(1)
    centres = generator.standard_normal((topics, 32))
    vectors = centres[generator.integers(topics, size=count)]
    vectors = (vectors + 0.7 * generator.standard_normal((count, 32))).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = _vectors(6000)
QUESTIONS = _vectors(6200)[6000:]


@pytest.fixture(scope="module", params=["exact", "codes"])
def dense(request: pytest.FixtureRequest, tmp_path_factory) -> DenseIndex:
    limit = {"exact": 6000, "codes": 5999}[request.param]
    made = DenseIndex.from_vectors(VECTORS, questions=QUESTIONS, exact_up_to=limit)
    assert made.description["search"] == request.param
    path = tmp_path_factory.mktemp("dense") / "dense.faiss"
    made.save(path)
    return DenseIndex.open(path, made.description)


def test_it_finds_the_nearest(dense):
    least = 1.0 if dense.description["search"] == "exact" else LEAST_RECALL
    kept = dense.vectors(np.arange(6000))
    shares = []
    for question in QUESTIONS:
        nearest = np.argsort(-(kept @ question), kind="stable")[:100]
        shares.append(len(np.intersect1d(dense.search(question, k=100), nearest)) / 100)
    assert np.mean(shares) >= least - 0.001  # equal scores at the edge may change places
    if least < 1:
        assert abs(np.mean(shares) - dense.description["recall@100"]) < 0.02
        assert dense.description["compared_again"] < 32


def test_rows_come_best_first_and_vectors_are_those_put_in(dense):
    rows = dense.search(QUESTIONS[0], k=50)
    scores = dense.vectors(rows) @ QUESTIONS[0]
    assert (np.diff(scores) <= 1e-6).all()
    np.testing.assert_allclose(dense.vectors(rows), VECTORS[rows], atol=3e-4)
    assert dense.vectors(np.zeros(0, np.int64)).shape == (0, 32)


@pytest.mark.parametrize("admitted", [30, 5500])
def test_only_rows_admitted_are_found(dense, admitted, monkeypatch):
    monkeypatch.setattr("index.dense._FEW", 1000)
    among = np.sort(np.random.default_rng(2).permutation(6000)[:admitted])
    found = dense.search(QUESTIONS[1], k=20, among=among)
    nearest = among[np.argsort(-(dense.vectors(among) @ QUESTIONS[1]), kind="stable")[:20]]
    assert np.isin(found, among).all()
    assert len(np.intersect1d(found, nearest)) >= (20 if admitted == 30 else 18)


def test_kept_vectors_are_kept_again_unchanged(dense):
    kept = dense.vectors(np.arange(6000))
    again = DenseIndex.from_vectors(kept, exact_up_to=6000).vectors(np.arange(6000))
    np.testing.assert_array_equal(kept, again)


def test_the_same_vectors_make_the_same_index(tmp_path):
    for name in "ab":
        made = DenseIndex.from_vectors(VECTORS, questions=QUESTIONS, exact_up_to=10)
        made.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
