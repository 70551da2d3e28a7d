"""Metrics are those scikit-learn computes."""

from __future__ import annotations

import pytest

from modelyard.training.evaluate import confusion, evaluate

np = pytest.importorskip("numpy", reason="numpy is not installed")
metrics = pytest.importorskip("sklearn.metrics", reason="sklearn is not installed")


def test_regression() -> None:
    random = np.random.RandomState(1)
    truth, found = random.normal(size=50), random.normal(size=50)
    told = evaluate("regression", truth, found.reshape(-1, 1))
    assert told.metrics == pytest.approx(
        {
            "r2": metrics.r2_score(truth, found),
            "rmse": metrics.mean_squared_error(truth, found) ** 0.5,
            "mae": metrics.mean_absolute_error(truth, found),
        }
    )


def test_what_cannot_be_told_is_none() -> None:
    assert evaluate("regression", [2.0], [2.0]).metrics == {"r2": None, "rmse": 0.0, "mae": 0.0}


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"]])
def test_classification(labels: list[object]) -> None:
    random = np.random.RandomState(2)
    truth, found = np.array(labels, dtype=object)[random.randint(0, 3, (2, 200))]
    told = evaluate("classification", truth, found, labels)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth.tolist(), found.tolist(), labels=labels
    )
    for place, label in enumerate(labels):
        expected = {"precision": precision[place], "recall": recall[place], "f1": f1[place], "support": support[place]}
        assert told.classes[str(label)] == pytest.approx(expected)
    averaged = metrics.precision_recall_fscore_support(truth.tolist(), found.tolist(), average="weighted")
    assert [told.metrics[name] for name in ("precision", "recall", "f1")] == pytest.approx(averaged[:3])
    plain = metrics.precision_recall_fscore_support(truth.tolist(), found.tolist(), average="macro")
    assert [told.metrics[f"{name}_macro"] for name in ("precision", "recall", "f1")] == pytest.approx(plain[:3])
    assert told.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(truth.tolist(), found.tolist()))
    assert confusion(truth, found, labels).tolist() == metrics.confusion_matrix(truth.tolist(), found.tolist()).tolist()


def test_a_class_nobody_has_and_nobody_guesses_counts_for_nothing() -> None:
    told = evaluate("classification", [0, 0, 1], [0, 0, 1], [0, 1, 2])
    assert told.metrics["f1_macro"] == 1.0
    assert told.classes["2"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
