"""Requirements S4.11-S4.21, T4.1, T4.2, T4.8: projects, by the command line on fresh folders."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import SEED, TOLD, Launcher, write


@pytest.fixture
def here(tmp_path: Path) -> Launcher:
    return Launcher(tmp_path / "here")


def told(folder: Path) -> Any:
    """The arguments a project's program wrote down."""
    return json.loads((folder / "told.json").read_text())


def refused(here: Launcher, *words: str) -> str:
    """What is said of a call that is refused: in one line, with no run made."""
    done = here.run(*words, code=1)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert here.runs() == []
    return line


def test_s4_11_a_folder_is_a_project_and_its_name_the_folders(here: Launcher) -> None:
    write(
        here.folder / "my project", {"MLproject": "entry_points: {main: {command: python train.py}}", "train.py": TOLD}
    )
    here.run("my project")
    run = here.only_run()
    assert run.info.run_name == "my project"
    assert run.data.tags["mlflow.source.type"] == "PROJECT"
    assert run.data.tags["mlflow.source.name"] == str(here.folder / "my project")
    assert run.data.tags["mlflow.project.entryPoint"] == "main"
    assert run.data.tags["mlflow.project.backend"] == "local"


def test_s4_12_the_seeds_file_has_a_name_with_spaces_and_two_entry_points(here: Launcher) -> None:
    write(here.folder, {"p/MLproject": SEED, "p/train.py": TOLD, "p/validate.py": TOLD, "d.csv": ""})
    here.run("p", "-P", "data_file=d.csv")
    assert here.only_run().info.run_name == "My Project"
    here.run("p", "-e", "validate", "-P", "data_file=d.csv", "--run-name", "checked")
    assert {run.info.run_name for run in here.runs()} == {"My Project", "checked"}
    assert told(here.folder / "p") == [str(here.folder / "d.csv")]


def test_s4_13_s4_20_parameters_of_every_type_arrive_in_order(here: Launcher) -> None:
    text = """
entry_points:
  main:
    parameters:
      a: {type: str, default: x, description: A text}
      b: {type: int, description: "A number: any"}
      c: float
      d: {type: path, default: data}
      e: uri
      f: {default: ""}
    command: "python train.py {f} --e={e} {d} -c{c} {b} '{a}'"
"""
    folder = write(here.folder / "p", {"MLproject": text, "train.py": TOLD, "data/x": ""})
    here.run("p", "-P", "c=1e-3", "-P", "b=7", "-P", "e=s3://bucket/k", "-P", "a=two words")
    assert told(folder) == ["", "--e=s3://bucket/k", str(folder / "data"), "-c1e-3", "7", "two words"]


def test_s4_14_defaults_are_used_and_the_command_is_exact(here: Launcher) -> None:
    folder = write(here.folder / "p", {"MLproject": SEED, "train.py": TOLD})
    write(here.folder, {"d.csv": ""})
    done = here.run("p", "-P", "data_file=d.csv")
    assert told(folder) == ["-r", "0.1", str(here.folder / "d.csv")]
    assert f"train.py -r 0.1 {here.folder / 'd.csv'}" in done.stderr
    assert here.only_run().data.params == {"data_file": str(here.folder / "d.csv"), "regularization": "0.1"}


def test_s4_14_a_missing_parameter_is_demanded_and_no_run_is_left(here: Launcher) -> None:
    write(here.folder / "p", {"MLproject": SEED, "train.py": TOLD})
    assert "missing parameter data_file: give -P data_file=…" in refused(here, "p")


REFUSED = [
    (
        ["-P", "data_file=d.csv", "-P", "regularization=abc"],
        "'regularization' of the entry point 'main' must be a float",
    ),
    (["-P", "data_file=nope.csv"], "must be an existing path: there is no 'nope.csv'"),
    (["-P", "data_file=ftp://host/d.csv"], "cannot be fetched"),
    (["-e", "validat", "-P", "data_file=d.csv"], "Entry points: main, validate. Did you mean 'validate'?"),
    (["-P", "data_file"], "-P data_file: write name=value"),
    (["-P", "data_file=d.csv", "-P", "data_file=e.csv"], "-P data_file is given twice"),
    (["-P", "data_file=d.csv", "-P", "x y=1"], "'x y' is no name of a parameter"),
    (["-P", "data_file=d.csv", "--experiment-name", "a", "--experiment-id", "1"], "not both"),
    (["-P", "data_file=d.csv", "--backend", "moon"], "There is no 'moon' among project_backends"),
    (["-P", "data_file=d.csv", "--backend-config", "{"], "backend_config is no JSON"),
    (["-P", "data_file=d.csv", "--backend-config", "no.json"], "No such file"),
    (["-P", "data_file=d.csv", "--run-id", "0" * 32], "0" * 32),
]


