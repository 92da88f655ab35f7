"""Search against brute force, and what a rebuild takes over."""

import math
import os
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.assembling
from corpus import CorpusError, Document, StoreError
from index import Index, build_index
from index.dense import DenseIndex
from index.interaction import BLOCK, late_interaction
from index.lexical import LexicalIndex, terms
from index.ranking import CHARACTERS, LETTERS, Signals, fuse, z_scores


def test_dense_search_equals_brute_force():
    generator = np.random.default_rng(1)
    vectors = generator.standard_normal((300, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors.astype(np.float16).astype(np.float32)  # as they are kept
    index = DenseIndex.from_vectors(vectors)
    for question in vectors[:5] + 0.3 * generator.standard_normal((5, 24)).astype(np.float32):
        expected = np.argsort(-(vectors @ question))[:20]
        np.testing.assert_array_equal(index.search(question, k=20), expected)
    rows = np.array([7, 0, 299])
    np.testing.assert_array_equal(index.vectors(rows), vectors[rows])
    assert len(index.search(vectors[0], k=1000)) == 300


TEXTS = [
    "The harbour was built by an engineer; the harbour is old.",
    "Engineers built bridges and harbours",
    "智慧城市在银川建设",
    "银川的城市",
    "Nothing in common here at all, only words",
    "",
]


def _bm25(question: str, texts: list[str]) -> list[float]:
    documents = [Counter(terms(text)) for text in texts]
    lengths = [sum(document.values()) for document in documents]
    # tantivy keeps lengths exactly up to 40 terms
    average = sum(lengths) / len(lengths)
    scores = []
    for document, length in zip(documents, lengths, strict=True):
        score = 0.0
        for term, count in Counter(terms(question)).items():
            n = sum(term in other for other in documents)
            idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
            frequency = document[term]
            norm = 1.2 * (1 - 0.75 + 0.75 * length / average)
            score += count * idf * frequency * 2.2 / (frequency + norm)
        scores.append(score)
    return scores


@pytest.mark.parametrize(
    "question", ["Who built the harbours?", "智慧城市", "harbour harbour engineer", "城", "zzz"]
)
def test_bm25_equals_the_formula(tmp_path, question):
    LexicalIndex.build(TEXTS, tmp_path / "lexical")
    index = LexicalIndex.open(tmp_path / "lexical")
    expected = np.array(_bm25(question, TEXTS))
    everywhere = index.scores(question, np.arange(len(TEXTS)))
    np.testing.assert_allclose(everywhere, expected, rtol=1e-4)
    rows, scores = index.search(question, k=10)
    np.testing.assert_allclose(scores, np.sort(expected[expected > 0])[::-1], rtol=1e-4)
    assert set(rows) == set(np.flatnonzero(expected))


def test_chinese_is_found_by_its_character_pairs(small_index):
    assert small_index.search("银川的市长", k=1)[0].document.source == "智慧城市.txt"
    assert small_index.search("智慧城市", k=1)[0].lexical > 0


def test_terms_fold_case_accents_and_endings():
    assert terms("Ürümqi's Cities") == ["urumqi", "s", "citi"]
    assert terms("天 智慧城市") == ["天", "智慧", "慧城", "城市"]


@pytest.mark.parametrize(
    ("question", "weights", "first"),
    [
        ("Who built the harbour of Aldmouth?", LETTERS, "harbour.txt"),
        ("银川的市长是谁？", CHARACTERS, "智慧城市.txt"),
    ],
)
def test_search_equals_brute_force_over_all_chunks(small_index, question, weights, first):
    encoding = small_index.encode_question(question)
    rows = np.arange(len(small_index))
    dense = small_index.vectors(rows) @ encoding.pooled
    lexical = small_index.lexical.scores(question, rows)
    asked = encoding.tokens @ small_index.tokens.codec.projection
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    late = []
    for row in rows:
        tokens = small_index.tokens.codec.decode(small_index.tokens.codes(row))
        late.append(
            _slow_interaction(asked @ tokens.T, small_index.token_weights(question, encoding))
        )
    idf = small_index.term_weights(question)
    in_titles = [
        sum(idf.get(term, 0) for term in set(terms(small_index.passage(row)[0].title)))
        for row in rows
    ]
    title = np.array(in_titles, np.float32) / sum(idf.values())
    fused = fuse(
        Signals(dense, lexical, *np.array(late, np.float32).T, title=title),
        small_index.vectors(rows),
        weights,
    )
    hits = small_index.search(question, k=10)
    assert [hit.row for hit in hits] == np.argsort(-fused, kind="stable").tolist()
    for hit in hits:
        assert hit.dense == pytest.approx(dense[hit.row], abs=1e-5)
        assert hit.lexical == pytest.approx(lexical[hit.row], abs=1e-5)
        assert hit.late == pytest.approx(late[hit.row][0], abs=1e-4)
        assert hit.score == pytest.approx(fused[hit.row], abs=1e-3)
        assert hit.document.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    assert hits[0].document.source == first


def _slow_interaction(similarities, weights):
    """Late interaction of one passage by loops over token pairs."""
    m, n = similarities.shape
    if n == 0:
        return 0.0, 0.0, 0.0
    weights = weights if any(weights) else np.ones(m)
    late = np.mean([max(similarities[i]) for i in range(m)])
    starts = range(0, n, BLOCK)
    windows = [similarities[:, start : start + 2 * BLOCK] for start in starts]
    roots = np.sqrt(weights)
    window = max(
        sum(roots[i] * max(0, max(part[i])) ** 3 for i in range(m)) / roots.sum()
        for part in windows
    )
    if m == 1:
        return late, window, late
    shares = [(weights[i] + weights[i + 1]) / 2 for i in range(m - 1)]
    best = [
        max([0, *(min(similarities[i, j], max(similarities[i + 1, j : j + 2])) for j in range(n))])
        for i in range(m - 1)
    ]
    return late, window, np.dot(shares, best) / max(sum(shares), 1e-6)


@given(
    lengths=st.lists(
        st.sampled_from([0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1, 90]), max_size=6
    ),
    m=st.integers(0, 5),
    seed=st.integers(0, 99),
    weighed=st.booleans(),
)
def test_late_interaction_equals_loops_over_token_pairs(lengths, m, seed, weighed):
    rng = np.random.default_rng(seed)
    similarities = rng.uniform(-1, 1, (m, sum(lengths))).astype(np.float32)
    weights = rng.uniform(0, 5, m).astype(np.float32) * weighed
    scores = late_interaction(similarities.copy(), lengths, weights)
    ends = np.cumsum(lengths, dtype=int)
    for p, (length, end) in enumerate(zip(lengths, ends, strict=True)):
        own = similarities[:, end - length : end]
        expected = _slow_interaction(own, weights) if m else (0, 0, 0)
        assert [float(s[p]) for s in scores] == pytest.approx(expected, abs=1e-5)


def test_fuse_is_the_weighted_sum_of_z_scores_and_of_that_of_the_likeness_to_the_best():
    generator = np.random.default_rng(2)
    signals = Signals(*generator.standard_normal((6, 9)).astype(np.float32))
    vectors = generator.standard_normal((9, 5)).astype(np.float32)

    def z(scores):
        return (scores - scores.mean()) / scores.std()

    for weights in (LETTERS, CHARACTERS):
        assert sum(weights) == pytest.approx(1)
        expected = sum(w * z(s) for w, s in zip(weights[:-1], signals, strict=True))
        first, second = sorted(range(9), key=lambda i: -expected[i])[:2]
        expected = expected + weights.feedback * z(vectors @ (vectors[first] + vectors[second]))
        fused = fuse(signals, vectors, weights)
        np.testing.assert_allclose(fused, expected, rtol=1e-3, atol=1e-5)
    assert z_scores(np.full(3, 0.5, np.float32)).tolist() == [0, 0, 0]


def test_match_gives_each_tokens_cosine_at_its_offsets(small_index):
    question = "Which fee does the council charge?"
    encoding = small_index.encode_question(question)
    hit = small_index.search(question, k=1)[0]
    match = small_index.match(encoding, hit)
    assert match.similarities.shape == (len(encoding.tokens), len(match.offsets))
    assert hit.late == pytest.approx(float(match.similarities.max(axis=1).mean()), abs=1e-4)
    words = [hit.document.text[a:b] for a, b in match.offsets if a >= hit.chunk.start]
    assert "council" in words


def test_token_weights_are_the_idf_of_the_word(small_index):
    question = "harbour of Aldmouth"
    encoding = small_index.encode_question(question)
    weights = small_index.token_weights(question, encoding)
    harbour, of, *aldmouth = weights
    assert harbour == pytest.approx(small_index.lexical.idf(["harbour"])[0])
    assert of == pytest.approx(small_index.lexical.idf(["of"])[0])
    assert aldmouth == pytest.approx([small_index.lexical.idf(["aldmouth"])[0]] * len(aldmouth))


@pytest.mark.parametrize("question", ["", "  \n"])
def test_a_blank_question_is_refused(small_index, question):
    with pytest.raises(ValueError, match="question is blank"):
        small_index.search(question)


def test_k_below_one_is_refused(small_index):
    with pytest.raises(ValueError, match="k is 0; expected at least 1"):
        small_index.search("harbour", k=0)


def test_a_question_without_a_known_word_still_finds_the_nearest(small_index):
    assert len(small_index.search("?!", k=2)) == 2


def test_odd_questions_are_no_error(small_index):
    for question in ["a" * 20_000, "🙂", "\x00", "x AND (y OR", "title:foo^2 *", "é" * 100]:
        assert small_index.search(question, k=1)


def test_documents_and_summaries(small_index, small_documents):
    for document in small_documents:
        assert small_index.document(document.doc_id) == document
    assert [entry.source for entry in small_index.summaries()] == [
        document.source for document in small_documents
    ]
    assert sum(entry.chunks for entry in small_index.summaries()) == len(small_index)
    with pytest.raises(StoreError, match="No document has the id 'ffff'"):
        small_index.document("ffff")


def test_a_document_keeps_every_field(tmp_path):
    document = replace(
        Document.from_text(
            "Page one says little.\nPage two says 42.\nShare this", source="a.pdf", title="T",
            date="2018-11-20", page_starts=(0, 22), furniture=((40, 50),), metadata={"author": "A"},
        ),
        copies=("b.pdf",),
    )  # fmt: skip
    index = build_index([document], tmp_path / "index")
    assert index.document(document.doc_id) == document


# What a rebuild takes over


def _report(index: Index) -> tuple[int, int, int, int, int]:
    report = index.report
    return (
        report.encoded_chunks, report.reused_chunks, report.added, report.changed, report.removed,
    )  # fmt: skip


def test_a_rebuild_encodes_only_what_is_new(tmp_path, small_documents):
    path = tmp_path / "index"
    first = build_index(small_documents, path)
    assert _report(first) == (3, 0, 3, 0, 0)
    assert _report(build_index(small_documents, path)) == (0, 3, 0, 0, 0)
    other = Document.from_text("Now something else.", source="market.txt")
    changed = [other, *small_documents[::2]]
    assert _report(build_index(changed, path)) == (1, 2, 0, 1, 0)
    assert _report(build_index(changed[:2], path)) == (0, 2, 0, 0, 1)
    renamed = [Document.from_text(small_documents[0].text, source="port.txt"), changed[0]]
    assert _report(build_index(renamed, path)) == (0, 2, 1, 0, 1)
    assert _report(build_index(renamed, path, full=True)) == (2, 0, 2, 0, 0)


def test_a_reader_keeps_its_generation_while_others_are_published(tmp_path, small_documents):
    path = tmp_path / "index"
    old = build_index(small_documents, path)
    before = [(hit.chunk, hit.score) for hit in old.search("harbour")]
    for text in ("One.", "Two.", "Three.", "Four."):
        build_index([Document.from_text(text, source="new.txt")], path)
    assert [(hit.chunk, hit.score) for hit in old.search("harbour")] == before
    assert [entry.source for entry in Index.open(path).summaries()] == ["new.txt"]


def test_the_same_passage_in_two_documents_is_encoded_once(tmp_path):
    documents = [Document.from_text("Same words here.", source=name) for name in ("a", "b")]
    index = build_index(documents, tmp_path / "index")
    assert _report(index) == (1, 1, 2, 0, 0)
    first, second = index.search("same words", k=2)
    assert first.score == second.score
    assert {first.document.source, second.document.source} == {"a", "b"}


def test_a_renamed_file_is_not_encoded_again(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "old name.txt").write_text("The harbour opened in 1887.\n\nTwo ferries cross it.")
    (folder / "page.md").write_text("# Market\n\nWool is sold on Fridays.")
    build_index(folder, tmp_path / "index").close()
    (folder / "old name.txt").rename(folder / "another.txt")
    (folder / "sub").mkdir()
    (folder / "page.md").rename(folder / "sub" / "page.md")
    index = build_index(folder, tmp_path / "index")
    assert index.report.encoded_chunks == 0
    assert {entry.source for entry in index.summaries()} == {"another.txt", "sub/page.md"}
    assert index.search("harbour", k=1)[0].document.source == "another.txt"


def test_the_manifest_names_the_paths_that_were_given(tmp_path, small_documents):
    (tmp_path / "a.txt").write_text("Some text.")
    path = tmp_path / "index"
    assert build_index(tmp_path / "a.txt", path).manifest["roots"] == [str(tmp_path / "a.txt")]
    paths = [tmp_path / "a.txt", os.path.relpath(tmp_path)]
    assert build_index(paths, path).manifest["roots"] == [str(tmp_path / "a.txt"), str(tmp_path)]
    assert build_index(small_documents, path).manifest["roots"] == []


def test_many_small_builds_leave_few_token_files(tmp_path, monkeypatch):
    monkeypatch.setattr(index.assembling, "_MOST_SEGMENTS", 3)
    documents = []
    for number in range(8):
        documents.append(Document.from_text(f"Ferry {number} sails.", source=f"{number}"))
        grown = build_index(documents, tmp_path / "grown")
        assert len(grown.manifest["segments"]) <= 5
        assert grown.report.encoded_chunks == 1
    scratch = build_index(documents, tmp_path / "scratch")
    ours, theirs = grown.search("Ferry 3"), scratch.search("Ferry 3")
    assert [hit.chunk for hit in ours] == [hit.chunk for hit in theirs]
    np.testing.assert_allclose([h.late for h in ours], [h.late for h in theirs], atol=1e-5)


SENTENCES = ["Alpha runs.", "Beta sleeps at night.", "Gamma eats 3.", "Delta 城市.", "Epsilon!"]
STATES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from(SENTENCES), min_size=1), min_size=1
)


