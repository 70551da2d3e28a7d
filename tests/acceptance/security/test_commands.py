"""Class C8: values of parameters are data. Whatever they hold, no command of theirs runs and each is one word, byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import Launcher, write

ECHO = "import pathlib\npathlib.Path('words').write_bytes(pathlib.Path('/proc/self/cmdline').read_bytes())\n"
TEMPLATE = """
entry_points:
  main:
    parameters: {value: string, other: {default: "end"}}
    command: "python run.py {value} --joined={value} '{value}' {other}"
  shell:
    parameters: {value: string}
    command: [bash, show.sh, "{value}"]
"""
SHOW = "cat /proc/$$/cmdline > words\n"

FAMILY_P = [
    ";touch CANARY", "x;touch CANARY;", "$(touch CANARY)", "${IFS}$(touch${IFS}CANARY)", "`touch CANARY`", "\ntouch CANARY\n",
    "a\r\ntouch CANARY", "| touch CANARY", "|| touch CANARY", "&& touch CANARY", "& touch CANARY &", "> CANARY", ">> CANARY",
    "< /etc/passwd > CANARY", "'; touch CANARY; '", '"; touch CANARY; "', "'\"; touch CANARY; \"'", "\\'; touch CANARY; \\'",
    "--upload-pack=touch CANARY", "-oProxyCommand=touch CANARY", "-c touch CANARY", "--help", "-", "--", "",
    "{value}", "{other}", "{0}", "{value.__class__}", "{{value}}", "{", "}", "%s", "%(x)s", "$HOME", "~", "*", "?", "[a-z]*",
    "!!", "#comment", "\\", "\\\\", "a\tb", " lead and trail ", "é ü € 漢字 🎉", "\x1b[31mred", "\x07", "a" * 20_000,
]  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Launcher:
    return Launcher(tmp_path / "here")


def words(folder: Path) -> list[str]:
    return [word.decode() for word in (folder / "words").read_bytes().split(b"\x00")[:-1]]


def test_c8_family_p_each_value_is_one_word_byte_for_byte(here: Launcher) -> None:
    """One process for all of them: what is tested is the program that is started, not the command line before it."""
    folder = write(here.folder / "p", {"MLproject": TEMPLATE, "run.py": ECHO, "show.sh": SHOW})
    canary = here.folder / "canary"
    script = """
import json, pathlib, sys
from modelyard.projects import run
values = json.loads(sys.stdin.read())
for number, value in enumerate(values):
    for entry in ("main", "shell"):
        run("p", entry, parameters={"value": value}, env_manager="local")
        pathlib.Path("p/words").rename(f"p/{entry}-{number}")
"""
    values = [value.replace("CANARY", str(canary)) for value in FAMILY_P]
    done = start(here, script, values)
    assert done.returncode == 0, done.stderr
    for number, value in enumerate(values):
        found = [word.decode() for word in (folder / f"main-{number}").read_bytes().split(b"\x00")[:-1]]
        assert found[-5:] == ["run.py", value, f"--joined={value}", value, "end"]
        found = [word.decode() for word in (folder / f"shell-{number}").read_bytes().split(b"\x00")[:-1]]
        assert found == ["bash", "show.sh", value]
    assert not canary.exists()


def start(here: Launcher, script: str, values: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=here.folder, env=here.environment(), input=json.dumps(values),
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "value", [";touch CANARY", "$(touch CANARY)", "\ntouch CANARY", "--upload-pack=touch CANARY", "{value}"]
)
def test_c8_the_same_by_the_command_line_also_for_names_nobody_declared(here: Launcher, value: str) -> None:
    folder = write(here.folder / "p", {"MLproject": TEMPLATE, "run.py": ECHO})
    canary = here.folder / "canary"
    given = value.replace("CANARY", str(canary))
    here.run("p", "-P", f"value={given}", "-P", f"unknown={given}")
    assert words(folder)[-7:] == ["run.py", given, f"--joined={given}", given, "end", "--unknown", given]
    assert not canary.exists()


def test_c8_names_have_a_grammar(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": ECHO})
    pairs = ["--config-file=x=1", "a;touch x=1", "$(touch x)=1", "__class__.x=1", "a\nb=1"]
    for code, errors in here.calls(["run", "p", "-e", "run.py", f"-P{pair}"] for pair in pairs):
        assert (code, "is no name of a parameter" in errors) == (1, True), errors
    assert here.runs() == []


def test_c8_a_command_for_a_shell_is_refused_with_the_way_out(here: Launcher) -> None:
    tails = ["; touch CANARY", "&& touch CANARY", "| tee CANARY", "> CANARY", "`touch CANARY`", "$(touch CANARY)"]
    for number, tail in enumerate(tails):
        command = f"python run.py {{value}} {tail}"
        text = f'entry_points: {{main: {{parameters: {{value: string}}, command: "{command}"}}}}'
        write(here.folder / str(number), {"MLproject": text, "run.py": ECHO})
    for code, errors in here.calls(["run", str(number), "-P", "value=1"] for number in range(len(tails))):
        assert (code, "[bash, script.sh" in errors) == (1, True), errors
    assert not list(here.folder.rglob("CANARY"))
    assert here.runs() == []


def test_c8_a_file_that_would_run_code_when_it_is_read_is_refused(here: Launcher) -> None:
    texts = [
        "entry_points: {main: {command: !!python/object/apply:os.system ['touch CANARY']}}",
        "!!python/object/apply:os.system ['touch CANARY']",
        "name: !!python/name:os.system",
    ]
    for number, text in enumerate(texts):
        write(here.folder / str(number), {"MLproject": text})
    for code, errors in here.calls(["run", str(number)] for number in range(len(texts))):
        assert (code, "not YAML" in errors) == (1, True), errors
    assert not list(here.folder.rglob("CANARY"))


def test_c8_a_path_that_begins_like_an_option_is_handed_over_as_a_path(here: Launcher) -> None:
    text = 'entry_points: {main: {parameters: {data: path}, command: "python run.py {data}"}}'
    folder = write(here.folder / "p", {"MLproject": text, "run.py": ECHO})
    (here.folder / "--help").touch()
    here.run("p", "-P", "data=--help")
    assert words(folder)[-1] == str(here.folder / "--help")


def test_c8_a_secret_of_the_environment_is_not_kept_with_the_run(here: Launcher) -> None:
    marker = "MARKER-0123456789"
    write(here.folder / "p", {"run.py": "import os, sys\nprint(os.environ)\nsys.exit(os.environ['CLOUD_SECRET'])"})
    here.run("p", "-e", "run.py", "-P", f"address=https://me:{marker}@host/", code=1, CLOUD_SECRET=marker)
    run = here.only_run()
    assert run.data.params == {"address": "https://me:***@host/"}
    assert run.data.tags["modelyard.failure"] == "it ended with exit code 1: ***"
    assert marker not in here.output(run.info.run_id)
    stored = b"".join(path.read_bytes() for path in (here.folder / "yard").rglob("*") if path.is_file())
    assert marker.encode() not in stored
