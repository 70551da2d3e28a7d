"""Each kind of estimator that has a fast path is answered by it bit by bit as by itself, alone and among other rows."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import compose, ensemble, feature_selection, impute, linear_model, pipeline, preprocessing, svm, tree
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.multioutput import MultiOutputRegressor
from threadpoolctl import threadpool_limits

from modelyard.models.flavors.sklearn import SklearnFlavor
from modelyard.models.outlines import outline
from modelyard.models.plain import LARGEST
from modelyard.models.threads import use_one_thread
from modelyard.serving import fastpath

COLUMNS = 7
DRAW = np.random.default_rng(11)
X = DRAW.normal(3.0, 2.0, (160, COLUMNS)) * [1, 0.01, 100, 1, 5, 0.1, 30]
X[:, 3] = X[:, 3].round()
Y = X @ DRAW.normal(size=COLUMNS) + np.sin(X[:, 0]) * 10
TWO = np.stack([Y, X[:, 1] - Y], axis=1)
HIGH = (np.median(Y) < Y).astype(int)
BANDS = np.digitize(Y, np.quantile(Y, [0.3, 0.6, 0.9]))
TEXTS = np.array(["low", "high"])[HIGH]
OBJECTS = np.array(["low", "middle", "high", "höchst"], dtype=object)[BANDS]
TRUTHS = HIGH.astype(bool)

LINEAR: list[tuple[Any, Any]] = [
    (linear_model.LinearRegression(), Y),
    (linear_model.LinearRegression(fit_intercept=False), Y),
    (linear_model.LinearRegression(), TWO),
    (linear_model.Ridge(), Y),
    (linear_model.Ridge(), TWO),
    (linear_model.RidgeCV(), Y),
    (linear_model.Lasso(alpha=0.01), Y),
    (linear_model.LassoCV(cv=3), Y),
    (linear_model.ElasticNet(alpha=0.01), Y),
    (linear_model.ElasticNetCV(cv=3), Y),
    (linear_model.Lars(), Y),
    (linear_model.LassoLars(alpha=0.01), Y),
    (linear_model.BayesianRidge(), Y),
    (linear_model.HuberRegressor(), Y),
    (linear_model.QuantileRegressor(alpha=0.01), Y),
    (linear_model.OrthogonalMatchingPursuit(), Y),
    (linear_model.MultiTaskLasso(alpha=0.1), TWO),
    (linear_model.SGDRegressor(), Y),
    (svm.LinearSVR(), Y),
    (linear_model.LogisticRegression(), HIGH),
    (linear_model.LogisticRegression(), BANDS),
    (linear_model.LogisticRegression(), TEXTS),
    (linear_model.LogisticRegression(), OBJECTS),
    (linear_model.LogisticRegression(), TRUTHS),
    (linear_model.RidgeClassifier(), HIGH),
    (linear_model.RidgeClassifier(), BANDS),
    (linear_model.SGDClassifier(random_state=1), BANDS),
    (linear_model.Perceptron(), TEXTS),
    (svm.LinearSVC(), HIGH),
    (svm.LinearSVC(), BANDS),
    (LinearDiscriminantAnalysis(), BANDS),
]
TREES: list[tuple[Any, Any]] = [
    (tree.DecisionTreeRegressor(), Y),
    (tree.DecisionTreeRegressor(max_depth=3), TWO),
    (tree.DecisionTreeClassifier(), OBJECTS),
    (tree.ExtraTreeClassifier(), TEXTS),
    (ensemble.RandomForestRegressor(30, random_state=1), Y),
    (ensemble.RandomForestRegressor(3, random_state=1), TWO),
    (ensemble.RandomForestRegressor(1, random_state=1), Y),
    (ensemble.RandomForestRegressor(5, random_state=1, n_jobs=2), Y),
    (ensemble.ExtraTreesRegressor(10, random_state=1, max_depth=5), Y),
    (ensemble.RandomForestClassifier(20, random_state=1), BANDS),
    (ensemble.RandomForestClassifier(5, random_state=1), TRUTHS),
    (ensemble.ExtraTreesClassifier(8, random_state=1), OBJECTS),
    (ensemble.GradientBoostingRegressor(n_estimators=20), Y),
    (ensemble.GradientBoostingRegressor(n_estimators=20, init="zero", loss="huber"), Y),
    (ensemble.GradientBoostingClassifier(n_estimators=5), BANDS),
    (ensemble.GradientBoostingClassifier(n_estimators=5, init="zero"), TEXTS),
    (ensemble.HistGradientBoostingRegressor(max_iter=10), Y),
    (ensemble.HistGradientBoostingRegressor(max_iter=10, loss="absolute_error"), Y),
    (ensemble.HistGradientBoostingClassifier(max_iter=5), BANDS),
    (ensemble.HistGradientBoostingClassifier(max_iter=5), OBJECTS == "high"),
]
SCALED: list[tuple[Any, Any]] = [
    (pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.ElasticNet(alpha=0.01)), Y),
    (pipeline.make_pipeline(preprocessing.StandardScaler(with_mean=False), linear_model.Ridge()), TWO),
    (pipeline.make_pipeline(preprocessing.MinMaxScaler(clip=True), linear_model.LogisticRegression()), BANDS),
    (pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.RobustScaler(), svm.LinearSVC()), TEXTS),
    (pipeline.make_pipeline("passthrough", preprocessing.MaxAbsScaler(), ensemble.RandomForestRegressor(5)), Y),
    (
        pipeline.make_pipeline(
            feature_selection.SelectKBest(feature_selection.f_regression, k=3),
            preprocessing.StandardScaler(),
            linear_model.Lasso(alpha=0.01),
        ),
        Y,
    ),
    (
        pipeline.make_pipeline(
            compose.ColumnTransformer(
                [
                    ("scaled", preprocessing.StandardScaler(), [5, 1]),
                    ("ranged", preprocessing.MinMaxScaler(), slice(2, 4)),
                    ("gone", "drop", [0]),
                ],
                remainder="passthrough",
            ),
            linear_model.Ridge(),
        ),
        Y,
    ),
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Many threads for a row at a time are slow where others use the machine."""
    with threadpool_limits(limits=1):
        yield


