"""Requirements S3.27 to S3.31, N8, T3.5, T3.8: sweeps in Hydra's words, bounded, resumed, and asked for their best trial."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.entities import Run
from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

pytest.importorskip("hydra", reason="hydra is not installed")

N8 = "modeling.max_tfidf_features=10,15,30 modeling.random_forest.max_features=range(1,100,2) -m"
TINY = """
name: tiny
entry_points:
  main:
    parameters:
      steps: {type: string, default: all}
      hydra_options: {type: string, default: ""}
    command: "sh tiny.sh main.execute_steps='{steps}' $(echo {hydra_options})"
  plain:
    parameters: {alpha: float, l1_ratio: {type: float, default: 0.5}}
    command: "python plain.py {alpha} {l1_ratio}"
  program:
    parameters:
      steps: {type: string, default: all}
      hydra_options: {type: string, default: ""}
    command: "python main.py main.execute_steps='{steps}' $(echo {hydra_options})"
"""
SHELL = """
echo "begin $MODELYARD_TRIAL $*" >> told
if [ -e slow ]; then sleep 0.15; fi
if [ -e stuck ]; then sleep 600; fi
echo "end $MODELYARD_TRIAL" >> told
if [ -e "fails$MODELYARD_TRIAL" ]; then echo "no such luck" >&2; exit 3; fi
"""
PLAIN = """
import sys
import modelyard
alpha, ratio = map(float, sys.argv[1:])
with modelyard.start_run():
    for step in range(3):
        modelyard.log_metric("loss", (alpha - 0.5) ** 2 + ratio + 1 / (step + 1), step=step)
"""
MAIN = """
import hydra
import modelyard

@hydra.main(config_path="conf", config_name="config", version_base="1.3")
def go(config):
    trees = config.modeling.random_forest.n_estimators
    assert isinstance(trees, int), trees
    modelyard.log_metric("trees", trees + config.modeling.max_tfidf_features)

