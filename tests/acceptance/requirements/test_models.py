"""Requirements S1.11, S1.17, S1.52, S4.23, S4.24, A.2: logging, registering and loading a model by each of its names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.requirements.conftest import Session

pytest.importorskip("sklearn", reason="needs scikit-learn")

TRAIN = """
import numpy
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet
features, target = load_diabetes(return_X_y=True, as_frame=True)
model = ElasticNet(alpha=0.5, l1_ratio=0.5, random_state=42).fit(features, target)
"""
LOG = (
    TRAIN
    + """
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(model, "model", registered_model_name={name!r}, input_example=features.head(2))
tell(run.info.run_id)
"""
)


def test_a_logged_model_is_a_folder_of_the_runs_artifacts(session: Session, name: str, tmp_path: Path) -> None:
    """S1.11: `model/` with the MLmodel file, the model and its environment files; each can be fetched."""
    run_id = session.run(LOG.format(name=name))
    assert [(info.path, info.is_dir) for info in session.client.list_artifacts(run_id)] == [("model", True)]
    files = {info.path for info in session.client.list_artifacts(run_id, "model")}
    assert {"model/MLmodel", "model/model.skops", "model/requirements.txt", "model/conda.yaml"} <= files
    for file in files:
        assert Path(session.client.download_artifacts(run_id, file, str(tmp_path))).stat().st_size
    listed = session.cli("artifacts", "list", "--run-id", run_id, "--artifact-path", "model")
    assert "MLmodel" in listed.stdout, listed.stderr


def test_registering_while_logging_makes_versions(session: Session, name: str) -> None:
    """S1.17: a name with a space; a second run makes version 2. The verdict stays with the version."""
    session.run(LOG.format(name=name))
    session.run(LOG.format(name=name))
    versions = session.client.search_model_versions(f"name = '{name}'")
    assert sorted(version.version for version in versions) == ["1", "2"]
    for version in versions:
        assert version.tags["modelyard.verification"] == "passed"
        assert float(version.tags["modelyard.verification.seconds"]) > 0
        assert int(version.tags["modelyard.verification.peak_memory"]) > 1 << 20


def test_every_name_of_a_model_loads_it_as_a_function(session: Session, name: str, tmp_path: Path) -> None:
    """S1.52, A.2: by path, run, version, alias and id; the predictions are the estimator's for the whole data."""
    run_id = session.run(LOG.format(name=name))
    session.client.set_registered_model_alias(name, "champion", "1")
    model_id = session.client.get_model_version(name, "1").model_id
    copied = session.client.download_artifacts(run_id, "model", str(tmp_path))
    uris = [f"runs:/{run_id}/model", f"models:/{name}/1", f"models:/{name}@champion", f"models:/{model_id}", copied]
    if session.is_folder:
        uris.append(f"{session.store}/artifacts/0/{run_id}/artifacts/model")
    session.run(
        TRAIN
        + f"""
expected = model.predict(features)
for uri in {uris!r}:
    loaded = mlflow.pyfunc.load_model(uri)
    assert numpy.array_equal(loaded.predict(features), expected), uri
    assert loaded.metadata.run_id == {run_id!r}
    shuffled = features[features.columns[::-1]]
    assert numpy.array_equal(loaded.predict(shuffled), expected), "columns go by their names"
tell(0)
"""
    )


def test_mlmodel_says_when_it_was_made_and_by_which_run(session: Session, name: str) -> None:
    """S4.23, S4.24: creation time, run id; flavors as a map with the library's version, python_function beside it."""
    run_id = session.run(LOG.format(name=name))
    told = session.run(
        f"""
info = mlflow.models.get_model_info("runs:/{run_id}/model")
tell(json.dumps([info.run_id, info.utc_time_created, info.flavors, info.verdict.status]))
"""
    )
    run, created, flavors, verdict = json.loads(told)
    assert run == run_id
    assert created.startswith("20")
    assert set(flavors) == {"sklearn", "python_function"}
    assert flavors["sklearn"]["sklearn_version"]
    assert verdict == "passed"


def test_a_model_that_does_not_verify_is_logged_loudly(session: Session, name: str) -> None:
    """A model that only works beside its project is kept, and the verdict says so everywhere."""
    (session.folder / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    words = session.run(
        f"""
import helper
def predict(model_input):
    return helper.double(model_input)
with mlflow.start_run() as run:
    info = mlflow.pyfunc.log_model(name="m", python_model=predict, input_example=[1.0], registered_model_name={name!r})
assert info.verdict.status == "failed", info.verdict
assert "helper" in info.verdict.message
"""
    )
    assert "DOES NOT VERIFY" in words
    assert session.client.get_model_version(name, "1").tags["modelyard.verification"] == "failed"


def test_a_failed_save_leaves_nothing(session: Session) -> None:
    """What cannot be saved makes no logged model and no file."""
    run_id = session.run(
        """
import threading
with mlflow.start_run() as run:
    try:
        mlflow.pyfunc.log_model(name="m", python_model=lambda model_input, lock=threading.Lock(): model_input)
    except mlflow.MlflowException as error:
        assert "cannot be pickled" in str(error), error
    else:
        raise AssertionError
tell(run.info.run_id)
"""
    )
    assert session.client.list_artifacts(run_id) == []
    assert not session.client.search_logged_models(["0"], filter_string=f"source_run_id = '{run_id}'")
