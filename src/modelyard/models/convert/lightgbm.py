"""LightGBM boosters and estimators, by onnxmltools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from modelyard.core.extras import require
from modelyard.models.convert.contract import Converted, GraphInput, GraphOutput, refusal, with_categories
from modelyard.models.convert.inputs import Wants, of_table
from modelyard.models.schema import Schema

_WHAT = "Converting a LightGBM model to ONNX"
_OPSET = 15
"""The last version that onnxmltools's conversion of LightGBM knows."""


class LightgbmConverter(msgspec.Struct, frozen=True):
    """LightGBM compares in double precision, the graph in single: rows at a threshold can differ, and are counted."""

    name: ClassVar[str] = "lightgbm"

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """One matrix, its columns in the order of the training."""
        booster = _booster(obj)
        if booster.pandas_categorical:
            raise with_categories(obj)
        yield from of_table(schema, Wants(names=_names(booster, schema), width=booster.num_feature()))

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph of ``predict``: labels of a classifier, otherwise what the booster answers."""
        lightgbm = require("lightgbm", what=_WHAT, extra="lightgbm")
        tools = require("onnxmltools", what=_WHAT, extra="onnx")
        types = require("onnxmltools.convert.common.data_types", what=_WHAT, extra="onnx")
        (given,) = inputs
        try:
            proto = tools.convert_lightgbm(
                obj,
                initial_types=[(given.name, types.FloatTensorType([None, given.shape[1]]))],
                target_opset=_OPSET,
                zipmap=False,
            )
        except Exception as error:
            raise refusal(obj, error, "export it with its library's own tool") from error
        names = [each.name for each in proto.graph.output]
        labels = isinstance(obj, lightgbm.LGBMClassifier) and method == "predict"
        if len(names) == 1 or labels:
            output = GraphOutput(names[0])
        else:
            output = GraphOutput(names[1], column=1 if _booster(obj).num_model_per_iteration() == 1 else None)
        return Converted(proto, list(inputs), output, f"onnxmltools {tools.__version__}")


def _booster(obj: Any) -> Any:
    return obj.booster_ if hasattr(obj, "booster_") else obj


def _names(booster: Any, schema: Schema | None) -> list[str]:
    """The names of the training as the signature spells them: LightGBM has underscores for spaces."""
    names = list(booster.feature_name())
    if names == [f"Column_{place}" for place in range(len(names))]:
        return []
    named = schema is not None and not schema.is_tensor_spec() and schema.has_input_names()
    given = [str(each) for each in schema.input_names()] if schema is not None and named else []
    spelled = {each.replace(" ", "_"): each for each in given}
    return [spelled.get(name, name) for name in names]