go()
"""
CONFIG = """
defaults: [_self_, kind: forest]
main: {execute_steps: all}
modeling: {max_tfidf_features: 5, random_forest: {n_estimators: 100, max_features: 0.5}}
"""


class Project:
    """A project in a folder, its store, and the command line over both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        (self.folder / "conf" / "kind").mkdir(parents=True)
        files = {"MLproject": TINY, "tiny.sh": SHELL, "plain.py": PLAIN, "main.py": MAIN, "conf/config.yaml": CONFIG}
        files |= {f"conf/kind/{name}.yaml": "x: 1\n" for name in ("forest", "linear")}
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self.store = folder / "yard"
        self.client = MlflowClient(str(self.store))
        self.environment = clean_environment(
            MODELYARD_TRACKING_URI=str(self.store),
            MODELYARD_HOME=str(folder / "home"),
            MODELYARD_JOURNAL=str(folder / "journal"),
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command line that goes on."""
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "modelyard", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """A command line, to its end."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=240)
        assert process.returncode == code, out + err
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def sweeps(self) -> list[Run]:
        """The runs that are sweeps, the oldest first."""
        return list(
            self.client.search_runs(["0"], "tags.`modelyard.kind` = 'sweep'", order_by=["attributes.start_time ASC"])
        )

    def trials(self, sweep: str) -> list[Run]:
        """The runs below a sweep, by their numbers, the oldest of each first."""
        found = self.client.search_runs(
            ["0"], f"tags.`mlflow.parentRunId` = '{sweep}'", order_by=["attributes.start_time ASC"]
        )
        return sorted(found, key=lambda run: int(run.data.tags["modelyard.trial"]))

    def told(self) -> list[str]:
        """What the processes of trials wrote."""
        file = self.folder / "told"
        return file.read_text().splitlines() if file.exists() else []

    def touch(self, name: str) -> Path:
        """A file that changes what trials do."""
        (self.folder / name).touch()
        return self.folder / name


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def statuses(runs: Sequence[Run]) -> dict[str, int]:
    return dict(Counter(run.info.status for run in runs))


def until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_n8_the_dry_run_says_150_and_starts_none(project: Project) -> None:
    """N8, S3.29, in the words of the source: `-P steps=train_random_forest -P hydra_options="… -m"`."""
    done = project.run("run", ".", "-P", "steps=train_random_forest", "-P", f"hydra_options={N8}", "--dry-run")
    lines = done.stdout.splitlines()
    assert lines[0] == "150 trials"
    assert lines[1].strip() == "0: modeling.max_tfidf_features=10 modeling.random_forest.max_features=1"
    assert lines[2].strip() == "149: modeling.max_tfidf_features=30 modeling.random_forest.max_features=99"
    assert project.told() == []
    assert project.sweeps() == []


def test_s3_28_a_multirun_is_150_runs_below_one_sweep_in_order(project: Project) -> None:
    """S3.28, N8: each trial is a run that logs its two values; first (10,1), 50th (10,99), 51st (15,1), last (30,99)."""
    project.run("run", ".", "-P", "steps=train_random_forest", "-P", f"hydra_options={N8}")
    (sweep,) = project.sweeps()
    assert sweep.info.status == "FINISHED"
    trials = project.trials(sweep.info.run_id)
    assert statuses(trials) == {"FINISHED": 150}
    keys = ("modeling.max_tfidf_features", "modeling.random_forest.max_features")
    pairs = [tuple(int(run.data.params[key]) for key in keys) for run in trials]
    assert pairs == [(first, second) for first in (10, 15, 30) for second in range(1, 100, 2)]
    assert (pairs[0], pairs[49], pairs[50], pairs[149]) == ((10, 1), (10, 99), (15, 1), (30, 99))
    words = {line.partition(" ")[2] for line in project.told() if line.startswith("begin")}
    assert words == {
        f"{n} main.execute_steps=train_random_forest {keys[0]}={a} {keys[1]}={b}" for n, (a, b) in enumerate(pairs)
    }
    assert len(project.client.search_runs(["0"], max_results=1000)) == 151


def test_s3_27_and_28_a_program_of_hydra_is_swept_with_types_kept(project: Project) -> None:
    """S3.27: a number stays a number in each trial, and the file of the configuration is as it was."""
    done = project.run(
        "run", ".", "-e", "program", "-P",
        "hydra_options=modeling.max_tfidf_features=10,15,30 modeling.random_forest.n_estimators=range(1,5,2) -m",
    )  # fmt: skip
    assert "6 finished" in done.stderr
    (sweep,) = project.sweeps()
    trials = project.trials(sweep.info.run_id)
    assert [run.data.metrics["trees"] for run in trials] == [11, 13, 16, 18, 31, 33]
    assert (project.folder / "conf" / "config.yaml").read_text() == CONFIG
    best = json.loads(project.run("sweep", "best", sweep.info.run_id, "--metric", "trees", "--output", "json").stdout)
    assert (best["run_id"], best["value"]) == (trials[5].info.run_id, 33)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("modeling.random_forest.n_estimatrs=10", "Did you mean 'modeling.random_forest.n_estimators'"),
        ("modeling.random_forest.n_estimatrs=1,2 -m", "Did you mean 'modeling.random_forest.n_estimators'"),
        ("kind=forest,typo -m", "Could not find 'kind/typo'"),
        ("main.execute_steps=download,basic_cleaning", "-P steps=a,b"),
    ],
)
def test_s3_27_an_override_that_cannot_be_is_one_line_and_nothing_runs(
    project: Project, options: str, said: str
) -> None:
    """S3.27: what Hydra says, with close keys, before anything starts. T3.5: the parameter of its own is named."""
    done = project.run("run", ".", "-e", "program", "-P", f"hydra_options={options}", code=1)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(project.client.search_runs(["0"])) == 0


def test_t3_5_steps_given_as_an_override_of_a_sweep_get_a_word_about_it(project: Project) -> None:
    """T3.5: with -m Hydra sweeps over the steps; the parameter `steps` runs them in one."""
    done = project.run("run", ".", "-P", "hydra_options=main.execute_steps=download,basic_cleaning -m", "--dry-run")
    assert "2 trials" in done.stdout
    assert "-P steps=a,b" in done.stdout
    one = project.run("run", ".", "-P", "steps=download,basic_cleaning", "-P", "hydra_options=a=1,2 -m")
    assert "2 finished" in one.stderr
    assert all(
        "main.execute_steps=download,basic_cleaning" in line for line in project.told() if line.startswith("begin")
    )


def test_s3_29_one_failing_trial_loses_no_other_and_alone_runs_again(project: Project) -> None:
    """S3.29: job 7 fails, the others finish, the exit code tells; the same command does job 7 only. T3.8: bounded by --jobs."""
    words = ("run", ".", "-P", "hydra_options=a=range(0,12) -m", "--jobs", "2")
    fails = project.touch("fails7")
    done = project.run(*words, code=1)
    assert "trial 7  a=7  FAILED" in done.stderr
    assert "no such luck" in done.stderr
    (sweep,) = project.sweeps()
    assert sweep.info.status == "FAILED"
    assert statuses(project.trials(sweep.info.run_id)) == {"FINISHED": 11, "FAILED": 1}
    running = most = 0
    for line in project.told():
        running += 1 if line.startswith("begin") else -1
        most = max(most, running)
    assert most <= 2

    fails.unlink()
    before = len(project.told())
    again = project.run(*words)
    assert f"sweep {sweep.info.run_id}: going on; 11 of 12 trials are done" in again.stderr
    assert [line.split()[1] for line in project.told()[before:]] == ["7", "7"]
    assert statuses(project.trials(sweep.info.run_id)) == {"FINISHED": 12, "FAILED": 1}
    assert [run.info.status for run in project.sweeps()] == ["FINISHED"]

    project.run(*words)
    assert len(project.sweeps()) == 2, "a sweep that is done is not gone on with"


