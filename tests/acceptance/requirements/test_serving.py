"""Requirements S1.20, S0.34, S4.27 to S4.29, S4.31, S4.33 and S4.34: models behind HTTP, in processes, asked by curl."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelyard.cli.main import commands_of, parser_of
from modelyard.core.settings import Settings, user_folder
from modelyard.models.trust.keys import MACHINE_KEY
from tests.acceptance.requirements.conftest import wine_files
from tests.docs.environment import clean_environment, run_python
from tests.support.scoring import ScoringServer, command, serving

SEED = '{"input": [[7.4, 0.7, 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4]]}'
ROW = json.loads(SEED)["input"][0]
WINE = 6.0161
"""What N5's model predicts for the seed's row."""

TRAIN = """
import sys
import numpy as np, pandas as pd
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import train_test_split
import modelyard as mlflow
import modelyard.sklearn

np.random.seed(40)
train, _ = train_test_split(pd.read_csv(sys.argv[1], sep=";"))
features = train.drop(columns="quality")
model = ElasticNet(alpha=0.5, l1_ratio=0.5, random_state=42).fit(features, train["quality"])
mlflow.sklearn.save_model(model, "saved", input_example=features.head(2))
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(model, name="model", input_example=features.head(2), registered_model_name="wine")
print(run.info.run_id)
"""


class Wine(NamedTuple):
    """A folder with a store and a saved model, the run whose model it is, and the names of its inputs."""

    folder: Path
    run_id: str
    columns: list[str]


@pytest.fixture(scope="module")
def wine_model(tmp_path_factory: pytest.TempPathFactory) -> Wine:
    """The model of N5, trained as the seeds do."""
    for module in ("sklearn", "pandas"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    file = wine_files() / "winequality-white.csv"
    folder = tmp_path_factory.mktemp("wine")
    run_id = run_python(folder, "-c", TRAIN, str(file)).split()[-1]
    heads = file.read_text().partition("\n")[0]
    return Wine(folder, run_id, [head.strip('"') for head in heads.split(";")][:-1])


@pytest.fixture(scope="module")
def server(wine_model: Wine) -> Iterator[ScoringServer]:
    """The registered model behind HTTP."""
    with serving(wine_model.folder, "-m", "models:/wine/1") as started:
        yield started


TOLD = [
    ("-m", "URI"),
    ("--model-path", "URI"),
    ("--model-uri", "URI"),
    ("-r", "RUN"),
    ("--run-id", "RUN"),
    ("-p", "(default: 5000)"),
    ("--port", "(default: 5000)"),
    ("-h", "(default: 127.0.0.1)"),
    ("--host", "(default: 127.0.0.1)"),
    ("--no-conda", "--env-manager local"),
    ("--env-manager", "(default: auto)"),
    ("-w", "(default: 1)"),
    ("-t", "(default: 60.0)"),
    ("--help", "show this help"),
]


@pytest.mark.parametrize(("option", "told"), TOLD)
@pytest.mark.parametrize("group", ["models", "pyfunc"])
def test_s4_27_an_option_is_told_with_its_default(group: str, option: str, told: str) -> None:
    entries = re.split(r"\n  (?=-)", help_of(group))
    entry = next(entry for entry in entries if re.search(rf"(^|, ){option}\b", entry))
    assert told in re.sub(r"\s+", " ", entry)


def help_of(group: str) -> str:
    (serve,) = [each for each in commands_of(group) if each.name == "serve"]
    return parser_of(group, serve).format_help()


def test_s4_27_help_is_printed_and_h_is_the_host(tmp_path: Path) -> None:
    shown = run_python(tmp_path, "-m", "modelyard", "pyfunc", "serve", "--help")
    assert shown.startswith("usage: modelyard pyfunc serve [--help] -m URI")
    wrong = failed(tmp_path, "pyfunc", "serve", "-m", "nowhere", "-h")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "-h/--host: expected one argument" in wrong.stderr


@pytest.mark.parametrize("group", ["models", "pyfunc"])
def test_s4_27_without_a_model_it_is_a_usage_error(group: str, tmp_path: Path) -> None:
    done = failed(tmp_path, group, "serve")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "-m/--model-path/--model-uri" in done.stderr


def test_s4_27_mlflows_other_options_are_taken_or_refused_with_the_way_out(tmp_path: Path) -> None:
    done = failed(tmp_path, "models", "serve", "-m", "nowhere", "--enable-mlserver")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "leave the option out" in done.stderr
    done = failed(tmp_path, "models", "serve", "-m", "nowhere", "--install-mlflow")
    assert "not needed" in done.stderr


def failed(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command line that does not succeed, run to its end."""
    done = subprocess.run(
        command(*words),
        cwd=folder,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done


def test_s4_28_a_path_in_a_run_and_a_local_path_serve_the_same(wine_model: Wine, server: ScoringServer) -> None:
    expected = server.invoke(SEED).predictions
    with serving(wine_model.folder, "-r", wine_model.run_id, "-m", "model", start=command("pyfunc", "serve")) as of_run:
        assert of_run.invoke(SEED).predictions == expected
    with serving(wine_model.folder, "-m", "saved", "--no-conda", start=command("pyfunc", "serve")) as of_folder:
        assert of_folder.invoke(SEED).predictions == expected


def test_s4_27_what_was_prepared_for_is_served_at_once_by_any_of_its_addresses(
    wine_model: Wine, server: ScoringServer, tmp_path: Path
) -> None:
    shutil.copy(
        user_folder(Settings()) / MACHINE_KEY, tmp_path
    )  # another home, which trusts the model and knows nothing of it
    home = {"MODELYARD_HOME": str(tmp_path)}
    prepared = run_python(wine_model.folder, "-m", "modelyard", "models", "prepare-env", "-m", "models:/wine/1", **home)
    assert re.fullmatch(r"models:/wine/1 loads in \d+\.\d s; its fast path linear is remembered\n", prepared)
    for address in (("-m", "models:/wine/1"), ("-m", "models:/wine/latest")):
        with serving(wine_model.folder, *address, **home) as started:
            assert "certified at an earlier start here" in started.log.partition("has loaded the model")[0]
            assert started.invoke(SEED).predictions == server.invoke(SEED).predictions


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-r", "0" * 32, "-m", "model"), "0" * 32),
        (("-r", "RUN", "-m", "mode"), "mode"),
        (("-r", "RUN", "-m", "/etc"), "/etc"),
        (("-r", "RUN", "-m", "../../model"), "../../model"),
        (("-m", "nowhere"), "nowhere"),
        (("-m", "models:/wine/99"), "99"),
        (("-m", "models:/win/1"), "win"),
    ],
)
def test_s4_28_what_is_not_there_is_named_in_one_line(wine_model: Wine, words: tuple[str, ...], told: str) -> None:
    given = [wine_model.run_id if word == "RUN" else word for word in words]
    for verb in (("pyfunc", "serve", "-p", "0"), ("models", "prepare-env")):
        done = failed(wine_model.folder, *verb, *given)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
        assert told in done.stderr


