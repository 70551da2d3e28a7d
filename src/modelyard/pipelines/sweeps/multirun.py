"""``modelyard run … -P hydra_options="a=1,2 -m"``: a run that asks Hydra for many jobs is a sweep of ours."""

from __future__ import annotations

import sys

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.app import app_of
from modelyard.pipelines.sweeps.grammar import words_of_option
from modelyard.pipelines.sweeps.hold import SWEEP
from modelyard.pipelines.sweeps.plan import Draft, Wanted, check_single, draft
from modelyard.pipelines.sweeps.sweep import SweepJob, begin, describe
from modelyard.projects.command import words_of
from modelyard.projects.parameters import Bound
from modelyard.projects.request import Request
from modelyard.projects.spec import EntryPoint, Project


class HydraMultirun:
    """A sweep that was asked for with ``-m``."""

    def __init__(self, drafted: Draft) -> None:
        self._draft = drafted

    def describe(self) -> str:
        """What ``--dry-run`` prints: how many trials, the first and the last."""
        return describe(self._draft)

    def start(self) -> tuple[str, SweepJob]:
        """Begin it, or go on with an unfinished one; its run, and what stands for its trials."""
        begun = begin(self._draft)
        return begun.record.run_id, SweepJob(begun, None if self._draft.request.quiet else sys.stderr)


def detect(request: Request, project: Project, point: EntryPoint, bound: Bound) -> HydraMultirun | None:
    """The sweep of a request whose words for Hydra have ``-m`` and name no ``hydra/…`` of their own; None for one run.

    One run's overrides are tried on the configuration, where that can be known without running the script.
    """
    if SWEEP in request.environ or not point.command.spliced:
        return None
    option = point.command.spliced[0]
    words = words_of_option(words_of(bound.values[option]))
    if words.is_left_to_hydra or not (words.overrides or words.multirun):
        return None
    if not words.multirun:
        check_single(project, point, bound, words)
        return None
    app = app_of(project.folder, point.command.fill(bound.values), words.flags)
    if app is not None and app.is_left_to_hydra():
        return None
    if request.run_id:
        raise InvalidParameter("A sweep makes runs of its own below one that is new: leave run_id out.")
    return HydraMultirun(draft(request, project, Wanted(option=option, jobs=request.jobs, new=request.new_sweep)))
