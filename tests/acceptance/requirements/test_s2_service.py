"""Requirements S2: the train/predict service, with real processes and the sources' own curl lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from modelyard import MlflowClient
from modelyard.cli.main import commands_of, parser_of
from tests.acceptance.requirements.conftest import Session
from tests.support.processes import ROOT
from tests.support.servers import started
from tests.support.training import SAMPLE, SEED_BODY, StartService, TrainingService

JSON = ("-H", "Content-Type: application/json")
FEATURES = list(SAMPLE)
N1, N2 = 0.35944, 5.05885


def refused(service: TrainingService, body: Any, path: str = "/predict?model=LinearRegression") -> str:
    """The message of a request that is refused as the caller's mistake."""
    reply = service.predict(body, path)
    assert 400 <= reply.status < 500, (reply.status, reply.body)
    message: str = reply.json["message"]
    return message


@pytest.fixture(scope="module")
def trained(service: TrainingService) -> TrainingService:
    """The service, after its default training."""
    assert service.curl("/train").status == 200
    return service


def test_s2_01_the_service_is_on_port_8000(service: TrainingService) -> None:
    """S2.1: the port is 8000 unless another is asked for; the start command of the docs is a real one."""
    serve = next(command for command in commands_of("training") if command.name == "serve")
    assert parser_of("training", serve).parse_args([]).port == 8000
    assert "modelyard training serve" in (ROOT / "docs" / "how-to" / "train-predict-service.md").read_text()
    assert service.curl("/health").body == b"OK"


def test_s2_02_and_s2_03_the_lines_of_the_sources(service: TrainingService) -> None:
    """S2.2, S2.3: the two curl lines give the two answers, to the byte."""
    trained = service.curl("/train")
    assert (trained.status, trained.headers["content-type"]) == (200, "application/json")
    assert trained.body == b'{"r2":0.36}'
    predicted = service.curl("-d", SEED_BODY, *JSON, "-X", "POST", "/predict")
    assert (predicted.status, predicted.body) == (200, b'{"quality":5.06}')
    exact = service.predict(SEED_BODY, "/predict?full").json["predictions"][0]["quality"]
    assert exact == pytest.approx(N2, abs=5e-6)


def test_s2_06_before_any_training(start_service: StartService, red_wines: Path) -> None:
    """S2.6, T2.8: an empty folder of models is told, with the way out."""
    started = start_service("--data", str(red_wines))
    for path in ("/predict", "/predict_net"):
        reply = started.curl("-d", SEED_BODY, *JSON, "-X", "POST", path)
        assert reply.status == 404
        assert "/train" in reply.json["message"]
    assert started.curl("/models").json == {"models": []}


def test_s2_13_every_training_is_a_run_and_a_version(service: TrainingService) -> None:
    """S2.13: and the run has what is needed to do it again."""
    first, second = service.train(name="versioned"), service.train(name="versioned", seed=7)
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["run_id"] != second["run_id"]
    told = service.curl("/models/versioned/2").json
    assert told["run_id"] == second["run_id"]
    assert told["params"]["seed"] == "7"
    assert told["metrics"]["r2"] == second["metrics"]["r2"]


def test_s2_15_a_missing_file_is_named(start_service: StartService, tmp_path: Path, red_wines: Path) -> None:
    """S2.15: the path that was looked for; files with commas and with semicolons both load."""
    missing = start_service("--data", "no/such.csv")
    reply = missing.curl("/train")
    assert reply.status == 404
    assert str(tmp_path / "no" / "such.csv") in reply.json["message"]
    text = red_wines.read_text()
    assert ";" in text
    for separator in (",", ";"):
        file = tmp_path / "wines.csv"
        file.write_text(text.replace(";", separator))
        sent = missing.curl("-F", f"data=@{file}", "-F", "target=quality", "/train")
        assert sent.json["metrics"]["r2"] == pytest.approx(N1, abs=5e-6)


def test_s2_26_two_services_with_two_folders(start_service: StartService, red_wines: Path, tmp_path: Path) -> None:
    """S2.26: by option and by environment variable; what one trains the other does not know."""
    here = start_service("--data", str(red_wines), store=tmp_path / "here")
    there = start_service("--data", str(red_wines), store="", MODELYARD_TRAINING_MODELS=str(tmp_path / "there"))
    assert here.train(name="mine")["version"] == "1"
    assert [each["name"] for each in here.curl("/models").json["models"]] == ["mine"]
    assert there.curl("/models").json == {"models": []}
    assert there.train(name="mine", model="Ridge")["version"] == "1"
    assert (tmp_path / "here" / "yard.db").is_file()
    assert (tmp_path / "there" / "yard.db").is_file()


