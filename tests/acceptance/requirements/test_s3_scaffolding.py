"""Requirements S3.17 to S3.22, T3.1: a new component, by our command and by cookiecutter's; and a plug-in."""

from __future__ import annotations

import configparser
import json
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from modelyard.projects.spec import read
from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment
from tests.support.processes import ROOT

pytest.importorskip("cookiecutter", reason="cookiecutter is not installed")

TEMPLATES = ROOT / "src" / "modelyard" / "pipelines" / "templates"
SIX = (
    "basic_cleaning\nrun.py\nbasic_cleaning\nThis steps cleans the data\nPerforms basic cleaning on the data\n"
    "parameter1,parameter2,parameter3\n"
)
ASKED = (
    "step_name [step_name]: script_name [run.py]: job_type [my_step]: short_description [My step]: "
    "long_description [An example of a step using modelyard]: parameters [parameter1,parameter2]: "
)


def start(*words: str, folder: Path, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python program in a folder; its home is there, too."""
    settings = {"HOME": str(folder), "MODELYARD_TRACKING_URI": str(folder / "yard"), **environment}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean_environment(**settings),
        input=answers,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def new(*words: str, folder: Path, answers: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    """``modelyard new component``, in a folder."""
    done = start("-m", "modelyard", "new", "component", *words, folder=folder, answers=answers)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_s3_17_six_answers_on_stdin_make_the_component(tmp_path: Path) -> None:
    """S3.17: the questions, in their order and with their defaults. S3.18: three files, with the parameters in MLproject."""
    done = new(folder=tmp_path, answers=SIX)
    assert done.stdout.startswith(ASKED)
    step = tmp_path / "src" / "basic_cleaning"
    assert files(step) == ["MLproject", "conda.yml", "run.py"]
    point = read(step).entry_point("main")
    assert list(point.parameters) == ["parameter1", "parameter2", "parameter3"]
    filled = point.command.fill({"parameter1": "a", "parameter2": "b c", "parameter3": ""})
    assert filled == ("python", "run.py", "--parameter1=a", "--parameter2=b c", "--parameter3=")


def test_s3_17_empty_lines_take_the_defaults_and_flags_ask_nothing(tmp_path: Path) -> None:
    """S3.17: all defaults on empty lines, none asked with --no-input, and each answer by a flag."""
    new(folder=tmp_path, answers="\n" * 6)
    assert read(tmp_path / "src" / "step_name").entry_point("main").parameters.keys() == {"parameter1", "parameter2"}
    done = new("--no-input", "--step-name", "other", "--parameters", "x", "-o", "steps", folder=tmp_path)
    assert "[" not in done.stdout
    assert files(tmp_path / "steps" / "other") == ["MLproject", "conda.yml", "run.py"]
    six = ("--script-name", "go.py", "--job-type", "t", "--short-description", "S", "--long-description", "L")
    assert "[" not in new("--step-name", "third", *six, "--parameters", "y", folder=tmp_path).stdout
    assert files(tmp_path / "src" / "third") == ["MLproject", "conda.yml", "go.py"]
    assert "give --step-name, or --no-input" in new(folder=tmp_path, code=1).stderr


def test_s3_20_a_person_is_asked_again(tmp_path: Path) -> None:
    """S3.20: at a terminal, a bad answer is told what is wrong with it, and the question comes again."""
    master, slave = os.openpty()
    words = [sys.executable, "-m", "modelyard", "new", "component"]
    environment = clean_environment(HOME=str(tmp_path))
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as asking:
        os.write(master, b"a/b\ncleaning\n\n\n\n\n\n")
        said = asking.communicate(timeout=60)[0]
    os.close(master)
    os.close(slave)
    assert asking.returncode == 0, said
    assert said.count("step_name [step_name]: ") == 2
    assert "no name of a step" in said
    assert (tmp_path / "src" / "cleaning" / "run.py").is_file()


def test_s3_19_the_script_runs_as_it_is(tmp_path: Path) -> None:
    """S3.19, T3.1: it compiles, and `modelyard run` with three parameters ends well and logs the three. S3.13: its Python."""
    new(folder=tmp_path, answers=SIX)
    step = tmp_path / "src" / "basic_cleaning"
    py_compile.compile(str(step / "run.py"), cfile=str(tmp_path / "run.pyc"), doraise=True)
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"- python={minor}\n" in (step / "conda.yml").read_text()
    assert "- modelyard[" in (step / "conda.yml").read_text()
    given = ("-P", "parameter1=a", "-P", "parameter2=b", "-P", "parameter3=c")
    done = start("-m", "modelyard", "run", "src/basic_cleaning", "--no-conda", *given, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = MlflowClient(str(tmp_path / "yard")).search_runs(["0"])
    assert run.data.params == {"parameter1": "a", "parameter2": "b", "parameter3": "c"}
    assert (run.info.status, run.data.tags["job_type"]) == ("FINISHED", "basic_cleaning")


def test_s3_21_descriptions_are_its_help_and_its_docstring(tmp_path: Path) -> None:
    """S3.21, S3.20: whatever quotes, braces and backslashes are in them."""
    short = 'Says "it\'s" \\ 100 % {{ done }} 🍷'
    long = "a \\ {{ 7 * 7 }} {% raw %} \"\"\" '''" + " and more" * 30 + ' "'
    new("--no-input", "--short-description", short, "--long-description", long, folder=tmp_path)
    step = tmp_path / "src" / "step_name"
    asked = start(str(step / "run.py"), "--help", folder=tmp_path, COLUMNS="200")
    assert (asked.returncode, short in asked.stdout) == (0, True), asked.stderr
    shown = start(
        "-c", "import sys; sys.path.insert(0, 'src/step_name'); import run; print(run.__doc__)", folder=tmp_path
    )
    assert " ".join(shown.stdout.split()) == f"{short} {long}", shown.stderr
    lint = start("-m", "ruff", "check", "--isolated", "--line-length", "120", str(step), folder=tmp_path)
    assert lint.returncode == 0 or "No module named ruff" in lint.stderr, lint.stdout


BAD = [
    ("--parameters", "a,class", "'class' is a word of Python"),
    ("--parameters", "a,b,a", "'a' is there twice"),
    ("--parameters", "a b", "'a b' is no name"),
    ("--parameters", "help", "every script has --help"),
    ("--step-name", "../evil", "no name of a step"),
    ("--step-name", "a/b", "no name of a step"),
    ("--step-name", "all", "choose another one"),
    ("--script-name", "../run.py", "no name of a script"),
    ("--script-name", "run", "no name of a script"),
    ("--job-type", "a;b", "no name"),
    ("--short-description", "two\nlines", "one line"),
]
EACH = """
import json, sys
from modelyard.cli.main import main
for flag, answer, _ in json.loads(sys.argv[1]):
    code = main(["new", "component", "--no-input", flag, answer])
    print(code, file=sys.stderr)
"""


def test_s3_20_bad_answers_are_refused_and_nothing_is_made(tmp_path: Path) -> None:
    """S3.20: in one line that says why."""
    folder = tmp_path / "project"
    folder.mkdir()
    done = start("-c", EACH, json.dumps(BAD), folder=folder)
    lines = done.stderr.splitlines()
    assert lines[1::2] == ["1"] * len(BAD)
    for (flag, answer, told), line in zip(BAD, lines[::2], strict=True):
        assert told in line, (flag, answer)
    assert files(tmp_path) == []


def test_s3_20_lists_with_spaces_empty_lists_and_folders_that_are_there(tmp_path: Path) -> None:
    """S3.20: spaces after commas do not count, a step may have no parameters, a folder is never written into."""
    new("--no-input", "--parameters", "a, b ,on", folder=tmp_path)
    assert list(read(tmp_path / "src" / "step_name").entry_point("main").parameters) == ["a", "b", "on"]
    assert "already" in new("--no-input", folder=tmp_path, code=1).stderr
    new("--no-input", "--step-name", "none", "--parameters", "", folder=tmp_path)
    new(folder=tmp_path, answers="nothing\n\n\n\n\n,\n")
    for name in ("none", "nothing"):
        assert read(tmp_path / "src" / name).entry_point("main").parameters == {}
        done = start(f"src/{name}/run.py", folder=tmp_path)
        assert done.returncode == 0, done.stderr


def test_s3_17_plain_cookiecutter_makes_the_same(tmp_path: Path) -> None:
    """S3.17, S3.20: `cookiecutter cookie-mlflow-step -o src` with the same template, questions and refusals."""
    template = str(TEMPLATES / "component")
    done = start("-m", "cookiecutter", template, "-o", "src", folder=tmp_path, answers=SIX)
    assert done.returncode == 0, done.stderr
    new(folder=tmp_path, answers=SIX.replace("basic_cleaning\n", "ours\n", 1))
    for name in ("MLproject", "conda.yml", "run.py"):
        theirs, ours = (tmp_path / "src" / step / name for step in ("basic_cleaning", "ours"))
        assert theirs.read_text() == ours.read_text().replace("name: ours", "name: basic_cleaning"), name
    for bad in ("step_name=a/b", "step_name=../evil", "parameters=class"):
        refused = start("-m", "cookiecutter", template, "-o", "elsewhere", "--no-input", bad, folder=tmp_path)
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False), refused.stderr
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "evil").exists()


def test_a_plug_in_passes_the_suite_of_flavors(tmp_path: Path) -> None:
    """A generated plug-in is found by its entry point, and passes its own tests and lint."""
    done = start("-m", "modelyard", "new", "model-plugin", "wine-line", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    package = tmp_path / "wine-line"
    python = installed(package, tmp_path / "environment")
    words = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package)]
    tested = subprocess.run(
        words, env=clean_environment(HOME=str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout
    lint = start("-m", "ruff", "check", str(package), folder=tmp_path)
    assert lint.returncode == 0 or "No module named ruff" in lint.stderr, lint.stdout
    assert "no name of a package" in start("-m", "modelyard", "new", "model-plugin", "../x", folder=tmp_path).stderr


def installed(package: Path, environment: Path) -> Path:
    """The interpreter of an environment in which a package is what an installer leaves of it, beside all that is here."""
    venv.create(environment, symlinks=True)
    (place,) = environment.glob("lib/python*/site-packages")
    (place / "here.pth").write_text("".join(f"{each}\n" for each in (sysconfig.get_path("purelib"), ROOT / "src")))
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    (folder,) = (package / "src").iterdir()
    shutil.copytree(folder, place / folder.name)
    about = place / f"{folder.name}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (about / "RECORD").write_text("".join(f"{folder.name}/{path.name},,\n" for path in folder.iterdir()))
    points = configparser.ConfigParser()
    points.read_dict(project["entry-points"])
    with (about / "entry_points.txt").open("w") as file:
        points.write(file)
    return environment / "bin" / "python"
