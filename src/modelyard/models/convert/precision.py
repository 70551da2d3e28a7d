"""Trees that compute in single precision, inside a graph that computes in double."""

from __future__ import annotations

from typing import Any

from modelyard.core.extras import require

_TREES = ("TreeEnsembleRegressor", "TreeEnsembleClassifier")
_FLOAT, _DOUBLE = 1, 11


def single_trees(proto: Any) -> None:
    """Let trees with thresholds in single precision compare in it, as the library they are from does.

    XGBoost's thresholds are values of the training data: a scaler before it must be computed in double, and its result then be
    rounded, or rows fall on the other side. Trees with thresholds in double stay as they are.
    """
    helper = require("onnx.helper", what="Converting trees to ONNX", extra="onnx")
    nodes: list[Any] = []
    for node in proto.graph.node:
        if node.op_type not in _TREES or not any(each.name == "nodes_values" for each in node.attribute):
            nodes.append(node)
            continue
        given = f"{node.input[0]}_single"
        nodes += [helper.make_node("Cast", [node.input[0]], [given], to=_FLOAT), node]
        node.input[0] = given
        scores = len(node.output) - 1  # a classifier's first output is the class
        answer = node.output[scores]
        node.output[scores] = f"{answer}_single"
        nodes.append(helper.make_node("Cast", [node.output[scores]], [answer], to=_DOUBLE))
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
