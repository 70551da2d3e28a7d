"""Models of one's own making: a class with ``predict``, a function, or a file of code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded

MLFLOW_MODELS = "mlflow.models.model"
MLFLOW_MODEL = "__mlflow_model__"
"""The module, and its variable, in which MLflow looks for what a file of code has set."""


class TypeHints(NamedTuple):
    """What ``predict`` says it takes and gives; MLflow's loader asks for it."""

    input: Any = None
    output: Any = None


class PythonModelContext:
    """What a model finds around it when it is loaded: its artifacts' paths by name, and its settings."""

    def __init__(self, artifacts: Mapping[str, str], model_config: Mapping[str, Any] | None = None) -> None:
        self._artifacts = dict(artifacts)
        self._config = dict(model_config or {})

    @property
    def artifacts(self) -> dict[str, str]:
        """Paths of the files and folders that were saved with the model, by the names given then."""
        return self._artifacts

    @property
    def model_config(self) -> dict[str, Any]:
        """The settings it was saved with, and over them those it was loaded with."""
        return self._config


class PythonModel:
    """A model of one's own: a class with ``predict``, and ``load_context`` for what is loaded once.

    >>> class Doubler(PythonModel):
    ...     def predict(self, context, model_input, params=None):
    ...         return [2 * each for each in model_input]
    >>> Doubler().predict(None, [1, 2])
    [2, 4]
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Load what ``predict`` needs from ``context.artifacts``; called once, when the model is loaded."""

    def predict(self, context: PythonModelContext | None, model_input: Any, params: Any = None) -> Any:
        """Predictions for ``model_input``. ``context`` and ``params`` may be left out of an own signature."""
        raise NotImplementedError(f"{type(self).__qualname__} has no 'predict' of its own.")

    @property
    def predict_type_hints(self) -> TypeHints:
        """No hints: the signature says what goes in."""
        return TypeHints()


class FunctionModel(PythonModel):
    """A function ``f(model_input)`` or ``f(model_input, params)`` as a model."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def predict(self, context: PythonModelContext | None, model_input: Any, params: Any = None) -> Any:
        """What the function answers."""
        names = list(inspect.signature(self.function).parameters)
        if "params" in names:
            return self.function(model_input, params=params)
        return self.function(model_input)


class ObjectModel(PythonModel):
    """Any object with ``predict`` as a model: MLflow's loader takes nothing but a ``PythonModel``."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def load_context(self, context: PythonModelContext) -> None:
        """Let the object load what it needs, where it has a method for that."""
        if hasattr(self.obj, "load_context"):
            self.obj.load_context(context)

    def predict(self, context: PythonModelContext | None, model_input: Any, params: Any = None) -> Any:
        """What the object predicts."""
        return LoadedPythonModel(self.obj, context or PythonModelContext({})).predict(model_input, params)


def as_model(obj: Any) -> Any:
    """A ``PythonModel``, ours or MLflow's, as it is; a function, or an object with ``predict``, as one.

    Raises ``InvalidParameter`` for a class, and for what cannot predict.
    """
    if inspect.isclass(obj):
        raise InvalidParameter(f"{obj.__qualname__} is a class; give an instance of it: {obj.__qualname__}(…).")
    if isinstance(obj, PythonModel) or hasattr(obj, "predict_type_hints"):
        return obj
    if hasattr(obj, "predict"):
        return ObjectModel(obj)
    if not callable(obj):
        raise InvalidParameter(f"A model has a 'predict', or is a function; this is a {type(obj).__qualname__}.")
    return FunctionModel(obj)


class LoadedPythonModel(NamedTuple):
    """A model with the context it was loaded in."""

    python_model: Any
    context: PythonModelContext

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Call ``predict`` with what its own signature asks for."""
        names = inspect.signature(self.python_model.predict).parameters
        keywords = {"params": dict(params) if params is not None else None} if "params" in names else {}
        if "context" in names or _takes_two(names):
            return self.python_model.predict(self.context, data, **keywords)
        return self.python_model.predict(data, **keywords)


def _takes_two(names: Mapping[str, inspect.Parameter]) -> bool:
    """Whether a first, oddly named argument is the context: MLflow passes it by place."""
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [
        name
        for name, parameter in names.items()
        if parameter.kind in places and parameter.default is parameter.empty and name != "params"
    ]
    return len(required) > 1


CODE_MODEL: ContextVar[Any] = ContextVar("modelyard_code_model", default=None)
"""What a file of code said its model is, while the file runs."""


def set_model(model: Any) -> None:
    """Say, in a file that is a model's code, which object the model is.

    >>> set_model(lambda model_input: model_input)
    """
    model = as_model(model)
    CODE_MODEL.set(model)
    mlflow = loaded(MLFLOW_MODELS)
    if mlflow is not None:  # it may be MLflow that runs the file
        setattr(mlflow, MLFLOW_MODEL, model)
