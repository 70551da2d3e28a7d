"""What a step runs: a project's entry point, and what of the step's parameters, inputs and outputs it is handed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.pipelines.spec import Pipeline, Step
from modelyard.projects.masking import mask_of
from modelyard.projects.spec import EntryPoint, Project
from modelyard.projects.spec import read as read_project


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its project, read. ``root`` is the pipeline's folder, where code that steps share lies."""

    step: Step
    project: Project
    entry_point: EntryPoint
    root: Path

    @property
    def declares(self) -> bool:
        """Whether the entry point says which parameters it takes."""
        return bool(self.entry_point.parameters) or self.entry_point.name in self.project.entry_points

    def takes(self, name: str) -> bool:
        """Whether the entry point is handed an input's or output's path under this name."""
        return not self.declares or name in self.entry_point.parameters

    def parameters(self) -> dict[str, str]:
        """The step's own parameters as texts; one that is null is left to the project's default."""
        return {name: text_of(value) for name, value in self.step.parameters.items() if value is not None}

    def all_parameters(self) -> dict[str, str]:
        """The same with the project's defaults, as they may be kept: without secrets. Inputs and outputs are none of them."""
        given = self._with_defaults()
        mask = mask_of(os.environ, given)
        return {name: mask(text) for name, text in given.items()}

    def _with_defaults(self) -> dict[str, str]:
        declared = self.entry_point.parameters.items()
        defaults = {name: told.default for name, told in declared if told.default is not None}
        named = {*self.step.inputs, *self.step.outputs}
        return {name: text for name, text in (defaults | self.parameters()).items() if name not in named}


def component_of(pipeline: Pipeline, step: Step) -> Component:
    """What a step runs; raises ``InvalidParameter`` or ``NotFound`` naming the step when it could not run."""
    place = (pipeline.folder / step.project).resolve()
    try:
        if not place.exists():
            raise NotFound(f"there is no project {step.project!r} in {str(pipeline.folder)!r}.")
        folder, entry = (place.parent, place.name) if place.is_file() else (place, step.entry)
        project = read_project(folder)
        if place.is_file():
            project = msgspec.structs.replace(project, entry_points={})
        point = project.entry_point(entry)
    except NotFound as error:
        raise NotFound(f"Step {step.name!r}: {error.message}") from None
    except InvalidParameter as error:
        raise InvalidParameter(f"Step {step.name!r}: {error.message}") from None
    found = Component(step=step, project=project, entry_point=point, root=pipeline.folder)
    _check(found)
    return found


def text_of(value: Any) -> str:
    """A parameter's value as a project takes it: lists and mappings as JSON, all else as Python writes it."""
    return msgspec.json.encode(value).decode() if isinstance(value, list | Mapping) else str(value)


def _check(component: Component) -> None:
    step, declared = component.step, component.entry_point.parameters
    given = {*component.parameters(), *step.inputs, *step.outputs}
    missing = [name for name, told in declared.items() if told.default is None and name not in given]
    if missing:
        raise InvalidParameter(
            f"Step {step.name!r}: the entry point {component.entry_point.name!r} of {step.project!r} needs"
            f" {', '.join(missing)}: give it among the step's parameters, inputs or outputs."
        )
    for name in step.outputs:
        typed = declared.get(name)
        if typed is not None and typed.type in ("float", "int", "path"):
            raise InvalidParameter(
                f"Step {step.name!r}: its output {name!r} is a place to write to, which is not there before: declare"
                f" {name!r} in {step.project!r} as string or uri, not {typed.type}."
            )
