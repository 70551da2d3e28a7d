"""The short way from Arrow columns to predictions, for scikit-learn's linear models and forests of regression.

Both give what the model gives, bit by bit. A linear model is read from its skops file, as numbers: scikit-learn, which takes
longer to import than a million rows to score, is needed only where a chunk has gaps or the model has to say what is wrong
with a row. A forest is asked tree by tree, with rows that go similar ways beside each other, which spares the processor
wrong guesses; that it answers as the forest does is seen when it is loaded.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from modelyard.batch.arrow import as_numpy
from modelyard.models.catalog import PYFUNC
from modelyard.models.libraries import numpy
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.trust import admit
from modelyard.models.types import DataType

_NUMBERS = (DataType.double, DataType.long, DataType.integer)
_COORDINATE, _LEAST = "sklearn.linear_model._coordinate_descent", "sklearn.linear_model._least_angle"
LINEAR = frozenset(
    {
        ("sklearn.linear_model._base", "LinearRegression"),
        ("sklearn.linear_model._ridge", "Ridge"),
        ("sklearn.linear_model._ridge", "RidgeCV"),
        ("sklearn.linear_model._bayes", "BayesianRidge"),
        ("sklearn.linear_model._huber", "HuberRegressor"),
        *((_COORDINATE, name) for name in ("Lasso", "LassoCV", "ElasticNet", "ElasticNetCV")),
        *((_LEAST, name) for name in ("Lars", "LassoLars")),
    }
)
"""Estimators whose ``predict`` is the product with ``coef_`` and the sum with ``intercept_``, and nothing else."""

FORESTS = ("RandomForestRegressor", "ExtraTreesRegressor")
_LARGEST = 16 << 20
_CERTIFIED = 512
_BLOCK = 16_384
_SORTED_BY = 8


class Shortcut(Protocol):
    """A quicker way to the same predictions; any thread may call."""

    def __call__(self, table: Any) -> Any:
        """Predictions for a table, or None where the model itself has to see it: where values are missing or not finite."""
        ...


def columns_of(model: Model, names: Sequence[str]) -> list[str] | None:
    """The columns of a model that takes plain numbers, in the order of ``names``, which the estimator knows them by."""
    signature = model.signature
    schema = signature.inputs if signature is not None else None
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names() or signature is None:
        return None
    types = schema.input_types()
    if (
        signature.constraints
        or signature.params
        or not all(of in _NUMBERS for of in types)
        or DataType.double not in types
    ):
        return None
    known = list(schema.input_names())
    if not all(each.required for each in schema.inputs) or (names and set(names) != set(known)):
        return None
    return list(names) or known


def find_linear(folder: Path, model: Model, *, trust: str | None) -> Shortcut | None:
    """The short way of a linear model in a folder, once the folder is trusted as any loader asks; nothing of it is run."""
    entry, pyfunc = model.flavors.get("sklearn", {}), model.flavors[PYFUNC]
    if flavor_behind(pyfunc) != "sklearn" or pyfunc.get("predict_fn", "predict") != "predict":
        return None
    if entry.get("serialization_format") != "skops" or entry.get("code"):
        return None
    admit(folder, model, flavor="sklearn", trust=trust)
    try:
        with zipfile.ZipFile(folder / str(entry["pickled_model"])) as file:
            return _linear_in(file, model)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None  # another layout than this release knows; the model's own loader says what is wrong, if anything is


def _linear_in(file: zipfile.ZipFile, model: Model) -> Shortcut | None:
    if file.getinfo("schema.json").file_size > _LARGEST:
        return None
    schema = json.loads(file.read("schema.json"))
    if (schema["__module__"], schema["__class__"]) not in LINEAR:
        return None
    fitted = schema["content"]["content"]
    coef, intercept = _number(file, fitted["coef_"]), _number(file, fitted["intercept_"])
    names = (
        [json.loads(each["content"]) for each in fitted["feature_names_in_"]["content"]]
        if "feature_names_in_" in fitted
        else []
    )
    columns = columns_of(model, names)
    library = numpy()
    plain = coef.dtype == "float64" and coef.ndim == 1 and library.ndim(intercept) == 0
    if columns is None or len(columns) != len(coef) or not plain:
        return None
    return _Linear(columns, coef, intercept)


def _number(file: zipfile.ZipFile, node: Mapping[str, Any]) -> Any:
    """A number or an array in a skops file."""
    if node["__loader__"] == "JsonNode":
        return numpy().float64(json.loads(node["content"]))
    if node["type"] != "numpy" or file.getinfo(node["file"]).file_size > _LARGEST:
        raise ValueError("no plain array")
    with file.open(node["file"]) as content:
        found = numpy().load(content, allow_pickle=False)
    return found if node["__class__"] == "ndarray" or found.ndim else found[()]


class _Linear:
    def __init__(self, columns: list[str], coef: Any, intercept: Any) -> None:
        self._columns = columns
        self._coef = coef
        self._intercept = intercept

    def __call__(self, table: Any) -> Any:
        rows = matrix(table, self._columns)
        if rows is None:
            return None
        library = numpy()
        with library.errstate(invalid="ignore", over="ignore"):
            found = rows @ self._coef + self._intercept
        # What is not finite in a row makes its sum so; the model refuses such rows, and shall say so itself.
        return found if library.isfinite(found).all() else None


def matrix(table: Any, columns: Sequence[str], *, dtype: str = "float64") -> Any:
    """The columns as a matrix of floats, laid out as a data frame's; None where a value is missing."""
    rows = numpy().empty((len(columns), table.num_rows), dtype=dtype)
    for place, name in enumerate(columns):
        column = table.column(name)
        if column.null_count:
            return None
        at = 0
        for values in map(as_numpy, column.chunks):
            rows[place, at : at + len(values)] = values
            at += len(values)
    return rows.T


