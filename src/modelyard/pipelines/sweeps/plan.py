"""From a request to a plan: which overrides there are, what they are handed to, and what makes two sweeps the same one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.context import (
    BRANCH,
    COMMIT,
    ENTRY_POINT,
    PARENT,
    REPOSITORY,
    SOURCE_NAME,
    SOURCE_TYPE,
    USER,
    context_tags,
)
from modelyard.client.git import read_checkout
from modelyard.core.errors import InvalidParameter
from modelyard.core.settings import Settings
from modelyard.pipelines.read import FILES as PIPELINES
from modelyard.pipelines.read import read as read_pipeline
from modelyard.pipelines.sweeps.app import app_of
from modelyard.pipelines.sweeps.contract import Direction, Plan
from modelyard.pipelines.sweeps.grammar import Space, Words, space_of, unglobbed, words_of_option
from modelyard.projects.command import words_of
from modelyard.projects.environment import Manager
from modelyard.projects.fetch import bring
from modelyard.projects.parameters import Bound, bind
from modelyard.projects.record import BACKEND, VERSION, parent_run_id
from modelyard.projects.request import Request
from modelyard.projects.source import source_of
from modelyard.projects.spec import FILES, EntryPoint, Project

_MOST_BOUND = 1000
"""Values of one override whose type is checked before a sweep starts."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a sweep beside what runs. ``option`` names the parameter whose words are the overrides."""

    overrides: list[str] = []
    option: str = ""
    sampler: str = "grid"
    trials: int | None = None
    metric: str = ""
    direction: Direction = "maximize"
    prune: bool = False
    seed: int = 42
    engine: str = "local"
    jobs: int | None = None
    new: bool = False

    def check(self) -> None:
        """Raise ``InvalidParameter`` for numbers that make no sense."""
        for name, value in (("--trials", self.trials), ("--jobs", self.jobs)):
            if value is not None and value < 1:
                raise InvalidParameter(f"{name} {value}: ask for 1 or more.")

    @property
    def places(self) -> int:
        """How many trials run at once: what was asked for, or one for each processor of this process."""
        return self.jobs or max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep that could begin: checked, and stored nowhere yet. ``note`` is a word to who asked for it."""

    plan: Plan
    space: Space
    request: Request
    folder: Path
    name: str
    tags: dict[str, str]
    wanted: Wanted
    note: str = ""


def draft(request: Request, project: Project, wanted: Wanted) -> Draft:
    """The sweep of a project's entry point.

    Its overrides are the words of the option, where the command has one (``$(echo {hydra_options})``), and those of ``wanted``;
    without an option they name parameters. Raises ``InvalidParameter`` for overrides that could not run.
    """
    wanted.check()
    point = project.entry_point(request.entry_point)
    option = wanted.option or next(iter(point.command.spliced), "")
    if not option:
        return _of_parameters(request, project, point, wanted)
    if option not in point.command.spliced:
        known = ", ".join(point.command.spliced) or "none"
        raise InvalidParameter(
            f"The command of {point.name!r} does not take the words of a parameter {option!r}, as $(echo {{{option}}}) does."
            f" Those it takes: {known}."
        )
    bound = bind(point, request.parameters, base=Path.cwd(), project=project.folder, fetch=bring)
    words = words_of_option(words_of(bound.values[option]))
    app = app_of(project.folder, point.command.fill(bound.values), words.flags)
    overrides = [*(app.params() if app else ()), *words.overrides, *wanted.overrides]
    overrides = unglobbed(overrides, app.options if app else None)
    space = space_of(overrides, seed=wanted.seed)
    if app is not None:
        app.check_space(space)
    given = {**bound.values, **bound.undeclared}
    del given[option]
    told = Plan(key="", uri="", kind="hydra", parameters=given, option=option, flags=words.flags, overrides=overrides)
    return _drafted(request, project, wanted, space, told, note_of(point, space))


def draft_pipeline(request: Request, folder: Path, wanted: Wanted) -> Draft:
    """The sweep of a pipeline that is declared in a folder: overrides change values of its configuration."""
    wanted.check()
    if request.parameters:
        raise InvalidParameter("A pipeline has no parameters: change its values with -o KEY=VALUES.")
    space = space_of(wanted.overrides, seed=wanted.seed)
    first = {each.key: each.some(1)[0] for each in space.swept}
    pipeline = read_pipeline(folder, space.overrides(first))
    named = msgspec.structs.replace(request, experiment_name=request.experiment_name or pipeline.experiment or None)
    told = Plan(key="", uri="", kind="pipeline", overrides=wanted.overrides)
    project = Project(folder=folder, name=pipeline.name)
    return _drafted(request if request.experiment_id else named, project, wanted, space, told, "")


def is_pipeline(folder: Path) -> bool:
    """Whether a folder without an ``MLproject`` declares a pipeline."""
    return not any((folder / name).is_file() for name in FILES) and any(
        map(Path.is_file, map(folder.joinpath, PIPELINES))
    )


def draft_again(plan: Plan, folder: Path, wanted: Wanted) -> Draft:
    """The draft of a sweep that is stored, with its project in a folder."""
    request = Request(
        uri=plan.uri,
        entry_point=plan.entry_point,
        version=plan.version or None,
        parameters=plan.parameters,
        env_manager=msgspec.convert(plan.env_manager or None, Manager | None),
    )
    wanted.check()
    return Draft(plan=plan, space=space_of_plan(plan), request=request, folder=folder, name="", tags={}, wanted=wanted)


def space_of_plan(plan: Plan) -> Space:
    """What a stored sweep goes through."""
    return space_of(plan.overrides, plain=plan.kind == "parameters", seed=plan.seed)


def check_single(project: Project, point: EntryPoint, bound: Bound, words: Words) -> None:
    """Raise ``InvalidParameter`` where Hydra would refuse the overrides of one run, before anything starts."""
    app = app_of(project.folder, point.command.fill(bound.values), words.flags)
    if app is None:
        return
    try:
        app.check(words.overrides)
    except InvalidParameter as error:
        hints = [_hint(point, word) for word in words.overrides]
        raise InvalidParameter(" ".join([error.message, *(hint for hint in hints if hint)])) from None


def note_of(point: EntryPoint, space: Space) -> str:
    """What somebody should know who sweeps over a key that has a parameter of its own."""
    hints = [_hint(point, f"{each.key}=") for each in space.swept]
    return " ".join(dict.fromkeys(hint for hint in hints if hint))


def _hint(point: EntryPoint, override: str) -> str:
    """The parameter that the command puts behind the same key: quoting is none of the caller's business there."""
    key = override.partition("=")[0]
    for word in point.command.words:
        for before, part in zip(word.parts, word.parts[1:], strict=False):
            if before.text.rstrip("'\"[") == f"{key}=" and part.parameter:
                return (
                    f"For one run with several values in {key}, give the parameter of its own: -P {part.parameter}=a,b"
                )
    return ""