def test_s2_27_an_uploaded_file(service: TrainingService, red_wines: Path, tmp_path: Path) -> None:
    """S2.27: N1's numbers; a file without the target is refused naming it."""
    sent = service.curl("-F", f"data=@{red_wines}", "-F", "target=quality", "-F", "name=sent", "/train")
    assert sent.status == 200
    assert sent.json["metrics"]["r2"] == pytest.approx(N1, abs=5e-6)
    assert (sent.json["rows"]["train"], sent.json["rows"]["test"]) == (1071, 528)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n3,4\n")
    reply = service.curl("-F", f"data=@{other}", "-F", "target=quality", "/train")
    assert reply.status == 400
    assert "'quality'" in reply.json["message"]
    assert "'a', 'b'" in reply.json["message"]


def test_s2_27_the_size_of_an_upload_is_limited(start_service: StartService, red_wines: Path, tmp_path: Path) -> None:
    """S2.27: by what curl announces, and by what arrives where nothing is announced; nothing is left of either."""
    started = start_service("--data", str(red_wines), "--max-upload", "50000")
    large = ("-F", f"data=@{red_wines}", "-F", "target=quality")
    assert started.curl(*large, "/train").status == 413
    assert started.curl(*large, "-H", "Transfer-Encoding: chunked", "/train").status == 413
    small = tmp_path / "small.csv"
    small.write_text("".join(red_wines.read_text().splitlines(keepends=True)[:400]))
    assert started.curl("-F", f"data=@{small}", "-F", "target=quality", "/train").status == 200


def test_s2_28_the_split_is_a_parameter(service: TrainingService) -> None:
    """S2.28: 0.2 is 1279 and 320 rows; what is no share is refused."""
    rows = service.train(name="split", test_size=0.2)["rows"]
    assert (rows["train"], rows["test"]) == (1279, 320)
    for wrong in (0, 1, 2.5, "abc", -0.1, None, True):
        reply = service.request("POST", "/train", {"test_size": wrong})
        assert reply.status == 400, wrong
        assert "test_size" in reply.json["message"]
    for wrong in ("0", "1", "2.5", "abc", ""):
        assert service.curl("-F", f"test_size={wrong}", "/train").status == 400, wrong


def test_s2_29_the_model_is_named(service: TrainingService) -> None:
    """S2.29: a forest; an unknown name is answered with the list, and no dotted name is ever imported."""
    done = service.train(model="RandomForestRegressor", name="forest", params={"n_estimators": 10})
    assert done["model"] == "RandomForestRegressor"
    assert done["params"]["n_estimators"] == 10
    for wrong in ("RandomForrestRegressor", "os.system", "sklearn.linear_model.Ridge", "__import__", "Pipeline"):
        reply = service.request("POST", "/train", {"model": wrong})
        assert reply.status == 400
        assert "LinearRegression, Ridge" in reply.json["message"]
    reply = service.request("POST", "/train", {"model": "Ridge", "params": {"alfa": 1}})
    assert reply.status == 400
    assert "alpha" in reply.json["message"]


def test_s2_30_one_call_and_one_answer_for_all(service: TrainingService) -> None:
    """S2.30: regression and classification; test_s2_networks has the networks."""
    regression = service.train(name="shape", model="Ridge")
    classification = service.train(name="shape", model="GaussianNB")
    assert regression.keys() == classification.keys()
    assert regression["rows"] == classification["rows"]


def test_s2_31_classification(service: TrainingService) -> None:
    """S2.31: metrics of each class and averaged; a label, and probabilities when asked."""
    done = service.train(model="RandomForestClassifier", name="classes", params={"n_estimators": 20})
    assert {"accuracy", "precision", "recall", "f1", "support"} <= done["metrics"].keys()
    assert list(done["classes"]) == ["3", "4", "5", "6", "7", "8"]
    assert sum(each["support"] for each in done["classes"].values()) == done["metrics"]["support"] == 528
    assert set(done["classes"]["5"]) == {"precision", "recall", "f1", "support"}
    label = service.predict(SAMPLE, "/predict?model=classes").json
    assert label == {"quality": 5}
    shares = service.predict(SAMPLE, "/predict?model=classes&probabilities=true").json["probabilities"]
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.__getitem__) == "5"
    assert "probabilities" in refused(service, SAMPLE, "/predict?model=LinearRegression&probabilities")