def test_s4_15_s4_16_s4_19_t4_1_what_is_wrong_is_told_before_anything_starts(here: Launcher) -> None:
    folder = write(here.folder / "p", {"MLproject": SEED, "train.py": TOLD})
    write(here.folder, {"d.csv": ""})
    for (code, errors), (_, said) in zip(
        here.calls(["run", "p", *words] for words, _ in REFUSED), REFUSED, strict=True
    ):
        (line,) = errors.splitlines()
        assert (code, said in line) == (1, True), line
    assert here.runs() == []
    assert not (folder / "told.json").exists()


def test_s4_15_a_uri_given_for_a_path_is_fetched(here: Launcher) -> None:
    folder = write(here.folder / "p", {"MLproject": SEED, "train.py": TOLD})
    client = here.client
    source = client.create_run("0").info.run_id
    client.log_text(source, "a,b", "data/d.csv")
    here.run("p", "-P", f"data_file=runs:/{source}/data/d.csv")
    (path,) = told(folder)[2:]
    assert Path(path).is_absolute()
    assert Path(path).name == "d.csv"
    run = here.runs()[-1]
    assert run.data.params["data_file"] == f"runs:/{source}/data/d.csv"


def test_s4_16_scripts_and_executables_are_entry_points(here: Launcher) -> None:
    files = {
        "a b.py": TOLD,
        "run.sh": 'printf "%s|" "$@" > told.txt\n',
        "tool": '#!/bin/sh\nprintf "%s|" "$@" > tool.txt\n',
    }
    folder = write(here.folder / "p", files)
    (folder / "tool").chmod(0o755)
    here.run("p", "-e", "a b.py", "-P", "alpha=1 2")
    here.run("p", "-e", "run.sh", "-P", "alpha=$HOME;x")
    here.run("p", "-e", "tool", "-P", "alpha=`id`")
    assert told(folder) == ["--alpha", "1 2"]
    assert (folder / "told.txt").read_text() == "--alpha|$HOME;x|"
    assert (folder / "tool.txt").read_text() == "--alpha|`id`|"


def test_s4_17_a_param_is_on_the_run_and_it_ends_as_its_process(here: Launcher) -> None:
    script = "import sys\nalpha = float(sys.argv[2])\nprint('alpha', alpha)\nif alpha > 1: sys.exit('too much')\n"
    write(here.folder / "tutorial", {"MLproject": "entry_points: {main: {command: python t.py}}", "t.py": script})
    done = here.run("tutorial", "-P", "alpha=0.5")
    assert done.stdout == "alpha 0.5\n"
    run = here.only_run()
    assert (run.info.status, run.data.params) == ("FINISHED", {"alpha": "0.5"})
    done = here.run("tutorial", "-P", "alpha=5", code=1)
    assert "failed: it ended with exit code 1: too much" in done.stderr
    run = here.runs()[-1]
    assert run.info.status == "FAILED"
    assert run.data.tags["modelyard.failure"] == "it ended with exit code 1: too much"
    assert here.output(run.info.run_id) == "alpha 5.0\ntoo much\n"


def test_s4_17_a_process_that_fails_after_its_run_ended_well_has_a_failed_run(here: Launcher) -> None:
    script = "import modelyard, sys\nwith modelyard.start_run(): modelyard.log_metric('m', 1)\nsys.exit(4)\n"
    write(here.folder / "p", {"run.py": script})
    here.run("p", "-e", "run.py", code=1)
    assert here.only_run().info.status == "FAILED"


def test_s4_17_a_process_that_succeeds_may_say_that_its_run_did_not(here: Launcher) -> None:
    script = "import modelyard\nmodelyard.start_run()\nmodelyard.end_run('FAILED')\n"
    write(here.folder / "p", {"run.py": script})
    here.run("p", "-e", "run.py")
    assert here.only_run().info.status == "FAILED"


def test_s4_19_undeclared_names_are_passed_on(here: Launcher) -> None:
    text = 'entry_points: {main: {parameters: {a: string}, command: "python train.py {a}"}}'
    folder = write(here.folder / "p", {"MLproject": text, "train.py": TOLD})
    here.run("p", "-P", "n-jobs=2", "-P", "a=1", "-P", "name=a b")
    assert told(folder) == ["1", "--n-jobs", "2", "--name", "a b"]
    assert here.only_run().data.params == {"a": "1", "n-jobs": "2", "name": "a b"}


def test_s4_20_t4_2_values_and_literal_braces_arrive_unchanged(here: Launcher) -> None:
    text = """
entry_points:
  main:
    parameters: {a: string}
    command: >-
      python train.py {a} '{"json": {}}' {unknown} x{a}y
  doubled:
    parameters: {a: string}
    command: >-
      python train.py {{a}} '{{"json": {{}}}}' {a}
"""
    folder = write(here.folder / "p", {"MLproject": text, "train.py": TOLD})
    value = "a b'c\"$d"
    here.run("p", "-P", f"a={value}")
    assert told(folder) == [value, '{"json": {}}', "{unknown}", f"x{value}y"]
    here.run("p", "-e", "doubled", "-P", f"a={value}")
    assert told(folder) == ["{a}", '{"json": {}}', value]