@pytest.mark.timeout(900)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(STATES, min_size=2, max_size=3), renamed=st.booleans())
def test_an_incremental_index_answers_exactly_as_one_built_from_scratch(
    tmp_path_factory, states, renamed
):
    folder = tmp_path_factory.mktemp("exact")
    if renamed:  # the same texts under each other's names, and one new name
        names = dict(zip("abc", "dab", strict=True))
        states.append({names[source]: texts for source, texts in states[-1].items()})
    for state in states:
        documents = [
            Document.from_text("\n\n".join(sentences), source=source)
            for source, sentences in sorted(state.items())
        ]
        grown = build_index(documents, folder / "grown")
    if renamed:
        assert grown.report.encoded_chunks == 0
    scratch = build_index(documents, folder / "scratch")
    for question in ("Who runs?", "城市", "What does Gamma eat?"):
        ours, theirs = grown.search(question), scratch.search(question)
        assert [hit.chunk for hit in ours] == [hit.chunk for hit in theirs]
        for name in ("score", "dense", "lexical", "late"):
            np.testing.assert_allclose(
                [getattr(hit, name) for hit in ours],
                [getattr(hit, name) for hit in theirs],
                atol=1e-4,
            )


def test_nothing_to_index_is_an_error_and_leaves_the_old_index(tmp_path, small_documents):
    path = tmp_path / "index"
    build_index(small_documents, path)
    for nothing in ([], [Document.from_text("  \n ", source="blank")]):
        with pytest.raises(CorpusError, match="hold no text that could be quoted"):
            build_index(nothing, path)
    assert len(Index.open(path)) == 3


def test_paths_and_documents_together_are_refused(tmp_path, small_documents):
    with pytest.raises(ValueError, match="Both paths and documents"):
        build_index([*small_documents, tmp_path], tmp_path / "index")


def test_progress_counts_up_to_the_total(tmp_path, small_documents):
    seen = []
    build_index(small_documents, tmp_path / "index", progress=seen.append)
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["reading", "splitting", "encoding", "writing"]
    for stage in stages:
        counts = [(progress.done, progress.total) for progress in seen if progress.stage == stage]
        assert counts[-1][0] == counts[-1][1]
        assert [done for done, _ in counts] == sorted(done for done, _ in counts)
