"""Which packages a model needs: those it really imports, not those of the script that trained it."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelyard.core.version import __version__
from modelyard.environments.requirements import canonical
from modelyard.models.mlmodel import Model
from modelyard.models.trust import modules_in

_logger = logging.getLogger(__name__)

_OWN = "modelyard"
MODULES = "modules"
"""In a flavor's entry: top-level modules that the model needs and no file of it may name."""


def requirements_of(modules: Iterable[str]) -> list[str]:
    """``name==version`` of the installed distributions that top-level modules come from, sorted.

    Modules of no distribution (the standard library's and one's own) are no requirements, and neither are those of a
    distribution that was installed from a folder: an index may hold somebody else's of that name. A label of a local
    build, such as ``+cpu``, is left off: no index has it.

    >>> requirements_of(["json", "msgspec"])[0].startswith("msgspec==")
    True
    """
    owners = distributions()
    found = {
        canonical(owner)
        for module in modules
        if module not in sys.stdlib_module_names
        for owner in owners.get(module, ())
    } - {_OWN}
    local = sorted(name for name in found if _is_of_a_folder(name))
    if local:
        _logger.warning(
            "The model uses %s, installed here from a folder: give its code with code_paths, or name where to get it with"
            " extra_pip_requirements.",
            ", ".join(local),
        )
    return sorted(f"{name}=={importlib.metadata.version(name).partition('+')[0]}" for name in found.difference(local))


def _is_of_a_folder(name: str) -> bool:
    """Whether a distribution was installed from a folder, editable or not: https://peps.python.org/pep-0610/."""
    told = importlib.metadata.distribution(name).read_text("direct_url.json")
    return told is not None and "dir_info" in json.loads(told)


def modules_of_folder(folder: Path, model: Model) -> list[str]:
    """Top-level modules that a model folder's own files name, and what reads them: frameworks and serializers.

    A model whose input is a table with names is handed a data frame, so it needs pandas too.
    """
    readers = {name for flavor, entry in model.flavors.items() for name in _readers(flavor, entry)}
    told = {str(name) for entry in model.flavors.values() for name in entry.get(MODULES) or ()}
    handed = {"pandas"} if _takes_frames(model) else set()
    return sorted({*modules_in(folder), *model.flavors, *readers, *told, *handed} & set(distributions()))


def _takes_frames(model: Model) -> bool:
    schema = model.get_input_schema()
    if schema is not None:
        return bool(schema.has_input_names() and not schema.is_tensor_spec())
    return (model.saved_input_example_info or {}).get("type") == "dataframe"


def own_requirements(model: Model) -> list[str]:
    """The requirement of this package, for flavors whose models only load with it."""
    needed = any(_OWN in (entry.get(MODULES) or ()) for entry in model.flavors.values())
    return [f"{_OWN}[models]=={__version__}"] if needed else []


_BESIDE: Mapping[str, str] = {"onnx": "onnxruntime", "pytorch": "torch", "transformers": "torch"}
"""Flavor → the module that runs its models, where that has not the flavor's name."""


def _readers(flavor: str, entry: Mapping[str, Any]) -> set[str]:
    found = {str(entry.get("serialization_format")), str(entry.get("keras_backend")), _BESIDE.get(flavor, flavor)}
    if "cloudpickle_version" in entry:
        found.add("cloudpickle")
    if "sklearn" in str(entry.get("model_class")).split("."):  # such as xgboost.sklearn.XGBClassifier
        found.add("sklearn")
    return found


@functools.cache
def distributions() -> Mapping[str, list[str]]:
    """Top-level module → the installed distributions that hold it."""
    return importlib.metadata.packages_distributions()
