"""Which interpreter a model's process gets, and for whose models something is installed."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, UntrustedModel
from modelyard.environments.installers import NotInstalled
from modelyard.models.convert import GraphOutput
from modelyard.models.flavors.python_function import PythonFunctionFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest
from modelyard.models.twin.certificate import FOLDER, Binding, Certificate
from modelyard.serving.admission import admit_model
from modelyard.serving.environment import Interpreter, interpreter

HERE = Path(sys.executable)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own keys and environments, and no installer on the path."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "home"


def saved(folder: Path, *requirements: str) -> Path:
    code = folder / "code.py"
    code.write_text("from modelyard.models import set_model\nset_model(lambda model_input: model_input)\n")
    options = SaveOptions(verify=False, pip_requirements=list(requirements))
    save_model(str(code), folder / "m", flavor=PythonFunctionFlavor(), options=options)
    return folder / "m"


def chosen(folder: Path, manager: str, trust: str | None = None) -> Interpreter:
    return interpreter(folder, manager, trust=trust)  # type: ignore[arg-type]


def test_local_is_this_one_whatever_the_list_says(tmp_path: Path) -> None:
    found = chosen(saved(tmp_path, "no-such-package==1"), "local")
    assert found.python == HERE
    assert Path(found.home, "modelyard", "serving", "environment.py").is_file()


def test_auto_is_this_one_where_it_has_everything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="modelyard"):
        assert chosen(saved(tmp_path, "msgspec>=0.1"), "auto").python == HERE
    assert "All that the model asks for is installed here" in caplog.text


def test_auto_says_what_another_python_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = saved(tmp_path, "msgspec>=0.1")
    (folder / "python_env.yaml").write_text("python: 3.9.1\n")
    assert chosen(folder, "auto").python == HERE
    assert "The model was saved with Python 3.9.1" in caplog.text


def test_auto_stays_here_for_a_strangers_list(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = saved(tmp_path, "no-such-package==1", "msgspec==0.1")
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another"))
    assert chosen(folder, "auto").python == HERE
    assert "no-such-package==1: it is not installed; msgspec==0.1: " in caplog.text
    assert "nobody this machine trusts signed it" in caplog.text
    assert not (tmp_path / "another" / "environments").exists()


@pytest.mark.parametrize("manager", ["uv", "virtualenv", "conda"])
def test_a_manager_refuses_a_strangers_list(manager: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path)
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another"))
    with pytest.raises(UntrustedModel, match="installing a model's requirements can run code"):
        chosen(folder, manager)


@pytest.mark.parametrize("manager", ["uv", "conda"])
def test_ones_own_list_needs_the_managers_program(manager: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=f"--env-manager {manager}: .* on the PATH"):
        chosen(saved(tmp_path), manager)


def test_trust_for_the_digest_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path)
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another"))
    with pytest.raises(InvalidParameter, match="uv is not on the PATH"):  # it would be installed
        chosen(folder, "uv", digest(folder))


def test_an_environment_for_the_twin_is_asked_for_with_its_runtime(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = saved(tmp_path, "msgspec>=0.1")
    with_certificate(folder, {"onnx": "1.0.1", "onnxruntime": "0.9.9"})
    assert chosen(folder, "auto", digest(folder)).python == HERE
    with caplog.at_level(logging.INFO, logger="modelyard"), pytest.raises(NotInstalled):
        interpreter(folder, "auto", trust=digest(folder), runtime="onnx")
    assert "onnx==1.0.1: " in caplog.text
    assert "onnxruntime==0.9.9: " in caplog.text


def with_certificate(folder: Path, versions: dict[str, str]) -> None:
    (folder / FOLDER).mkdir()
    Certificate(
        status="passed",
        message="all 3 rows agree.",
        rows={"example": 3},
        crossed=0,
        absolute_tolerance=0.0,
        relative_tolerance=0.0,
        versions=versions,
        binding=Binding(inputs=[], output=GraphOutput("prediction")),
    ).write(folder)
    for name in ("manifest.json", "manifest.sig"):
        (folder / name).unlink()


def test_a_worker_is_told_to_trust_exactly_what_the_front_admitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path)
    admitted = admit_model(folder)
    assert (admitted.folder.is_dir(), admitted.digest) == (True, digest(folder))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another"))
    with pytest.raises(UntrustedModel, match="untrusted"):
        admit_model(folder)
    assert admit_model(folder, trust=admitted.digest).digest == admitted.digest
    with pytest.raises(UntrustedModel, match="Trust was given for"):
        admit_model(folder, trust=f"sha256:{'0' * 64}")


def test_a_model_that_cannot_predict_is_named(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.skops\n")
    with pytest.raises(InvalidParameter, match="cannot predict"):
        admit_model(tmp_path)
