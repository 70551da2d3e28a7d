"""One of everything that the pages show, and the address of every page that shows it."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np

import modelyard
from tests.support.frameworks import imported
from tests.support.tables import good, numbers, quality

NOTE = "# Wine\n\nA *forest* of **20** trees:\n\n- quick\n- [its page](https://example.org)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
SCHEMA = {"mlflow_colspec": [{"type": "double", "name": "acid", "required": True}]}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>'
HTML = "<!doctype html><title>A report</title><style>h1 { color: teal }</style><h1>A report</h1>"
PAGES = (
    "experiments", "runs", "runs with charts", "runs in groups", "run", "run's metrics", "run's system metrics", "run's files",
    "file report.txt", "file notes.md", "file weights.json", "file wines.csv", "file drawing.svg", "file page.html",
    "file plots/steps.png", "compare", "compare relations", "compare differences", "compare files", "models", "model",
    "version", "predict", "datasets", "dataset", "settings",
)  # fmt: skip
"""What `Exhibits.pages` names."""
FILES = ("report.txt", "notes.md", "weights.json", "wines.csv", "drawing.svg", "page.html", "plots/steps.png")


@dataclass(frozen=True)
class Exhibits:
    """What there is to look at."""

    experiment: str
    runs: tuple[str, ...]
    model: str
    version: str
    dataset: tuple[str, str]

    def pages(self) -> dict[str, str]:
        """Every page, by a name: its address."""
        run, model = self.runs[0], f"/models/{quote(self.model)}"
        files = {f"file {name}": f"/runs/{run}/artifacts?path={quote(name, safe='')}" for name in FILES}
        name, digest = (quote(part, safe="") for part in self.dataset)
        return {
            "experiments": "/experiments",
            "runs": f"/experiments/{self.experiment}/runs",
            "runs with charts": f"/experiments/{self.experiment}/runs?charts=50",
            "runs in groups": f"/experiments/{self.experiment}/runs?group=params.depth",
            "run": f"/runs/{run}/overview",
            "run's metrics": f"/runs/{run}/metrics",
            "run's system metrics": f"/runs/{run}/system",
            "run's files": f"/runs/{run}/artifacts",
            **files,
            "compare": f"/compare?runs={','.join(self.runs)}",
            "compare relations": f"/compare?runs={','.join(self.runs)}&show=relations",
            "compare differences": f"/compare?runs={','.join(self.runs)}&show=differences",
            "compare files": f"/compare?runs={','.join(self.runs)}&show=files",
            "models": "/models",
            "model": model,
            "version": f"{model}/{self.version}",
            "predict": f"{model}/{self.version}/predict",
            "datasets": "/datasets",
            "dataset": f"/datasets/{name}/{digest}",
            "settings": "/settings",
        }


def exhibit() -> Exhibits:
    """Put one of everything into the store that is tracked to."""
    experiment = modelyard.set_experiment("wines/red").experiment_id
    runs, version, dataset = [], "", ("", "")
    for depth in (2, 4, 4):
        with modelyard.start_run(run_name=f"forest of depth {depth}") as run:
            runs.append(run.info.run_id)
            _values(depth)
            if depth == 2:
                dataset = _dataset()
                _files()
                version = _model()
                with modelyard.start_run(run_name="a child", nested=True):
                    modelyard.log_metric("rmse", 0.5)
    return Exhibits(experiment, tuple(runs), "wine-quality", version, dataset)


def _values(depth: int) -> None:
    modelyard.log_params({"depth": depth, "trees": 20, "data": "red wines"})
    modelyard.set_tags({"team": "cellar", "mlflow.note.content": NOTE})
    for step in range(30):
        rmse = 0.8 * math.exp(-step / 10) + depth / 100
        modelyard.log_metrics(
            {"rmse": rmse, "validation/mae": rmse / 2, "system/cpu_utilization_percentage": step}, step=step
        )


def _dataset() -> tuple[str, str]:
    data = modelyard.data.from_pandas(
        numbers().assign(quality=quality()), source="s3://cellar/red.csv", name="red wines", targets="quality"
    )
    modelyard.log_input(data, context="training", tags={"season": "autumn"})
    return data.name, data.digest


def _files() -> None:
    modelyard.log_text("\n".join(f"line {number}" for number in range(400)), "report.txt")
    modelyard.log_text(NOTE, "notes.md")
    modelyard.log_dict({"acid": 0.1, "sugar": [1, 2, {"ph level": None}]}, "weights.json")
    modelyard.log_text(numbers().assign(good=good()).to_csv(index=False), "wines.csv")
    modelyard.log_text(DRAWING, "drawing.svg")
    modelyard.log_text(HTML, "page.html")
    for step in range(3):
        modelyard.log_image(picture(step), f"plots/step{'s' if step == 0 else step}.png")


def picture(seed: int) -> Any:
    """A small image of noise."""
    return np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def _model() -> str:
    forest = imported("sklearn.ensemble").RandomForestRegressor(20, random_state=1).fit(numbers(), quality())
    logged = modelyard.sklearn.log_model(
        forest,
        "model",
        input_example=numbers().head(3),
        training_data=numbers(),
        onnx=has_onnx(),
        registered_model_name="wine-quality",
        verify=False,
    )
    client = modelyard.MlflowClient()
    version = str(logged.registered_model_version)
    client.update_registered_model("wine-quality", description=NOTE)
    client.update_model_version("wine-quality", version, description="The first *forest*.")
    client.set_registered_model_alias("wine-quality", "champion", version)
    client.set_registered_model_tag("wine-quality", "team", "cellar")
    client.set_model_version_tag("wine-quality", version, "reviewed", "yes")
    return version


def has_onnx() -> bool:
    """Whether twins can be made here."""
    return all(importlib.util.find_spec(name) for name in ("onnxruntime", "skl2onnx"))
