"""Our counts are scikit-learn's metrics, on every kind of labels they are told for."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.client.autolog.counts import counted, log_loss

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

NAMES = {0: "accuracy_score", 1: "precision_score", 2: "recall_score", 3: "f1_score"}


@pytest.mark.parametrize("classes", [[0, 1], [False, True], [3, 7, 11], ["a", "b", "ccc"], [4]])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_counts_are_the_metrics(classes: list[Any], weighted: bool, seed: int) -> None:
    chance = numpy.random.default_rng(seed)
    labels = chance.choice(classes, 60)
    labels[: len(classes)] = classes
    predicted = chance.choice(classes[: 1 + seed % len(classes)], 60)  # some classes are never told
    weights = chance.random(60) if weighted else None
    found = counted(labels, predicted, weights)
    assert found is not None
    three = metrics.precision_recall_fscore_support(
        labels, predicted, sample_weight=weights, zero_division=0.0, average="weighted"
    )
    wanted = [metrics.accuracy_score(labels, predicted, sample_weight=weights), *three[:3]]
    assert [found[NAMES[at]] for at in range(4)] == pytest.approx(wanted, rel=1e-12)
    if len(classes) > 1:
        chances = chance.random((60, len(classes)))
        chances /= chances.sum(axis=1, keepdims=True)
        chances[:3] = 0.0
        chances[:3, 0] = 1.0
        told = metrics.log_loss(labels, chances, sample_weight=weights)
        assert log_loss(labels, chances, numpy.array(sorted(set(classes))), weights) == pytest.approx(told, rel=1e-12)


@pytest.mark.parametrize("labels", [[[0, 1], [1, 0]], numpy.array(["a", None], dtype=object), [0.0, 1.0], [], range(3)])
def test_what_they_cannot_tell_is_left_to_scikit_learn(labels: Any) -> None:
    predicted = numpy.array([0, 1])
    assert counted(labels, predicted, None) is None
    assert log_loss(labels, numpy.array([[0.5, 0.5], [0.5, 0.5]]), [0, 1], None) is None


def test_chances_of_classes_that_are_not_among_the_labels_are_left_to_scikit_learn() -> None:
    assert log_loss([0, 0], numpy.array([[0.5, 0.5], [0.5, 0.5]]), [0, 1], None) is None
    assert log_loss([0, 1], [[0.5, 0.5], [0.5, 0.5]], [0, 1], None) is None
