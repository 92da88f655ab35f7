"""The map of the documents: neighbours stay neighbours, and the same documents the same places."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from corpus import Document
from index import Index, build_index
from index.insight import document_vectors, layout
from index.placing import flattened, flattened_apart


def clustered(count: int, clusters: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors (n, 64) around some centres, and the centre of each."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((clusters, 64))
    label = generator.integers(0, clusters, count)
    vectors = centres[label] + 0.6 * generator.standard_normal((count, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), label


@pytest.mark.parametrize(
    ("count", "most", "least"), [(60, 2000, 0.85), (400, 2000, 0.95), (900, 300, 0.9)]
)
def test_near_documents_are_near_on_the_map(count, most, least):
    vectors, label = clustered(count, 12)
    places = flattened(vectors, most=most)
    assert places.shape == (count, 2)
    assert trustworthiness(vectors, places, n_neighbors=5, metric="cosine") > least
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert (label[gaps.argmin(axis=1)] == label).mean() > least


def test_a_map_without_order_would_fail_the_test_above():
    vectors, _ = clustered(400, 12)
    shuffled = np.random.default_rng(1).permutation(flattened(vectors))
    assert trustworthiness(vectors, shuffled, n_neighbors=5, metric="cosine") < 0.6


@pytest.mark.parametrize("count", [5, 60])
def test_the_same_vectors_get_the_same_places(count):
    vectors, _ = clustered(count, 3)
    np.testing.assert_array_equal(flattened(vectors), flattened(vectors.copy()))


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_process_of_its_own_gives_the_same_places(unbuffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)  # a pipe is another kind of file then
    vectors, _ = clustered(60, 3)
    np.testing.assert_array_equal(flattened_apart(vectors), flattened(vectors))


def test_a_process_that_fails_says_why():
    with pytest.raises(OSError, match="ended with status 1"):
        flattened_apart(np.zeros((0, 64), np.float32))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9])
def test_a_few_documents_have_places_too(count):
    vectors, _ = clustered(count, 2)
    places = flattened(vectors)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()
    if count >= 2:
        assert places[:, 0].min() == pytest.approx(0)
        assert places[:, 0].max() == pytest.approx(1)
    if count == 1:
        assert places.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("count", [3, 20])
def test_documents_of_the_same_text_are_no_trouble(count):
    vectors = np.tile(clustered(1, 1)[0], (count, 1))
    places = flattened(vectors)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    water = "The water works of {0} pump rain through old pipes. Leaks are found by sensors."
    trams = "Tram line {0} carries riders to the station. Its brakes are electric."
    documents = [
        Document.from_text(
            f"{text.format(name)}\n\n" * parts, source=f"{folder}/{name}.txt", title=name,
            date="2019" if name == "Ash" else None,
        )
        for folder, text in (("water", water), ("trams", trams))
        for name, parts in (("Ash", 1), ("Birch", 9), ("Cedar", 1), ("Elm", 30), ("Fir", 1))
    ]  # fmt: skip
    return build_index(documents, tmp_path_factory.mktemp("insight") / "index")


def test_document_vectors_are_the_mean_directions_of_their_passages(index):
    chunks = [summary.chunks for summary in index.summaries()]
    assert max(chunks) > 1
    starts = np.cumsum([0, *chunks])
    expected = [
        index.vectors(np.arange(a, b)).mean(axis=0)
        for a, b in zip(starts, starts[1:], strict=False)
    ]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(document_vectors(index), expected, atol=1e-5)


def test_the_layout_of_an_index(index):
    points = layout(index)
    summaries = index.summaries()
    assert [(p.doc_id, p.title, p.date, p.folder) for p in points] == [
        (s.doc_id, s.title, s.date, s.folder) for s in summaries
    ]
    places = np.array([(p.x, p.y) for p in points])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    folders = [s.folder for s in summaries]
    assert [folders[n] for n in gaps.argmin(axis=1)] == folders
    assert json.loads(json.dumps([asdict(p) for p in points]))
    assert layout(index) is points, "kept as long as the index is open"
    assert layout(Index.open(index.path)) == points


def test_the_shipped_corpus_keeps_its_neighbours(index_path):
    index = Index.open(index_path)
    points = layout(index)
    places = np.array([(p.x, p.y) for p in points])
    vectors = document_vectors(index)
    assert trustworthiness(vectors, places, n_neighbors=5, metric="cosine") > 0.8
