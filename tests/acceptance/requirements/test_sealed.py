"""Requirement S0.24: a model that is sealed cannot be loaded without its key, or with one byte changed. The example of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment
from tests.docs.pages import ROOT

pytest.importorskip("sklearn", reason="needs scikit-learn")
pytest.importorskip("skops", reason="needs skops")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs Python on a machine of a name, in a folder that all machines see."""
    (tmp_path / "shared").mkdir()

    def start(machine: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path / "shared",
            env=clean_environment(MODELYARD_HOME=str(tmp_path / machine)),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return start


def example(name: str) -> str:
    return str(ROOT / "examples" / "sealed" / name)


def test_a_sealed_model_loads_on_the_machine_it_was_sealed_to_and_on_no_other(run: Run, tmp_path: Path) -> None:
    """S0.24, and `examples/sealed`."""
    there = json.loads(run("there", "-m", "modelyard", "models", "keys", "--output", "json").stdout)
    sealed = run("here", example("seal.py"), there["recipient"])
    assert sealed.returncode == 0, sealed.stderr
    before_trust = run("there", example("load.py"))
    assert before_trust.returncode == 1 and before_trust.stderr.startswith("not loaded: The sealed model is untrusted")

    signing = re.search(r"trust add ([0-9a-f]{64})", sealed.stdout)
    assert signing is not None
    for machine in ("there", "elsewhere"):
        assert run(machine, "-m", "modelyard", "trust", "add", signing[1], "--name", "maker").returncode == 0
    loaded = run("there", example("load.py"))
    assert loaded.returncode == 0, loaded.stderr
    assert re.search(r"9\d% of the flowers", loaded.stdout)

    elsewhere = run("elsewhere", example("load.py"))
    assert elsewhere.returncode == 1 and "no key or passphrase at hand opens it" in elsewhere.stderr
    bundle = tmp_path / "shared" / "iris.sealed"
    changed = bytearray(bundle.read_bytes())
    changed[len(changed) // 2] ^= 1
    bundle.write_bytes(changed)
    refused = run("there", example("load.py"))
    assert refused.returncode == 1 and "its contents were changed" in refused.stderr

    run("there", "-m", "modelyard", "trust", "remove", "maker")
    changed[len(changed) // 2] ^= 1
    bundle.write_bytes(changed)
    revoked = run("there", example("load.py"))
    assert revoked.returncode == 1 and "untrusted" in revoked.stderr


def test_a_bundle_that_was_logged_loads_by_its_address(run: Run, tmp_path: Path) -> None:
    """The artifact of a run, sealed from a logged model to the machine that logged it."""
    script = tmp_path / "shared" / "log.py"
    script.write_text(
        "import modelyard as mlflow\n"
        "from modelyard.sealed import recipient_key, seal, unseal\n"
        "def double(model_input):\n    return [2 * each for each in model_input]\n"
        "with mlflow.start_run() as run:\n"
        "    info = mlflow.pyfunc.log_model(name='doubler', python_model=double)\n"
        "    seal(info.model_uri, 'it.sealed', recipients=[recipient_key()])\n"
        "    mlflow.log_artifact('it.sealed')\n"
        "address = f'runs:/{run.info.run_id}/it.sealed'\n"
        "assert mlflow.pyfunc.load_model(address).predict([3]) == [6]\n"
        "unseal(address, 'again')\n"
        "assert mlflow.pyfunc.load_model('again').predict([4]) == [8]\n"
    )
    done = run("here", str(script))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "shared").iterdir()} >= {"it.sealed", "again"}
    assert not [name for name in os.listdir(tmp_path / "shared") if name.startswith(".modelyard")]
