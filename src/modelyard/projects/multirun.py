"""Requests that are many runs: the seam through which a sweep, which is above projects, takes one over."""

from __future__ import annotations

from typing import Protocol

from modelyard.projects.backend import Job
from modelyard.projects.parameters import Bound
from modelyard.projects.request import Request
from modelyard.projects.spec import EntryPoint, Project


class Multirun(Protocol):
    """A request that was found to be a sweep: its run is the sweep, and has a run below it for each trial."""

    def describe(self) -> str:
        """What ``--dry-run`` prints: how many trials, the first and the last."""
        ...

    def start(self) -> tuple[str, Job]:
        """Begin it, or go on with an unfinished one; its run, and what stands for its trials.

        The run is marked by the job itself. Raises ``Conflict`` when another process is at it.
        """
        ...


class Detect(Protocol):
    """Looks at each request before anything starts. Group ``multiruns`` of ``core/plugins.py``."""

    def __call__(self, request: Request, project: Project, point: EntryPoint, bound: Bound) -> Multirun | None:
        """The sweep a request is; None for one run. Raises ``InvalidParameter`` for what could not run."""
        ...
