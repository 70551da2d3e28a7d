"""XGBoost boosters and estimators, by onnxmltools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from modelyard.core.extras import require
from modelyard.models.convert.contract import Converted, GraphInput, GraphOutput, refusal, with_categories
from modelyard.models.convert.inputs import Wants, of_table
from modelyard.models.schema import Schema

_WHAT = "Converting an XGBoost model to ONNX"
_OPSET = 15
"""The last version that onnxmltools's conversion of XGBoost knows."""


class XgboostConverter(msgspec.Struct, frozen=True):
    """XGBoost computes in single precision, and so does the graph."""

    name: ClassVar[str] = "xgboost"

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """One matrix, its columns in the order of the training."""
        booster = _booster(obj)
        if "c" in (booster.feature_types or ()):
            raise with_categories(obj)
        yield from of_table(schema, Wants(names=booster.feature_names or (), width=booster.num_features()))

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph of ``predict``: labels of a classifier, otherwise what the booster answers."""
        xgboost = require("xgboost", what=_WHAT, extra="xgboost")
        tools = require("onnxmltools", what=_WHAT, extra="onnx")
        types = require("onnxmltools.convert.common.data_types", what=_WHAT, extra="onnx")
        (given,) = inputs
        try:
            proto = tools.convert_xgboost(
                _plain(obj),
                initial_types=[(given.name, types.FloatTensorType([None, given.shape[1]]))],
                target_opset=_OPSET,
            )
        except Exception as error:
            raise refusal(obj, error, "export it with its library's own tool") from error
        labels = isinstance(obj, xgboost.XGBClassifier) and method == "predict"
        output = _output(_booster(obj), [each.name for each in proto.graph.output], labels=labels)
        return Converted(proto, list(inputs), output, f"onnxmltools {tools.__version__}")


def _booster(obj: Any) -> Any:
    return obj.get_booster() if hasattr(obj, "get_booster") else obj


def _plain(obj: Any) -> Any:
    """The booster with the trees that predict, and without names: onnxmltools counts columns."""
    booster = _booster(obj)
    best = getattr(obj, "best_iteration", None) if obj is not booster and booster.attr("best_iteration") else None
    copy = booster.copy() if best is None else booster[: int(best) + 1]
    copy.feature_names = None
    copy.feature_types = None
    return copy


def _output(booster: Any, names: list[str], *, labels: bool) -> GraphOutput:
    """Classifiers have two outputs. A booster answers the probability of the second of two classes."""
    if len(names) == 1 or labels:
        return GraphOutput(names[0])
    two = "binary:" in booster.save_config()
    return GraphOutput(names[1], column=1 if two else None)