def test_s3_29_a_sweep_killed_at_any_moment_completes_each_trial_once(project: Project) -> None:
    """S3.29: SIGKILL, time and again, at moments of its own; then the same set of trials is complete, each once."""
    project.touch("slow")
    words = ("run", ".", "-P", "hydra_options=a=range(0,14) -m", "--jobs", "3")
    for begun in (1, 5, 11):
        with project.start(*words) as process:
            until(lambda: len(project.told()) >= begun or process.poll() is not None)  # noqa: B023
            process.kill()
            process.communicate(timeout=60)
    project.run(*words)
    (sweep,) = project.sweeps()
    trials = project.trials(sweep.info.run_id)
    assert set(statuses(trials)) <= {"FINISHED", "KILLED"}
    done = Counter(run.data.tags["modelyard.trial"] for run in trials if run.info.status == "FINISHED")
    assert done == Counter({str(number): 1 for number in range(14)})
    left = [line for line in project.told() if line.startswith("end")]
    assert {line.split()[1] for line in left} == {str(number) for number in range(14)}


def test_s3_29_ctrl_c_ends_the_trials_and_leaves_the_rest_for_another_time(project: Project) -> None:
    """S3.29: interrupted, its processes are gone, its exit code says so, and `sweep resume` goes on."""
    stuck = project.touch("stuck")
    with project.start("run", ".", "-P", "hydra_options=a=range(0,4) -m", "--jobs", "2") as process:
        until(lambda: len(project.told()) >= 2)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - begun < 30
    assert process.returncode == 130, err
    (sweep,) = project.sweeps()
    assert sweep.info.status == "KILLED"
    assert statuses(project.trials(sweep.info.run_id)) == {"KILLED": 2}
    assert not any(b"MODELYARD_SWEEP=" + sweep.info.run_id.encode() in each for each in environments())
    stuck.unlink()
    project.run("sweep", "resume", sweep.info.run_id)
    assert statuses(project.trials(sweep.info.run_id)) == {"KILLED": 2, "FINISHED": 4}


