"""The trees of XGBoost's and LightGBM's regressors, read into kernels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.models.libraries import numpy
from modelyard.serving.fastpath.forest import ForestKernel
from modelyard.serving.fastpath.steps import Steps
from modelyard.serving.fastpath.trees import Tree, together

_SUMS = frozenset({"regression", "regression_l2", "regression_l1", "huber", "fair", "quantile", "mape"})
_XGB_SUMS = frozenset({"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror"})
"""Objectives whose predictions are the plain sum of the leaves."""


def find_booster(model: Any) -> ForestKernel | None:
    """The kernel of a booster or regressor that sums numbers of plain trees; None for any other model."""
    name = f"{type(model).__module__.partition('.')[0]}.{type(model).__name__}"
    match name:
        case "xgboost.Booster" | "xgboost.XGBRegressor":
            return _of_xgboost(model if name.endswith("Booster") else model.get_booster())
        case "lightgbm.Booster" | "lightgbm.LGBMRegressor":
            return _of_lightgbm(model if name.endswith("Booster") else model.booster_)
    return None


# ----------------------------------------------------------------------------------------------------------------------
# LightGBM: double precision, smaller or equal goes left


def _of_lightgbm(booster: Any) -> ForestKernel | None:
    written = booster.dump_model()
    objective, *options = str(written.get("objective", "")).split()
    trees = [each["tree_structure"] for each in written["tree_info"]]
    if objective not in _SUMS or options or written["num_class"] != 1 or written["average_output"] or not trees:
        return None
    found = [_lightgbm_tree(tree) for tree in trees]
    if any(tree is None for tree in found):
        return None
    table, values = together([tree for tree in found if tree is not None])
    columns, start = int(written["max_feature_idx"]) + 1, numpy().zeros(1)
    return ForestKernel(columns, Steps(), table, values, start, "sum", single=False)


def _lightgbm_tree(root: Mapping[str, Any]) -> Tree | None:
    nodes = list(_below(root))
    places = {id(node): place for place, node in enumerate(nodes)}
    library = numpy()
    count = len(nodes)
    left, right, column = (library.full(count, -1, dtype="int64") for _ in range(3))
    threshold, value = library.zeros(count), library.zeros((count, 1))
    for place, node in enumerate(nodes):
        if "left_child" not in node:
            if "leaf_coeff" in node:
                return None  # a linear model at the leaf
            value[place] = node["leaf_value"]
            continue
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            return None
        left[place], right[place] = places[id(node["left_child"])], places[id(node["right_child"])]
        column[place], threshold[place] = node["split_feature"], node["threshold"]
    return Tree(left, right, column, threshold, value)


def _below(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if "left_child" in node:
            waiting += [node["right_child"], node["left_child"]]


# ----------------------------------------------------------------------------------------------------------------------
# XGBoost: single precision, smaller goes left


def _of_xgboost(booster: Any) -> ForestKernel | None:
    learner = json.loads(bytes(booster.save_raw(raw_format="json")))["learner"]
    model, shape = learner["gradient_booster"], learner["learner_model_param"]
    is_plain = model["name"] == "gbtree" and int(shape["num_class"]) == 0 and int(shape.get("num_target", "1")) == 1
    if not is_plain or learner["objective"]["name"] not in _XGB_SUMS:
        return None
    trees = model["model"]["trees"]
    if "best_iteration" in learner["attributes"]:
        turns = model["model"].get("iteration_indptr") or []
        trees = trees[: turns[int(learner["attributes"]["best_iteration"]) + 1]]
    if not trees or any(any(tree["split_type"]) or tree["categories"] for tree in trees):
        return None
    library = numpy()
    base = library.array([float(shape["base_score"].strip("[]"))], dtype="float32")
    table, values = together([_xgboost_tree(tree) for tree in trees])
    return ForestKernel(int(shape["num_feature"]), Steps(), table, values, base, "sum")


def _xgboost_tree(tree: Mapping[str, Any]) -> Tree:
    library = numpy()
    left, right, column = (library.array(tree[name]) for name in ("left_children", "right_children", "split_indices"))
    split = library.array(tree["split_conditions"], dtype="float32")
    before = library.nextafter(split, library.float32(-library.inf))  # not smaller than one is larger than the other
    return Tree(left, right, column, before.astype("float64"), split.reshape(-1, 1))
