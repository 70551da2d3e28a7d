"""The environment a step runs in, as far as its result depends on it."""

from __future__ import annotations

import platform
import sys
import sysconfig
from functools import cached_property
from pathlib import Path

from modelyard.environments.requirements import named
from modelyard.pipelines.component import Component
from modelyard.projects.environment import Manager, plan

KEY = "key"
"""The part that stands for all others: it changes whenever one of them does."""


class Environments:
    """Tells environments apart by what they are made of. ``manager`` is the one the caller asked for."""

    def __init__(self, manager: Manager | None = None) -> None:
        self.manager = manager
        self._known: dict[str, dict[str, str]] = {}

    def manager_of(self, component: Component) -> Manager | None:
        """The manager a step is run with: the caller's, else the step's own; None where the project's files decide."""
        return self.manager or component.step.env_manager or None

    def is_thin(self, component: Component) -> bool:
        """Whether what a step runs in has no packages to open a folder's store with."""
        if component.project.docker is not None:
            return False
        return plan(component.project, component.entry_point, self.manager_of(component)).is_thin

    def of(self, component: Component) -> dict[str, str]:
        """What a step's environment is made of, by name; read once."""
        name = component.step.name
        if name not in self._known:
            self._known[name] = self._of(component)
        return self._known[name]

    def _of(self, component: Component) -> dict[str, str]:
        docker = component.project.docker
        if docker is not None:
            return {KEY: docker.image}
        planned = plan(component.project, component.entry_point, self.manager_of(component))
        if planned.recipe is None:
            return self._here
        lines = [*planned.recipe.requirements, *planned.recipe.build]
        return {KEY: planned.key, "python": planned.recipe.python, **{named(line) or line: line for line in lines}}

    @cached_property
    def _here(self) -> dict[str, str]:
        """This interpreter and its packages, which a step that declares nothing runs with."""
        folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
        names = sorted(
            entry.name
            for folder in folders
            if folder.is_dir()
            for entry in folder.glob("*.dist-info")
            if entry.is_dir()
        )
        packages = dict(name.removesuffix(".dist-info").partition("-")[::2] for name in names)
        return {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}", **packages}