def test_s1_20_the_seeds_body_works_as_it_stands(server: ScoringServer) -> None:
    answer = server.invoke(SEED)
    assert answer.predictions == pytest.approx([WINE], abs=5e-5)
    assert round(answer.predictions[0], 3) == 6.016


def forms(columns: list[str]) -> dict[str, tuple[str, str]]:
    """The forms of S4.29 and MLflow's: name → content type and body."""
    split, record = {"columns": columns, "data": [ROW]}, dict(zip(columns, ROW, strict=True))
    turned = {"columns": columns[::-1], "data": [ROW[::-1]]}
    json_forms: dict[str, Any] = {
        "split": split,
        "split in another order": turned,
        "dataframe_split": {"dataframe_split": split},
        "records": [record],
        "dataframe_records": {"dataframe_records": [record]},
        "instances": {"instances": [ROW]},
        "inputs": {"inputs": [ROW]},
        "inputs by column": {"inputs": {name: [value] for name, value in record.items()}},
        "input": {"input": [ROW]},
    }
    text = ",".join(columns) + "\n" + ",".join(map(str, ROW)) + "\n"
    return {
        **{name: ("application/json", json.dumps(body)) for name, body in json_forms.items()},
        "a charset": ("application/json; charset=utf-8", SEED),
        "csv": ("text/csv", text),
        "csv with a charset": ("text/csv; charset=utf-8", text),
    }


@pytest.mark.parametrize("form", forms([str(number) for number in range(len(ROW))]))
def test_s4_29_every_form_gives_the_same_number(wine_model: Wine, server: ScoringServer, form: str) -> None:
    kind, body = forms(wine_model.columns)[form]
    assert server.invoke(body, kind).predictions == server.invoke(SEED).predictions


