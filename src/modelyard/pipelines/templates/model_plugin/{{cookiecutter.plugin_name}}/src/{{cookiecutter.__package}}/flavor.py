"""The flavor `{{ cookiecutter.__package }}`: what modelyard asks to save models, to load them and to predict with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from modelyard.client.flavors.verbs import FlavorVerbs
from modelyard.core.errors import InvalidParameter

from {{ cookiecutter.__package }}.line import Line

FILE = "line.json"


class {{ cookiecutter.__class }}(msgspec.Struct, frozen=True):
    """Lines, as JSON. Options of your own are fields with defaults."""

    name: ClassVar[str] = "{{ cookiecutter.__package }}"
    loader_module: ClassVar[str] = "{{ cookiecutter.__package }}.flavor"

    def handles(self, obj: Any) -> bool:
        """Whether a model is one of these."""
        return isinstance(obj, Line)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write a model below the folder; answers what stands in its MLmodel file."""
        if not self.handles(obj):
            raise InvalidParameter(f"A {type(obj).__qualname__} is no Line: make one of it first.")
        (folder / FILE).write_text(json.dumps({"slope": obj.slope, "start": obj.start}), encoding="utf-8")
        return {self.name: {"data": FILE}, "python_function": {"loader_module": self.loader_module, "data": FILE}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Line:
        """The model; `config` is what `save` answered under this flavor's name."""
        return read(folder / str(config["data"]))

    def predictor(self, obj: Line, config: Mapping[str, Any]) -> Any:
        """What predicts with a model: takes data and params."""
        return lambda data, params=None: obj.predict(data)


def read(path: Path) -> Line:
    """A model from its file."""
    return Line(**json.loads(path.read_text(encoding="utf-8")))


def _load_pyfunc(path: str) -> Line:
    """The same for the mlflow package, whose models predict by themselves."""
    return read(Path(path))


VERBS = FlavorVerbs({{ cookiecutter.__class }}.name, subject="model", options=())
log_model = VERBS.log_model
save_model = VERBS.save_model
load_model = VERBS.load_model
