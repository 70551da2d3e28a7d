"""Requirements A.2, A.4 and A.5: one id means the same to every part, and failures are one line and a code."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from modelyard.cli.main import GROUPS, commands_of, main
from tests.acceptance.requirements.conftest import Session
from tests.support.processes import ROOT

COMMANDS = [
    [group] if command.name == group else [group, command.name] for group in GROUPS for command in commands_of(group)
]

FAILURES = [
    (("runs", "describe", "-r", "0" * 32), 1, "not found"),
    (("runs", "delete", "-r", "nothing"), 1, "nothing"),
    (("runs", "list", "-n", "no such experiment"), 1, "no such experiment"),
    (("runs", "list", "-x", "0", "--max-results", "-1"), 1, "--max-results"),
    (("artifacts", "download", "-r", "0" * 32, "-a", "x"), 1, "not found"),
    (("artifacts", "log-artifact", "-r", "0" * 32, "-l", "missing.txt"), 1, "missing.txt"),
    (("registry", "show", "no such model"), 1, "no such model"),
    (("experiments", "create", "-n", "Default"), 1, "already exists"),
    (("experiments", "delete", "-x", "99999999"), 1, "99999999"),
    (("server", "--store", "sqlite:///a.db"), 1, "--store"),
    (("server", "--port", "many"), 2, "many"),
    (("artifacts", "download", "-a", "x"), 1, "--run-id"),
    (("runs", "describe"), 2, "--run-id"),
    (("exprmients",), 2, "Did you mean 'experiments'?"),
    (("runs", "lisst"), 2, "Did you mean 'list'?"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A.4."""
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert left.value.code == 0
    assert f"usage: modelyard {' '.join(words)}" in capsys.readouterr().out


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_help(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A.4."""
    try:
        code: object = main([group, "--help"])
    except SystemExit as left:
        code = left.code
    assert code == 0
    assert f"usage: modelyard {group}" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "code", "named"), FAILURES, ids=[" ".join(words) for words, *_ in FAILURES])
def test_a_failure_is_one_line_and_a_code(
    words: tuple[str, ...],
    code: int,
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A.4: standard output stays empty, for whoever reads it as data."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.chdir(tmp_path)
    try:
        left: object = main(words)
    except SystemExit as exit_:
        left = exit_.code
    shown = capsys.readouterr()
    assert (left, shown.out) == (code, "")
    assert shown.err.startswith("modelyard")
    assert shown.err.count("\n") == 1
    assert named in shown.err


def test_a_filter_that_is_wrong_is_shown_with_the_place(session: Session) -> None:
    """A.4: one line that says what, and below it where."""
    done = session.cli("runs", "list", "-x", "0", "--filter", "metrics.a >")
    assert done.returncode == 1
    first, shown, place = done.stderr.rstrip("\n").split("\n")
    assert "Invalid clause(s) in filter string" in first
    assert (shown.strip(), place.strip()) == ("metrics.a >", "^")


def test_what_python_made_is_known_to_the_command_line_and_to_rest(session: Session, name: str) -> None:
    """A.2: a run's id, an experiment's name, a model's name and version."""
    model = f"model of {name}"
    run_id = session.run(
        """
mlflow.set_experiment(sys.argv[1])
with mlflow.start_run() as run:
    mlflow.log_metric("r2", 0.36)
    mlflow.log_text("flavors: {}", "model/MLmodel")
client = mlflow.MlflowClient()
client.create_registered_model(sys.argv[2])
version = client.create_model_version(sys.argv[2], f"runs:/{run.info.run_id}/model", run.info.run_id)
client.set_registered_model_alias(sys.argv[2], "champion", version.version)
tell(run.info.run_id)
""",
        name,
        model,
    )
    described = json.loads(session.cli("runs", "describe", "-r", run_id).stdout)
    assert described["data"]["metrics"] == {"r2": 0.36}
    rows = json.loads(session.cli("runs", "list", "-n", name, "--output", "json").stdout)
    assert [row["run_id"] for row in rows] == [run_id]
    shown = session.cli("registry", "show", model)
    assert shown.returncode == 0, shown.stderr
    assert "champion" in shown.stdout
    fetched = session.cli("artifacts", "download", "-u", f"models:/{model}/1", "-d", "here")
    assert fetched.returncode == 0, fetched.stderr
    assert [file.read_text() for file in (session.folder / "here").rglob("MLmodel")] == ["flavors: {}"]
    if not session.is_folder:
        address = f"{session.uri}/api/2.0/mlflow/runs/get?run_id={run_id}"
        with urllib.request.urlopen(address) as answer:
            assert json.load(answer)["run"]["data"]["metrics"][0]["value"] == 0.36


def test_what_the_command_line_made_is_known_to_python(session: Session, name: str) -> None:
    """A.2, the other way round."""
    assert session.cli("experiments", "create", "-n", name).returncode == 0
    run_id = session.run("with mlflow.start_run(experiment_id=sys.argv[1]) as run: tell(run.info.run_id)", name)
    (session.folder / "notes.txt").write_text("noted")
    done = session.cli("artifacts", "log-artifact", "-r", run_id, "-l", "notes.txt", "-a", "docs")
    assert done.returncode == 0, done.stderr
    assert session.run("tell(mlflow.artifacts.load_text(sys.argv[1]))", f"runs:/{run_id}/docs/notes.txt") == "noted"


def test_whether_old_stores_are_read_is_documented() -> None:
    """A.5: they are not, and both pages where a reader looks say so."""
    rules = (ROOT / "docs" / "explanation" / "rules.md").read_text()
    moving = (ROOT / "docs" / "how-to" / "move-from-mlflow.md").read_text()
    assert "`mlruns`" in rules.partition("## Old stores")[2]
    assert "`mlruns`" in moving.partition("## Old runs")[2]
