"""A forest's numbers predict what scikit-learn's forest predicts, bit by bit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.batch.forest import Forest, open_forest
from modelyard.batch.splits import Borders
from modelyard.core.errors import InvalidParameter
from modelyard.serving.fastpath import pack, unpack

np = pytest.importorskip("numpy", reason="numpy is not installed")
ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")


def forest_of(estimator: Any) -> Forest:
    return Forest([each.tree_ for each in estimator.estimators_], estimator.n_features_in_)


def near_borders(estimator: Any, rows: Any, draw: Any) -> Any:
    """Rows with half their numbers at borders of the trees, or one bit beside them."""
    splits = np.concatenate([each.tree_.threshold[each.tree_.feature >= 0] for each in estimator.estimators_])
    splits = splits[abs(splits) < 1e38]
    if not len(splits):
        return rows
    values = draw.choice(splits, rows.shape).astype("float32")
    beside = np.nextafter(values, draw.choice([-np.inf, np.inf], rows.shape).astype("float32"))
    found = np.where(draw.random(rows.shape) < 0.5, values, beside)
    return np.where(draw.random(rows.shape) < 0.5, found, rows)


def uniform(draw: Any, rows: int) -> Any:
    return draw.random((rows, 6)) * 10


def few_values(draw: Any, rows: int) -> Any:
    return draw.integers(-3, 4, (rows, 6)).astype("float64")


def crowded(draw: Any, rows: int) -> Any:
    """Most numbers are close to zero, some are as large as single precision allows."""
    return draw.normal(size=(rows, 6)) * 10.0 ** draw.integers(-30, 38, (rows, 6))


def one_column(draw: Any, rows: int) -> Any:
    return draw.normal(size=(rows, 1))


SHAPES: list[dict[str, Any]] = [
    {"n_estimators": 1},
    {"n_estimators": 7},
    {"n_estimators": 103, "max_depth": 4},
    {"n_estimators": 3, "max_depth": 1},
    {"n_estimators": 9, "max_leaf_nodes": 65},
]


@pytest.mark.parametrize("draw_rows", [uniform, few_values, crowded, one_column])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["RandomForestRegressor", "ExtraTreesRegressor"])
def test_predictions_are_the_forest_s(kind: str, shape: dict[str, Any], draw_rows: Any) -> None:
    draw = np.random.default_rng(3)
    rows = draw_rows(draw, 400)
    estimator = getattr(ensemble, kind)(random_state=0, **shape).fit(rows, draw.normal(size=400) * 1e3)
    forest = forest_of(estimator)
    for count in (1, 2, 500, 9000):
        asked = near_borders(estimator, draw_rows(draw, count), draw)
        assert forest.predict(asked).tobytes() == estimator.predict(asked).tobytes()


def test_deep_trees_of_many_rows_are_walked_to_their_ends() -> None:
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(20_000, 3))
    target = np.cumsum(draw.exponential(size=20_000))[np.argsort(np.argsort(rows[:, 0]))]
    estimator = ensemble.RandomForestRegressor(5, random_state=0).fit(rows, target)
    asked = near_borders(estimator, draw.normal(size=(20_000, 3)), draw)
    assert forest_of(estimator).predict(asked).tobytes() == estimator.predict(asked).tobytes()


def test_trees_without_splits_have_one_answer() -> None:
    estimator = ensemble.RandomForestRegressor(5).fit([[1.0, 2.0], [3.0, 4.0]], [7.5, 7.5])
    assert forest_of(estimator).predict(np.zeros((3, 2))).tolist() == [7.5, 7.5, 7.5]
    assert forest_of(estimator).predict(np.zeros((0, 2))).tolist() == []


def test_trees_that_have_seen_gaps_answer_for_rows_without() -> None:
    draw = np.random.default_rng(8)
    rows = draw.normal(size=(300, 4))
    rows[draw.random(rows.shape) < 0.3] = np.nan
    estimator = ensemble.RandomForestRegressor(20, random_state=0).fit(rows, np.isnan(rows).sum(axis=1))
    asked = near_borders(estimator, draw.normal(size=(2000, 4)), draw)
    assert forest_of(estimator).predict(asked).tobytes() == estimator.predict(asked).tobytes()


def test_a_forest_is_made_again_of_its_arrays() -> None:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(100, 4))
    forest = forest_of(ensemble.ExtraTreesRegressor(4).fit(rows, rows[:, 0]))
    assert open_forest(unpack(pack(forest.arrays()))).predict(rows).tolist() == forest.predict(rows).tolist()


def tree(left: list[int], right: list[int], threshold: list[float]) -> Any:
    value = np.arange(len(left), dtype="float64").reshape(-1, 1, 1)
    column = np.where(np.array(left) < 0, -2, 0)
    return SimpleNamespace(
        children_left=np.array(left), children_right=np.array(right), feature=column,
        threshold=np.array(threshold), value=value,
    )  # fmt: skip


@pytest.mark.parametrize("threshold", [1e300, -1e300, np.inf, -np.inf, 0.1, 1e-320, 3.4e38])
def test_borders_beyond_single_precision_part_the_same_rows(threshold: float) -> None:
    rows = np.array([-3.4e38, -1.0, -0.0, 0.0, 1e-45, 0.1, 0.2, 3.4e38], dtype="float32").reshape(-1, 1)
    found = Forest([tree([1, -1, -1], [2, -1, -1], [threshold, -2, -2])], 1).predict(rows)
    assert found.tolist() == (1.0 + (rows[:, 0].astype("float64") > threshold)).tolist()


def test_nodes_in_a_circle_are_no_tree() -> None:
    with pytest.raises(InvalidParameter, match="circle"):
        Forest([tree([1, 0, -1], [2, 2, -1], [0.0, 1.0, -2])], 1)


def test_more_columns_than_a_node_has_room_for_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="257 columns"):
        Forest([tree([-1], [-1], [-2])], 257)


@pytest.mark.parametrize(
    "borders",
    [[0.5], [1.0, 2.0, 3.0], np.linspace(-1, 1, 9000), np.geomspace(1e-38, 1e38, 500), [-np.inf, 0.0, np.inf]],
)
def test_places_are_the_numbers_of_smaller_borders(borders: Any) -> None:
    borders = np.unique(np.array(borders, dtype="float32"))
    draw = np.random.default_rng(2)
    asked = np.concatenate([borders, np.nextafter(borders, np.float32("inf")), draw.normal(size=999), [3e38, -3e38]])
    asked = asked[np.isfinite(asked)].astype("float32")
    assert Borders(borders).places(asked).tolist() == np.searchsorted(borders, asked).tolist()
