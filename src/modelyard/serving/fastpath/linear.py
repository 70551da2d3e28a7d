"""Linear models: one product of each row with the coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy
from modelyard.serving.fastpath.labels import Labels, labels_of, open_labels
from modelyard.serving.fastpath.steps import Steps, open_steps

_REGRESSORS = frozenset(
    "LinearRegression Ridge RidgeCV Lasso LassoCV LassoLars LassoLarsCV LassoLarsIC ElasticNet ElasticNetCV Lars LarsCV"
    " BayesianRidge ARDRegression HuberRegressor OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV QuantileRegressor"
    " SGDRegressor PassiveAggressiveRegressor LinearSVR TheilSenRegressor MultiTaskElasticNet MultiTaskElasticNetCV"
    " MultiTaskLasso MultiTaskLassoCV".split()
)
_CLASSIFIERS = frozenset(
    "LogisticRegression LogisticRegressionCV RidgeClassifier RidgeClassifierCV LinearSVC SGDClassifier Perceptron"
    " PassiveAggressiveClassifier LinearDiscriminantAnalysis".split()
)


class LinearKernel(msgspec.Struct, frozen=True):
    """Rows times ``weights``, (columns,) or (columns, outputs), plus ``intercept``; labels are those of the sign or the largest.

    Each row is multiplied by itself, in a stack of matrices of one row: in a product of larger ones BLAS adds up in another
    order, and the last bits change with the number of rows.
    """

    kind: ClassVar[str] = "linear"
    columns: int
    steps: Steps
    weights: Any
    intercept: Any
    labels: Labels | None = None

    def predict(self, rows: Any) -> Any:
        """Predictions, (rows,) or (rows, outputs)."""
        scores = (self.steps.apply(rows)[:, None, :] @ self.weights)[:, 0] + self.intercept
        if self.labels is None:
            return scores
        if scores.ndim == 1 or scores.shape[1] == 1:
            return self.labels.of((scores.reshape(-1) > 0).astype("int64"))
        return self.labels.of(scores.argmax(axis=1))

    def arrays(self) -> Mapping[str, Any]:
        """What it is made of."""
        labels = self.labels.arrays() if self.labels is not None else {}
        numbers = {"columns": numpy().array(self.columns), "weights": self.weights, "intercept": self.intercept}
        return {**numbers, **labels, **self.steps.arrays()}


def open_linear(arrays: Mapping[str, Any]) -> LinearKernel:
    """The kernel of its arrays; raises ``InvalidParameter`` where they do not fit together."""
    try:
        columns, weights, intercept = int(arrays["columns"]), arrays["weights"], arrays["intercept"]
        outputs = weights.shape[1] if weights.ndim == 2 else 1
        steps = open_steps(arrays)
        labels = open_labels(arrays, max(outputs, 2))
        if steps.width(columns) != weights.shape[0] or weights.dtype.kind != "f" or intercept.dtype.kind != "f":
            raise InvalidParameter("The weights of a linear model do not fit its columns.")
        if weights.ndim > 2 or not outputs or intercept.shape not in ((), (1,), (outputs,)):
            raise InvalidParameter("The intercept of a linear model does not fit its weights.")
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InvalidParameter(f"These are no arrays of a linear model: {type(error).__name__}.") from error
    return LinearKernel(columns, steps, weights, intercept, labels)


def find_linear(estimator: Any, steps: Steps, columns: int) -> LinearKernel | None:
    """The kernel of a fitted linear estimator of scikit-learn; None for any other."""
    name = type(estimator).__name__
    if name not in _REGRESSORS and name not in _CLASSIFIERS:
        return None
    library = numpy()
    coefficients, intercept = estimator.coef_, library.asarray(estimator.intercept_)
    if not isinstance(coefficients, library.ndarray) or coefficients.ndim > 2 or coefficients.dtype.kind != "f":
        return None
    weights = coefficients.T if coefficients.ndim == 2 else coefficients
    labels = None
    if name in _CLASSIFIERS:
        labels = labels_of(estimator.classes_)
        outputs = weights.shape[1] if weights.ndim == 2 else 1
        if labels is None or len(labels.values) != max(outputs, 2):
            return None  # several labels for each row, or a single class
    return LinearKernel(
        columns, steps, weights, intercept.astype("float64") if intercept.dtype.kind != "f" else intercept, labels
    )
