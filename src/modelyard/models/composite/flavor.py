"""Composite models as a flavor: what is in their folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.models.composite.capture import capture
from modelyard.models.composite.files import copy_files
from modelyard.models.composite.model import CompositeModel, is_address
from modelyard.models.composite.namespace import Namespace
from modelyard.models.composite.packages import COMPILED, SOURCE, check_python, this_python, warn_of_packages
from modelyard.models.composite.parts import Entry, PartWriter, inside, load_parts
from modelyard.models.composite.pickling import Reading, write
from modelyard.models.composite.rows import Rows
from modelyard.models.composite.stored import FILES, read_modules, write_modules
from modelyard.models.flavor import Predictor
from modelyard.models.options import PathLike

FORMAT = 1
LOADER = "modelyard.models.composite.loader"
FUNCTION = "composite/function.pkl"


class CompositeFlavor(msgspec.Struct, frozen=True):
    """A ``CompositeModel``, or a predict function with ``models`` and the other fields of one.

    In the folder are the predict function, the local modules it needs, compiled or as source, and a folder for each
    model.
    """

    name: ClassVar[str] = "composite"
    models: Mapping[str, Any] | None = None
    extra_files: Sequence[PathLike] = ()
    source: bool = False
    follow: bool | Sequence[str] = False

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a composite model."""
        return isinstance(obj, CompositeModel)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the function, its modules and its models; answers the entries of MLmodel."""
        model = self._composite(obj)
        if model.was_loaded:
            raise InvalidParameter(
                "This composite model was loaded, and is saved already: register the address it was loaded from, give that"
                " address as a model of another one, or copy its folder."
            )
        parts = PartWriter(folder, source=model.source)
        entries = {name: _write_part(parts, model, name, part) for name, part in model.models.items()}
        (folder / FUNCTION).parent.mkdir()
        captured = capture(_write_function(model, folder / FUNCTION) | parts.names)
        write_modules(captured, folder, source=model.source)
        roots = [found.root for found in captured.modules.values() if found.root is not None]
        copy_files(model.extra_files, roots, folder / FILES)
        entry = {
            "format": FORMAT,
            "code_format": SOURCE if model.source else COMPILED,
            "python": this_python(),
            "function": FUNCTION,
            "parameters": model.binder.names,
            "parts": entries,
            "modules": sorted(captured.others | parts.modules | {"cloudpickle", "modelyard"}),
        }
        return {self.name: entry, "python_function": {"loader_module": LOADER}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The composite model. Python's version is checked, and packages are looked at, before any of it is read."""
        if config.get("format") != FORMAT:
            raise InvalidParameter(
                f"This composite model is of format {config.get('format')}; this release reads {FORMAT}."
            )
        check_python(config)
        warn_of_packages(folder)
        reading = Reading(Namespace(read_modules(folder), folder / FILES))
        function = reading.read(inside(folder, str(config["function"])))
        model = CompositeModel(function, load_parts(folder, config["parts"], reading))
        model.was_loaded = True
        return model

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """A call for a mapping of named parameters, and one for each row of a table; see ``rows``."""
        return Rows(self._composite(obj))

    def _composite(self, obj: Any) -> CompositeModel:
        if isinstance(obj, CompositeModel):
            return obj
        return CompositeModel(obj, self.models, extra_files=self.extra_files, source=self.source, follow=self.follow)


def _write_part(parts: PartWriter, model: CompositeModel, name: str, part: Any) -> Entry:
    if is_address(part):
        return parts.write_registered(name, part, model.follows(name))
    return parts.write(name, part)


def _write_function(model: CompositeModel, file: Path) -> set[str]:
    try:
        return write(model.predict_fn, file, source=model.source)
    except ModelyardError as error:
        name = getattr(model.predict_fn, "__name__", type(model.predict_fn).__name__)
        raise InvalidParameter(f"The predict function {name!r} cannot be saved: {error.message}") from error
