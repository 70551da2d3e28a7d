"""What skl2onnx must be told of some estimators: boosters of others, tokens of texts, flags that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from modelyard.core.extras import loaded, require

WHAT = "Converting a scikit-learn model to ONNX"
_TOKENS = r"[\p{L}\p{N}_]{2,}"
"""scikit-learn's own pattern of a word, as ONNX's runtime spells it; skl2onnx would cut words at each letter beyond ASCII."""
_PATTERN = r"(?u)\b\w\w+\b"

_FLAGGED = ("HistGradientBoostingRegressor", "HistGradientBoostingClassifier")
"""Estimators whose conversion writes true and false where ONNX has numbers, which newer protobufs refuse."""

_BOOSTERS = {
    "xgboost.sklearn": (
        "onnxmltools.convert.xgboost.operator_converters.XGBoost",
        "convert_xgboost",
        (("XGBRegressor", "XGBoostXGBRegressor", "regressor"), ("XGBClassifier", "XGBoostXGBClassifier", "classifier")),
    ),
    "lightgbm.sklearn": (
        "onnxmltools.convert.lightgbm.operator_converters.LightGbm",
        "convert_lightgbm",
        (
            ("LGBMRegressor", "LightGbmLGBMRegressor", "regressor"),
            ("LGBMClassifier", "LightGbmLGBMClassifier", "classifier"),
        ),
    ),
}
"""Estimators of others that may stand in a pipeline: module → where their conversion is, and class, alias, kind."""


class Told(NamedTuple):
    """Functions that convert and that tell shapes, by class, and options by the id of an object."""

    conversions: dict[type, Any]
    shapes: dict[type, Any]
    options: dict[int, dict[str, Any]]


def told(skl2onnx: Any, obj: Any) -> Told:
    """What skl2onnx must be told to convert an object."""
    register_boosters(skl2onnx)
    known = require("skl2onnx.common._registration", what=WHAT, extra="onnx")
    parts = list(parts_of(obj))
    conversions, shapes = {}, {}
    for part in parts:
        if type(part).__name__ in _FLAGGED and type(part).__module__.startswith("sklearn."):
            alias = f"Sklearn{type(part).__name__}"
            conversions[type(part)] = _with_numbers(known.get_converter(alias))
            shapes[type(part)] = known.get_shape_calculator(alias)
    options = {
        id(part): {"tokenexp": _TOKENS}
        for part in parts
        if getattr(part, "token_pattern", None) == _PATTERN and getattr(part, "analyzer", None) == "word"
        if hasattr(part, "vocabulary_")
    }
    return Told(conversions, shapes, options)


def parts_of(obj: Any) -> Iterator[Any]:
    """An estimator and those it is made of."""
    yield obj
    inner = [step for _, step in getattr(obj, "steps", ())]
    inner += [each[1] for each in getattr(obj, "transformers_", ())]
    inner += [each[1] for each in getattr(obj, "transformer_list", ())]
    for each in inner:
        if not isinstance(each, str) and each is not None:
            yield from parts_of(each)


def register_boosters(skl2onnx: Any) -> None:
    """Let skl2onnx convert the boosters of others where somebody uses them: it knows none by itself."""
    for module, (place, function, classes) in _BOOSTERS.items():
        library = loaded(module)
        if library is None:
            continue
        convert = getattr(require(place, what=WHAT, extra="onnx"), function)
        calculators = require("skl2onnx.common.shape_calculator", what=WHAT, extra="onnx")
        for name, alias, kind in classes:
            shape = getattr(calculators, f"calculate_linear_{kind}_output_shapes")
            options = {"nocl": [True, False], "zipmap": [True, False, "columns"]} if kind == "classifier" else None
            skl2onnx.update_registered_converter(
                getattr(library, name), alias, shape, convert, overwrite=True, options=options
            )


def _with_numbers(convert: Any) -> Any:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        convert(scope, operator, _Numbers(container))

    return converted


class _Numbers:
    """A container of nodes that writes true and false as 1 and 0."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *args: Any, **attributes: Any) -> Any:
        """Add a node."""
        return self._container.add_node(*args, **_numbers(attributes))


def _numbers(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [int(each) if type(each).__name__ in ("bool", "bool_") else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in attributes.items()
    }
