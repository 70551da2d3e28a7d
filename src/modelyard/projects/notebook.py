"""Notebooks as entry points: run from top to bottom with their parameters, and kept as they came out.

A notebook is run by papermill in the project's own environment, by a kernel of that environment's interpreter; kernels that a
user installed are not asked. The copy with its outputs is written as it goes on, so that there is one when a cell fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from modelyard.projects.spec import EntryPoint

REQUIREMENTS = ("papermill>=2.6", "ipykernel>=6")
"""What an environment needs to run notebooks."""

ARTIFACTS = "notebooks"
"""The folder among a run's artifacts that has the executed copy, under the notebook's name."""

_INT = re.compile(r"[+-]?(0|[1-9][0-9]*)")  # 007 is a name
_FLOAT = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PLAYER = Path(__file__).with_name("notebook_player.py")


def argv(
    point: EntryPoint, values: Mapping[str, str], *, python: Path, folder: Path, executed: Path
) -> tuple[str, ...]:
    """The words that run a notebook: an entry point of the kind ``notebook``, in a project's folder.

    ``executed`` is the file that gets the copy. Values are texts; those of declared numbers become numbers, and those of
    undeclared parameters what they look like.
    """
    (word,) = point.command.words
    notebook = folder / "".join(part.text for part in word.parts)
    typed = {name: _typed(point, name, text) for name, text in values.items()}
    return (str(python), str(_PLAYER), str(notebook), str(executed), json.dumps(typed))


def artifact_of(point: EntryPoint) -> str:
    """Where the executed copy is among a run's artifacts."""
    (word,) = point.command.words
    return f"{ARTIFACTS}/{Path(''.join(part.text for part in word.parts)).name}"


def _typed(point: EntryPoint, name: str, text: str) -> str | int | float | bool:
    declared = point.parameters.get(name)
    if declared is not None:
        return int(text) if declared.type == "int" else float(text) if declared.type == "float" else text
    if text in ("True", "False"):
        return text == "True"
    return int(text) if _INT.fullmatch(text) else float(text) if _FLOAT.fullmatch(text) else text
