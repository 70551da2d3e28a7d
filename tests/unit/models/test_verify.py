"""The verdict of a clean process: on models that behave, and on those that end it, stop it or talk over it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.environments import to_install
from modelyard.models.flavors.python_function import PythonFunctionFlavor
from modelyard.models.fresh import verify_fresh
from modelyard.models.options import SaveOptions
from modelyard.models.save import Prepared, save_model
from modelyard.models.verdict import VERDICT_FILE, Verdict, read_verdict
from modelyard.models.verify import run, verify
from tests.support.waiting import LIMIT, wait_for

EXAMPLE = ["a", "b"]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own keys."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder


def saved(folder: Path, predict: str, **options: Any) -> Prepared:
    """A saved model of code whose predict function has this body. Code runs when it is loaded, not when it is saved."""
    code = folder / "code.py"
    body = textwrap.indent(textwrap.dedent(predict).strip(), " " * 4)
    code.write_text(
        f"import os, signal, sys, time\nfrom modelyard.models import set_model\n\n\n"
        f"def predict(model_input):\n{body}\n    return model_input\n\n\nset_model(predict)\n"
    )
    given = {"verify": False, "signature": False, "input_example": EXAMPLE, **options}
    return save_model(str(code), folder / "m", flavor=PythonFunctionFlavor(), options=SaveOptions(**given))


def verdict_on(folder: Path, predict: str, seconds: float = LIMIT) -> Verdict:
    return verify(saved(folder, predict).folder, seconds=seconds)


def test_a_model_that_predicts_passes(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "import json")
    assert (found.status, found.message, found.predicted, found.environment) == ("passed", "", True, "same")
    assert found.load_seconds is not None
    assert found.predict_seconds is not None
    assert found.peak_memory is not None
    assert found.peak_memory > 1_000_000


def test_a_model_without_an_example_is_loaded_only(tmp_path: Path) -> None:
    folder = saved(tmp_path, "raise ValueError('predicted')", input_example=None).folder
    found = verify(folder)
    assert (found.status, found.predicted, found.predict_seconds) == ("passed", False, None)


def test_what_a_model_raises_is_the_message(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "raise ValueError('this is not what I eat')")
    assert (found.status, found.predicted) == ("failed", False)
    assert found.message == "ValueError: this is not what I eat"


def test_a_model_that_ends_the_process_fails_with_what_it_said(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "sys.exit(0)")
    assert (found.status, found.message) == ("failed", "SystemExit: 0")


def test_a_process_that_ends_behind_pythons_back_fails_by_its_code(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "os._exit(0)")
    assert (found.status, found.message) == ("failed", "The clean process ended with code 0.")


def test_a_process_that_dies_of_a_signal_fails_by_its_name(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    assert (found.status, found.message) == ("failed", "The clean process was killed by the signal SIGKILL.")


def test_a_model_that_takes_too_long_fails(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "time.sleep(3600)", seconds=3)
    assert (found.status, found.message) == ("failed", "It did not load and predict within 3 s.")


def test_what_a_model_prints_does_no_harm(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "print('x' * 5_000_000)\nprint('y' * 5_000_000, file=sys.stderr)")
    assert (found.status, found.message) == ("passed", "")


def test_the_last_words_of_a_process_that_dies_are_kept(tmp_path: Path) -> None:
    found = verdict_on(tmp_path, "os.write(2, b'noise ' * 100_000)\nos.write(2, b'\\xffout of wine\\n')\nos._exit(7)")
    assert found.message.startswith("The clean process ended with code 7. ")
    assert found.message.endswith("\N{REPLACEMENT CHARACTER}out of wine")
    assert len(found.message) < 2100


def test_stores_credentials_and_paths_are_hidden_and_the_rest_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = ("MLFLOW_TRACKING_URI", "MODELYARD_TOKEN", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "PYTEST_CURRENT_TEST")
    for name in (*hidden, "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    found = verdict_on(
        tmp_path,
        f"""
        seen = [name for name in {hidden!r} if name in os.environ]
        assert not seen, seen
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert os.listdir() == []
        """,
    )
    assert (found.status, found.message) == ("passed", "")


def test_whatever_the_process_left_is_not_waited_for(tmp_path: Path) -> None:
    done = run(["sh", "-c", "sleep 3600 & echo $! > child; echo done >&2"], tmp_path, seconds=LIMIT)
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    assert (done.returncode, done.stderr) == (0, b"done\n")


def test_what_a_process_started_is_killed_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    for seconds in (1, 5, LIMIT):  # a busy machine may not have started the child in the first
        with pytest.raises(subprocess.TimeoutExpired):
            run(["sh", "-c", "sleep 3600 & echo $! > child; wait"], tmp_path, seconds=seconds)
        if child.is_file() and child.read_text().strip():
            break
    wait_for(lambda: _is_gone(int(child.read_text())))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"  # nobody reaped it yet
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_a_verdict_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    (tmp_path / VERDICT_FILE).write_text('{"status": "passed", "predicted": true, "modules": ["numpy"]}')
    found = read_verdict(tmp_path)
    assert found == Verdict(status="passed", predicted=True, modules=["numpy"], environment="same")


@pytest.mark.parametrize(
    "content", [b"", b'{"status": "pas', b'{"status": "good"}', b"\xff", b"[]", b'{"x": ' + b"[" * 100_000]
)
def test_a_verdict_that_is_none_is_told_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / VERDICT_FILE).write_bytes(content)
    with pytest.raises(InvalidParameter, match=r"The model's verification\.json cannot be understood: "):
        read_verdict(tmp_path)


@pytest.mark.parametrize("given", ["fresh", "True", "", None])
def test_verify_is_one_of_three_words(given: Any) -> None:
    with pytest.raises(InvalidParameter, match="verify is True, False or 'environment', not "):
        SaveOptions(verify=given)


# What stands for the installer here is a program of the name `uv`; the real ones are asked in tests/acceptance.


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a shell script in uv's place."""
    program = folder / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{textwrap.dedent(script)}")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_an_installation_that_fails_is_the_step_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "echo no answer from https://me:secret@packages.example/simple >&2; exit 2")
    prepared = saved(tmp_path, "pass", verify="environment")
    told = "Installing its requirements: uv ended with code 2. no answer from https://****@packages.example/simple"
    assert (prepared.verdict.status, prepared.verdict.message) == ("failed", told)
    assert prepared.verdict.environment == "fresh"
    assert read_verdict(prepared.folder) == prepared.verdict


