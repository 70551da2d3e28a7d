"""A batch is a tracked run, and its output says what made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import modelyard
from modelyard.batch.options import BatchOptions
from modelyard.batch.run import score_files
from modelyard.core.errors import ModelFailed
from tests.unit.batch.conftest import Score
from tests.unit.batch.test_formats import write_rows

ROWS = [{"a": float(n), "b": 1.0} for n in range(50)]


def test_the_run_has_counts_speed_params_and_a_profile_of_the_predictions(model: str, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", [*ROWS, {"a": -1.0, "b": 0.0}])
    report = score_files(model, "in.csv", "out.csv", BatchOptions(experiment="nightly", chunk_rows=20))
    run = modelyard.get_run(report.run_id)
    assert run.info.status == "FINISHED"
    assert modelyard.get_experiment(run.info.experiment_id).name == "nightly"
    assert run.data.metrics["rows"] == 51
    assert run.data.metrics["rows_scored"] == 50
    assert run.data.metrics["rows_rejected"] == 1
    assert run.data.metrics["rows_per_second"] > 0
    assert run.data.params["model"] == "model"
    assert run.data.params["chunk_rows"] == "20"
    (read,) = run.inputs.dataset_inputs
    assert (read.dataset.name, read.dataset.digest) == ("in.csv", report.input_digest.partition(":")[2][:36])
    files = modelyard.artifacts.download_artifacts(
        run_id=report.run_id, artifact_path="", dst_path=str(tmp_path / "got")
    )
    profile = json.loads((Path(files) / "profile.json").read_text())
    (column,) = profile["columns"]
    assert (column["name"], column["count"], column["min"], column["max"], column["mean"]) == (
        "prediction",
        50,
        1,
        50,
        25.5,
    )
    assert json.loads((Path(files) / "out.csv.rejected.jsonl").read_text())["row"] == 51


@pytest.mark.parametrize("target", ["csv", "parquet", "arrow"])
def test_the_output_says_which_model_which_input_and_which_run(target: str, tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    write_rows(tmp_path / "in.csv", ROWS)
    with modelyard.start_run():
        info = modelyard.pyfunc.log_model(
            name="m", python_model=lambda model_input: model_input["a"], registered_model_name="adder", verify=False
        )
    report = score_files("models:/adder/1", "in.csv", f"out.{target}")
    digest = f"sha256:{hashlib.sha256((tmp_path / 'in.csv').read_bytes()).hexdigest()}"
    side = json.loads((tmp_path / f"out.{target}.json").read_text())
    wanted = {
        "model": "models:/adder/1",
        "model_version": "adder/1",
        "model_id": info.model_id,
        "run_id": report.run_id,
    }
    assert wanted.items() <= side.items()
    assert side["input_digest"] == digest == report.input_digest
    if target == "csv":
        manifest = json.loads((tmp_path / "out.csv.manifest.json").read_text())
        assert (manifest["model_version"], manifest["run_id"]) == ("adder/1", report.run_id)
        assert manifest["subject"]["input_digest"] == digest
        return
    if target == "parquet":
        found = parquet.read_schema(tmp_path / "out.parquet").metadata
    else:
        with pyarrow.OSFile(str(tmp_path / "out.arrow")) as file:
            found = pyarrow.ipc.open_file(file).schema.metadata
    assert found[b"modelyard.model_version"] == b"adder/1"
    assert found[b"modelyard.input_digest"].decode() == digest
    assert found[b"modelyard.run_id"].decode() == report.run_id


def test_a_batch_that_goes_on_goes_on_with_its_run(model: str, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", [*ROWS, {"a": -1.0, "b": 0.0}])
    with pytest.raises(ModelFailed):
        score_files(model, "in.csv", "out.csv", BatchOptions(max_bad=0, chunk_rows=20))
    (failed,) = modelyard.search_runs(output_format="list")
    assert failed.info.status == "FAILED"
    report = score_files(model, "in.csv", "out.csv", BatchOptions(chunk_rows=20))
    (run,) = modelyard.search_runs(output_format="list")
    assert (run.info.run_id, run.info.status) == (report.run_id, "FINISHED")
    assert run.data.metrics["rows_scored"] == 50
    profile = json.loads((tmp_path / "out.csv.manifest.json").read_text())["profile"]
    assert profile["columns"][0]["count"] == 50


def test_without_a_run_no_store_is_made(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", ROWS)
    assert score("in.csv", "out.csv").run_id == ""
    assert not (tmp_path / "yard").exists()


def test_params_reach_the_model(tmp_path: Path) -> None:
    from modelyard.models.params import ParamSchema, ParamSpec  # the signature's table of params
    from modelyard.models.schema import ColSpec, Schema
    from modelyard.models.signature import ModelSignature

    class Scaled(modelyard.pyfunc.PythonModel):  # type: ignore[name-defined, misc]
        def predict(self, context: object, model_input: object, params: dict[str, float] | None = None) -> object:
            return model_input["a"] * params["by"]  # type: ignore[index]

    signature = ModelSignature(
        inputs=Schema([ColSpec("double", "a")]), params=ParamSchema([ParamSpec("by", "double", 1.0)])
    )
    modelyard.pyfunc.save_model("scaled", python_model=Scaled(), signature=signature, verify=False)
    write_rows(tmp_path / "in.csv", [{"a": 2.0}])
    score_files("scaled", "in.csv", "out.csv", BatchOptions(track=False, params={"by": 3.5}))
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "2,7"
