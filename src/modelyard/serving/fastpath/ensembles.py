"""The trees of scikit-learn's estimators, read into kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelyard.models.libraries import numpy
from modelyard.serving.fastpath.forest import Choice, ForestKernel, Rule
from modelyard.serving.fastpath.labels import Labels, labels_of
from modelyard.serving.fastpath.steps import Steps
from modelyard.serving.fastpath.trees import Tree, together


def find_ensemble(estimator: Any, steps: Steps, columns: int) -> ForestKernel | None:
    """The kernel of a fitted estimator of scikit-learn that is made of trees; None for any other."""
    read = _READERS.get(type(estimator).__name__)
    return None if read is None else read(estimator, steps, columns)


def _tree(tree: Any, values: Any) -> Tree:
    return Tree(tree.children_left, tree.children_right, tree.feature, tree.threshold, values)


def _regressor(estimator: Any, steps: Steps, columns: int) -> ForestKernel:
    trees, values = together([_tree(each.tree_, each.tree_.value[:, :, 0]) for each in _trees(estimator)])
    is_one = estimator.n_outputs_ == 1
    if len(_trees(estimator)) == 1 and is_one and not hasattr(estimator, "estimators_"):
        return ForestKernel(columns, steps, trees, values, _start([-0.0]), "sum")
    return ForestKernel(columns, steps, trees, values, _start([]), flat=is_one)


def _classifier(estimator: Any, steps: Steps, columns: int) -> ForestKernel | None:
    if estimator.n_outputs_ != 1:
        return None
    labels, classes = labels_of(estimator.classes_), int(estimator.n_classes_)
    if labels is None or classes < 2:
        return None
    trees, values = together([_tree(each.tree_, each.tree_.value[:, 0, :classes]) for each in _trees(estimator)])
    return ForestKernel(columns, steps, trees, values, _start([]), choice="largest", labels=labels)


def _trees(estimator: Any) -> list[Any]:
    return list(getattr(estimator, "estimators_", [estimator]))


def _boosted(estimator: Any, steps: Steps, columns: int) -> ForestKernel | None:
    """Gradient boosting. Its first guess may be any estimator; those that guess the same for every row are known."""
    stages = estimator.estimators_.reshape(-1)
    library = numpy()
    if not isinstance(estimator.init_, str) and type(estimator.init_).__name__ not in (
        "DummyRegressor",
        "DummyClassifier",
    ):
        return None
    start = estimator._raw_predict_init(library.zeros((1, columns), dtype="float32"))[0]
    rate = estimator.learning_rate
    trees, values = together([_tree(each.tree_, rate * each.tree_.value[:, :, 0]) for each in stages])
    return _summed(estimator, (columns, steps), (trees, values, start), single=True, border="not negative")


def _histograms(estimator: Any, steps: Steps, columns: int) -> ForestKernel | None:
    """Gradient boosting on histograms: trees of their own kind, which compare in double precision."""
    is_classifier = hasattr(estimator, "classes_")
    link = type(estimator._loss.link).__name__
    if not is_classifier and link != "IdentityLink":
        return None
    found = [each.nodes for turn in estimator._predictors for each in turn]
    if getattr(estimator, "_preprocessor", None) is not None or any(
        bool(each["is_categorical"].any()) for each in found
    ):
        return None
    trees, values = together([_of_histograms(nodes) for nodes in found])
    start = numpy().asarray(estimator._baseline_prediction, dtype="float64").reshape(-1)
    return _summed(estimator, (columns, steps), (trees, values, start), single=False, border="positive")


def _of_histograms(nodes: Any) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    library = numpy()
    left, right = (library.where(leaf, -1, nodes[side].astype("int64")) for side in ("left", "right"))
    return Tree(left, right, nodes["feature_idx"], nodes["num_threshold"], nodes["value"].reshape(-1, 1))


def _summed(
    estimator: Any, shape: tuple[int, Steps], sums: tuple[Any, Any, Any], *, single: bool, border: Choice
) -> ForestKernel | None:
    columns, steps = shape
    trees, values, start = sums
    rule: Rule = "sum"
    if not hasattr(estimator, "classes_"):
        return ForestKernel(columns, steps, trees, values, start, rule, single=single)
    labels: Labels | None = labels_of(estimator.classes_)
    if labels is None or len(labels.values) != max(len(start), 2):
        return None
    choice: Choice = border if len(start) == 1 else "largest"
    return ForestKernel(columns, steps, trees, values, start, rule, choice, single, labels=labels)


def _start(numbers: list[float]) -> Any:
    return numpy().array(numbers, dtype="float64")


_READERS: dict[str, Callable[[Any, Steps, int], ForestKernel | None]] = {
    "DecisionTreeRegressor": _regressor,
    "ExtraTreeRegressor": _regressor,
    "RandomForestRegressor": _regressor,
    "ExtraTreesRegressor": _regressor,
    "DecisionTreeClassifier": _classifier,
    "ExtraTreeClassifier": _classifier,
    "RandomForestClassifier": _classifier,
    "ExtraTreesClassifier": _classifier,
    "GradientBoostingRegressor": _boosted,
    "GradientBoostingClassifier": _boosted,
    "HistGradientBoostingRegressor": _histograms,
    "HistGradientBoostingClassifier": _histograms,
}
