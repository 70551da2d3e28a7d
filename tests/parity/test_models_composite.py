"""Composite models in the hands of the real mlflow: its generic loader, and its scoring server."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from modelyard.models.composite import CompositeModel
from modelyard.models.composite.flavor import CompositeFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model


@pytest.fixture(scope="module")
def theirs() -> Any:
    """The mlflow package."""
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")


@pytest.fixture(params=[None, {"text": "an example"}], ids=["no signature", "a signature"])
def folder(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A composite model, saved with a key of the test's own, with and without a signature from an example."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))

    def predict(text: str, upper: Any, *, times: int = 1) -> dict[str, str]:
        return {"said": upper(text) * times}

    model = CompositeModel(predict, {"upper": lambda text: text.upper()})
    options = SaveOptions(verify=False, input_example=request.param)
    save_model(model, tmp_path / "model", flavor=CompositeFlavor(), options=options)
    return tmp_path / "model"


def test_their_generic_loader_loads_it(theirs: Any, folder: Path) -> None:
    loaded = theirs.pyfunc.load_model(str(folder))
    assert loaded.predict({"text": "hi"}) == {"said": "HI"}
    assert loaded.predict({"text": "hi", "times": 2}) == {"said": "HIHI"}


def test_their_loader_refuses_what_we_refuse(
    theirs: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "somebody else"))
    with pytest.raises(Exception, match="untrusted"):
        theirs.pyfunc.load_model(str(folder))


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": {"text": "hi", "times": 2}},
        {"dataframe_records": [{"text": "hi", "times": 2}]},
        {"dataframe_split": {"columns": ["text", "times"], "data": [["hi", 2]]}},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_request_of_named_parameters_is_answered_as_predict_answers(
    theirs: Any, folder: Path, body: dict[str, Any]
) -> None:
    """S0.34: over HTTP, with the scoring server of the mlflow package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = pytest.importorskip(
            "fastapi.testclient", reason="mlflow is not installed: pip install mlflow"
        ).TestClient
        from mlflow.pyfunc.scoring_server import init

        app = init(theirs.pyfunc.load_model(str(folder)))
        with client(app) as asking:
            answer = asking.post("/invocations", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == {"said": "HIHI"}
