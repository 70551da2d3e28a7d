"""The short way from Arrow columns to predictions, for scikit-learn's linear models and forests of regression.

Both are numbers, read from the model's file, and give what the model gives, bit by bit: scikit-learn, which takes longer to
import than a hundred thousand rows to score, is needed only where a chunk has gaps or the model has to say what is wrong
with a row. A forest's numbers are used where they answer as the forest did when it was verified; one that was not is loaded, and
asked the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from modelyard.batch.arrow import as_numpy
from modelyard.batch.forest import Forest
from modelyard.batch.walkers import Walkers
from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.models.catalog import PYFUNC
from modelyard.models.libraries import numpy
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.outlines import MOST, outline
from modelyard.models.reference import Reference
from modelyard.models.trust import admit
from modelyard.models.types import DataType
from modelyard.models.verdict import read_verdict

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

FORESTS = frozenset(("sklearn.ensemble._forest", name) for name in ("RandomForestRegressor", "ExtraTreesRegressor"))
"""Estimators whose ``predict`` is the mean of what a row finds in its trees."""

_LARGEST = 16 << 20
_STRANGE = (ModelyardError, ValueError, TypeError, AttributeError, IndexError, KeyError)
"""What another layout than this release knows leads to; the model's own loader says what is wrong, if anything is."""

_CERTIFIED, _FAR = 512, 1e38
_MOST_NODES = 4_000_000


class Shortcut(Protocol):
    """A quicker way to the same predictions; any thread may call."""

    def __call__(self, table: Any) -> Any:
        """Predictions for a table, or None where the model itself has to see it: where values are missing or not finite."""
        ...

    def close(self) -> None:
        """Let go of what it began beside this process."""
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


def find_numbers(folder: Path, model: Model, *, trust: str | None, workers: int = 1) -> Shortcut | None:
    """The short way of a model that is read as numbers, once its folder is trusted as any loader asks; nothing of it is run."""
    entry, pyfunc = model.flavors.get("sklearn", {}), model.flavors[PYFUNC]
    if flavor_behind(pyfunc) != "sklearn" or pyfunc.get("predict_fn", "predict") != "predict" or entry.get("code"):
        return None
    form, reference = str(entry.get("serialization_format")), _reference(folder)
    if form != "skops" and reference is None:
        return None
    admit(folder, model, flavor="sklearn", trust=trust)
    read = outline(folder / str(entry.get("pickled_model")), form, most=MOST if reference else _LARGEST)
    kind = (type(read).__module__, type(read).__name__)
    try:
        if kind in LINEAR and form == "skops":
            return _linear_of(read, model)
        if kind not in FORESTS or reference is None:
            return None
        columns, forest = _forest_of(read, model)
        return _Walks(columns, forest, workers) if _is_as_verified(forest, reference) else None
    except _STRANGE:
        return None


def _reference(folder: Path) -> Reference | None:
    """What the model answered when it passed its verification."""
    try:
        verdict = read_verdict(folder)
    except InvalidParameter:
        return None
    return verdict.reference if verdict is not None and verdict.status == "passed" else None


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

    def close(self) -> None:
        pass


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


def find_forest(model: Model, obj: Any, *, workers: int = 1) -> Shortcut | None:
    """The short way of a forest that was loaded, once it was seen to answer as the forest does."""
    if (type(obj).__module__, type(obj).__name__) not in FORESTS:
        return None
    try:
        columns, forest = _forest_of(obj, model)
        return _Walks(columns, forest, workers) if _is_equal(forest, obj) else None
    except _STRANGE:
        return None


def _forest_of(obj: Any, model: Model) -> tuple[list[str], Forest]:
    """A forest's columns and numbers; ``ValueError`` for one that predicts anything else, or is too large."""
    columns = columns_of(model, list(getattr(obj, "feature_names_in_", ())))
    if columns is None or obj.n_outputs_ != 1 or len(columns) != obj.n_features_in_:
        raise ValueError("It does not predict a number of plain columns.")
    trees = [each.tree_ for each in obj.estimators_]
    if sum(len(each.feature) for each in trees) > _MOST_NODES:
        raise ValueError("Each process would need half a gigabyte for the trees.")
    return columns, Forest(trees, len(columns))


class _Walks:
    def __init__(self, columns: list[str], forest: Forest, workers: int) -> None:
        self._columns = columns
        self._walkers = Walkers(forest, workers)

    def __call__(self, table: Any) -> Any:
        with numpy().errstate(over="ignore"):
            rows = matrix(table, self._columns, dtype="float32")
        return self._walkers.predict(rows) if rows is not None and numpy().isfinite(rows).all() else None

    def close(self) -> None:
        self._walkers.close()


def _is_as_verified(forest: Forest, reference: Reference) -> bool:
    library = numpy()
    expected = library.array(reference.predictions, reference.dtype)
    return _is_same(forest.predict(library.array(reference.rows)), expected)


def _is_equal(forest: Forest, obj: Any) -> bool:
    """Whether rows at and around the borders of the trees get the same predictions, bit by bit."""
    library = numpy()
    draw = library.random.default_rng(7)
    borders = library.concatenate([each.tree_.threshold[each.tree_.feature >= 0] for each in obj.estimators_])
    borders = borders[abs(borders) < _FAR]  # a split of what is missing from all else has an infinite one
    rows = draw.choice(borders if len(borders) else library.zeros(1), (_CERTIFIED, forest.columns))
    rows[::2] += draw.normal(size=rows[::2].shape)
    known = obj.__dict__.pop("feature_names_in_", None)  # it warns of rows without names
    try:
        expected = obj.predict(rows)
    finally:
        if known is not None:
            obj.feature_names_in_ = known
    return _is_same(forest.predict(rows), expected)


def _is_same(found: Any, expected: Any) -> bool:
    return bool(found.dtype == expected.dtype and found.tobytes() == expected.tobytes())
