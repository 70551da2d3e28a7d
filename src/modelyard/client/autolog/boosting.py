"""What XGBoost and LightGBM share: a function that trains a booster, and estimators around it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from modelyard.client.autolog.data import EXAMPLE_ROWS, SIGNATURE_ROWS, Data, data_of, dataset_of, head, signature_of
from modelyard.client.autolog.patches import Patches
from modelyard.client.autolog.recorder import Recorder, Training, record
from modelyard.core.extras import loaded
from modelyard.models.options import SaveOptions


class Iterations:
    """The metrics of each iteration, logged as they come."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.rows: list[dict[str, float]] = []

    def add(self, step: int, found: Mapping[str, float]) -> None:
        """Log those of an iteration. ``ndcg@3`` becomes ``ndcg_at_3``: a metric's name has no ``@``."""
        row = {name.replace("@", "_at_"): value for name, value in found.items()}
        self.rows.append(row)
        self._recorder.attempt("the metrics of the iterations", self._recorder.metrics, row, step)

    def log_best(self, best: int, told: Mapping[str, float]) -> None:
        """Log what early stopping chose, its metrics once more as a step after the last."""
        self._recorder.metrics(told)
        self._recorder.metrics(self.rows[best], step=len(self.rows))


class BoosterAutolog:
    """What is replaced in a package of boosters, once the whole of it is imported."""

    def __init__(
        self, name: str, *, estimators: str, train: type[BoosterTraining], fit: type[EstimatorTraining]
    ) -> None:
        self.name = name
        self._estimators = estimators
        self._train = train
        self._fit = fit

    def watches(self, module: str) -> bool:
        """The package: it imports the rest."""
        return module == self.name

    def patch(self, module: ModuleType, patches: Patches) -> None:
        """Replace ``train`` where scripts and where the estimators find it, and the estimators' ``fit``."""
        patches.apply(module, "train", self._trained)
        estimators = loaded(f"{self.name}.sklearn")
        base = vars(estimators).get(self._estimators) if estimators is not None else None
        if estimators is None or base is None:
            return
        patches.apply(estimators, "train", self._trained)
        for kind in list(vars(estimators).values()):
            if isinstance(kind, type) and issubclass(kind, base):
                patches.apply(kind, "fit", self._fitted)

    def _trained(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return record(self._train(self.name, original, args, kwargs))

    def _fitted(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return record(self._fit(self.name, original, args, kwargs))


class BoosterTraining(Training):
    """A call of ``train``; inside an estimator's fit it belongs to that fit's record, and the model is the estimator."""

    left_out: Sequence[str] = ()
    """Arguments that are no params."""

    def before(self, recorder: Recorder) -> None:
        """The params, and a callback that sees each iteration."""
        self._iterations = Iterations(recorder)
        self._example: Any = None
        given = inspect.signature(self.original).bind(*self.args, **self.kwargs)
        complete = inspect.BoundArguments(given.signature, given.arguments.copy())
        complete.apply_defaults()
        self._params = {name: value for name, value in complete.arguments.items() if name not in self.left_out}
        recorder.attempt("params", recorder.params, {**dict(given.arguments["params"]), **self._params})
        self._data = given.arguments[next(iter(list(given.signature.parameters)[1:]))]
        if not self.joined:
            self._log_data(recorder)
        callbacks = given.arguments.get("callbacks")
        given.arguments["callbacks"] = [*(callbacks or ()), self.callback(self._iterations)]
        self.args, self.kwargs = given.args, given.kwargs

    def after(self, recorder: Recorder, result: Any) -> None:
        """The model, what early stopping chose, and the importance of features."""
        if not self.joined and recorder.options.log_models:
            recorder.model_id = recorder.attempt("the model", self._log_model, recorder, result)
        recorder.attempt("what early stopping chose", self.log_best, self._iterations, result)
        for kind in self.importances(recorder):
            recorder.attempt("the importance of features", self._log_importance, recorder, result, kind)

    def callback(self, iterations: Iterations) -> Any:
        """A callback of the framework's that adds to ``iterations``."""
        raise NotImplementedError

    def rows(self, data: Any, count: int) -> Any:
        """The first rows of the framework's kind of data, as something that ``predict`` below takes."""
        raise NotImplementedError

    def whole(self, data: Any) -> Any:
        """The framework's kind of data as an array or a frame; None where it cannot be had cheaply."""
        raise NotImplementedError

    def predict(self, model: Any, rows: Any) -> Any:
        """What the model makes of rows."""
        raise NotImplementedError

    def log_best(self, iterations: Iterations, model: Any) -> None:
        """Log the best iteration, where training looked for it."""
        raise NotImplementedError

    def importances(self, recorder: Recorder) -> Sequence[str]:
        """The kinds of importance that are logged."""
        raise NotImplementedError

    def importance(self, model: Any, kind: str) -> Mapping[str, Any]:
        """The importance of each feature."""
        raise NotImplementedError

    def flavor_options(self, recorder: Recorder) -> Mapping[str, Any]:
        """How the model is saved."""
        return {}

    def _log_data(self, recorder: Recorder) -> None:
        if recorder.options.log_models:
            self._example = recorder.attempt("an example of the data", self.rows, self._data, SIGNATURE_ROWS)
        if recorder.options.log_datasets:
            recorder.attempt("the dataset", log_dataset, recorder, lambda: Data(self.whole(self._data)))

    def _log_model(self, recorder: Recorder, model: Any) -> str | None:
        save = save_options(recorder, self._example, lambda rows: self.predict(model, rows))
        options = self.flavor_options(recorder)
        return recorder.model(model, self.name, save, params=self._params, flavor_options=options)

    def _log_importance(self, recorder: Recorder, model: Any, kind: str) -> None:
        found = dict(self.importance(model, kind))
        recorder.client.log_dict(recorder.run.run_id, found, f"feature_importance_{kind}.json")


class EstimatorTraining(Training):
    """A fit of an estimator around a booster: the model is the estimator; ``train`` inside records all else."""

    def before(self, recorder: Recorder) -> None:
        """The data."""
        self._data = data_of(self.original, self.args, self.kwargs)
        self._example: Any = None
        if recorder.options.log_models:
            self._example = recorder.attempt("an example of the data", head, self._data.features, SIGNATURE_ROWS)
        if recorder.options.log_datasets:
            recorder.attempt("the dataset", log_dataset, recorder, lambda: self._data)

    def after(self, recorder: Recorder, result: Any) -> None:
        """The model."""
        if recorder.options.log_models:
            recorder.attempt("the model", self._log_model, recorder, self.args[0])

    def flavor_options(self, recorder: Recorder) -> Mapping[str, Any]:
        """How the model is saved."""
        return {}

    def _log_model(self, recorder: Recorder, estimator: Any) -> None:
        save = save_options(recorder, self._example, estimator.predict)
        recorder.model(
            estimator, self.name, save, params=estimator.get_params(), flavor_options=self.flavor_options(recorder)
        )


def log_dataset(recorder: Recorder, data: Any) -> None:
    """Record the dataset that ``data()`` is, if it is one."""
    found: Data = data()
    dataset = dataset_of(found.features, found.labels)
    if dataset is not None:
        recorder.input(dataset, "train")


def save_options(recorder: Recorder, example: Any, predict: Any) -> SaveOptions:
    """How a model is saved: its signature from the example, which is kept if that was asked for."""
    options = recorder.options
    found = None
    if options.log_model_signatures and example is not None:
        found = recorder.attempt("the signature", lambda: signature_of(example, predict(example)))
    keeps = options.log_input_examples and example is not None
    return SaveOptions(
        signature=found or False,
        input_example=head(example, EXAMPLE_ROWS) if keeps else None,
        verify=options.verify,
    )
