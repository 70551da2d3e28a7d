"""A model whose code does what it likes, served: what it reaches, and what becomes of those who ask it (C9, C14, C15)."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.environment import clean_environment
from tests.support.processes import is_alive
from tests.support.scoring import ScoringServer, command, serving
from tests.support.waiting import wait_for

pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
pytest.importorskip("numpy", reason="numpy is not installed")

SAVE = """
import modelyard.pyfunc
from modelyard.pyfunc import PythonModel

class Hostile(PythonModel):
    def predict(self, context, model_input, params=None):
        return [self.do(*text.split(" ", 1)) for text in model_input]

    def do(self, what, on=""):
        import os, socket, sys, time
        try:
            if what == "connect":
                socket.create_connection(("127.0.0.1", int(on)), timeout=5).sendall(b"model")
                return "connected"
            if what == "variables":
                return " ".join(f"{name}={value}" for name, value in os.environ.items())
            if what == "started-with":
                return open("/proc/self/environ").read()
            if what == "command-lines":
                return open(f"/proc/{os.getpid()}/cmdline").read()
            if what == "write":
                return str(open(on, "w").write("hostile"))
            if what == "read":
                return open(on).read()
            if what == "take":
                return str(len(bytearray(int(on))))
            if what == "pid":
                return str(os.getpid())
            if what == "fail":
                raise ValueError("secret value " + on)
            if what == "end":
                os._exit(int(on))
            if what == "print":
                print(on); print(on, file=sys.stderr)
        except OSError as error:
            return type(error).__name__
        return "done"

modelyard.pyfunc.save_model("hostile", python_model=Hostile(), verify=False, pip_requirements=["cloudpickle"])
"""

CANARY = "CANARY-2f9c"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model, which this machine trusts: its own key signed it."""
    place = tmp_path_factory.mktemp("hostile")
    (place / "save.py").write_text(SAVE)
    subprocess.run(
        [sys.executable, "save.py"],
        cwd=place,
        env=clean_environment(MODELYARD_HOME=str(place / "home")),
        check=True,
        timeout=120,
    )
    return place


def settings(folder: Path) -> dict[str, str]:
    return {
        "MODELYARD_HOME": str(folder / "home"),
        "MLFLOW_TRACKING_PASSWORD": CANARY,
        "MODELYARD_TRACKING_TOKEN": CANARY,
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "SOMEBODYS_TOKEN": CANARY,
    }


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ScoringServer]:
    with serving(folder, "-m", "hostile", "--memory", "3GiB", "--timeout", "60", **settings(folder)) as started:
        yield started


def ask(server: ScoringServer, text: str) -> Any:
    (told,) = server.invoke({"inputs": [text]}).predictions
    return told


def less_confined(server: ScoringServer) -> None:
    """Skip where the system does not give what a test is about; the server has said so."""
    if "not confined" in server.log:
        pytest.skip("this system confines less")


def test_it_reaches_no_port_of_loopback(server: ScoringServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        assert ask(server, f"connect {canary.getsockname()[1]}") in ("PermissionError", "OSError")
        assert ask(server, f"connect {server.port}") in ("PermissionError", "OSError")
        canary.settimeout(0.05)
        with pytest.raises(TimeoutError):
            canary.accept()


def test_it_reaches_the_network_when_it_may(folder: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as canary,
        serving(folder, "-m", "hostile", "--network", **settings(folder)) as server,
    ):
        assert ask(server, f"connect {canary.getsockname()[1]}") == "connected"


def test_it_sees_no_variable_of_ours_and_no_credential(server: ScoringServer) -> None:
    for where in ("variables", "started-with", "command-lines"):
        seen = ask(server, where)
        assert CANARY not in seen
        assert not any(name in seen for name in ("MLFLOW_", "MODELYARD_", "AWS_", "TOKEN"))


def test_it_changes_no_file_and_reads_no_key(server: ScoringServer, folder: Path) -> None:
    model = folder / "hostile" / "MLmodel"
    before = model.read_bytes()
    for target in (model, folder / "new", folder / "home" / "trust.toml"):
        assert ask(server, f"write {target}") in ("PermissionError", "OSError")
    assert ask(server, "write mine") == "7"
    assert model.read_bytes() == before
    assert not (folder / "new").exists()
    less_confined(server)
    assert "PRIVATE KEY" in (folder / "home" / "machine.key").read_text()
    assert ask(server, f"read {folder / 'home' / 'machine.key'}") == ""


def test_it_takes_no_more_memory_than_it_may_and_goes_on(server: ScoringServer) -> None:
    answer = server.invoke({"inputs": [f"take {4 << 30}"]})
    assert answer.status in (400, 500)
    assert "memory" in answer.json["message"]
    assert ask(server, "take 1000000") == "1000000"


def test_what_its_errors_say_is_short_and_holds_no_traceback(server: ScoringServer) -> None:
    answer = server.invoke({"inputs": ["fail once"]})
    assert answer.status == 400
    assert "Traceback" not in answer.body
    assert len(answer.body) < 600
    assert str(Path(__file__).parent) not in answer.body


def test_what_it_prints_is_no_answer(server: ScoringServer) -> None:
    assert ask(server, "print PRINTED") == "done"
    wait_for(lambda: server.log.count("PRINTED") >= 1)


def test_one_that_ends_is_replaced(server: ScoringServer) -> None:
    first = ask(server, "pid")
    answer = server.invoke({"inputs": ["end 3"]})
    assert answer.status >= 500
    assert "error_code" in answer.json
    wait_for(lambda: server.curl("/ready").status == 200)
    assert ask(server, "pid") != first


def test_it_ends_with_a_server_that_is_killed(folder: Path) -> None:
    process = subprocess.Popen(
        command("models", "serve", "-m", "hostile", "-p", "0"),
        cwd=folder,
        env=clean_environment(**settings(folder)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    server = ScoringServer(process)
    try:
        server.wait()
        worker = int(ask(server, "pid"))
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        wait_for(lambda: not is_alive(worker))
    finally:
        server.stop()


def test_a_strangers_model_is_not_served_and_is_when_its_digest_is_trusted(folder: Path) -> None:
    stranger = {"MODELYARD_HOME": str(folder / "another")}
    done = subprocess.run(
        command("models", "serve", "-m", "hostile", "-p", "0"),
        cwd=folder,
        env=clean_environment(**stranger),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "untrusted" in done.stderr
    digest = next(word for word in done.stderr.replace("'", " ").split() if word.startswith("sha256:"))
    with serving(folder, "-m", "hostile", "--trust", digest, "--no-conda", **stranger) as served:
        assert ask(served, "take 1") == "1"
