"""Models that somebody made to run code where they are loaded (C9, family M): looked at by all, run by nobody.

Each one is uploaded, listed, registered and inspected, and loaded under the default policy: nothing of it runs. Then
trust is given for exactly its files, and it does run: the payloads are no duds.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from modelyard import MlflowClient, register_model, set_tracking_uri
from modelyard.cli.main import main
from modelyard.core.errors import ChangedModel, InvalidParameter, ModelyardError, UntrustedModel
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.trust import digest
from tests.support.hostile_models import CASES, Hostile, signed
from tests.support.processes import start_python

REFUSALS = (UntrustedModel, ChangedModel, InvalidParameter)
LIVE = sorted(name for name, case in CASES.items() if case.live)
DEAD = sorted(name for name, case in CASES.items() if not case.live)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's key and trust store."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def imports() -> Iterator[None]:
    """What a model put on the import path is taken off again."""
    path, modules = sys.path[:], set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("hostile_"):
            del sys.modules[name]


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """What must not appear."""
    return tmp_path / "CANARY"


def built(name: str, folder: Path, canary: Path) -> Hostile:
    """The folder of a case."""
    case = CASES[name]
    for module in case.needs:
        pytest.importorskip(module, reason=f"{module} is not installed")
    case.build(folder, canary)
    assert not canary.exists()
    return case


def load(folder: Path, flavor: str, *, trust: str | None = None) -> None:
    load_native(folder, flavor=flavor, trust=trust)


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_default_and_nothing_of_it_runs(name: str, tmp_path: Path, canary: Path) -> None:
    case = built(name, tmp_path / "model", canary)
    with pytest.raises(REFUSALS) as native:
        load(tmp_path / "model", case.flavor)
    assert case.told in str(native.value)
    with pytest.raises(REFUSALS) as pyfunc:
        load_pyfunc(tmp_path / "model")
    assert isinstance(pyfunc.value, UntrustedModel | ChangedModel) or "model folder" in str(pyfunc.value)
    assert not canary.exists()


@pytest.mark.parametrize("name", LIVE)
def test_trust_for_exactly_these_files_sets_it_off(name: str, tmp_path: Path, canary: Path) -> None:
    case = built(name, tmp_path / "model", canary)
    with pytest.raises(UntrustedModel, match="untrusted"):
        load(tmp_path / "model", case.flavor, trust=f"sha256:{'0' * 64}")
    assert not canary.exists()
    with suppress(Exception):  # what is left of the model is none
        load(tmp_path / "model", case.flavor, trust=digest(tmp_path / "model"))
    assert canary.exists()


@pytest.mark.parametrize("name", DEAD)
def test_what_is_not_what_it_says_runs_for_no_trust_at_all(name: str, tmp_path: Path, canary: Path) -> None:
    case = built(name, tmp_path / "model", canary)
    given = f"sha256:{'0' * 64}"
    with suppress(ChangedModel):
        given = digest(tmp_path / "model")
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - the framework's own, where the folder was admitted
        load(tmp_path / "model", case.flavor, trust=given)
    assert str(refusal.value)
    assert not canary.exists()


def test_a_signed_model_loads_until_it_is_changed(tmp_path: Path, canary: Path) -> None:
    """The folders that were changed begin as one that this machine would run."""
    signed(tmp_path / "model", canary)
    load(tmp_path / "model", "sklearn")
    assert canary.exists()


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A folder with a folder for each case that can be built here, and the canary that all of them share."""
    top = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))
        for name, case in CASES.items():
            if all(importlib.util.find_spec(module) for module in case.needs):
                (top / name).mkdir()
                case.build(top / name / "model", top / "CANARY")
    yield top, top / "CANARY"
    shutil.rmtree(top)


def test_inspecting_runs_nothing(all_of_them: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    top, canary = all_of_them
    for place in sorted(top.iterdir()):
        code = main(["models", "inspect", str(place / "model"), "--output", "json"])
        told = capsys.readouterr()
        if code:
            assert told.err.startswith("modelyard: ")
        else:
            seen = json.loads(told.out)
            assert not any(each["loads"] for each in seen["flavors"]), place.name
    assert not canary.exists()


def test_inspecting_tells_what_a_pickle_would_call(
    tmp_path: Path, canary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    CASES["sklearn-pickle"].build(tmp_path / "model", canary)
    assert main(["models", "inspect", str(tmp_path / "model")]) == 0
    assert "posix.mkdir" in capsys.readouterr().out


def test_storing_listing_and_registering_runs_nothing(all_of_them: tuple[Path, Path], tmp_path: Path) -> None:
    top, canary = all_of_them
    set_tracking_uri(str(tmp_path / "yard"))
    client = MlflowClient()
    run_id = client.create_run("0").info.run_id
    for place in sorted(top.iterdir()):
        if any(file.is_symlink() for file in place.rglob("*")):
            continue
        client.log_artifacts(run_id, str(place / "model"), place.name)
        assert client.list_artifacts(run_id, place.name)
        with suppress(ModelyardError):  # an MLmodel file that is none
            register_model(f"runs:/{run_id}/{place.name}", "hostile")
    assert client.search_model_versions("name = 'hostile'")
    assert not canary.exists()


@pytest.mark.parametrize("name", ["sklearn-pickle", "own-loader", "file-added"])
def test_a_program_that_loads_it_fails(name: str, tmp_path: Path, canary: Path) -> None:
    built(name, tmp_path / "model", canary)
    told = "import sys, modelyard.pyfunc; modelyard.pyfunc.load_model(sys.argv[1])"
    with start_python(told, tmp_path / "model", stderr=subprocess.PIPE) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    assert "untrusted" in errors or "ChangedModel" in errors
    assert not canary.exists()
