"""What a scoring server is told, and what it refuses to start with: in one sentence, before anything of the model runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import pytest

import modelyard as mlflow
from modelyard.core.errors import InvalidParameter, NotFound, UntrustedModel
from modelyard.serving.options import ServeOptions
from modelyard.serving.run import check, find, resolve
from tests.support.moody import StartMoody


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"workers": 0}, "--workers 0: it is more than zero."),
        ({"timeout": -1.0}, "--timeout -1.0: it is more than zero."),
        ({"max_body": 0}, "--max-body 0: it is more than zero."),
        ({"memory": -1}, "--memory -1: it is a number of bytes, or 0 for no limit."),
        ({"port": 70_000}, "--port 70000: a port is a number from 0 to 65535."),
        ({"host": "0.0.0.0"}, "--host 0.0.0.0 can be reached from other machines"),
        ({"allowed_hosts": ("*.example",)}, "'*.example' is no host."),
        ({"tls_cert": "here.pem"}, "TLS needs both files"),
    ],
)
def test_options_that_cannot_be_served_with_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        check(ServeOptions(model="model", **options))
    assert refused.value.message.startswith(told)


def test_who_says_that_the_port_is_open_to_all_may(moody_model: Path) -> None:
    check(ServeOptions(model=str(moody_model), host="0.0.0.0", insecure_no_auth=True))


def test_a_model_that_nobody_trusted_signed_is_refused(
    moody_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "somebody else"))
    with pytest.raises(UntrustedModel) as refused:
        find(ServeOptions(model=str(moody_model)))
    digest = next(word for word in refused.value.message.split("'") if word.startswith("sha256:"))
    assert find(ServeOptions(model=str(moody_model), trust=digest)).digest == digest


def test_a_model_that_failed_its_verification_is_refused_unless_that_is_said(tmp_path: Path, moody_model: Path) -> None:
    folder = tmp_path / "model"
    code = moody_model / "moody_model.py"
    example = pandas.DataFrame({"x": [1.0], "do": ["fail"]})
    mlflow.pyfunc.save_model(folder, python_model=str(code), input_example=example)
    with pytest.raises(InvalidParameter) as refused:
        find(ServeOptions(model=str(folder)))
    assert "ValueError: this row is not to my taste" in refused.value.message
    assert refused.value.message.endswith("say --allow-unverified.")
    assert find(ServeOptions(model=str(folder), allow_unverified=True)).folder == folder


@pytest.mark.parametrize("mode", [0o700, 0o777])
def test_a_folder_without_a_model_is_named(mode: int, tmp_path: Path) -> None:
    tmp_path.chmod(mode)
    (tmp_path / "notes.txt").write_text("quality")
    with pytest.raises(NotFound, match=f"There is no model in '{tmp_path}': it has no file MLmodel"):
        find(ServeOptions(model=str(tmp_path)))
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"], "looking for a model leaves nothing behind"


def test_a_place_where_nothing_is_is_named(tmp_path: Path) -> None:
    address = str(tmp_path / "missing")
    with pytest.raises(NotFound, match=f"There is no model in '{address}': nothing is there"):
        find(ServeOptions(model=address))


def test_an_artifact_that_is_no_model_is_named_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    with mlflow.start_run() as run:
        mlflow.log_text("quality", "notes/target.txt")
    address = f"runs:/{run.info.run_id}/notes"
    with pytest.raises(NotFound, match=f"There is no model in '{address}': it has no file MLmodel"):
        find(ServeOptions(model=address))


def test_a_registered_model_is_served_under_its_name_and_the_version_that_was_meant(
    start_moody: StartMoody, moody_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del moody_model
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    with mlflow.start_run() as run:
        code = Path(__file__).parents[2] / "support" / "moody_model.py"
        logged = mlflow.pyfunc.log_model(
            name="moody", python_model=str(code), registered_model_name="wine", verify=False
        )
    mlflow.MlflowClient().set_registered_model_alias("wine", "champion", "1")
    assert resolve("models:/wine@champion") == ("models:/wine/1", {"name": "wine", "version": "1"})
    assert resolve("models:/wine/latest") == ("models:/wine/1", {"name": "wine", "version": "1"})
    found = find(ServeOptions(model="models:/wine@champion"))
    assert found.facts == {"name": "wine", "version": "1", "uri": "models:/wine/1"}
    of_run = find(ServeOptions(model=f"runs:/{run.info.run_id}/moody"))
    assert of_run.facts["run_id"] == run.info.run_id
    server = start_moody(found.folder)
    assert server.request("GET", "/ping").headers["x-modelyard-version"] == logged.model_id


def test_the_address_is_told_and_the_end_is_orderly(start_moody: StartMoody) -> None:
    server = start_moody()
    assert f"at http://127.0.0.1:{server.port}" in server.log
    workers = server.workers
    assert server.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert "Traceback" not in server.log
