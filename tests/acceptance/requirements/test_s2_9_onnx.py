"""Requirement S2.9: models become ONNX files that answer as they do, ONNX files become models, and both are served."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.models.load import load_pyfunc
from tests.acceptance.requirements.conftest import Session
from tests.support.frameworks import imported
from tests.support.scoring import serving

FAR = 1e-4

WINE = """
import numpy as np, pandas as pd, sys
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
table, target = load_diabetes(return_X_y=True, as_frame=True)
train, test, wanted, _ = train_test_split(table, target / 100, random_state=40)
rows = test.to_numpy("float32")
"""

KERAS = """
import os
os.environ["KERAS_BACKEND"] = "CHOSEN"
import keras
scale = keras.layers.Normalization()
scale.adapt(train.to_numpy("float32"))
model, on = keras.Sequential([keras.Input((10,)), scale, keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]), rows
expected = model.predict(on, verbose=0)
"""

# framework → a script that leaves `model`, its test set `on`, and what it predicts, `expected`
MODELS = {
    "sklearn": """
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
model, on = make_pipeline(StandardScaler(), RandomForestRegressor(30, random_state=1)).fit(train, wanted), test
expected = model.predict(on)
""",
    "torch": """
import torch
torch.manual_seed(1)
model, on = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1)), rows
optimizer = torch.optim.Adam(model.parameters(), 0.01)
for _ in range(200):
    optimizer.zero_grad()
    found = model(torch.from_numpy(train.to_numpy("float32"))).squeeze()
    torch.nn.functional.mse_loss(found, torch.from_numpy(wanted.to_numpy("float32"))).backward()
    optimizer.step()
expected = model(torch.from_numpy(on)).detach().numpy()
""",
    "keras on torch": KERAS.replace("CHOSEN", "torch"),
    "keras on tensorflow": KERAS.replace("CHOSEN", "tensorflow"),
    "xgboost": """
import xgboost
model, on = xgboost.XGBRegressor(n_estimators=30).fit(train, wanted), test
expected = model.predict(on)
""",
    "lightgbm": """
