"""scikit-learn: `fit`, `fit_transform` and `fit_predict` of its estimators, pipelines and searches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from modelyard.client.autolog.data import (
    EXAMPLE_ROWS,
    SIGNATURE_ROWS,
    Data,
    data_of,
    dataset_of,
    head,
    signature_of,
    thinned,
)
from modelyard.client.autolog.patches import Patches
from modelyard.client.autolog.recorder import Recorder, Training, record
from modelyard.client.autolog.scores import Scores
from modelyard.client.autolog.searches import best_params, estimator_tags, is_search, log_search
from modelyard.client.autolog.sessions import SESSIONS, Session
from modelyard.core.extras import loaded
from modelyard.models.options import SaveOptions

NAME = "sklearn"
_FITS = ("fit", "fit_transform", "fit_predict")
_PREPARING = ("sklearn.preprocessing", "sklearn.impute", "sklearn.feature_extraction", "sklearn.feature_selection")
"""Estimators that prepare data are no models: MLflow leaves them out, and so do we."""
_PREPARING_CLASSES = ("sklearn.compose._column_transformer.ColumnTransformer",)
_SELECTION = "sklearn.model_selection"
_TRIALS = (
    "cross_validate",
    "cross_val_predict",
    "cross_val_score",
    "learning_curve",
    "permutation_test_score",
    "validation_curve",
)
"""Functions that fit to see how well it goes; nobody wants a run of each of those."""


METRIC_ROWS = "modelyard.autolog.metric_rows"
"""The tag that says on how many of the rows the training metrics were computed, where it was not on all."""


class SklearnAutolog:
    """What is replaced in scikit-learn: methods of the classes that define them, as their modules are imported."""

    name = NAME

    def watches(self, module: str) -> bool:
        """Every module of scikit-learn but its tests."""
        return (module == "sklearn" or module.startswith("sklearn.")) and ".tests" not in module

    def patch(self, module: ModuleType, patches: Patches) -> None:
        """Replace the methods of the estimators that ``module`` defines."""
        base = loaded("sklearn.base")
        if module.__name__ == _SELECTION:
            for name in _TRIALS:
                patches.apply(module, name, _unrecorded)
        if base is None or not hasattr(base, "BaseEstimator"):
            return
        for kind in list(vars(module).values()):
            if _is_model(kind, module, base.BaseEstimator):
                for name in _FITS:
                    patches.apply(kind, name, _recorded)


def _is_model(kind: Any, module: ModuleType, base: type) -> bool:
    return (
        isinstance(kind, type)
        and kind.__module__ == module.__name__
        and issubclass(kind, base)
        and not kind.__module__.startswith(_PREPARING)
        and f"{kind.__module__}.{kind.__qualname__}" not in _PREPARING_CLASSES
    )


def _unrecorded(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with SESSIONS.open(Session("trials", None)):
        return original(*args, **kwargs)


def _recorded(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return record(SklearnTraining(NAME, original, args, kwargs))


class SklearnTraining(Training):
    """A fit of an estimator, which is the first of the arguments."""

    kind = NAME

    def before(self, recorder: Recorder) -> None:
        """Params, the estimator's class, and the data it is fitted on."""
        estimator = self.args[0]
        self._example: Any = None
        self._data = Data()
        params = estimator.get_params(deep=not is_search(estimator))
        recorder.attempt("params", recorder.params, params, estimator_tags(estimator))
        self._data = data_of(self.original, self.args, self.kwargs)
        if recorder.options.log_datasets:
            recorder.attempt("the dataset", self._log_dataset, recorder)
        if recorder.options.log_models:
            self._example = recorder.attempt("an example of the data", head, self._data.features, SIGNATURE_ROWS)
        if _may_change_its_data(params):
            self._data = copy.deepcopy(self._data)

    def after(self, recorder: Recorder, result: Any) -> None:
        """The model, the metrics, and what a search found."""
        estimator = self.args[0]
        save = self._save_options(recorder, estimator) if recorder.options.log_models else None
        if save is not None:
            recorder.model_id = recorder.attempt("the model", self._log_model, recorder, estimator, save)
        if self._data.labels is not None:
            recorder.attempt("training metrics", self._log_scores, recorder, estimator)
        if is_search(estimator):
            if save is not None and hasattr(estimator, "best_estimator_"):
                recorder.attempt("the best model", self._log_best, recorder, estimator.best_estimator_, save)
            recorder.attempt("what the search found", log_search, recorder, estimator)

    def _log_dataset(self, recorder: Recorder) -> None:
        dataset = dataset_of(self._data.features, self._data.labels)
        if dataset is not None:
            recorder.input(dataset, "train")

    def _log_scores(self, recorder: Recorder, estimator: Any) -> None:
        rows = getattr(recorder.options, "max_metric_rows", None)
        if rows is not None and _keeps_its_data(estimator):
            rows = max(1, rows // 10)
        data, used, there = thinned(self._data, rows)
        Scores(recorder, estimator, data).log()
        if used < there:
            recorder.params({}, {METRIC_ROWS: f"{used} of {there}"})

    def _save_options(self, recorder: Recorder, estimator: Any) -> SaveOptions:
        options, example = recorder.options, self._example
        signature: Any = False
        if options.log_model_signatures and example is not None and hasattr(estimator, "predict"):
            found = recorder.attempt("the signature", lambda: signature_of(example, estimator.predict(example)))
            signature = found or False
        keeps = options.log_input_examples and example is not None
        return SaveOptions(
            signature=signature,
            input_example=head(example, EXAMPLE_ROWS) if keeps else None,
            training_data=self._data.features,
            verify=options.verify,
        )

    def _log_model(self, recorder: Recorder, estimator: Any, save: SaveOptions) -> str | None:
        params = {**estimator.get_params(deep=not is_search(estimator)), **best_params(estimator)}
        return recorder.model(estimator, NAME, save, params=params, flavor_options=_flavor_options(recorder))

    def _log_best(self, recorder: Recorder, best: Any, save: SaveOptions) -> None:
        params = best.get_params(deep=True)
        recorder.model(best, NAME, save, name="best_estimator", params=params, flavor_options=_flavor_options(recorder))


def _flavor_options(recorder: Recorder) -> Mapping[str, Any]:
    return {"serialization_format": getattr(recorder.options, "serialization_format", None)}


def _keeps_its_data(estimator: Any) -> bool:
    """Whether each prediction goes through the training data again, as in neighbours, kernels and processes."""
    inner = getattr(estimator, "best_estimator_", estimator)
    steps = getattr(inner, "steps", None)
    last = steps[-1][1] if steps else inner
    return any(hasattr(last, name) for name in ("support_vectors_", "n_samples_fit_", "X_fit_", "X_train_"))


def _may_change_its_data(params: Mapping[str, Any]) -> bool:
    """Whether an estimator was told not to copy its data: then there must be a copy to compute metrics on."""
    return any(
        value is False and name.rpartition("__")[2].lower() in ("copy", "copy_x") for name, value in params.items()
    )
