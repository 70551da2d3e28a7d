"""Which flavors there are, and which one is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter
from modelyard.models.flavor import Flavor

GROUP = "flavors"
PYFUNC = "python_function"

LOADERS: Mapping[str, str] = {
    "mlflow.sklearn": "sklearn",
    "mlflow.pytorch": "pytorch",
    "mlflow.keras": "keras",
    "mlflow.keras.save": "keras",
    "mlflow.keras.load": "keras",
    "mlflow.tensorflow": "tensorflow",
    "mlflow.xgboost": "xgboost",
    "mlflow.lightgbm": "lightgbm",
    "mlflow.catboost": "catboost",
    "mlflow.onnx": "onnx",
    "mlflow.statsmodels": "statsmodels",
    "mlflow.transformers": "transformers",
    "mlflow.pyfunc.model": PYFUNC,
    "mlflow.pyfunc.loaders.code_model": PYFUNC,
    "modelyard.models.composite.loader": "composite",
}
"""MLmodel's ``loader_module`` → the flavor that loads what MLflow would load with that module."""


def flavor(name: str, **options: Any) -> Flavor:
    """The flavor of a name, with its options.

    Raises ``InvalidParameter`` for an unknown name or option.

    >>> flavor("sklearn").name
    'sklearn'
    """
    kind = plugins.load(GROUP, name)
    try:
        made: Flavor = kind(**options)
    except TypeError as error:
        raise InvalidParameter(f"{name} models are not saved like that: {error}.") from None
    return made


def flavor_loading(loader_module: str) -> str:
    """The flavor that loads what MLflow would load with a module.

    A flavor plugged in says so by an attribute ``loader_module``. Any other module is the model's own, whose code is in
    the folder: a Python function.

    >>> flavor_loading("mlflow.sklearn")
    'sklearn'
    """
    if loader_module in LOADERS:
        return LOADERS[loader_module]
    own = (name for name in plugins.names(GROUP) if name not in plugins.BUILT_IN[GROUP])
    return next((name for name in own if getattr(flavor(name), "loader_module", None) == loader_module), PYFUNC)


def flavor_of(obj: Any) -> Flavor:
    """The flavor that handles an object; own ones come before the built-in ones, the Python function last.

    Raises ``InvalidParameter`` naming the object's type when none does.
    """
    for name in _by_rank():
        candidate = flavor(name)
        if candidate.handles(obj):
            return candidate
    kind = type(obj)
    raise InvalidParameter(
        f"No flavor handles objects of the type {kind.__module__}.{kind.__qualname__}. Known:"
        f" {', '.join(plugins.names(GROUP))}. Wrap it in a PythonModel, or plug in a flavor of your own (entry point"
        f" group 'modelyard.{GROUP}')."
    )


def _by_rank() -> list[str]:
    built_in = [name for name in plugins.BUILT_IN[GROUP] if name != PYFUNC]
    own = [name for name in plugins.names(GROUP) if name not in plugins.BUILT_IN[GROUP]]
    return [*own, *built_in, PYFUNC]
