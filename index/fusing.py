"""Write each self-attention of an exported model as one node, which ONNX Runtime computes faster.

Exported, an attention is some thirty nodes that move its heads about. Only a plain one is touched:
no mask, nothing added to its scores.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

_MOVES = ("Mul", "Reshape", "Transpose")  # between a projection and the product of its heads


def fuse_attention(source: Path, target: Path, *, heads: int) -> int:
    """Write an ONNX file with every plain self-attention fused; return how many there were.

    Args:
        source: the exported model; its texts are never padded, so that nothing is masked.
        target: file to write; nothing is written where nothing is fused.
        heads: of each attention, whose scores are divided by the root of a head's size.
    """
    import onnx

    model = onnx.load(source)
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    used_by = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            used_by[name].append(node)
    fused = {}
    for softmax in (node for node in graph.node if node.op_type == "Softmax"):
        scores, sums = made_by[softmax.input[0]], used_by[softmax.output[0]]
        if [scores.op_type, *(node.op_type for node in sums)] != ["MatMul", "MatMul"]:
            continue  # something is added to the scores, or they are used for more
        projected = [*scores.input, sums[0].input[1]]
        result = _end(sums[0].output[0], used_by)
        if result is not None:
            fused[result] = onnx.helper.make_node(
                "MultiHeadAttention", [_begin(name, made_by) for name in projected], [result],
                domain="com.microsoft", num_heads=heads,
            )  # fmt: skip
    if fused:
        nodes = [fused.get(node.output[0], node) for node in graph.node]
        needed = {output.name for output in graph.output}
        kept = []
        for node in reversed(nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        del graph.node[:]
        graph.node.extend(reversed(kept))
        model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
        onnx.save(model, target)
    return len(fused)


def _begin(name: str, made_by: dict[str, Any]) -> str:
    """Return the projection (batch, length, width) from which the heads of `name` were made."""
    while name in made_by and made_by[name].op_type in _MOVES:
        name = made_by[name].input[0]
    return name


def _end(name: str, used_by: dict[str, list[Any]]) -> str | None:
    """Return the result (batch, length, width) that heads are put together to, None if they aren't.

    They are where a transposition is followed by a reshaping.
    """
    transposed = False
    while moves := [node for node in used_by[name] if node.op_type in _MOVES]:
        if len(moves) > 1:
            return None
        name = moves[0].output[0]
        if transposed and moves[0].op_type == "Reshape":
            return name
        transposed |= moves[0].op_type == "Transpose"
    return None