def test_s2_32_a_folder_says_its_own_format(service: TrainingService) -> None:
    """S2.32: estimators are saved through one call; test_s2_networks has the networks."""
    service.train(name="formats", model="Ridge")
    assert service.curl("/models/formats").json["flavor"] == "sklearn"


def test_s2_33_parallel_trainings_make_distinct_versions(service: TrainingService) -> None:
    """S2.33: 20 at once are 20 versions, all of which predict."""
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda seed: service.train(name="parallel", seed=seed), range(20)))
    assert sorted(int(each["version"]) for each in done) == list(range(1, 21))
    assert len({each["run_id"] for each in done}) == len({each["model_id"] for each in done}) == 20
    values = [service.predict(SAMPLE, f"/predict?model=parallel/{each['version']}&full").json for each in done]
    assert len({each["predictions"][0]["quality"] for each in values}) == 20


def test_s2_34_what_a_model_was_trained_on(trained: TrainingService) -> None:
    """S2.34: the features in the order of the file with their types, and the target."""
    told = trained.curl("/models/LinearRegression").json
    assert [each["name"] for each in told["features"]] == FEATURES
    assert {each["type"] for each in told["features"]} == {"double"}
    assert told["target"] == "quality"


def test_s2_35_and_s2_38_the_caller_chooses_the_model(service: TrainingService) -> None:
    """S2.35, S2.38: by name, version, alias or id; the newest where none is named; unknown ones are 404."""
    linear = service.train(name="chosen")
    forest = service.train(name="chosen", model="RandomForestRegressor", params={"n_estimators": 10})
    by_default = service.predict(SAMPLE)
    assert by_default.headers["x-model"] == "chosen/2"
    values = {}
    for query in ("model=chosen/1", "model=chosen&version=1", f"id={linear['model_id']}"):
        reply = service.predict(SAMPLE, f"/predict?{query}")
        values[query] = reply.json["quality"]
        assert reply.headers["x-model"] == "chosen/1"
    assert set(values.values()) == {5.06}
    newest = service.predict(SAMPLE, f"/predict?model={forest['model_id']}").json["quality"]
    assert newest == service.predict(SAMPLE, "/predict?model=chosen").json["quality"] != 5.06
    for query in ("model=nobody", "model=chosen/9", "model=chosen@nobody", f"id=m-{'0' * 32}"):
        assert service.predict(SAMPLE, f"/predict?{query}").status == 404, query
        assert service.curl(f"/models/{query.partition('=')[2]}").status == 404


def test_s2_35_an_alias_and_a_default_of_the_operator_s(start_service: StartService, red_wines: Path) -> None:
    """S2.35: the registry's aliases are the service's, and --model pins what /predict answers with."""
    from modelyard.tracking import MlflowClient

    started = start_service("--data", str(red_wines), "--model", "wine@champion")
    started.train(name="wine")
    started.train(name="wine", model="DummyRegressor")
    MlflowClient(str(started.folder / "models")).set_registered_model_alias("wine", "champion", "1")
    assert started.predict(SAMPLE).headers["x-model"] == "wine/1"
    assert started.predict(SAMPLE, "/predict?model=wine").headers["x-model"] == "wine/2"
    assert started.curl("/models/wine@champion").json["version"] == "1"


def test_s2_36_batches(trained: TrainingService, tmp_path: Path) -> None:
    """S2.36: N rows in order, none, ten thousand, and a file of them."""
    rows = [{**SAMPLE, "alcohol": 9 + place / 1000} for place in range(10_000)]
    path = "/predict?model=LinearRegression"
    found = trained.predict(rows, path).json
    assert len(found) == 10_000
    values = [each["quality"] for each in found]
    assert values == sorted(values)
    assert found[400]["quality"] == pytest.approx(N2, abs=5e-6)
    assert trained.predict([], path).body == b"[]"
    file = tmp_path / "rows.csv"
    lines = [",".join(f'"{name}"' for name in reversed(FEATURES))]
    lines += [",".join(str(row[name]) for name in reversed(FEATURES)) for row in rows[:5]]
    file.write_text("\n".join(lines) + "\n")
    sent = trained.curl("-F", f"data=@{file}", path)
    bare = trained.curl("--data-binary", f"@{file}", "-H", "Content-Type: text/csv", path)
    assert sent.json == bare.json == found[:5]


