"""Requirement S4.30: `pyfunc predict` and `models predict`, in processes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.docs.environment import clean_environment

TRAIN = """
import numpy as np, pandas as pd
from sklearn.linear_model import ElasticNet
import modelyard as mlflow, modelyard.sklearn

draw = np.random.default_rng(4)
frame = pd.DataFrame(draw.normal(size=(120, 3)).round(3), columns=["alpha", "beta", "gamma"])
model = ElasticNet(alpha=0.01).fit(frame, frame["alpha"] * 2 - frame["gamma"])
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(model, name="model", input_example=frame.head(2), registered_model_name="made", verify=False)
frame.to_csv("rows.csv", index=False)
frame.head(2).to_json("rows.json", orient="split", index=False)
import json, pathlib
pathlib.Path("rows.json").write_text(json.dumps({"dataframe_split": json.loads(pathlib.Path("rows.json").read_text())}))
pathlib.Path("expected.json").write_text(json.dumps(model.predict(frame).tolist()))
print(run.info.run_id)
"""


class Made(NamedTuple):
    """A folder with a store, an input and the predictions for it, and the run whose model it is."""

    folder: Path
    run_id: str
    expected: list[float]


def start(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean_environment(MODELYARD_HOME=str(folder / "home")),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def predict(made: Made, group: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return start(made.folder, "-m", "modelyard", group, "predict", *words, stdin=stdin)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    for module in ("sklearn", "skops", "pandas"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    folder = tmp_path_factory.mktemp("predict")
    done = start(folder, "-c", TRAIN)
    assert done.returncode == 0, done.stderr
    return Made(folder, done.stdout.split()[-1], json.loads((folder / "expected.json").read_text()))


def rows_in(text: str) -> list[float]:
    """The predictions in CSV whose first line is the header."""
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["prediction"]
    return [float(value) for (value,) in rows]


@pytest.mark.parametrize("group", ["pyfunc", "models"])
@pytest.mark.parametrize("flag", ["-m", "--model-path", "--model-uri"])
def test_s4_30_csv_alone_is_on_stdout_and_equal_to_predict(group: str, flag: str, made: Made) -> None:
    done = predict(made, group, flag, "models:/made/1", "-i", "rows.csv", "--no-conda")
    assert done.returncode == 0, done.stderr
    assert rows_in(done.stdout) == pytest.approx(made.expected, rel=1e-14)
    assert len(done.stdout.splitlines()) == 1 + len(made.expected)


@pytest.mark.parametrize(("run", "path"), [("-r", "-i"), ("--run-id", "--input-path")])
def test_s4_30_the_model_of_a_run(run: str, path: str, made: Made) -> None:
    done = predict(made, "pyfunc", "-m", "model", run, made.run_id, path, "rows.csv", "--env-manager", "local")
    assert rows_in(done.stdout) == pytest.approx(made.expected, rel=1e-14)


@pytest.mark.parametrize("flag", ["-o", "--output-path"])
def test_s4_30_the_output_file_is_complete_and_stdout_empty(flag: str, made: Made) -> None:
    done = predict(made, "pyfunc", "-m", "models:/made/1", "-i", "rows.csv", flag, "out.csv", "--no-conda")
    assert (done.returncode, done.stdout) == (0, "")
    assert rows_in((made.folder / "out.csv").read_text()) == pytest.approx(made.expected, rel=1e-14)
    assert [path.name for path in made.folder.glob(".*")] == []


def test_s4_30_json_in_is_json_out_as_mlflow_has_it(made: Made) -> None:
    for words, stdin in ((["-i", "rows.json"], ""), (["-t", "json"], (made.folder / "rows.json").read_text())):
        done = predict(made, "models", "-m", "models:/made/1", "--no-conda", *words, stdin=stdin)
        assert json.loads(done.stdout) == {"predictions": pytest.approx(made.expected[:2], rel=1e-14)}


@pytest.mark.parametrize("group", ["pyfunc", "models"])
def test_s4_30_help_states_the_options_and_the_header(group: str, made: Made) -> None:
    done = predict(made, group, "--help")
    assert done.returncode == 0
    for flag in (
        "-m",
        "--model-path",
        "-r",
        "--run-id",
        "-i",
        "--input-path",
        "-o",
        "--output-path",
        "--no-conda",
        "--help",
    ):
        assert flag in done.stdout
    assert "header line" in done.stdout


def wrong(made: Made, *words: str) -> str:
    done = predict(made, "pyfunc", *words)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_s4_30_what_is_wrong_is_one_line_on_stderr(made: Made) -> None:
    (made.folder / "short.csv").write_text("alpha,beta\n1,2\n")
    (made.folder / "words.csv").write_text("alpha,beta,gamma\n1,2,x\n")
    model: tuple[Any, ...] = ("-m", "models:/made/1", "--no-conda")
    assert "-i/--input-path" in wrong(made, *model)
    assert "'nowhere.csv'" in wrong(made, *model, "-i", "nowhere.csv")
    assert "'gamma'" in wrong(made, *model, "-i", "short.csv", "-o", "never.csv")
    assert "'gamma'" in wrong(made, *model, "-i", "words.csv", "-o", "never.csv")
    assert not (made.folder / "never.csv").exists()
