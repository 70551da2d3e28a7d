"""What a ``pipeline.yaml`` (or the ``pipeline:`` part of a ``config.yaml``) says: steps, their inputs and outputs.

::

    name: wine
    experiment: dev                    # optional; the run's experiment
    config: config.yaml                # optional; values that ${…} below refer to (OmegaConf), overridden by -o key=value
    steps:
      download:
        project: src/download          # a folder with an MLproject, or a script, notebook or executable in one
        entry: main                    # optional
        parameters: {url: "${data.url}"}
        outputs:
          raw: {dataset: raw_data.parquet, type: raw_data, description: Data as downloaded}
      clean:
        project: src/clean
        inputs: {raw: raw_data.parquet}            # a dataset made by a step above, or any NAME:vN of the store
        outputs:
          clean: {dataset: clean_data.parquet}
        files: [src/clean/rules.yaml]              # files the code reads without importing them: a change runs the step again
        cache: true                                # false: the step's result depends on more than its inputs

An input ``raw`` is handed to the step as its parameter ``raw``: the path of a local copy. An output ``clean`` is handed as
the parameter ``clean``: the path of a file (or folder) the step writes, which becomes a version of the dataset when the step
has ended well. A project that declares its parameters is handed those of them it declares; what it does not, it reads and logs
by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec


class Output(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a step makes: a dataset. ``reference`` leaves the file where the step put it, ``path`` (relative to the pipeline)."""

    dataset: str
    type: str = ""
    description: str = ""
    reference: bool = False
    path: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step. ``needs`` are steps it follows though it reads nothing of theirs."""

    name: str
    project: str
    entry: str = "main"
    parameters: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    outputs: dict[str, Output] = {}
    needs: list[str] = []
    files: list[str] = []
    cache: bool = True
    env_manager: Literal["", "local", "uv", "virtualenv", "conda"] = ""


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline, with every ``${…}`` resolved. ``steps`` are in the order of the file."""

    folder: Path
    name: str
    steps: dict[str, Step]
    experiment: str = ""
    config: dict[str, Any] = {}


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a step will run or be skipped. ``run_id`` is the earlier run whose result stands."""

    step: str
    action: Literal["run", "skip"]
    why: str
    run_id: str = ""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a pipeline is run.

    ``only`` are the steps to run, ``start`` is the step to begin at: it and all that follow it run again, whatever is kept.
    ``force`` are steps that run whatever is kept, ``EVERY`` for all. ``jobs`` is how many run at once. ``resume`` is an earlier
    run whose steps that ended well are taken from it, those of ``cache: false`` too. ``verbose`` shows what steps say.
    """

    only: tuple[str, ...] = ()
    start: str = ""
    force: tuple[str, ...] = ()
    jobs: int = 2
    resume: str = ""
    env_manager: Literal["local", "uv", "virtualenv", "conda"] | None = None
    experiment_name: str = ""
    verbose: bool = False


EVERY = "*"
"""Instead of the steps that are forced: all of them."""


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a step ended. ``outputs`` are references such as ``raw_data.parquet:v0``."""

    step: str
    state: Literal["FINISHED", "FAILED", "KILLED", "SKIPPED", "BLOCKED"]
    run_id: str = ""
    outputs: dict[str, str] = {}
    seconds: float = 0.0
    why: str = ""


class PipelineResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a pipeline's run ended: ``FINISHED`` when every step did, or needed not run."""

    name: str
    run_id: str
    status: Literal["FINISHED", "FAILED", "KILLED"]
    steps: list[StepResult]
    seconds: float = 0.0
