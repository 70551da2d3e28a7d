"""``autolog`` of each framework and of all."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from modelyard.client.autolog.keras import KerasAutolog
from modelyard.client.autolog.lightgbm import LIGHTGBM
from modelyard.client.autolog.lightning import LightningAutolog
from modelyard.client.autolog.options import (
    AutologOptions,
    KerasOptions,
    PytorchOptions,
    SklearnOptions,
    XgboostOptions,
)
from modelyard.client.autolog.sklearn import SklearnAutolog
from modelyard.client.autolog.state import AUTOLOG, Integration
from modelyard.client.autolog.xgboost import XGBOOST
from modelyard.core.errors import InvalidParameter

_logger = logging.getLogger(__name__)

_TABLE: Mapping[str, tuple[Integration, type[AutologOptions]]] = {
    "sklearn": (SklearnAutolog(), SklearnOptions),
    "xgboost": (XGBOOST, XgboostOptions),
    "lightgbm": (LIGHTGBM, AutologOptions),
    "pytorch": (LightningAutolog(), PytorchOptions),
    "keras": (KerasAutolog(), KerasOptions),
}
_NOT_DONE: Mapping[str, tuple[str, ...]] = {
    "sklearn": ("log_post_training_metrics",),
    "pytorch": (
        "checkpoint",
        "checkpoint_monitor",
        "checkpoint_mode",
        "checkpoint_save_best_only",
        "checkpoint_save_weights_only",
        "checkpoint_save_freq",
    ),
    "keras": ("save_exported_model", "save_model_kwargs"),
    "all": ("log_traces",),
}
"""Options of MLflow's for what we do not log: taken, and if they ask for it, the answer is a warning."""


def _verb(name: str) -> Callable[..., None]:
    integration, kind = _TABLE[name]

    def autolog(**given: Any) -> None:
        options = _options(kind, name, given)
        if options.disable:
            AUTOLOG.disable(name)
        else:
            AUTOLOG.enable(integration, options)

    autolog.__doc__ = (
        f"Log every training with {name}, without a line more in the script; ``disable=True`` ends it.\n\n"
        f"{kind.__doc__}\n\n{AutologOptions.__doc__ if kind is not AutologOptions else ''}"
    )
    autolog.__signature__ = _signature(kind, _NOT_DONE.get(name, ()))  # type: ignore[attr-defined]
    return autolog


def autolog(*, exclude_flavors: list[str] | None = None, **given: Any) -> None:
    """Log every training with any framework that can be autologged, imported already or later.

    The options are those of ``modelyard.sklearn.autolog`` and its kind, each for the frameworks that have it. What was
    set for one framework alone stays as it was set. ``disable=True`` gives every framework its own functions back.
    ``exclude_flavors`` names frameworks that are left alone.

    >>> import modelyard
    >>> modelyard.autolog(log_models=False)
    >>> modelyard.autolog(disable=True)
    """
    excluded = set(exclude_flavors or ())
    known = {field for _, kind in _TABLE.values() for field in kind.__struct_fields__}
    wrong = set(given) - known - {name for names in _NOT_DONE.values() for name in names}
    if wrong:
        raise InvalidParameter(f"autolog has no option {min(wrong)!r}. Known: {', '.join(sorted(known))}.")
    for name, (integration, kind) in _TABLE.items():
        if name in excluded:
            continue
        fields = {each: given[each] for each in kind.__struct_fields__ if each in given}
        options = _options(kind, name, fields)
        if options.disable:
            AUTOLOG.disable(name)
        else:
            AUTOLOG.enable(integration, options, own=False)


def _options(kind: type[AutologOptions], name: str, given: Mapping[str, Any]) -> AutologOptions:
    bound = _signature(kind, _NOT_DONE.get(name, ())).bind(**given).arguments
    asked = [option for option in _NOT_DONE.get(name, ()) if bound.pop(option, None)]
    if asked and not bound.get("silent"):
        _logger.warning("Autologging of %s has nothing for %s.", name, ", ".join(asked))
    return kind(**bound)


def _signature(kind: type[AutologOptions], further: tuple[str, ...]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    fields = [inspect.Parameter(field.name, keyword, default=field.default) for field in msgspec.structs.fields(kind)]
    return inspect.Signature([*fields, *(inspect.Parameter(name, keyword, default=None) for name in further)])


sklearn_autolog = _verb("sklearn")
xgboost_autolog = _verb("xgboost")
lightgbm_autolog = _verb("lightgbm")
pytorch_autolog = _verb("pytorch")
keras_autolog = _verb("keras")