def find_forest(model: Model, obj: Any) -> Shortcut | None:
    """The short way of a forest that was loaded, once it was seen to answer as the forest does."""
    if type(obj).__module__ != "sklearn.ensemble._forest" or type(obj).__name__ not in FORESTS:
        return None
    columns = columns_of(model, list(getattr(obj, "feature_names_in_", ())))
    if columns is None or obj.n_outputs_ != 1 or len(columns) != obj.n_features_in_:
        return None
    found = _Forest(columns, obj)
    return found if found.is_equal(obj) else None


class _Forest:
    def __init__(self, columns: list[str], obj: Any) -> None:
        library = numpy()
        self._columns = columns
        trees = [each.tree_ for each in obj.estimators_]
        self._trees = [(tree, library.ascontiguousarray(tree.value[:, 0, 0])) for tree in trees]
        inner = [tree.feature >= 0 for tree in trees]
        splits = library.concatenate([tree.feature[mask] for tree, mask in zip(trees, inner, strict=True)])
        borders = library.concatenate([tree.threshold[mask] for tree, mask in zip(trees, inner, strict=True)])
        often = library.argsort(-library.bincount(splits, minlength=len(columns)), kind="stable")[:_SORTED_BY]
        self._quarters = [
            (int(place), library.quantile(borders[splits == place], [0.25, 0.5, 0.75]).astype("float32"))
            for place in often
            if (splits == place).any()
        ]

    def __call__(self, table: Any) -> Any:
        with numpy().errstate(over="ignore"):
            rows = matrix(table, self._columns, dtype="float32")
        if rows is None or not numpy().isfinite(rows).all():
            return None
        return self.predict(rows)

    def predict(self, rows: Any) -> Any:
        """Predictions for rows of float32. The sums are in the order of the trees, as the forest adds them."""
        library = numpy()
        order = self._order(rows)
        small = library.ascontiguousarray(rows[order])
        sums = library.zeros(len(small))
        for start in range(0, len(small), _BLOCK):
            part, into = small[start : start + _BLOCK], sums[start : start + _BLOCK]
            for tree, values in self._trees:
                into += values[tree.apply(part)]
        sums /= len(self._trees)
        found = library.empty_like(sums)
        found[order] = sums
        return found

    def _order(self, small: Any) -> Any:
        """Rows that lie in the same quarters of the columns that decide most, beside each other."""
        library = numpy()
        high, low = library.zeros(len(small), dtype="int64"), library.zeros(len(small), dtype="int64")
        for place, borders in self._quarters:
            quarter = library.searchsorted(borders, small[:, place])
            high, low = (high << 1) | (quarter >> 1), (low << 1) | (quarter & 1)
        return library.argsort((high << len(self._quarters)) | low, kind="stable")

    def is_equal(self, obj: Any) -> bool:
        """Whether rows at and around the borders of the trees get the same predictions, bit by bit."""
        library = numpy()
        draw = library.random.default_rng(7)
        borders = library.concatenate([tree.threshold[tree.feature >= 0] for tree, _ in self._trees])
        rows = draw.choice(borders if len(borders) else library.zeros(1), (_CERTIFIED, len(self._columns)))
        rows[::2] += draw.normal(size=rows[::2].shape)
        known = obj.__dict__.pop("feature_names_in_", None)  # it warns of rows without names
        try:
            expected = obj.predict(rows)
        finally:
            if known is not None:
                obj.feature_names_in_ = known
        return bool(library.array_equal(self.predict(rows.astype("float32")), expected))