@pytest.mark.parametrize("kind", ["text/plain", "application/x-python-pickle", "application/xml"])
def test_s4_29_another_type_is_415(server: ScoringServer, kind: str) -> None:
    answer = server.invoke(SEED, kind)
    assert answer.status == 415
    assert short(answer.json)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{nope", "application/json"),
        ("", "application/json"),
        ("[1, 2", "application/json"),
        ('{"inputs": [["white"]]}', "application/json"),
        ('{"rows": [[1]]}', "application/json"),
        ('{"inputs": [[1, 2]]}', "application/json"),
        ('{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}', "application/json"),
        ("a,b\n1,2\n", "text/csv"),
        (b"\xff\xfe\x00", "application/json"),
    ],
)
def test_s4_29_a_bad_body_is_400_with_a_short_reason(server: ScoringServer, body: str | bytes, kind: str) -> None:
    answer = server.curl("/invocations", body, kind)
    assert answer.status == 400, answer
    assert short(answer.json)
    assert server.invoke(SEED).status == 200


def short(error: dict[str, Any]) -> bool:
    """Whether an error is one sentence or two, and no traceback."""
    text = error["message"]
    assert error["error_code"]
    assert "Traceback" not in text
    assert "/site-packages/" not in text
    return 0 < len(text) < 400 and "\n" not in text


def test_s4_29_it_can_be_asked_whether_it_lives(server: ScoringServer) -> None:
    for path in ("/ping", "/health", "/ready", "/version"):
        assert server.curl(path).status == 200
    assert server.curl("/anything-else").status == 404


def test_s4_31_it_listens_on_loopback_alone(server: ScoringServer) -> None:
    listening = Path(f"/proc/{server.process.pid}/net/tcp").read_text()
    assert f" 0100007F:{server.port:04X} 00000000:0000 0A" in listening
    assert f" 00000000:{server.port:04X} 00000000:0000 0A" not in listening


def test_s4_31_another_address_is_refused_unless_everybody_may_ask(wine_model: Wine) -> None:
    done = failed(wine_model.folder, "models", "serve", "-m", "models:/wine/1", "-h", "0.0.0.0", "-p", "0")
    assert done.stderr.count("\n") == 1
    assert "--insecure-no-auth" in done.stderr


COMPOSITE = """
import sys
import modelyard as mlflow
from modelyard import composite

class Shouting:
    def predict(self, text):
        return text.upper()

def predict(shouter, text, times=1, end="."):
    return {"said": shouter.predict(text) * times + end}

with mlflow.start_run() as run:
    composite.log_model(predict, models={"shouter": Shouting()}, name="shout", registered_model_name="shout")
"""
ASK = """
import json, sys
from modelyard import composite
model = composite.load("models:/shout/1")
print(json.dumps([model.predict(**given) for given in json.loads(sys.argv[1])]))
"""


def test_s0_34_a_composite_model_is_served_and_takes_its_parameters_by_name(tmp_path: Path) -> None:
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    settings = {"MODELYARD_HOME": str(tmp_path / "home")}
    (tmp_path / "save.py").write_text(COMPOSITE)
    run_python(tmp_path, "save.py", **settings)
    asked: list[dict[str, Any]] = [{"text": "hi"}, {"text": "a", "times": 3}, {"text": "b", "end": "!", "times": 2}]
    expected = json.loads(run_python(tmp_path, "-c", ASK, json.dumps(asked), **settings))
    with serving(tmp_path, "-m", "models:/shout/1", **settings) as served:
        for given, said in zip(asked, expected, strict=True):
            assert served.invoke({"inputs": given}).predictions == said
            assert served.invoke({"dataframe_records": [given]}).predictions in (said, [said])
        wrong = served.invoke({"inputs": {"txt": "hi"}})
        assert wrong.status == 400
        assert "txt" in wrong.json["message"]