def environments() -> list[bytes]:
    """What the processes of this machine were started with, as far as the system tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((folder / "environ").read_bytes())
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("options", "trials", "last"),
    [
        ("a='1,2' -m", 1, "a='1,2'"),
        ("a=range(1,100,2) --multirun", 50, "a=99"),
        ("a=range(0,1,0.25) b=choice(x,y) -m", 8, "a=0.75 b=y"),
        ("kind=glob(*) -m", 2, "kind=linear"),
        ("a=0.1,1e-3 'b=x y,z' c=sort(3,1,2) -m", 12, "a=0.001 b=z c=3"),
    ],
)
def test_s3_30_the_grammar_is_hydras(project: Project, options: str, trials: int, last: str) -> None:
    """S3.30: range excludes its end, floats, choice, quoted commas are no sweep, glob."""
    words = ["-e", "program"] if "kind" in options else []
    done = project.run("run", ".", *words, "-P", f"hydra_options={options}", "--dry-run")
    lines = done.stdout.splitlines()
    assert lines[0] == (f"{trials} trials" if trials > 1 else "1 trial")
    assert lines[-1].strip() == f"{trials - 1}: {last}"


def test_s3_31_the_best_run_of_a_sweep_can_be_asked_for(project: Project) -> None:
    """S3.31: by command and from Python; what mattered, a table and pictures are kept with the sweep."""
    words = ("-o", "alpha=0.1,0.5,2", "-o", "l1_ratio=range(0,1,0.5)", "--metric", "loss", "--minimize")
    project.run("sweep", "run", ".", "-e", "plain", *words)
    (sweep,) = project.sweeps()
    trials = project.trials(sweep.info.run_id)
    assert [(run.data.params["alpha"], run.data.params["l1_ratio"]) for run in trials] == [
        (alpha, ratio) for alpha in ("0.1", "0.5", "2") for ratio in ("0.0", "0.5")
    ]
    best = project.run("sweep", "best", sweep.info.run_id).stdout.split()
    assert best[:2] == ["run_id", trials[2].info.run_id]
    assert best[-4:] == ["alpha", "0.5", "l1_ratio", "0.0"]
    script = f"import modelyard; print(modelyard.sweeps.best({sweep.info.run_id!r}).values)"
    asked = subprocess.run(
        [sys.executable, "-c", script], env=project.environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == "{'alpha': '0.5', 'l1_ratio': '0.0'}"
    shown = project.run("sweep", "show", sweep.info.run_id).stdout
    assert f"trial 2, run {trials[2].info.run_id}" in shown
    listed = json.loads(project.run("sweep", "list", "--output", "json").stdout)
    assert [(row["run_id"], row["done"]) for row in listed] == [(sweep.info.run_id, "6/6")]
    kept = {each.path for each in project.client.list_artifacts(sweep.info.run_id, "sweep")}
    pictures = [f"value_by_{name}.svg" for name in ("trial", "alpha", "l1_ratio")]
    assert kept == {f"sweep/{name}" for name in ("trials.csv", "importance.json", *pictures)}


def test_a_sweep_by_optuna_is_the_same_however_often_it_is_resumed(project: Project) -> None:
    """Optuna as a sampler through the same command; what it has learned is rebuilt from the trials that are stored."""
    pytest.importorskip("optuna", reason="optuna is not installed")
    words = [
        "sweep",
        "run",
        ".",
        "-e",
        "plain",
        "-o",
        "alpha=interval(0,1)",
        "-o",
        "l1_ratio=tag(log,interval(0.01,1))",
    ]
    words += ["--sampler", "tpe", "--trials", "4", "--metric", "loss", "--minimize", "--jobs", "1"]
    whole = project.run(*words).stdout.split()[-1]
    with project.start(*words, "--new-sweep") as process:
        until(lambda: len(project.sweeps()) == 2 and len(project.trials(project.sweeps()[1].info.run_id)) >= 3)
        process.kill()
        process.communicate(timeout=60)
    resumed = project.run(*words).stdout.split()[-1]
    assert resumed == project.sweeps()[1].info.run_id
    values = [
        [run.data.params for run in project.trials(each) if run.info.status == "FINISHED"] for each in (whole, resumed)
    ]
    assert values[0] == values[1]
    assert len(values[0]) == 4


def test_values_are_of_the_type_a_parameter_has_before_anything_starts(project: Project) -> None:
    done = project.run("sweep", "run", ".", "-e", "plain", "-o", "alpha=0.1,much", code=1)
    assert "Parameter 'alpha' of the entry point 'plain' must be a float, not 'much'." in done.stderr
    assert project.sweeps() == []


def test_a_cluster_of_ray_comes_to_the_same(project: Project) -> None:
    """`--engine ray`: a task for each trial, on a local Ray; the same runs, and a failed one is as failed there."""
    pytest.importorskip("ray", reason="ray is not installed")
    project.environment["RAY_USAGE_STATS_ENABLED"] = "0"
    project.touch("fails1")
    project.run("sweep", "run", ".", "-o", "a=range(0,3)", "--engine", "ray", "--jobs", "2", code=1)
    (sweep,) = project.sweeps()
    trials = project.trials(sweep.info.run_id)
    assert [(run.data.params["a"], run.info.status) for run in trials] == [
        ("0", "FINISHED"),
        ("1", "FAILED"),
        ("2", "FINISHED"),
    ]
    (project.folder / "fails1").unlink()
    project.run("sweep", "resume", sweep.info.run_id)
    assert [run.info.status for run in project.sweeps()] == ["FINISHED"]


def test_a_pipeline_is_swept_by_the_values_of_its_configuration(project: Project) -> None:
    """A folder with a pipeline.yaml: its own values vary, and the metric is that of a step's run."""
    folder = project.folder / "declared"
    (folder / "step").mkdir(parents=True)
    (folder / "config.yaml").write_text("alpha: 1\n")
    step = "{project: step, entry: train.py, parameters: {alpha: '${alpha}'}}"
    (folder / "pipeline.yaml").write_text(f"name: declared\nconfig: config.yaml\nsteps:\n  train: {step}\n")
    (folder / "step" / "train.py").write_text(
        "import sys, modelyard\nmodelyard.log_metric('loss', float(sys.argv[2]))\n"
    )
    project.run(
        "sweep", "run", "declared", "-o", "alpha=3,1,2", "--metric", "loss", "--minimize", "--env-manager", "local"
    )
    (sweep,) = project.sweeps()
    best = json.loads(project.run("sweep", "best", sweep.info.run_id, "--output", "json").stdout)
    assert (best["value"], best["values"]) == (1.0, {"alpha": "1"})
