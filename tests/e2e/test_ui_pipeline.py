"""A pipeline's run in a browser: one parent with a child for each step. Requirement S3.11."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import modelyard as mlflow
from tests.docs.environment import clean_environment
from tests.support.pages import settled
from tests.support.steps import write_files

Open = Callable[..., Any]
FILES = {
    "pipeline.yaml": """
        name: cellar
        experiment: cellar
        steps:
          press: {project: src/press, outputs: {juice: juice.txt}}
          bottle: {project: src/bottle, inputs: {juice: juice.txt}}
        """,
    "src/press/MLproject": "entry_points: {main: {parameters: {juice: string}, command: 'python press.py {juice}'}}\n",
    "src/press/press.py": "import sys\nopen(sys.argv[1], 'w').write('12')\n",
    "src/bottle/MLproject": "entry_points: {main: {parameters: {juice: string}, command: 'python bottle.py {juice}'}}\n",
    "src/bottle/bottle.py": "import sys, modelyard\nmodelyard.log_param('litres', open(sys.argv[1]).read())\n",
}


@pytest.fixture(scope="module")
def parent(yard: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run of a pipeline of two steps that was run by the command line."""
    folder: Path = tmp_path_factory.mktemp("pipeline")
    write_files(folder, FILES)
    done = subprocess.run(
        [sys.executable, "-m", "modelyard", "pipeline", "run", ".", "--env-manager", "local"],
        cwd=folder,
        env=clean_environment(MODELYARD_TRACKING_URI=yard, MODELYARD_HOME=str(folder / "home")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs = mlflow.search_runs(experiment_names=["cellar"], output_format="list")
    (found,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    return found


def test_s3_11_the_steps_are_below_the_pipelines_run(parent: Any, open_page: Open) -> None:
    page = settled(open_page(f"/experiments/{parent.info.experiment_id}/runs"))
    names = page.get_by_role("grid").locator("a[href*='/runs/']")
    assert names.all_inner_texts() == ["cellar"]
    page.get_by_role("button", name="Open 2 children of cellar").click()
    page.get_by_role("link", name="bottle", exact=True).wait_for()
    assert sorted(names.all_inner_texts()) == ["bottle", "cellar", "press"]


def test_s3_11_the_run_of_the_pipeline_lists_its_steps_and_a_step_leads_back(parent: Any, open_page: Open) -> None:
    page = settled(open_page(f"/runs/{parent.info.run_id}/overview"))
    page.get_by_role("link", name="press", exact=True).wait_for()
    page.get_by_role("link", name="bottle", exact=True).click()
    page.get_by_text("litres").first.wait_for()
    page.get_by_role("link", name="cellar", exact=True).last.click()
    page.wait_for_url(f"**/runs/{parent.info.run_id}/**")