def test_s2_37_a_model_is_read_once(start_service: StartService, red_wines: Path, tmp_path: Path) -> None:
    """S2.37: its files may be gone after the first prediction; a new training is picked up."""
    started = start_service("--data", str(red_wines))
    started.curl("/train")
    assert started.predict(SAMPLE).json == {"quality": 5.06}
    files = tmp_path / "models" / "artifacts"
    files.rename(tmp_path / "away")
    assert started.predict(SAMPLE).json == {"quality": 5.06}
    (tmp_path / "away").rename(files)
    started.train(model="DummyRegressor")
    assert started.predict(SAMPLE).json != {"quality": 5.06}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({name: SAMPLE[name] for name in FEATURES[:-1]}, "'alcohol' is missing"),
        ({**SAMPLE, "colour": 1}, "'colour' is unknown"),
        ({**SAMPLE, "quality": 5}, "'quality' is what is predicted"),
        ({**SAMPLE, "pH": "3.5"}, "'pH' must be a number, not a text"),
        ({**SAMPLE, "pH": None}, "'pH' must be a number, not null"),
        ({**SAMPLE, "pH": True}, "'pH' must be a number"),
        ({**SAMPLE, "pH": [1]}, "'pH' must be a number, not a list"),
        ([SAMPLE, {**SAMPLE, "pH": "x"}], "Row 1: The field 'pH'"),
        ([SAMPLE, 7], "Row 1"),
        ("{'pH': 3}", "not JSON"),
        ('{"pH": NaN}', "not JSON"),
        ("", "not JSON"),
        ("7", "a number"),
    ],
)
def test_s2_39_what_does_not_fit_is_named(trained: TrainingService, body: Any, named: str) -> None:
    """S2.39: the field, and the row where there are several."""
    assert named in refused(trained, body)


def test_s2_39_types_of_content_and_far_values(trained: TrainingService) -> None:
    """S2.39: a wrong Content-Type is 415; far values are predicted, with a warning."""
    wrong = trained.curl("-d", SEED_BODY, "/predict")  # curl's own type for -d
    assert wrong.status == 415
    assert "application/json" in wrong.json["message"]
    path = "/predict?model=LinearRegression"
    far = trained.predict({**SAMPLE, "alcohol": 94}, path)
    assert far.status == 200
    assert [each["field"] for each in far.json["warnings"]] == ["alcohol"]
    assert "alcohol" in far.headers["x-model-warnings"]
    full = trained.predict([SAMPLE, {**SAMPLE, "pH": -3}], f"{path}&full").json
    assert [(each["row"], each["field"]) for each in full["warnings"]] == [(1, "pH")]
    near = trained.predict(SAMPLE, f"{path}&full")
    assert near.json["warnings"] == []
    assert "x-model-warnings" not in near.headers


def test_s2_40_the_order_of_keys_does_not_matter(trained: TrainingService) -> None:
    """S2.40, T2.2, N4: reversed keys are the same wine."""
    turned = dict(reversed(SAMPLE.items()))
    assert trained.predict(turned, "/predict?model=LinearRegression").json == {"quality": 5.06}


def test_s2_41_no_debug_mode_unless_asked(start_service: StartService, red_wines: Path, tmp_path: Path) -> None:
    """S2.41, T2.9: what fails inside is told in a sentence; --debug shows where, and is refused off loopback."""
    from modelyard.cli.main import main

    for options, shown in ((), False), (("--debug",), True):
        started = start_service("--data", str(red_wines), *options, store=tmp_path / f"debug-{shown}")
        started.curl("/train")
        for file in (tmp_path / f"debug-{shown}").glob("yard.db*"):
            file.write_bytes(b"no database any more" * 500)
        reply = started.predict(SAMPLE, "/predict?model=LinearRegression")
        assert reply.status >= 500, reply.body
        assert (b"Traceback" in reply.body) is shown
        assert started.curl("/nowhere").status == 404
    assert main(["training", "serve", "--debug", "--host", "0.0.0.0", "--insecure-no-auth"]) == 1
    assert main(["training", "serve", "--host", "0.0.0.0"]) == 1