def name_of(case: tuple[Any, Any]) -> str:
    return f"{'-'.join(type(step).__name__ for _, step in getattr(case[0], 'steps', [('', case[0])]))}-{case[1].dtype}"


def fitted(case: tuple[Any, Any]) -> Any:
    """The model as a worker has it: no array of it is a view of another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        model = copy.deepcopy(case[0].fit(X, case[1]))
    use_one_thread(model)
    return model


def kernel_of(model: Any) -> fastpath.Kernel:
    kernel, why = fastpath.find_kernel(model)
    assert kernel is not None, why
    return kernel


def same(one: Any, other: Any) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return bool(one.tolist() == other.tolist() if one.dtype.kind == "O" else one.tobytes() == other.tobytes())


@pytest.mark.parametrize("case", [*LINEAR, *TREES, *SCALED], ids=name_of)
def test_an_estimator_is_answered_by_its_arrays_as_by_itself(case: tuple[Any, Any]) -> None:
    model = fitted(case)
    kernel = kernel_of(model)
    alone = [model.predict(X[place : place + 1]) for place in range(40)]
    assert all(same(kernel.predict(X[place : place + 1]), each) for place, each in enumerate(alone))
    assert same(kernel.predict(X[:40]), np.concatenate(alone))
    assert fastpath.certify(kernel, model.predict, X[:5], seconds=0.1) == ""


NOT_IN_FILES = ("GradientBoosting", "SelectKBest", "RidgeClassifier")
"""Those whose numbers are computed by their own code, or kept under other names."""


@pytest.mark.parametrize("case", [*LINEAR, *TREES, *SCALED], ids=name_of)
def test_an_estimator_is_read_from_its_file_as_it_is_in_memory(case: tuple[Any, Any], tmp_path: Path) -> None:
    entry = SklearnFlavor().save(fitted(case), tmp_path)["sklearn"]
    loaded = SklearnFlavor().load(tmp_path, entry)
    found, why = fastpath.find_kernel(outline(tmp_path / entry["pickled_model"], entry["serialization_format"]))
    if found is None:
        assert name_of(case).split("-")[-2].startswith(NOT_IN_FILES) or name_of(case).startswith(NOT_IN_FILES), why
        return
    known = kernel_of(loaded)
    assert type(found) is type(known)
    assert fastpath.pack(found.arrays()) == fastpath.pack(known.arrays())


NUMBERS = st.one_of(
    st.floats(-LARGEST, LARGEST), st.floats(-50, 50), st.sampled_from([0.0, -0.0, 1.0, LARGEST]), st.integers(-9, 9)
)
ROWS = arrays.arrays("float64", st.tuples(st.integers(1, 12), st.just(COLUMNS)), elements=NUMBERS)
CHOSEN = [LINEAR[8], LINEAR[4], LINEAR[22], TREES[4], TREES[9], TREES[14], TREES[16], SCALED[0], SCALED[6]]


@pytest.mark.parametrize("case", CHOSEN, ids=name_of)
def test_any_rows_are_answered_as_each_alone(case: tuple[Any, Any]) -> None:
    model = fitted(case)
    kernel = kernel_of(model)

    @settings(max_examples=25)
    @given(ROWS)
    def check(rows: Any) -> None:
        found = kernel.predict(rows)
        assert all(same(found[place : place + 1], model.predict(row[None])) for place, row in enumerate(rows))

    check()


@pytest.mark.parametrize("case", TREES, ids=name_of)
def test_rows_at_the_borders_of_trees_go_the_way_the_model_goes(case: tuple[Any, Any]) -> None:
    model = fitted(case)
    kernel: Any = kernel_of(model)
    columns, thresholds = kernel.trees.splits()
    rows = X[DRAW.integers(0, len(X), 60)].copy()
    for place, row in enumerate(rows):
        split = DRAW.integers(0, len(columns))
        beside = [thresholds[split], np.nextafter(thresholds[split], np.inf), np.float32(thresholds[split])]
        row[columns[split]] = beside[place % 3]
    found = kernel.predict(rows)
    assert all(same(found[place : place + 1], model.predict(row[None])) for place, row in enumerate(rows))


def test_a_data_frame_of_whole_numbers_is_answered_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(DRAW.integers(-9, 99, (60, 4)), columns=list("abcd"))
    for model in (linear_model.LinearRegression(), ensemble.RandomForestRegressor(5)):
        model.fit(frame, frame.sum(axis=1))
        alone = [model.predict(pandas.DataFrame([row], columns=list("abcd"))) for row in frame.to_numpy()]
        rows = np.ascontiguousarray(frame.to_numpy("float64"))
        assert same(kernel_of(model).predict(rows), np.concatenate(alone))


class Mine(linear_model.LinearRegression):
    """Somebody's own class may predict as it likes."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        return super().predict(X) + 1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Mine().fit(X, Y), "of the type Mine"),
        (svm.SVR().fit(X, Y), "this SVR"),
        (MultiOutputRegressor(linear_model.Ridge()).fit(X, TWO), "this MultiOutputRegressor"),
        (ensemble.HistGradientBoostingRegressor(max_iter=2, loss="poisson").fit(X, HIGH + 1), "this HistGradient"),
        (ensemble.GradientBoostingRegressor(n_estimators=2, init=linear_model.Ridge()).fit(X, Y), "this GradientB"),
        (tree.DecisionTreeClassifier().fit(X, np.stack([HIGH, BANDS], axis=1)), "this DecisionTreeClassifier"),
        (
            pipeline.make_pipeline(preprocessing.PolynomialFeatures(), linear_model.Ridge()).fit(X, Y),
            "this PolynomialFeatures",
        ),
        (pipeline.make_pipeline(preprocessing.Normalizer(), linear_model.Ridge()).fit(X, Y), "this Normalizer"),
        (pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge()).fit(X * 1e-80, Y), "too large"),
        (linear_model.Ridge(), "how many columns"),
        (object(), "of the type object"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_other_models_have_no_fast_path_and_a_reason(model: Any, said: str) -> None:
    kernel, why = fastpath.find_kernel(model)
    assert kernel is None
    assert said in why
    assert why.endswith(".")


def test_estimators_are_left_with_one_thread() -> None:
    forest = ensemble.RandomForestRegressor(2, n_jobs=-1)
    whole = pipeline.make_pipeline(preprocessing.StandardScaler(), forest)
    use_one_thread(whole)
    assert forest.n_jobs == 1
    kept = ensemble.RandomForestRegressor(2)
    use_one_thread(kept)
    assert kept.n_jobs is None
    use_one_thread(BaseEstimator())
    use_one_thread(object())
