"""The flavor contract: how models of one framework become files and come back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

Predictor = Any
"""A callable ``(data, params) -> predictions``; ``params`` is a mapping, or None when the caller gave none."""


class Flavor(Protocol):
    """Models of one framework. Everything else about a model folder is the recipe in ``models/save.py``.

    A flavor is a small frozen value whose fields are its own options, each with a default, such as
    ``SklearnFlavor(serialization_format="skops")``; one without options saves and loads what the framework usually
    gives. Loading makes an instance without options: what it needs is in the configuration that was saved.

    A flavor of somebody else's is an entry point in the group ``modelyard.flavors``. Where its ``python_function`` entry
    names a loader module of its own, the class says so in an attribute ``loader_module``.

    A flavor may have a method ``read(obj)``: it makes a model of what stands for one, such as a file's path, and answers it with
    the signature that this tells, or None.

    Guarantees each flavor gives, and ``modelyard.testing``'s ``FlavorContract`` checks:

    - ``save`` writes below the folder it is given and nowhere else, and changes neither the object nor the process.
    - ``load`` reads below the folder and nowhere else, and never falls back to a weaker format than the one that was
      saved. Whether the folder may be loaded at all was decided before, by ``models/trust``.
    - Any thread may call. The framework is imported inside the calls, never when the flavor's module is.
    - What cannot be saved is ``InvalidParameter`` naming the object's type and the way out.
    """

    name: ClassVar[str]
    """The key in the MLmodel file's ``flavors``, such as ``sklearn``."""

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a model of this framework; imports nothing: an object's module is loaded already."""
        ...

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write ``obj`` below ``folder``; answers entries for the MLmodel file's ``flavors``.

        There is one entry under ``name``, and one under ``python_function`` when the model can predict: it has
        ``loader_module`` (MLflow's name of it, so that its own loader finds the way) and the paths that loader reads.
        """
        ...

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The object; ``config`` is the entry that ``save`` made, or MLflow made, under ``name``."""
        ...

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """A callable that predicts with the object; ``config`` is the entry ``python_function`` over the one of ``name``."""
        ...