def test_an_installation_that_takes_too_long_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "sleep 3600")
    found = verify_fresh(saved(tmp_path, "pass").folder, seconds=1)
    assert found.status == "failed"
    assert found.message.startswith("Installing its requirements: There was not enough time; verify_seconds says")


def test_nothing_is_installed_for_a_model_that_fails_anyway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, f"touch {tmp_path}/asked; exit 2")
    found = saved(tmp_path, "raise ValueError('no')", verify="environment").verdict
    assert (found.status, found.message, found.environment) == ("failed", "ValueError: no", "same")
    assert not (tmp_path / "asked").exists()


def test_the_installer_works_in_a_private_folder_with_this_interpreters_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, f'stat -c "%a" . > {tmp_path}/mode; echo "$@" > {tmp_path}/words; exit 2')
    verify_fresh(saved(tmp_path, "pass").folder)
    assert (tmp_path / "mode").read_text() == "700\n"
    assert f" --python {sys.executable} " in (tmp_path / "words").read_text()


METADATA = """Metadata-Version: 2.1
Name: modelyard
Version: 9.9
Requires-Dist: msgspec>=0.19
Requires-Dist: pyyaml>=6; extra == "models"
Requires-Dist: modelyard[models]; extra == "sklearn"
Requires-Dist: skops>=0.13; extra == "sklearn"
Requires-Dist: apsw; extra == "server"
"""


def test_this_package_is_not_installed_but_what_its_extras_need_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed" / "modelyard-9.9.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(str(installed.parent))
    lines = "iniconfig==2\nModelYard[sklearn]==9.9  # ours\nmodelyard-plugin\n-c constraints.txt\n"
    (tmp_path / "requirements.txt").write_text(lines)
    kept = ["iniconfig==2", "modelyard-plugin", "-c constraints.txt"]
    assert to_install(tmp_path) == [*kept, "pyyaml>=6", "skops>=0.13"]


def test_a_folder_without_requirements_asks_for_nothing(tmp_path: Path) -> None:
    assert to_install(tmp_path) == []