import lightgbm
model, on = lightgbm.LGBMRegressor(n_estimators=30, verbose=-1).fit(train, wanted), test
expected = model.predict(on)
""",
}
NEEDS = {"keras on torch": ("keras", "torch"), "keras on tensorflow": ("keras", "tensorflow", "tf2onnx")}

COMPARE = """
import onnx, onnxruntime
import modelyard.onnx
mlflow.onnx.export(model, "model.onnx", input_example=on[:3])
session = onnxruntime.InferenceSession("model.onnx")
(given,) = session.get_inputs()
found = session.run(None, {given.name: np.asarray(on, {"tensor(double)": "float64"}.get(given.type, "float32"))})[0]
tell(float(np.abs(found.reshape(-1) - np.asarray(expected, "float64").reshape(-1)).max()))
"""


@pytest.mark.parametrize("name", MODELS)
def test_s2_9_an_exported_model_answers_the_test_set_as_its_source(name: str, session: Session) -> None:
    for module in (*NEEDS.get(name, (name,)), "onnxruntime", "onnxmltools"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    told = session.run(WINE + MODELS[name] + COMPARE)
    assert float(told) < FAR


SAVE = f"""
{WINE}{MODELS["sklearn"]}
import modelyard.sklearn, modelyard.onnx
mlflow.sklearn.save_model(model, "source", input_example=on.head(3), training_data=train, onnx=True, verify=False)
mlflow.onnx.export(model, "model.onnx", input_example=on.head(3))
mlflow.onnx.save_model("model.onnx", "imported", verify=False)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its twin, and the same as an ONNX file that was imported."""
    for module in ("sklearn", "onnxruntime", "skl2onnx"):
        imported(module)
    folder = tmp_path_factory.mktemp("onnx")
    session = Session(str(folder / "yard"), folder, folder / "yard")
    session.run(SAVE)
    return folder


def test_s2_9_an_onnx_file_is_a_model_with_the_signature_of_its_graph(saved: Path) -> None:
    model = load_pyfunc(saved / "imported")
    (rows,), (answers,) = model.metadata.signature.inputs, model.metadata.signature.outputs
    assert (rows.name, rows.shape) == (None, (-1, 10))
    assert (answers.name, answers.shape) == ("variable", (-1, 1))
    table = example(saved)
    expected = load_pyfunc(saved / "source").predict(table)
    found = model.predict(table.to_numpy(rows.type))["variable"]
    assert np.abs(np.asarray(found).reshape(-1) - expected).max() < FAR


@pytest.mark.parametrize("runtime", ["native", "onnx"])
def test_s2_9_a_served_twin_answers_as_its_source(saved: Path, runtime: str) -> None:
    expected = load_pyfunc(saved / "source").predict(example(saved))
    body = (saved / "source" / "serving_input_example.json").read_text()
    with serving(saved, "-m", "source", "--runtime", runtime, "--allow-unverified") as server:
        found = server.invoke(body).predictions
    assert np.abs(np.array(found) - expected).max() < FAR


def test_s2_9_an_environment_made_for_a_model_has_what_its_twin_needs(saved: Path) -> None:
    """The environment has no scikit-learn: the model asks for nothing but a small package."""
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(saved / "probe"), "iniconfig==2.0.0"]
    if subprocess.run(words, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("no package registry")
    session, home = Session(str(saved / "yard"), saved, saved / "yard"), str(saved / "home")
    alone = SAVE.replace('"source", ', '"alone", pip_requirements=["iniconfig==2.0.0"], ').split("mlflow.onnx.export")[
        0
    ]
    session.run(alone, MODELYARD_HOME=home)
    expected = load_pyfunc(saved / "source").predict(example(saved))
    body = (saved / "alone" / "serving_input_example.json").read_text()
    made = ("--env-manager", "virtualenv", "--runtime", "onnx")
    with serving(saved, "-m", "alone", *made, MODELYARD_HOME=home) as server:
        found = server.invoke(body).predictions
    assert np.abs(np.array(found) - expected).max() < FAR
    words = ["-m", "modelyard", "models", "environments", "list", "--output", "json"]
    (kept,) = json.loads(session.start(*words, MODELYARD_HOME=home).stdout)
    certificate = json.loads((saved / "alone" / "onnx" / "parity.json").read_text())
    assert kept["packages"].split() == [
        "iniconfig==2.0.0",
        *(f"{name}=={certificate['versions'][name]}" for name in ("onnx", "onnxruntime")),
    ]
    assert f"Making an environment of {len(kept['packages'].split())} of" in server.log


def test_s2_9_a_served_onnx_file_answers_as_its_source(saved: Path) -> None:
    table = example(saved)
    expected = load_pyfunc(saved / "source").predict(table)
    with serving(saved, "-m", "imported", "--allow-unverified") as server:
        found = server.invoke({"inputs": table.to_numpy().tolist()}).predictions
    assert np.abs(np.array(found["variable"]).reshape(-1) - expected).max() < FAR


def test_s2_9_a_model_without_a_certificate_is_not_served_by_onnx(session: Session) -> None:
    imported("sklearn")
    session.run(SAVE.replace("training_data=train, onnx=True, ", "").split("mlflow.onnx.export")[0])
    done = session.cli("models", "serve", "-m", "source", "--runtime", "onnx", "--allow-unverified", "--port", "0")
    assert done.returncode == 1
    assert "has no ONNX twin. Log the model again with onnx=True" in done.stderr
    assert "Traceback" not in done.stderr


def test_s2_9_the_command_line_exports_and_says_how_near_it_is(saved: Path, session: Session) -> None:
    done = session.cli("models", "export-onnx", str(saved / "source"), "out.onnx", "--output", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    told = told[0] if isinstance(told, list) else told
    assert (told["parity"], told["rows that differ"]) == ("passed", 0)
    assert told["largest difference"] < FAR
    assert (session.folder / "out.onnx").stat().st_size > 0


def test_s2_9_what_has_no_conversion_is_one_line(session: Session) -> None:
    session.run(
        "import modelyard.pyfunc\nmlflow.pyfunc.save_model('own', python_model=lambda model_input: model_input, verify=False)"
    )
    done = session.cli("models", "export-onnx", "own", "own.onnx")
    assert done.returncode == 1
    assert "There is no conversion to ONNX for python_function models" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def example(saved: Path) -> Any:
    return load_pyfunc(saved / "source").input_example