def _of_parameters(request: Request, project: Project, point: EntryPoint, wanted: Wanted) -> Draft:
    space = space_of(wanted.overrides, plain=True, seed=wanted.seed)
    given = {name: str(value) for name, value in request.parameters.items()}
    for each in space.dimensions:
        if each.key[:1] in "+~" or "@" in each.key:
            raise InvalidParameter(
                f"{each.key}: the entry point {point.name!r} has parameters, such as -o alpha=0.1,0.5"
            )
        if each.key in given:
            raise InvalidParameter(f"{each.key} is given twice, by -P and by -o.")
    _check_values(given, project, point, space)
    defaults = {name: told.default for name, told in point.parameters.items() if told.default is not None}
    swept = {each.key for each in space.dimensions}
    stay = {name: value for name, value in {**defaults, **given}.items() if name not in swept}
    told = Plan(key="", uri="", kind="parameters", parameters=stay, overrides=wanted.overrides)
    return _drafted(request, project, wanted, space, told, "")


def _check_values(given: dict[str, str], project: Project, point: EntryPoint, space: Space) -> None:
    """Bind each value once: types and paths are checked before anything starts."""
    first = {each.key: each.some(1)[0] for each in space.dimensions}
    for each in space.dimensions:
        for text in each.some(_MOST_BOUND):
            values = {**given, **first, each.key: text}
            bind(point, values, base=Path.cwd(), project=project.folder, fetch=Path)


def _drafted(request: Request, project: Project, wanted: Wanted, space: Space, told: Plan, note: str) -> Draft:
    uri = place_of(request.uri, request.version)
    plan = msgspec.structs.replace(
        told,
        uri=uri,
        entry_point=request.entry_point,
        version=request.version or "",
        sampler=wanted.sampler,
        trials=wanted.trials,
        metric=wanted.metric,
        direction=wanted.direction,
        prune=wanted.prune,
        seed=wanted.seed,
        env_manager=request.env_manager or "",
    )
    return Draft(
        plan=keyed(plan),
        space=space,
        request=request,
        folder=project.folder,
        name=request.run_name or f"{project.name} sweep",
        tags=tags_of(request, uri, project.folder),
        wanted=wanted,
        note=note,
    )


def keyed(plan: Plan) -> Plan:
    """The plan with its key: a digest of all else."""
    told = msgspec.json.encode(msgspec.structs.replace(plan, key=""), order="sorted")
    return msgspec.structs.replace(plan, key=hashlib.sha256(told).hexdigest()[:32])


def place_of(uri: str, version: str | None) -> str:
    """A project's URI that is the same from wherever it is given."""
    source = source_of(uri, version)
    return str(source.folder.resolve()) if source.folder is not None else source.uri


def tags_of(request: Request, uri: str, folder: Path) -> dict[str, str]:
    """Where the runs of a sweep come from, in MLflow's words."""
    checkout = read_checkout(folder)
    git: dict[str, Any] = (
        {COMMIT: checkout.commit, BRANCH: checkout.branch, REPOSITORY: checkout.repository} if checkout else {}
    )
    parent = parent_run_id()
    told = {
        USER: context_tags(Settings.read())[USER],
        SOURCE_TYPE: "PROJECT",
        SOURCE_NAME: uri,
        ENTRY_POINT: request.entry_point,
        BACKEND: request.backend,
        VERSION: request.version or "",
        PARENT: parent,
        **git,
        **request.tags,
    }
    return {key: value for key, value in told.items() if value}