PINNED = """
import sys
import iniconfig
import modelyard.pyfunc
from modelyard.pyfunc import PythonModel

class Version(PythonModel):
    def predict(self, context, model_input, params=None):
        import importlib.metadata
        return [importlib.metadata.version("iniconfig") for _ in model_input]

modelyard.pyfunc.save_model(
    "pinned", python_model=Version(), verify=False, pip_requirements=["iniconfig==2.0.0", "cloudpickle"]
)
"""


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that asks for an older release of a small package than the one that is here."""
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    if find_spec("iniconfig") is None or importlib.metadata.version("iniconfig") == "2.0.0":
        pytest.skip("another release of iniconfig is needed here")
    folder = tmp_path_factory.mktemp("pinned")
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(folder / "probe"), "iniconfig==2.0.0"]
    if subprocess.run(words, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("no package registry")
    run_python(folder, "-c", PINNED, MODELYARD_HOME=str(folder / "home"))
    return folder


def test_s4_34_its_environment_is_rebuilt_unless_told_otherwise(pinned: Path) -> None:
    settings = {"MODELYARD_HOME": str(pinned / "home")}
    with serving(pinned, "-m", "pinned", "--no-conda", **settings) as here:
        assert here.invoke({"inputs": ["x"]}).predictions == [importlib.metadata.version("iniconfig")]
    for manager in ("auto", "virtualenv"):  # the second finds what the first one made, where uv is not here
        with serving(pinned, "-m", "pinned", "--env-manager", manager, **settings) as rebuilt:
            assert rebuilt.invoke({"inputs": ["x"]}).predictions == ["2.0.0"]
            assert rebuilt.log.count("this environment is not what the model asks for".capitalize()) == (
                manager == "auto"
            )
            pruned = run_python(pinned, "-m", "modelyard", "env", "prune", "--all", "--yes", **settings)
            assert "it is in use" in pruned
    if shutil.which("uv") is None:
        assert "Making an environment" not in rebuilt.log
    listed = run_python(pinned, "-m", "modelyard", "models", "environments", "list", "--output", "json", **settings)
    keys = [each["key"] for each in json.loads(listed)]
    run_python(pinned, "-m", "modelyard", "models", "environments", "remove", *keys, "--yes", **settings)
    left = run_python(pinned, "-m", "modelyard", "models", "environments", "list", "--output", "json", **settings)
    assert json.loads(left) == []


def test_s4_34_what_cannot_be_installed_is_named_with_the_way_out(pinned: Path) -> None:
    shutil.copytree(pinned / "pinned", pinned / "nowhere")
    (pinned / "nowhere" / "requirements.txt").write_text("iniconfig==999\n")
    for file in ("manifest.json", "manifest.sig"):
        (pinned / "nowhere" / file).unlink()
    settings = {"MODELYARD_HOME": str(pinned / "home")}
    told = run_python(pinned, "-m", "modelyard", "models", "inspect", "nowhere", "--output", "json", **settings)
    words = ("-m", "nowhere", "--trust", json.loads(told)["digest"], "-p", "0")
    done = failed(pinned, "models", "serve", *words, **settings)
    assert "iniconfig==999" in done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("modelyard: The model's environment cannot be made: ")
    assert last.endswith("With --env-manager local it runs in this one.")


def test_s4_34_what_a_stranger_asks_for_is_not_installed(pinned: Path) -> None:
    words = ("models", "serve", "-m", "pinned", "--env-manager", "virtualenv", "-p", "0")
    done = failed(pinned, *words, MODELYARD_HOME=str(pinned / "another"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "untrusted" in done.stderr
    assert not (pinned / "another" / "environments").exists()


def test_s4_33_a_container_context_starts_with_python_and_its_requirements(wine_model: Wine, tmp_path: Path) -> None:
    words = ("-m", "modelyard", "models", "build-context", "models:/wine/1")
    told = run_python(wine_model.folder, *words, str(tmp_path / "made"))
    assert "docker build" in told
    again = failed(wine_model.folder, "models", "build-context", "models:/wine/1", str(tmp_path / "made"))
    assert "exists" in again.stderr
    moved = (tmp_path / "made").rename(tmp_path / "moved")
    recipe = (moved / "Dockerfile").read_text()
    for name in re.findall(r"^COPY (.*) \./$", recipe, re.MULTILINE)[0].split():
        assert (moved / name).exists()
    required = (moved / "requirements.txt").read_text()
    assert "scikit-learn==" in required
    assert "httptools==" in required
    bare = {"PYTHON": sys.executable, "PYTHONPATH": "", "MODELYARD_HOME": str(tmp_path / "home")}
    with serving(tmp_path, start=[str(moved / "start.sh")], **bare) as started:
        assert started.curl("/ping").status == 200
        assert started.invoke(SEED).predictions == pytest.approx([WINE], abs=5e-5)
    assert not (moved / "yard").exists()  # where it runs, its user may write nothing
