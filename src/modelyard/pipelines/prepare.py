"""Everything that is found out before a step runs: what is asked for, whether it can run, and what is kept of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient
from modelyard.client.fluent.experiments import current_experiment_id
from modelyard.core.entities import Run
from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.pipelines.cache import KIND, PIPELINE, Cache
from modelyard.pipelines.closure import Closures
from modelyard.pipelines.component import Component, component_of
from modelyard.pipelines.environment import Environments
from modelyard.pipelines.explain import Judge
from modelyard.pipelines.graph import Graph
from modelyard.pipelines.read import read
from modelyard.pipelines.shelf import Shelf
from modelyard.pipelines.spec import EVERY, Options, Pipeline

DOCUMENT = "pipeline.json"
"""The artifact of a pipeline's run that says how its steps ended."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline with the steps that were asked for, in order, and what decides about them.

    ``experiment_id`` is empty where ``experiment`` is the name of one that is not there yet.
    """

    pipeline: Pipeline
    graph: Graph
    components: dict[str, Component]
    judge: Judge
    shelf: Shelf
    environments: Environments
    options: Options
    overrides: Sequence[str] = ()
    experiment: str = ""
    experiment_id: str = ""


def prepare(place: Path, overrides: Sequence[str], options: Options) -> Prepared:
    """Read a pipeline and all of its steps; nothing is stored.

    Raises ``InvalidParameter`` or ``NotFound`` for whatever could not run, before anything does.
    """
    if options.jobs < 1:
        raise InvalidParameter(f"--jobs {options.jobs}: at least one step at a time.")
    pipeline = read(place, overrides)
    graph = Graph(pipeline)
    selected = graph.select(options.only, options.start)
    components = {name: component_of(pipeline, pipeline.steps[name]) for name in selected}
    forced = _forced(graph, selected, options)
    client = MlflowClient()
    shelf = Shelf(client)
    experiment = options.experiment_name or pipeline.experiment
    experiment_id = _experiment(client, experiment)
    environments = Environments(options.env_manager)
    judge = Judge(
        graph,
        Cache(client, experiment_id, pipeline.name, shelf),
        shelf,
        environments,
        Closures(_stores()),
        forced=forced,
        resumed=_resumed(client, pipeline, options.resume),
    )
    prepared = Prepared(
        pipeline=pipeline,
        graph=graph,
        components=components,
        judge=judge,
        shelf=shelf,
        environments=environments,
        options=options,
        overrides=tuple(overrides),
        experiment=experiment,
        experiment_id=experiment_id,
    )
    judge.check(list(components.values()))
    return prepared


def _forced(graph: Graph, selected: Sequence[str], options: Options) -> frozenset[str]:
    named = tuple(selected) if EVERY in options.force else options.force
    graph.check_names(named)
    return frozenset(named) | (frozenset(selected) if options.start else frozenset())


def _experiment(client: MlflowClient, name: str) -> str:
    """The id of the experiment; empty when there is none of the name."""
    if not name:
        return current_experiment_id()
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage != "active":
        raise InvalidParameter(f"The experiment {name!r} is deleted: restore it, or name another by --experiment-name.")
    return found.experiment_id if found is not None else ""


def _stores() -> list[Path]:
    address = PROCESS.connect().address
    return [Path(address.location)] if address.kind == "folder" else []


def _resumed(client: MlflowClient, pipeline: Pipeline, run_id: str) -> Mapping[str, Run]:
    """The runs of the steps that ended well in a run of the pipeline, or that it took from an earlier one."""
    if not run_id:
        return {}
    parent = client.get_run(run_id)
    if parent.data.tags.get(KIND) != "pipeline" or parent.data.tags.get(PIPELINE) != pipeline.name:
        raise InvalidParameter(f"--resume {run_id}: that is no run of the pipeline {pipeline.name!r}.")
    cache = Cache(client, parent.info.experiment_id, pipeline.name, Shelf(client))
    found = dict(cache.finished(run_id))
    for step, earlier in _taken(client, run_id).items():
        if step not in found:
            found[step] = client.get_run(earlier)
    return found


def _taken(client: MlflowClient, run_id: str) -> dict[str, str]:
    """Steps that a run skipped, and the runs whose results it took instead."""
    try:
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            file = client.download_artifacts(run_id, DOCUMENT, folder)
            told = msgspec.json.decode(Path(file).read_bytes())
            return {each["step"]: each["run_id"] for each in told["steps"] if each["state"] == "SKIPPED"}
    except (ModelyardError, OSError, msgspec.DecodeError, KeyError, TypeError):
        return {}
