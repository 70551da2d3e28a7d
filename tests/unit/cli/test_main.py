"""The command line finds commands, explains itself and fails in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.cli.gc import milliseconds
from modelyard.cli.main import GROUPS, commands_of, main, parser_of
from modelyard.cli.printing import guarded, printable
from modelyard.core.errors import InvalidParameter
from tests.support.processes import ROOT

COMMANDS = [(name, command) for name in GROUPS for command in commands_of(name)]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=lambda value: getattr(value, "name", value))
def test_every_command_has_help_that_names_its_options(name: str, command: object) -> None:
    text = parser_of(name, command).format_help()  # type: ignore[arg-type]
    for option in command.options:  # type: ignore[attr-defined]
        assert option.flags[0].upper() in text.upper() or option.settings.get("metavar", "") in text


ENDING = """
import gc
from modelyard.cli.main import program

class Counted:
    def __del__(self):
        print("let go", end=" ")

gc.disable()
circle = [Counted()]
circle.append(circle)
del circle
print(program({words}), gc.get_freeze_count() > 0)
"""


@pytest.mark.parametrize(("words", "code"), [(["version"], 0), (["no-such-command"], 2)])
def test_a_process_of_its_own_looks_for_garbage_once_at_its_end(words: list[str], code: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    script = ENDING.format(words=words)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == f"let go {code} True"


def test_the_bare_command_prints_help_that_points_to_the_ui(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "modelyard ui" in printed
    assert all(name in printed for name in GROUPS)


def test_a_misspelt_command_is_answered_with_the_one_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experimnts"]) == 2
    assert "Did you mean 'experiments'?" in capsys.readouterr().err
    assert main(["runs", "lst"]) == 2
    assert "Did you mean 'list'?" in capsys.readouterr().err


def test_a_missing_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["experiments", "create"])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "-n/--experiment-name" in error
    assert error.count("\n") == 1


def test_h_is_the_host_of_a_server_and_help_elsewhere() -> None:
    (server,) = commands_of("server")
    arguments = parser_of("server", server).parse_args(["-h", "::1", "-p", "7000", "-w", "2"])
    assert (arguments.host, arguments.port, arguments.workers) == ("::1", 7000, 2)


def test_the_servers_defaults_are_mlflows() -> None:
    (server,) = commands_of("server")
    arguments = parser_of("server", server).parse_args([])
    assert (arguments.host, arguments.port, arguments.store) == ("127.0.0.1", 5000, "./yard")


@pytest.mark.parametrize("flag", ["--store", "--backend-store-uri", "--file-store"])
def test_mlflows_names_of_the_store_are_taken(flag: str) -> None:
    (server,) = commands_of("server")
    assert parser_of("server", server).parse_args([flag, "/srv/yard"]).store == "/srv/yard"


def test_a_database_of_mlflow_is_refused_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", "--backend-store-uri", "sqlite:///mlflow.db"]) == 1
    error = capsys.readouterr().err
    assert "a folder or a postgresql:// URL" in error
    assert error.count("\n") == 1


def test_routes_are_listed_with_their_permissions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes", "--all", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"/api/2.0/mlflow/runs/create", "/ajax-api/2.0/mlflow/runs/create", "/health"} <= {r["path"] for r in rows}
    assert all(row["need"] for row in rows)


def test_a_store_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "modelyard", "db", "check", str(tmp_path / "nowhere")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "There is no store in" in done.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(("age", "expected"), [("", 0), ("1d", 86_400_000), ("1d2h3m4s", 93_784_000), ("90s", 90_000)])
def test_ages_are_read_as_mlflow_writes_them(age: str, expected: int) -> None:
    assert milliseconds(age) == expected


def test_a_text_that_is_no_age_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="is no age"):
        milliseconds("yesterday")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_no_formulas_in_csv(text: str) -> None:
    assert guarded(text) == "'" + text


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
