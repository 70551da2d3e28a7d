"""Requirements S3.8, S3.11, S3.26, S3.27, S3.35 and the bars of pipelines: components of each kind, one run with a child for each
step, what is unchanged is skipped, what fails is gone on with, what is interrupted is over.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session
from tests.docs.environment import clean_environment, run_python
from tests.support.steps import FILES, write_files
from tests.support.waiting import wait_for

KINDS = {
    "pipeline.yaml": """
        name: kinds
        experiment: kinds
        steps:
          script: {project: src/script, parameters: {word: hello}, outputs: {made: made.txt}}
          executable: {project: src/executable/count, inputs: {made: made.txt}, outputs: {counted: counted.txt}}
          notebook: {project: src/eda/eda.ipynb, inputs: {made: made.txt}, parameters: {times: 3}, outputs: {seen: seen.txt}}
        """,
    "src/script/MLproject": """
        entry_points:
          main:
            parameters: {word: string, made: string}
            command: "python run.py {word} {made}"
        """,
    "src/script/run.py": "import sys\nopen(sys.argv[2], 'w').write(sys.argv[1])\n",
    "src/executable/count": '#!/bin/sh\nwc -c < "$2" | tr -d " " > "$4"\n',
}
NOTEBOOK = """
import modelyard
with modelyard.start_run():
    modelyard.log_param("times_in_the_notebook", times)
