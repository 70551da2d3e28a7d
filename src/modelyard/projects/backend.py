"""Where a project's process runs: the one seam between ``run`` and local processes, Docker, Ray and Kubernetes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from modelyard.projects.environment import Prepared
from modelyard.projects.spec import Project

State = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

Told = Callable[[str], None]
"""Takes the output of the process as it comes, in pieces."""


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """All that a backend is handed: words to run in a folder, with these variables beside those it has.

    ``environ`` has what code needs to find its run (``MLFLOW_RUN_ID`` and the like) and the environment's own variables;
    an empty one takes back what the launcher has.
    ``config`` is the caller's ``backend_config``. ``output`` takes all that the process says; ``errors``, where it is there,
    what it says on stderr. ``descriptors`` are files the process keeps open as long as it lives: they hold its environment.
    ``paths`` are the files and folders of this machine that its parameters name.
    """

    run_id: str
    argv: tuple[str, ...]
    folder: Path
    environ: dict[str, str]
    environment: Prepared
    project: Project
    entry_point: str
    config: Mapping[str, Any]
    output: Told
    errors: Told | None = None
    descriptors: tuple[int, ...] = ()
    paths: tuple[Path, ...] = ()


class Job(Protocol):
    """A process, or what stands for one, that was started.

    Every method may be called from any thread, any number of times.
    """

    def wait(self) -> State:
        """Block until it has ended; ``KILLED`` when ``cancel`` or a signal ended it."""
        ...

    def state(self) -> State:
        """How it stands now."""
        ...

    def cancel(self) -> None:
        """End it and all it started: asked first, killed after a moment. Nothing happens when it has ended."""
        ...

    def explain(self) -> str:
        """Why it failed, in one line; empty when it did not."""
        ...


class Backend(Protocol):
    """A way to run projects. Found by its name in ``core/plugins.py``, group ``project_backends``."""

    def check(self, project: Project, config: Mapping[str, Any]) -> None:
        """Raise ``InvalidParameter`` before anything starts when this project cannot run here: no engine, no image.

        Not asked for a dry run, which shows what would be started where an engine answered.
        """
        ...

    def describe(self, launch: Launch) -> str:
        """What ``--dry-run`` prints: the command, argv or manifest, ready to be looked at."""
        ...

    def submit(self, launch: Launch) -> Job:
        """Start it and answer at once. Raises ``ProjectFailed`` when it cannot be started."""
        ...