@pytest.mark.parametrize("default", ["0", '""', "false"])
def test_t4_8_a_default_that_is_falsy_counts_as_given(here: Launcher, default: str) -> None:
    text = f'entry_points: {{main: {{parameters: {{a: {{default: {default}}}}}, command: "python train.py {{a}}"}}}}'
    folder = write(here.folder / "p", {"MLproject": text, "train.py": TOLD})
    here.run("p")
    assert told(folder) == [{"0": "0", '""': "", "false": "False"}[default]]


LOGS = """
import modelyard as mlflow
mlflow.log_metric("loss", 0.5)
with open("note.txt", "w") as file: file.write("kept")
mlflow.log_artifact("note.txt")
"""


def test_s4_21_code_logs_to_the_run_the_launcher_made(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": LOGS})
    here.run("p", "-e", "run.py", "--experiment-name", "wine", MLFLOW_EXPERIMENT_NAME="another")
    run = here.only_run("wine")
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"loss": 0.5})
    assert [each.path for each in here.client.list_artifacts(run.info.run_id)] == ["note.txt"]
    assert here.runs("another") == []


def test_s4_21_a_run_that_exists_takes_what_is_logged(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": LOGS})
    run_id = here.client.create_run("0").info.run_id
    here.run("p", "-e", "run.py", "--run-id", run_id)
    run = here.only_run()
    assert (run.info.run_id, run.info.status, run.data.metrics) == (run_id, "FINISHED", {"loss": 0.5})


def test_a_dry_run_says_what_would_run_and_stores_nothing(here: Launcher) -> None:
    write(here.folder, {"p/MLproject": SEED, "d.csv": ""})
    done = here.run("p", "-P", "data_file=d.csv", "--dry-run")
    assert f"command: python train.py -r 0.1 {here.folder / 'd.csv'}" in done.stdout
    assert "environment: the environment that runs this" in done.stdout
    assert here.runs() == []


def test_output_is_shown_as_it_was_said_and_kept_without_secrets_and_bars(here: Launcher) -> None:
    script = (
        "import os, sys\nprint('key', os.environ['MY_API_KEY'])\n"
        "for percent in range(0, 101, 10): sys.stderr.write(f'\\r{percent}%')\n"
        "print('\\nhttps://me:pass@host/', file=sys.stderr)\n"
    )
    write(here.folder / "p", {"run.py": script})
    done = here.run("p", "-e", "run.py", MY_API_KEY="0123456789")
    assert done.stdout == "key 0123456789\n"
    assert "\r0%\r10%" in done.stderr.replace("\n0%\n", "\r0%\r") or "100%" in done.stderr
    assert sorted(here.output(here.only_run().info.run_id).splitlines()) == ["100%", "https://me:***@host/", "key ***"]


def test_quiet_shows_nothing_and_keeps_it(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": "print('said')"})
    done = here.run("p", "-e", "run.py", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    assert here.output(here.only_run().info.run_id) == "said\n"


def test_a_program_that_is_not_there_leaves_a_failed_run_with_the_reason(here: Launcher) -> None:
    write(here.folder / "p", {"MLproject": "entry_points: {main: {command: no-such-program -x}}"})
    done = here.run("p", code=1)
    assert "modelyard: 'no-such-program' cannot be started" in done.stderr
    run = here.only_run()
    assert run.info.status == "FAILED"
    assert run.data.tags["modelyard.failure"].startswith("'no-such-program' cannot be started")


def test_who_reads_only_the_first_line_ends_nothing(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": "for number in range(100_000): print(number)\nopen('done', 'w')"})
    process = here.start("run", "p", "-e", "run.py", "--env-manager", "local")
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.wait(120) == 0
    assert process.stderr is not None
    process.stderr.close()
    assert (here.folder / "p" / "done").exists()
    assert here.only_run().info.status == "FINISHED"


def test_a_3_it_works_without_git_conda_and_docker(here: Launcher, tmp_path: Path) -> None:
    write(here.folder / "p", {"run.py": LOGS})
    empty = tmp_path / "nothing"
    empty.mkdir()
    here.run("p", "-e", "run.py", PATH=str(empty))
    assert here.only_run().info.status == "FINISHED"


def test_help_names_mlflows_options_and_has_examples(here: Launcher) -> None:
    done: subprocess.CompletedProcess[str] = here.cli("run", "--help")
    for word in (
        "-e",
        "-P",
        "-v",
        "-A",
        "-b",
        "-c",
        "--no-conda",
        "--param-list",
        "--docker-args",
        "--storage-dir",
        "examples:",
    ):
        assert word in done.stdout
