"""Requirements S3.1, S3.5, S3.15, S3.16, S3.22 to S3.28, S3.34 to S3.36, T3.1 to T3.7: the generated pipeline, run as it is.

One project is made for all of these tests, and its whole pipeline is run once before them; commands are the seed's own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

for needed in ("cookiecutter", "hydra", "matplotlib", "papermill", "pyarrow", "sklearn"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")

STEPS = ["download", "eda", "basic_cleaning", "check_data", "split", "train_model", "evaluate", "register"]
SWEEP = "modeling.max_tfidf_features=10,15,30 modeling.random_forest.max_features=range(1,100,2) -m"


class Generated:
    """A project that `modelyard new project` made, and the store its runs go to."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.folder = folder / "wine"
        self.store = folder / "yard"
        self.client = MlflowClient(str(self.store))

    def start(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A Python program in the project's folder, of somebody who set nothing but the store."""
        settings = {"MODELYARD_TRACKING_URI": str(self.store), "HOME": str(self.root), "PYTHONWARNINGS": "default"}
        return subprocess.run(
            [sys.executable, *words],
            cwd=folder or self.folder,
            env=clean_environment(**settings),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def run(self, *words: str, code: int = 0, folder: Path | None = None) -> str:
        """``modelyard run``, with the environment there is; what it said."""
        done = self.start("-m", "modelyard", "run", *words, "--env-manager", "local", folder=folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def runs(self) -> list[Any]:
        """All runs, the oldest first."""
        experiments = [each.experiment_id for each in self.client.search_experiments()]
        return list(self.client.search_runs(experiments, order_by=["start_time ASC"]))

    def begun_by(self, *words: str, folder: Path | None = None) -> list[Any]:
        """The runs a command line made."""
        before = {run.info.run_id for run in self.runs()}
        self.run(*words, folder=folder)
        return [run for run in self.runs() if run.info.run_id not in before]


def steps_of(runs: list[Any]) -> list[str]:
    """The names of the steps among runs: those that are below another one."""
    return [run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags]


def metrics_of(runs: list[Any]) -> dict[str, dict[str, float]]:
    """The metrics of each step."""
    return {run.info.run_name: run.data.metrics for run in runs if "mlflow.parentRunId" in run.data.tags}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    generated = Generated(tmp_path_factory.mktemp("template"))
    done = generated.start("-m", "modelyard", "new", "project", "wine", folder=generated.root)
    assert done.returncode == 0, done.stderr
    return generated


@pytest.fixture(scope="module")
def whole(made: Generated) -> list[Any]:
    """The runs of `modelyard run .`, right after the project was made."""
    return made.begun_by(".")


@pytest.fixture
def project(made: Generated, whole: list[Any]) -> Generated:
    """The project after one run of everything."""
    return made


def test_s3_16_the_tree_is_the_templates(made: Generated) -> None:
    """S3.16, S3.36: what a new project has, in its places; T3.4: every listed step has a component."""
    names = "MLproject README.md conda.yml config.yaml environment.yml main.py notebooks/README.md notebooks/eda/__init__.py"
    step = "cookie-mlflow-step/{{cookiecutter.step_name}}/"
    assert [each for each in names.split() if not (made.folder / each).is_file()] == []
    assert (made.folder / "src/_utils/__init__.py").is_file()
    for name in ("cookie-mlflow-step/cookiecutter.json", "cookie-mlflow-step/README.md", step + "MLproject"):
        assert (made.folder / name).is_file()
    assert (made.folder / (step + "{{cookiecutter.script_name}}")).is_file()
    for each in STEPS:
        assert {path.name for path in (made.folder / "src" / each).iterdir()} > {"MLproject", "conda.yml"}
    assert "reviewed" in (made.folder / "notebooks/README.md").read_text()


def test_s3_1_all_steps_run_in_order_each_with_a_run_of_its_own(made: Generated, whole: list[Any]) -> None:
    """S3.1, S3.23, S3.11, S3.16: exit 0, one parent, a child for each step in listed order, with artifacts."""
    parent, *children = whole
    assert (parent.info.run_name, parent.info.status) == ("wine", "FINISHED")
    assert steps_of(whole) == STEPS
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert {run.info.status for run in children} == {"FINISHED"}
    by_name = {run.info.run_name: run for run in children}
    for step in ("download", "eda", "basic_cleaning", "check_data", "split", "train_model", "evaluate"):
        assert made.client.list_artifacts(by_name[step].info.run_id), step
    assert by_name["evaluate"].data.metrics["accuracy"] > 0.9
    assert made.client.get_model_version_by_alias("wine", "champion").version == "1"


def test_s3_34_all_runs_are_in_the_experiment_of_the_configuration(made: Generated, whole: list[Any]) -> None:
    """S3.34: `main.experiment_name: dev`, and the project's name on the run of the pipeline."""
    assert {made.client.get_experiment(run.info.experiment_id).name for run in whole} == {"dev"}
    assert whole[0].data.tags["project_name"] == "wine"


def test_s3_35_the_same_seed_has_the_same_metrics(project: Generated, whole: list[Any]) -> None:
    """S3.35: two full runs, `random_seed: 42`: by main.py, and by `modelyard pipeline run`, which runs none of it twice."""
    words = ("-m", "modelyard", "pipeline", "run", ".", "--env-manager", "local", "--output", "json")
    before = len(project.runs())
    done = project.start(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    again = project.runs()[before:]
    assert sorted(steps_of(again)) == sorted(STEPS)
    assert metrics_of(again) == metrics_of(whole)
    states = {step["state"] for step in json.loads(project.start(*words).stdout)["steps"]}
    assert states == {"SKIPPED"}
    shown = project.start("-m", "modelyard", "datasets", "show", "test_data.parquet:latest").stdout
    assert "test_data.parquet:v0" in shown  # what has not changed is no new version


def test_s3_24_some_steps_run_in_the_pipelines_order(project: Generated) -> None:
    """S3.24, T3.2: the seed's commands."""
    assert steps_of(project.begun_by(".", "-P", "steps=download")) == ["download"]
    assert steps_of(project.begun_by(".", "-P", "steps=download,basic_cleaning")) == ["download", "basic_cleaning"]


def test_s3_25_the_other_spelling_works(project: Generated) -> None:
    """S3.25, T3.7: by Hydra's own override, and from another folder. T3.5: without quotes it says what to write."""
    option = "hydra_options=main.execute_steps='download,basic_cleaning'"
    runs = project.begun_by(str(project.folder), "-P", option, folder=project.root)
    assert steps_of(runs) == ["download", "basic_cleaning"]
    said = project.run(".", "-P", "hydra_options=main.execute_steps=download,basic_cleaning", code=1)
    assert "-P steps=" in said


def test_s3_26_an_unknown_step_is_refused_and_nothing_runs(project: Generated) -> None:
    """S3.26, T3.4: the names there are, and none of them is run."""
    before = len(project.runs())
    said = project.run(".", "-P", "steps=download,downlod", code=1)
    assert "no step 'downlod'" in said
    assert all(step in said for step in (*STEPS, "train_random_forest"))
    assert len(project.runs()) <= before + 1  # the pipeline's own


def test_s3_27_any_value_can_be_overridden(project: Generated) -> None:
    """S3.27, T3.3: the seed's command; the run logs 10, the file stays, types stay, an unknown key suggests keys."""
    config = (project.folder / "config.yaml").read_bytes()
    option = "hydra_options=modeling.random_forest.n_estimators=10"
    _, step = project.begun_by(".", "-P", "steps=train_model", "-P", option)
    assert (step.info.run_name, step.data.params["n_estimators"]) == ("train_model", "10")
    assert (project.folder / "config.yaml").read_bytes() == config
    said = project.run(".", "-P", "hydra_options=modeling.random_forest.n_estimator=10", code=1)
    assert "modeling.random_forest.n_estimators" in said
    assert project.run(
        ".", "-P", "steps=train_model", "-P", "hydra_options=modeling.random_forest.n_estimators=few", code=1
    )


def test_s3_28_the_seeds_sweep_has_150_trials_and_runs(project: Generated) -> None:
    """S3.28, S3.29, T3.8: the command counts 150; the same with fewer values is a run for each, below one."""
    said = project.run(".", "-P", "steps=train_random_forest", "-P", f"hydra_options={SWEEP}", "--dry-run")
    assert "150" in said
    few = "modeling.max_tfidf_features=10 modeling.random_forest.max_features=range(1,100,98) -m"
    sweep, *trials = project.begun_by(".", "-P", "steps=train_random_forest", "-P", f"hydra_options={few}")
    assert len(trials) == 2
    assert {run.data.tags["mlflow.parentRunId"] for run in trials} == {sweep.info.run_id}
    assert {run.data.params["modeling.random_forest.max_features"] for run in trials} == {"1", "99"}
    assert all("cv_score" in run.data.metrics for run in trials)


def test_s3_5_a_shifted_column_fails_the_check_and_is_named(project: Generated, tmp_path: Path) -> None:
    """S3.5: the same data passed in the whole run; shifted ones end the pipeline at check_data.

    S3.24: steps that are named with spaces, and the other way round, run in the pipeline's order.
    """
    code = "from _utils.data import load; t = load('wine'); t['alcohol'] += 2; import sys; t.to_csv(sys.argv[1], index=False)"
    shifted = tmp_path / "shifted.csv"
    wrote = project.start("-c", f"import sys; sys.path.insert(0, 'src'); {code}", str(shifted))
    assert wrote.returncode == 0, wrote.stderr
    steps = "steps=split, check_data , basic_cleaning,download"
    before = len(project.runs())
    said = project.run(".", "-P", steps, "-P", f"hydra_options=data.file_url={shifted}", code=1)
    assert "column 'alcohol' has drifted" in said
    assert "'ash'" not in said
    new = project.runs()[before:]
    assert steps_of(new) == ["download", "basic_cleaning", "check_data"]
    assert [run.info.status for run in new] == ["FAILED", "FINISHED", "FINISHED", "FAILED"]


def test_s3_22_a_new_step_is_listed_in_one_place(project: Generated) -> None:
    """S3.22: `modelyard new component`, one line in config.yaml, and it runs. S3.15: it uses what steps share."""
    done = project.start("-m", "modelyard", "new", "component", "--no-input", "--step-name", "add_ratios")
    assert done.returncode == 0, done.stderr
    assert "main.execute_steps" in done.stdout
    config = project.folder / "config.yaml"
    config.write_text(
        config.read_text().replace("    - basic_cleaning\n", "    - basic_cleaning\n    - add_ratios\n", 1)
    )
    assert steps_of(project.begun_by(".", "-P", "steps=add_ratios")) == ["add_ratios"]


def test_s3_15_a_component_finds_what_is_shared_wherever_it_is_run_from(project: Generated, tmp_path: Path) -> None:
    """S3.15: from the root, from its own folder, and from a repository."""
    (project.folder / "few.csv").write_text("a,target\n1,0\n2,1\n")
    own = project.folder / "src" / "download"
    repository = tmp_path / "repository"
    shutil.copytree(project.folder, repository)
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True)
    for uri, folder in (("src/download", project.folder), (".", own), (f"file://{repository}#src/download", tmp_path)):
        (run,) = project.begun_by(uri, "-P", "file_url=few.csv", folder=folder)
        assert (run.info.status, run.data.metrics["rows"]) == ("FINISHED", 2.0)


def test_the_project_passes_its_own_tests_and_lint(project: Generated) -> None:
    """What is generated is held to what it holds others to."""
    tested = project.start("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    for words in (("check", "."), ("format", "--check", ".")):
        lint = project.start("-m", "ruff", *words)
        assert lint.returncode == 0 or "No module named ruff" in lint.stderr, lint.stdout
