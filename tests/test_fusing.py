"""Attentions that are fused compute what they did, and those that would not are left alone."""

import json

import numpy as np
import onnx
import pytest
import torch

from index.export import export_onnx, open_session

WIDTH, HEADS = 16, 4


class Attention(torch.nn.Module):
    """Self-attention written out, its scores times `scale`, `added` to them."""

    def __init__(self, *, scale: float = (WIDTH // HEADS) ** -0.5, added: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.words = torch.nn.Embedding(50, WIDTH)
        self.parts = torch.nn.ModuleList(torch.nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.scale, self.added = scale, added

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor]:
        states = self.words(input_ids)
        batch, length, _ = states.shape
        query, key, value = (
            part(states).view(batch, length, HEADS, -1).transpose(1, 2) for part in self.parts
        )
        scores = query @ key.transpose(-1, -2) * self.scale
        if self.added:
            scores = scores + self.added * torch.arange(length)
        heads = scores.softmax(-1) @ value
        return (heads.transpose(1, 2).reshape(batch, length, WIDTH),)


class ScaledBefore(Attention):
    """The same, the query scaled before it meets the keys, as exported models have it."""

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor]:
        states = self.words(input_ids)
        batch, length, _ = states.shape
        query, key, value = (
            part(states).view(batch, length, HEADS, -1).transpose(1, 2) for part in self.parts
        )
        heads = ((query * self.scale) @ key.transpose(-1, -2)).softmax(-1) @ value
        return (heads.transpose(1, 2).reshape(batch, length, WIDTH),)


def exported(module, folder, heads=HEADS):
    path = folder / "model.onnx"
    export_onnx(
        module, path, inputs=["input_ids"], outputs={"states": ["batch", "length"]},
        vocabulary=50, heads=heads,
    )  # fmt: skip
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    return path, kinds


def test_a_plain_attention_is_fused_and_computes_the_same(tmp_path):
    module = ScaledBefore()
    path, kinds = exported(module, tmp_path)
    assert kinds.count("MultiHeadAttention") == 1 and "Softmax" not in kinds
    ids = np.random.default_rng(0).integers(50, size=(2, 23))
    (ours,) = open_session(path).run(None, {"input_ids": ids})
    with torch.inference_mode():
        (theirs,) = module(torch.from_numpy(ids))
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)


@pytest.mark.parametrize("module", [Attention(added=0.3), Attention()], ids=["added", "scaled"])
def test_an_attention_whose_scores_are_changed_is_left_as_it_is(module, tmp_path):
    assert "MultiHeadAttention" not in exported(module, tmp_path)[1]


def test_what_would_compute_something_else_is_not_kept(tmp_path, caplog):
    path, kinds = exported(ScaledBefore(scale=5.0), tmp_path)
    assert "Softmax" in kinds and "not fused" in caplog.text
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_model_of_unknown_heads_is_not_fused(tmp_path):
    assert "Softmax" in exported(ScaledBefore(), tmp_path, heads=None)[1]


def test_every_attention_of_the_shipped_models_is_fused():
    from index.encoder import Encoder
    from qa.networks import DEFAULT_WEIGHTS, READER_FORMAT
    from qa.reader import Reader

    Reader.load()
    folder = Encoder.load().folder
    shipped = json.loads(DEFAULT_WEIGHTS.with_suffix(".json").read_text())["sha256"][:12]
    (reader,) = folder.parent.glob(f"reader-{READER_FORMAT}-{shipped}-*/reader.onnx")
    for path in (folder / "model.onnx", reader):
        kinds = [node.op_type for node in onnx.load(path).graph.node]
        assert kinds.count("MultiHeadAttention") == 6, path
