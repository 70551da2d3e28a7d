"""The short way from Arrow columns to predictions, for scikit-learn's linear models and forests of regression.

Both give what the model gives, bit by bit. A linear model is read from its skops file, as numbers: scikit-learn, which takes
longer to import than a million rows to score, is needed only where a chunk has gaps or the model has to say what is wrong
with a row. A forest is asked tree by tree, with rows that go similar ways beside each other, which spares the processor
wrong guesses; that it answers as the forest does is seen when it is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from modelyard.batch.arrow import as_numpy
from modelyard.models.catalog import PYFUNC
from modelyard.models.libraries import numpy
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.outlines import outline
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
_BLOCK = 65_536
_BITS = 16


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
    read = outline(folder / str(entry.get("pickled_model")), "skops", most=_LARGEST)
    if (type(read).__module__, type(read).__name__) not in LINEAR:
        return None
    try:
        return _linear_of(read, model)
    except (ValueError, TypeError, AttributeError):
        return None  # another layout than this release knows; the model's own loader says what is wrong, if anything is


def _linear_of(read: Any, model: Model) -> Shortcut | None:
    library = numpy()
    coef, intercept = read.coef_, library.asarray(read.intercept_, dtype="float64")
    columns = columns_of(model, list(getattr(read, "feature_names_in_", ())))
    plain = coef.dtype == "float64" and coef.ndim == 1 and intercept.ndim == 0
    if columns is None or len(columns) != len(coef) or not plain:
        return None
    return _Linear(columns, coef, intercept)


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


class _Cells:
    """Cells of the space of rows, such that rows of one cell go similar ways through all trees.

    A cell has a number of some bits. Each bit halves the column in which rows part most often at that point, where half of
    the ways through its splits are on either side.
    """

    def __init__(self, trees: Sequence[Any], columns: int) -> None:
        library = numpy()
        inner = [tree.feature >= 0 for tree in trees]
        splits, borders, ways = (
            library.concatenate([getattr(tree, name)[mask] for tree, mask in zip(trees, inner, strict=True)])
            for name in ("feature", "threshold", "weighted_n_node_samples")
        )
        left = library.bincount(splits, ways, minlength=columns)
        self._bits: list[int] = []
        for _ in range(_BITS if left.any() else 0):
            column = int(left.argmax())
            self._bits.append(column)
            left[column] /= 2
        self._borders = {
            column: _quantiles(borders[splits == column], ways[splits == column], 1 << self._bits.count(column))
            for column in sorted(set(self._bits))
        }

    def order(self, rows: Any) -> Any:
        """The places of the rows, cell by cell."""
        library = numpy()
        parts = {column: library.searchsorted(borders, rows[:, column]) for column, borders in self._borders.items()}
        left = {column: self._bits.count(column) for column in parts}
        cells = library.zeros(len(rows), dtype="uint16")
        for column in self._bits:
            left[column] -= 1
            cells = (cells << 1) | ((parts[column] >> left[column]) & 1).astype("uint16")
        return library.argsort(cells, kind="stable")


def _quantiles(values: Any, weights: Any, parts: int) -> Any:
    """The values between parts of equal weight."""
    library = numpy()
    order = values.argsort(kind="stable")
    grown = weights[order].cumsum()
    return values[order][library.searchsorted(grown, grown[-1] * library.arange(1, parts) / parts)].astype("float32")


class _Forest:
    def __init__(self, columns: list[str], obj: Any) -> None:
        library = numpy()
        self._columns = columns
        trees = [each.tree_ for each in obj.estimators_]
        self._trees = [(tree, library.ascontiguousarray(tree.value[:, 0, 0])) for tree in trees]
        self._cells = _Cells(trees, len(columns))

    def __call__(self, table: Any) -> Any:
        with numpy().errstate(over="ignore"):
            rows = matrix(table, self._columns, dtype="float32")
        if rows is None or not numpy().isfinite(rows).all():
            return None
        return self.predict(rows)

    def predict(self, rows: Any) -> Any:
        """Predictions for rows of float32. The sums are in the order of the trees, as the forest adds them."""
        library = numpy()
        order = self._cells.order(rows)
        small = library.ascontiguousarray(rows[order])
        sums = library.zeros(len(small))
        for start in range(0, len(small), _BLOCK):
            part, into = small[start : start + _BLOCK], sums[start : start + _BLOCK]
            for tree, values in self._trees:
                into += values.take(tree.apply(part))
        sums /= len(self._trees)
        found = library.empty_like(sums)
        found[order] = sums
        return found

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
