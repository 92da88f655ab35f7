"""At which precision passages are encoded: what the processor is fit for, what was asked for."""

import logging

import numpy as np
import onnx

from index import build_index
from index.encoder import Encoder
from index.precision import candidates, choose
from index.quantising import quantised_columns
from index.tokens import TokenCodec

PASSAGES = [("", f"Passage {i} says that the harbour was built in {1900 + i}.") for i in range(8)]


def test_only_processors_with_the_instructions_try_bfloat16(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : fpu avx2 avx512f\n")
    assert candidates(cpuinfo) == ["float32", "int8"]
    cpuinfo.write_text("flags : fpu avx2 avx512_bf16\n")
    assert candidates(cpuinfo) == ["float32", "bfloat16", "int8"]
    assert candidates(tmp_path / "none") == ["float32", "int8"]


def test_the_fastest_is_chosen_and_said(caplog):
    with caplog.at_level(logging.INFO, logger="index.precision"):
        choice = choose(None, PASSAGES, among=["float32", "int8"], least=1)
    assert set(choice.measured) == {"float32", "int8"}
    fastest = max(choice.measured, key=choice.measured.__getitem__)
    assert choice.encoder.precision == fastest
    assert f"encoding in {fastest}" in caplog.text


def test_a_few_passages_are_encoded_in_float32_unmeasured():
    choice = choose(None, PASSAGES, among=["float32", "bfloat16"])
    assert (choice.encoder.precision, dict(choice.measured)) == ("float32", {})


def test_bfloat16_runs_in_torch_and_gives_nearly_the_same_vectors():
    exact, close = Encoder.load(), Encoder.load(precision="bfloat16")
    pairs = zip(exact.encode_passages(PASSAGES), close.encode_passages(PASSAGES), strict=True)
    for (_, one), (_, other) in pairs:
        assert one.pooled @ other.pooled > 0.999
        assert not np.array_equal(one.pooled, other.pooled)
        assert (one.tokens * other.tokens).sum(axis=1).min() > 0.99
        np.testing.assert_array_equal(one.offsets, other.offsets)
    question = [encoder.encode_question("Who built it?").pooled for encoder in (exact, close)]
    np.testing.assert_array_equal(*question)


def test_eight_bits_give_nearly_the_same_vectors_and_the_same_token_codec():
    exact, close = Encoder.load(), Encoder.load(precision="int8")
    pairs = zip(exact.encode_passages(PASSAGES), close.encode_passages(PASSAGES), strict=True)
    for (_, one), (_, other) in pairs:
        assert 0.995 < one.pooled @ other.pooled < 0.999999
        assert (one.tokens * other.tokens).sum(axis=1).mean() > 0.995
    kinds = [node.op_type for node in onnx.load(close.folder / "model.onnx").graph.node]
    assert kinds.count("MatMul") == 4  # of six that narrow; no other matrix stays in float32
    assert kinds.count("MatMulInteger") == 32
    codecs = [TokenCodec.for_encoder(encoder) for encoder in (exact, close)]
    np.testing.assert_array_equal(codecs[0].projection, codecs[1].projection)


def test_neighbouring_weights_never_add_up_to_more_than_sixteen_bits_hold():
    matrix = np.random.default_rng(5).standard_normal((33, 40)).astype(np.float32)
    matrix[4:6, 3] = 9.0  # two large ones that are added up
    levels, scale = quantised_columns(matrix)
    pairs = np.pad(levels.astype(int), ((0, 1), (0, 0))).reshape(-1, 2, 40)
    assert (255 * np.maximum(pairs, 0).sum(axis=1)).max() <= 32767
    assert (255 * np.minimum(pairs, 0).sum(axis=1)).min() >= -32768
    assert np.abs(levels).max() > 64  # more than the seven bits that are always safe
    assert np.abs(levels * scale - matrix).max() <= scale.max() / 2 + 1e-6


def test_an_index_keeps_its_precision_until_another_is_asked_for(tmp_path, small_documents):
    built = build_index(small_documents, tmp_path / "index", precision="int8")
    assert built.manifest["encoding"]["precision"] == "int8"
    again = build_index(small_documents, tmp_path / "index")
    assert again.encoder.precision == "int8"
    assert again.report.encoded_chunks == 0
    other = build_index(small_documents, tmp_path / "index", precision="float32")
    assert other.encoder.precision == "float32"
    assert other.report.encoded_chunks == other.report.chunks