def test_s2_42_a_prediction_names_its_version(trained: TrainingService) -> None:
    """S2.42: in a header always, and in the full form."""
    reply = trained.predict(SAMPLE, "/predict?model=LinearRegression&full")
    assert reply.headers["x-model"] == reply.json["model"]["id"]
    assert reply.json["model"]["run_id"] == reply.headers["x-run-id"]
    assert reply.headers["x-model"].startswith("LinearRegression/")


def test_s2_12_a_command_shows_the_logged_runs(tmp_path: Path) -> None:
    """S2.12: `modelyard ui` serves the runs of a folder, and the bare command says so."""
    log = "import modelyard as mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('r2', 0.36)\nprint(run.info.run_id)"
    environment = {**os.environ, "MODELYARD_TRACKING_URI": str(tmp_path / "yard")}
    done = subprocess.run([sys.executable, "-c", log], env=environment, capture_output=True, text=True, check=True)
    bare = subprocess.run([sys.executable, "-m", "modelyard"], capture_output=True, text=True, check=True)
    assert "modelyard ui" in bare.stdout
    command = [sys.executable, "-m", "modelyard", "ui", "--store", str(tmp_path / "yard"), "--drain-delay", "0"]
    with started(command, tmp_path) as address:
        [shown] = MlflowClient(address).search_runs(["0"])
    assert shown.info.run_id == done.stdout.split()[-1]
    assert shown.data.metrics == {"r2": 0.36}


def test_s2_43_trainings_do_not_disturb_predictions(trained: TrainingService) -> None:
    """S2.43: 200 predictions beside a training that goes on meanwhile, all 200 OK and right."""
    done: list[Any] = []
    params = {"n_estimators": 400}
    slow = threading.Thread(
        target=lambda: done.append(trained.train(name="slow", model="RandomForestRegressor", params=params))
    )
    slow.start()
    replies = [trained.predict(SAMPLE, "/predict?model=LinearRegression") for _ in range(200)]
    slow.join()
    assert {reply.status for reply in replies} == {200}
    assert {reply.body for reply in replies} == {b'{"quality":5.06}'}
    assert done[0]["version"]


def test_the_interface_tells_itself(service: TrainingService) -> None:
    """/openapi.json names every path, and /ready says that the service works."""
    told = json.loads(service.curl("/openapi.json").body)
    assert {"/train", "/predict", "/predict_net", "/models", "/models/{id}", "/health", "/ready"} == told[
        "paths"
    ].keys()
    assert service.curl("/ready").json == {"status": "ready"}
    assert service.curl("-X", "DELETE", "/train").status == 405
    assert service.request("HEAD", "/train").status == 405


def test_pages_of_an_origin_that_is_trusted_may_call(start_service: StartService, red_wines: Path) -> None:
    """They ask first whether they may send JSON."""
    started = start_service("--data", str(red_wines), "--trusted-origins", "https://ml.example.com")
    asked = started.request("OPTIONS", "/predict", headers={"Origin": "https://ml.example.com"})
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "https://ml.example.com"
    assert asked.headers["access-control-allow-methods"] == "OPTIONS, POST"
    assert started.request("OPTIONS", "/predict", headers={"Origin": "https://evil.example"}).status == 403
    assert started.request("OPTIONS", "/train").headers["allow"] == "GET, OPTIONS, POST"


def test_the_command_trains_to_a_folder_and_to_a_server(session: Session, name: str, red_wines: Path) -> None:
    """The command line is the same training: N1, a run and a version, wherever runs are tracked to."""
    done = session.cli("train", str(red_wines), "--target", "quality", "--name", name, "--output", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["metrics"]["r2"] == pytest.approx(N1, abs=5e-6)
    assert told["verification"] == "passed"
    version = session.client.get_model_version(name, told["version"])
    assert version.run_id == told["run_id"]
    assert session.client.get_run(told["run_id"]).data.params["target"] == "quality"


def test_a_page_of_another_site_can_neither_train_nor_predict(trained: TrainingService) -> None:
    """A GET that trains is no picture for foreign pages to load, and no name that is rebound to loopback is answered."""
    before = trained.curl("/models").json
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        assert trained.request("GET", "/train", headers=headers).status == 403
        sent = {**headers, "Content-Type": "application/json"}
        assert trained.request("POST", "/predict", json.dumps(SAMPLE).encode(), sent).status == 403
    assert trained.curl("/models").json == before