open(seen, "w").write(open(made).read() * times)
"""
HEAVY = ("numpy", "pandas", "sklearn", "pyarrow", "torch", "mlflow", "hydra")


def notebook(source: str) -> str:
    """A notebook of one cell, after one that has defaults."""
    cells = [
        {"cell_type": "code", "id": "a", "source": "times = 1", "metadata": {"tags": ["parameters"]}},
        {"cell_type": "code", "id": "b", "source": source, "metadata": {}},
    ]
    blank = {"execution_count": None, "outputs": []}
    kernel = {"kernelspec": {"name": "nobody-has-this", "display_name": "x", "language": "python"}}
    return json.dumps(
        {"cells": [{**blank, **cell} for cell in cells], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    )


def pipeline(session: Session, *words: str, code: int = 0) -> str:
    """`modelyard pipeline …` to its end; what it printed, on both streams."""
    done = session.cli("pipeline", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def result(session: Session, *words: str, code: int = 0) -> dict[str, Any]:
    """`modelyard pipeline run` as it tells programs how it ended."""
    done = session.cli("pipeline", "run", *words, "--output", "json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def states(told: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["state"] for step in told["steps"]}


@pytest.mark.parametrize("session", ["server"], indirect=True)
def test_s3_8_scripts_notebooks_and_executables_are_components(session: Session) -> None:
    for module in ("papermill", "ipykernel"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    write_files(session.folder, {**KINDS, "src/eda/eda.ipynb": notebook(NOTEBOOK)})
    (session.folder / "src/executable/count").chmod(0o755)
    told = result(session)
    assert states(told) == {"script": "FINISHED", "executable": "FINISHED", "notebook": "FINISHED"}
    outputs = {step["step"]: step["outputs"] for step in told["steps"]}
    client = session.client
    assert client.use_dataset(outputs["executable"]["counted"]).read_text().strip() == "5"
    assert client.use_dataset(outputs["notebook"]["seen"]).read_text() == "hello" * 3
    (run_id,) = (step["run_id"] for step in told["steps"] if step["step"] == "notebook")
    run = client.get_run(run_id)
    assert run.data.params["times_in_the_notebook"] == "3"
    assert run.data.params["made"] == "made.txt:v0"
    executed = json.loads(
        Path(client.download_artifacts(run_id, "notebooks/eda.ipynb", str(session.folder))).read_text()
    )
    assert "".join(executed["cells"][0]["source"]) == "times = 1"
    assert executed["metadata"]["kernelspec"]["name"] == "nobody-has-this"
    assert set(states(result(session)).values()) == {"SKIPPED"}


@pytest.mark.parametrize("session", ["folder"], indirect=True)
def test_s3_8_a_notebook_that_fails_is_kept_too(session: Session) -> None:
    for module in ("papermill", "ipykernel"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    steps = "experiment: failed\nsteps: {eda: {project: eda.ipynb}}"
    write_files(
        session.folder, {"pipeline.yaml": steps, "eda.ipynb": notebook("print('so far')\nraise ValueError('no wine')")}
    )
    told = result(session, code=1)
    assert "ValueError: no wine" in told["steps"][0]["why"]
    file = session.client.download_artifacts(
        told["steps"][0]["run_id"], "notebooks/eda.ipynb", str(session.folder / "kept")
    )
    assert "so far" in Path(file).read_text()


def test_s3_11_a_pipeline_is_one_parent_with_a_child_for_each_step(session: Session, name: str) -> None:
    write_files(session.folder, FILES)
    told = result(session, "--experiment-name", name)
    runs = {run.info.run_id: run for run in session.runs(name)}
    assert len(runs) == 4
    children = session.runs(name, f"tags.mlflow.parentRunId = '{told['run_id']}'")
    assert [run.info.run_name for run in children] == ["download", "clean", "train"]
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    assert {"pipeline.json", "pipeline.svg"} <= {each.path for each in session.client.list_artifacts(told["run_id"])}


@pytest.mark.parametrize("session", ["folder"], indirect=True)
def test_s3_26_an_unknown_step_is_refused_and_nothing_runs(session: Session, name: str) -> None:
    write_files(session.folder, FILES)
    for choice in (
        ("--only", "downlod"),
        ("--from", "downlod"),
        ("--force", "downlod"),
        ("--only", "download,downlod"),
    ):
        said = pipeline(session, "run", *choice, "--experiment-name", name, code=1)
        assert "no step 'downlod'. Did you mean 'download'? Steps: download, clean, train." in said
    assert session.client.get_experiment_by_name(name) is None


@pytest.mark.parametrize("session", ["folder"], indirect=True)
def test_s3_27_a_value_is_overridden_on_the_command_line(session: Session, name: str) -> None:
    write_files(session.folder, FILES)
    before = (session.folder / "config.yaml").read_bytes()
    told = result(session, "-o", "model.depth=10", "--experiment-name", name)
    (run_id,) = (step["run_id"] for step in told["steps"] if step["step"] == "train")
    assert session.client.get_run(run_id).data.params["depth"] == "10"
    assert (session.folder / "config.yaml").read_bytes() == before
    assert "Did you mean 'model.depth'" in pipeline(session, "run", "-o", "model.detph=10", code=1)


@pytest.mark.parametrize("session", ["folder"], indirect=True)
def test_s3_35_two_full_runs_with_one_seed_make_the_same(session: Session) -> None:
    script = "import random, sys\nrandom.seed(int(sys.argv[2]))\nopen(sys.argv[4], 'w').write(str(random.random()))\n"
    steps = "{split: {project: split.py, parameters: {seed: '${random_seed}'}, outputs: {part: part.txt}}}"
    write_files(session.folder, {"pipeline.yaml": f"config: {{random_seed: 42}}\nsteps: {steps}", "split.py": script})
    made = [
        result(session, "--force", "split", *more)["steps"][0]["outputs"]["part"]
        for more in ((), (), ("-o", "random_seed=43"))
    ]
    assert made == ["part.txt:v0", "part.txt:v0", "part.txt:v1"]


@pytest.mark.parametrize("session", ["server"], indirect=True)
def test_a_second_run_executes_nothing_and_explain_says_what_changed(session: Session, name: str) -> None:
    write_files(session.folder, FILES)
    chosen = ("--experiment-name", name)
    assert "3 of 3 steps would run" in pipeline(session, "plan", *chosen)
    assert session.client.get_experiment_by_name(name) is None
    assert "train     finished" in pipeline(session, "run", *chosen)
    said = pipeline(session, "run", *chosen)
    assert said.count("skipped   nothing changed since run") == 3
    assert len(session.runs(name)) == 5
    with open(session.folder / "src/_utils/files.py", "a") as file:
        file.write("# more\n")
    said = pipeline(session, "explain", *chosen)
    assert "download  runs: the file src/_utils/files.py changed (since run " in said
    assert "clean     runs: raw_data.txt is made by download, which runs" in said
    said = pipeline(session, "run", "--dry-run", *chosen)
    assert "3 of 3 steps would run" in said
    assert len(session.runs(name)) == 5
    reasons = json.loads(session.cli("pipeline", "plan", "--output", "json", *chosen).stdout)
    assert [reason["action"] for reason in reasons] == ["run", "run", "run"]


def test_a_second_run_needs_no_library_of_numbers(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    code = (
        "import sys\nfrom modelyard.cli.main import main\nassert main(['pipeline', 'run']) == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    for _ in range(2):
        assert run_python(tmp_path, "-c", code).splitlines()[-1] == "[]"


@pytest.mark.parametrize("session", ["folder"], indirect=True)
def test_a_failed_pipeline_exits_with_1_and_goes_on_from_there(session: Session, name: str) -> None:
    write_files(session.folder, FILES)
    train = session.folder / "src/train/train.py"
    good = train.read_text()
    train.write_text("import sys\nsys.exit('no trees here')\n")
    told = result(session, "--experiment-name", name, code=1)
    assert states(told) == {"download": "FINISHED", "clean": "FINISHED", "train": "FAILED"}
    assert "no trees here" in told["steps"][2]["why"]
    assert session.client.get_run(told["run_id"]).info.status == "FAILED"
    train.write_text(good)
    again = result(session, "--experiment-name", name)
    assert states(again) == {"download": "SKIPPED", "clean": "SKIPPED", "train": "FINISHED"}


@pytest.mark.parametrize(
    ("session", "number"), [("folder", signal.SIGINT), ("server", signal.SIGTERM)], indirect=["session"]
)
def test_an_interrupt_ends_the_steps_and_marks_all_runs(session: Session, name: str, number: signal.Signals) -> None:
    sleep = "import os, sys, time\nopen(sys.argv[2], 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    steps = "{long: {project: long.py, parameters: {told: PID}}, after: {project: long.py, needs: [long], parameters: {told: x}}}"
    told = session.folder / "pid"
    write_files(session.folder, {"pipeline.yaml": f"steps: {steps.replace('PID', str(told))}", "long.py": sleep})
    settings = {"MLFLOW_TRACKING_URI": session.uri, "MODELYARD_JOURNAL": str(session.folder.parent / "journal")}
    words = [sys.executable, "-m", "modelyard", "pipeline", "run", "--experiment-name", name]
    with subprocess.Popen(
        words, cwd=session.folder, env=clean_environment(**settings), stderr=subprocess.PIPE
    ) as process:
        wait_for(lambda: told.is_file() and told.read_text() != "")
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 143), said
    pid = int(told.read_text())
    wait_for(lambda: not _runs(pid))
    assert {run.info.run_name: run.info.status for run in session.runs(name)} == {
        session.folder.name: "KILLED",
        "long": "KILLED",
    }


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
