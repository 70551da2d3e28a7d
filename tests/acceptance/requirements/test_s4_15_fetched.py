"""Requirement S4.15, its last part: an address that is given for a `path` is fetched before anything starts."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session

PROJECT = """
entry_points:
  main:
    parameters: {data: path}
    command: "python read.py {data}"
"""
CODE = """
import sys
from pathlib import Path
import modelyard
path = Path(sys.argv[1])
modelyard.log_param("content", path.read_text())
modelyard.log_param("where", str(path))
"""
LOGGED = "with mlflow.start_run() as run:\n    mlflow.log_text('1,2', 'tables/wine.csv')\ntell(run.info.run_id)"


@pytest.fixture
def project(session: Session) -> Path:
    folder = session.folder / "reader"
    folder.mkdir()
    (folder / "MLproject").write_text(PROJECT)
    (folder / "read.py").write_text(CODE)
    return folder


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server of one file."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "wine.csv").write_text("3,4")

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Files, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(session: Session, data: str, *words: str, code: int = 0) -> Any:
    """The run that came of it; what was said when it is refused."""
    name = f"fetched {os.urandom(4).hex()}"
    command = ("run", "reader", "--no-conda", "-P", f"data={data}", "--experiment-name", name, *words)
    done = session.cli(*command)
    assert done.returncode == code, done.stdout + done.stderr
    if code:
        assert session.client.get_experiment_by_name(name) is None
        return done.stderr
    (found,) = session.runs(name)
    return found


def test_s4_15_an_address_given_for_a_path_is_fetched(
    session: Session, project: Path, web: str, tmp_path: Path
) -> None:
    logged = f"runs:/{session.run(LOGGED)}/tables/wine.csv"
    for address, content in ((logged, "1,2"), (f"{web}/wine.csv", "3,4"), (f"file://{tmp_path}/web/wine.csv", "3,4")):
        found = run(session, address)
        assert found.data.params["content"] == content
        assert os.path.isabs(found.data.params["where"])
        if not address.startswith("file:"):
            assert found.data.params["data"] == address
            assert not os.path.exists(found.data.params["where"])  # gone with the command
    kept = run(session, logged, "--storage-dir", "kept").data.params["where"]
    assert Path(kept).is_relative_to(session.folder / "kept")
    assert Path(kept).read_text() == "1,2"


@pytest.mark.parametrize(
    "address", ["runs:/" + "0" * 32 + "/x.csv", "WEB/none.csv", "ftp://127.0.0.1/x.csv", "file:///none.csv"]
)
def test_s4_15_what_is_not_there_is_refused_before_anything_starts(
    session: Session, project: Path, web: str, address: str
) -> None:
    if not session.is_folder:
        pytest.skip("does not apply: the same line for every store")
    said = run(session, address.replace("WEB", web), code=1)
    assert said.count("\n") == 1
