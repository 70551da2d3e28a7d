"""Runs the steps of this pipeline, in order; each is a project of its own in a folder below src.

    modelyard run .
    modelyard run . -P steps=download,basic_cleaning
    modelyard run . -P steps=train_model -P hydra_options="modeling.random_forest.n_estimators=10"

Which steps there are, and what they are called with, is in config.yaml: nothing here changes with a new step.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from pathlib import Path
from typing import Any

import hydra
import modelyard
from modelyard.pipelines import own_run
from omegaconf import DictConfig, OmegaConf

ROOT = Path(__file__).resolve().parent  # absolute: a step runs in its own folder


@hydra.main(config_path=".", config_name="config", version_base="1.3")
def go(config: DictConfig) -> None:
    """Run what config.main asks for."""
    steps = selected(config)
    calls = {step: call(config, step) for step in steps}  # all that can be wrong is wrong before the first one runs
    track(config)
    for step, (folder, parameters) in calls.items():
        print(f"== {step}", flush=True)
        try:
            modelyard.run(folder, "main", parameters=parameters, run_name=step, run_id=own_run(steps))
        except modelyard.MlflowException as error:
            sys.exit(f"{step} failed: {error}")


def selected(config: DictConfig) -> list[str]:
    """The steps to run, in the pipeline's order."""
    listed = names(OmegaConf.load(ROOT / "config.yaml").main.execute_steps)
    known = in_order(listed, list(config.components))
    wanted = names(config.main.execute_steps)
    if wanted == ["all"]:
        return listed
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            sys.exit(f"There is no step {name!r}.{hint} Steps: {', '.join(known)}.")
    return [name for name in known if name in wanted]


def names(told: Any) -> list[str]:
    """The names in a list, or in a text with commas."""
    parts = told.split(",") if isinstance(told, str) else told
    return [name for name in (str(part).strip() for part in parts) if name]


def in_order(listed: list[str], others: list[str]) -> list[str]:
    """The pipeline's steps, and what else can be called: each after the one it is written below."""
    order = list(listed)
    for before, name in zip([None, *others], others, strict=False):
        if name not in order:
            order.insert(order.index(before) + 1 if before in order else 0, name)
    return order


def call(config: DictConfig, step: str) -> tuple[str, dict[str, str]]:
    """Where a step is and what it is called with."""
    told = config.components.get(step) or {}
    folder = os.path.join(ROOT, "src", told.get("folder") or step)
    if not os.path.isfile(os.path.join(folder, "MLproject")):
        sys.exit(
            f"The step {step!r} has no component: there is no {folder}/MLproject. 'modelyard new component' makes one."
        )
    given = OmegaConf.to_container(told.get("parameters") or OmegaConf.create({}), resolve=True)
    return folder, {name: as_text(value) for name, value in given.items() if value is not None}


def as_text(value: Any) -> str:
    """A value as a component's parameter has it: what is no text is JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def track(config: DictConfig) -> None:
    """Where the runs go: below the run that started this, or into the experiment that config.yaml names."""
    run_id = os.environ.get("MLFLOW_RUN_ID")
    if run_id:
        modelyard.MlflowClient().set_tag(run_id, "project_name", config.main.project_name)
    else:
        modelyard.set_experiment(config.main.experiment_name)
        modelyard.start_run(run_name=config.main.project_name, tags={"project_name": config.main.project_name})


if __name__ == "__main__":
    go()
