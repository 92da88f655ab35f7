"""Eight-bit copies of exported models: smaller and faster, with nearly the same numbers.

Activations are quantised anew for each text, with one scale for a whole matrix of them
(`DynamicQuantizeLinear`), so that a text's vectors do not depend on other texts.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.export import onnx_runtime, open_session
from index.vocabulary import word_samples

_SAMPLES = 40  # texts from which the reach of channels is taken
_SMOOTHED = 0.6  # share of an input's spread that is moved into the weights; MSE is flat around it
_MOST = 127
_LEAST_REACH = "least_reach"  # name of the number that no token's reach is below
_NARROW_TAKEN = 3  # one in so many matrices that narrow; benchmarks/README.md, "Encoding"
_Floats = npt.NDArray[np.float32]


def quantise(source: Path, target: Path) -> None:
    """Write an ONNX file with the weights of all its matrices in 8 bits, one scale a column.

    Seven bits of the eight are used, so that processors without VNNI do not overflow.
    """
    onnx_runtime()
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it advises a preparation that does not apply here
    try:
        quantize_dynamic(
            source, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},  # of what a fused node returns
        )  # fmt: skip
    finally:
        logging.disable(logging.NOTSET)


def quantise_encoder(exact: Path, folder: Path) -> None:
    """Write the 8-bit ``model.onnx`` of an encoder's folder to another one."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(exact / "tokenizer.json"))
    inputs = json.loads((exact / "encoder.json").read_text(encoding="utf-8"))["inputs"]
    samples = []
    for encoding in tokenizer.encode_batch(word_samples(tokenizer, most=_SAMPLES)):
        ids = np.array([encoding.ids], np.int64)
        samples.append(
            {name: ids if name == "input_ids" else np.zeros_like(ids) for name in inputs}
        )
    quantise_closely(exact / "model.onnx", folder / "model.onnx", samples)


def quantise_closely(
    source: Path, target: Path, samples: Sequence[dict[str, npt.NDArray[np.int64]]]
) -> None:
    """Write an ONNX file with those matrices in 8 bits that bear it, so that vectors stay close.

    What the channels of an input differ in reach is moved in part into the weights (SmoothQuant,
    Xiao et al. 2023), and the columns of weights are scaled to as much of the eight bits as
    processors without VNNI can add up in pairs. Of matrices that narrow, whose inputs, behind the
    activation function, lose most, one in three is taken, and each token of its input scaled to
    the same reach before.

    Args:
        source: the exported model.
        target: file to write.
        samples: inputs of the model, from which the reach of each channel is taken.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph = model.graph
    weights = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    fed: defaultdict[str, list[Any]] = defaultdict(list)  # matrix products by what they multiply
    narrow = []  # of what they multiply, that which is narrowed
    for node in graph.node:
        matrix = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if matrix is None or matrix.ndim != 2:
            continue
        if matrix.shape[0] > matrix.shape[1]:
            narrow.append(node.input[0])
            if len(narrow) % _NARROW_TAKEN != 2:
                continue
        fed[node.input[0]].append(node)
    chosen = {node.output[0] for products in fed.values() for node in products}
    reach = _reach(model, target, list(fed), samples)
    smoothing = {
        name: _smoothing(reach[name], [weights[one.input[1]] for one in products])
        for name, products in fed.items()
    }
    added: dict[str, npt.NDArray[Any]] = {_LEAST_REACH: np.array([1e-3], np.float32)}
    nodes: list[Any] = []
    for node in graph.node:
        if node.output[0] not in chosen:
            nodes.append(node)
            continue
        name, out = node.input[0], node.output[0]
        if f"{name}_smoothing" not in added:
            added[f"{name}_smoothing"] = 1 / smoothing[name]
            nodes += _quantised(helper, name, by_token=name in narrow)
        levels, scale = quantised_columns(weights[node.input[1]] * smoothing[name][:, None])
        added |= {f"{out}_weights": levels, f"{out}_weights_scale": scale}
        nodes += _product(helper, name, out, by_token=name in narrow)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = {name: array for name, array in (weights | added).items() if name in used}
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in kept.items())
    onnx.save(model, target)


def _quantised(helper: Any, name: str, *, by_token: bool) -> Iterator[Any]:
    """Yield the nodes that smooth an input and quantise it, `by_token` each token by itself."""
    even = smooth = f"{name}_smooth"
    yield helper.make_node("Mul", [name, f"{name}_smoothing"], [smooth])
    if by_token:
        even = f"{name}_even"
        yield helper.make_node("ReduceMax", [smooth], [f"{name}_most"], axes=[-1], keepdims=1)
        yield helper.make_node("Max", [f"{name}_most", _LEAST_REACH], [f"{name}_reach"])
        yield helper.make_node("Div", [smooth, f"{name}_reach"], [even])
    quantised = [f"{name}_quantised", f"{name}_scale", f"{name}_zero"]
    yield helper.make_node("DynamicQuantizeLinear", [even], quantised)


def _product(helper: Any, name: str, out: str, *, by_token: bool) -> Iterator[Any]:
    """Yield the nodes that multiply a quantised input; ONNX Runtime makes one of most of them."""
    integers = [f"{name}_quantised", f"{out}_weights", f"{name}_zero"]
    scales = [f"{name}_scale", f"{out}_weights_scale"]
    yield helper.make_node("MatMulInteger", integers, [f"{out}_integers"])
    yield helper.make_node("Cast", [f"{out}_integers"], [f"{out}_floats"], to=1)
    yield helper.make_node("Mul", scales, [f"{out}_scale"])
    even = f"{out}_even" if by_token else out
    yield helper.make_node("Mul", [f"{out}_floats", f"{out}_scale"], [even])
    if by_token:
        yield helper.make_node("Mul", [even, f"{name}_reach"], [out])


def _reach(
    model: Any, path: Path, names: Sequence[str], samples: Sequence[dict[str, Any]]
) -> dict[str, _Floats]:
    """Return the largest absolute value (d,) in each channel of some inner results of a model."""
    import onnx

    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    onnx.save(probe, path)
    session = open_session(path)
    reach: dict[str, _Floats] = {}
    for sample in samples:
        for name, values in zip(names, session.run(list(names), sample), strict=True):
            largest = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            reach[name] = np.maximum(reach.get(name, largest), largest)
    return reach


def _smoothing(reach: _Floats, matrices: Sequence[_Floats]) -> _Floats:
    """Return what each channel (d,) of an input is divided by, and its row of weights times."""
    rows = np.max([np.abs(matrix).max(axis=1) for matrix in matrices], axis=0)
    factors = np.maximum(reach, 1e-3) ** _SMOOTHED / np.maximum(rows, 1e-4) ** (1 - _SMOOTHED)
    return np.asarray(factors / np.exp(np.log(factors).mean()), np.float32)


def quantised_columns(matrix: _Floats) -> tuple[npt.NDArray[np.int8], _Floats]:
    """Return a matrix (k, n) as levels (k, n) times a scale for each column (n,).

    Two neighbours of a column add up to at most 127 either way: without VNNI, a processor adds
    their products with two unsigned 8-bit numbers in 16 bits.
    """
    pairs = np.pad(matrix, ((0, len(matrix) % 2), (0, 0))).reshape(-1, 2, matrix.shape[1])
    sums = np.maximum(np.maximum(pairs, 0).sum(axis=1), np.maximum(-pairs, 0).sum(axis=1))
    scale = np.maximum(np.maximum(np.abs(matrix).max(axis=0), sums.max(axis=0)), 1e-12) / _MOST
    return np.round(matrix / scale).astype(np.int8), np.asarray(scale, np.float32)
