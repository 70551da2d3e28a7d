"""Requirements S4.1, S4.2, S1.59 and A.3: the examples of the sources, as files of ours, run as they are."""

from __future__ import annotations

import random
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session
from tests.support.processes import ROOT

TUTORIAL = ROOT / "examples" / "tutorial"
OFFLINE = """
import runpy, socket, sys
def refuse(*_): raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def tutorial(session: Session, script: str, *arguments: str, **environment: str) -> str:
    done = session.start(str(TUTORIAL / script), *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def newest(session: Session, experiment: str) -> Any:
    return session.runs(experiment)[-1]


def first_run(session: Session, **environment: str) -> Any:
    done = session.start(str(ROOT / "examples" / "first_run.py"), **environment)
    assert done.returncode == 0, done.stderr
    return session.client.get_run(done.stdout.split()[1])


def test_the_first_run(session: Session) -> None:
    """S4.1, S4.2, S4.7: to a folder without a server, and to a server named by the environment."""
    run = first_run(session)
    assert (run.data.params, run.data.metrics) == ({"param1": "1"}, {"metric1": 2.0})
    assert run.data.tags["mlflow.source.name"].endswith("first_run.py")
    assert run.info.end_time >= run.info.start_time > 0
    fetched = session.client.download_artifacts(run.info.run_id, "results.csv", str(session.folder.parent))
    assert Path(fetched).read_text() == "val, val2, val2\n1, 2, 3\n"


def test_the_address_is_set_in_the_script_too(session: Session) -> None:
    """S4.2: `set_tracking_uri` gives the same."""
    script = f"mlflow.set_tracking_uri({session.uri!r})\n" + (ROOT / "examples" / "first_run.py").read_text()
    script += "\ntell(run.info.run_id)"
    run = session.client.get_run(session.run(script, MLFLOW_TRACKING_URI=""))
    assert (run.data.params, run.data.metrics) == ({"param1": "1"}, {"metric1": 2.0})


def test_without_an_address_the_store_is_where_the_documentation_says(tmp_path: Path) -> None:
    """S4.1, A.3: ./yard, and nothing is asked of any network."""
    session = Session(str(tmp_path / "yard"), tmp_path, tmp_path / "yard")
    code = OFFLINE.replace("sys.argv[1]", repr(str(ROOT / "examples" / "first_run.py")))
    done = session.start("-c", code, MLFLOW_TRACKING_URI="")
    assert done.returncode == 0, done.stderr
    assert session.client.get_run(done.stdout.split()[1]).info.status == "FINISHED"
    assert "The store is `./yard`" in (ROOT / "docs" / "explanation" / "rules.md").read_text()


def test_the_active_experiment(session: Session) -> None:
    """S1.59: 01_Active_Experiment.py."""
    shown = tutorial(session, "01_Active_Experiment.py")
    run = newest(session, "example-experiment")
    assert shown.strip() == f"Active run_id: {run.info.run_id}"
    assert run.info.status == "FINISHED"


def test_artifacts_and_tags(session: Session) -> None:
    """S1.59: 02_Log_Artifacts_Tags.py, with the experiment from the session, as X2 reads it."""
    tutorial(session, "02_Log_Artifacts_Tags.py", MLFLOW_EXPERIMENT_NAME="example-experiment")
    run = newest(session, "example-experiment")
    files = session.client.list_artifacts(run.info.run_id, "states")
    assert [file.path for file in files] == ["states/data.json", "states/features.txt"]
    told = {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")}
    assert told == {"engineering": "ML Platform", "release.candidate": "RC1", "release.version": "2.2.0"}


def test_reading_an_experiment(session: Session, name: str) -> None:
    """S1.59: 03_Get_Experiment.py prints five fields."""
    made = session.client.create_experiment(name)
    lines = tutorial(session, "03_Get_Experiment.py", made).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "Name",
        "Experiment_id",
        "Artifact Location",
        "Tags",
        "Lifecycle_stage",
    ]
    assert (lines[0], lines[1], lines[4]) == (f"Name: {name}", f"Experiment_id: {made}", "Lifecycle_stage: active")


def need_learning() -> None:
    for module in ("sklearn", "pandas"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install 'modelyard[demo]'")


@pytest.mark.parametrize(
    ("session", "file", "arguments", "rmse", "mae", "r2"),
    [
        ("server", "winequality-white.csv", (), 0.82224, 0.62788, 0.12679),
        ("folder", "winequality-white.csv", ("0.8", "0.7"), 0.859541, 0.648006, 0.045769),
        ("server", "winequality-red.csv", (), 0.79316, 0.62720, 0.10863),
    ],
    ids=["N5", "N6", "N7"],
    indirect=["session"],
)
def test_the_experiment_gives_the_known_numbers(
    session: Session, wine: Path, file: str, arguments: tuple[str, ...], rmse: float, mae: float, r2: float
) -> None:
    """S1.59: 01_Experiment.py without its model, checked against N5, N6 and N7."""
    need_learning()
    tutorial(session, "01_Experiment.py", *arguments, WINE_QUALITY_CSV=str(wine / file))
    data = newest(session, "wine-quality-test").data
    assert data.metrics == pytest.approx({"rmse": rmse, "mae": mae, "r2": r2}, abs=6e-6)
    assert data.params == dict(zip(("alpha", "l1_ratio"), arguments or ("0.5", "0.5"), strict=True))


def test_the_experiment_reads_either_copy_and_names_a_missing_file(tmp_path: Path) -> None:
    """S1.59, T1.3: the script, with made-up wines between commas; without a file it fails at once with the path."""
    need_learning()
    session = Session(str(tmp_path / "yard"), tmp_path, tmp_path / "yard")
    draw = random.Random(7)
    heads = ["fixed acidity", "volatile acidity", "alcohol", "quality"]
    lines = [",".join(f'"{head}"' for head in heads)]
    lines += [",".join(f"{draw.uniform(1, 9):.3f}" for _ in heads) for _ in range(60)]
    (tmp_path / "wines.csv").write_text("\n".join(lines) + "\n")
    tutorial(session, "01_Experiment.py", WINE_QUALITY_CSV="wines.csv")
    assert set(newest(session, "wine-quality-test").data.metrics) == {"rmse", "mae", "r2"}
    missed = session.start(str(shutil.copy(TUTORIAL / "01_Experiment.py", tmp_path / "trial.py")))
    assert missed.returncode == 1
    assert "winequality-white.csv" in missed.stderr
    assert len(session.runs("wine-quality-test")) == 1


def test_logging_the_model_and_predicting_with_it(session: Session, wine: Path) -> None:
    """S1.59: 02_Experiment_log_model.py and 04_Predict_Batch.py; the first wine is predicted as N5 says."""
    need_learning()
    file = str(wine / "winequality-white.csv")
    tutorial(session, "02_Experiment_log_model.py", WINE_QUALITY_CSV=file)
    run = newest(session, "wine-quality-test")
    assert run.data.metrics == pytest.approx({"rmse": 0.82224, "mae": 0.62788, "r2": 0.12679}, abs=6e-6)
    lines = tutorial(session, "04_Predict_Batch.py", f"runs:/{run.info.run_id}/model", file).splitlines()
    assert len(lines) == 4899
    assert lines[0].endswith("quality,prediction")
    predictions = [float(line.rpartition(",")[2]) for line in lines[1:]]
    assert all(4 < each < 8 for each in predictions)
    wrong = session.start(str(TUTORIAL / "04_Predict_Batch.py"), f"runs:/{run.info.run_id}/mode", file)
    assert wrong.returncode != 0
    assert "mode" in wrong.stderr
