"""Cards of models, which run nothing, and predictions of registered versions by confined processes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
import modelyard.pyfunc
from modelyard.models.describe import NOT_WHOLE
from modelyard.models.trust import manifest as manifests
from tests.support.hostile_files import pickled
from tests.support.local_server import LocalServer, StartLocal
from tests.support.plain_http import Reply
from tests.support.scoring import serving
from tests.support.views import VIEWS, Shown
from tests.support.waiting import wait_for

CODE = '''
import os
import time

from modelyard.pyfunc import PythonModel


class Odd(PythonModel):
    """Does what its rows say."""

    def predict(self, context, model_input, params=None):
        found = []
        for row in model_input.to_dict(orient="records"):
            if row.get("look"):
                found.append(sorted(os.listdir(row["look"])))
            elif row.get("die"):
                os._exit(3)
            elif row.get("raise"):
                raise ValueError("no such wine")
            else:
                found.append(os.getpid())
        return found
'''


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This machine's keys, and a client that is told of no server."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    before = modelyard.get_tracking_uri()
    yield tmp_path / "home"
    modelyard.set_tracking_uri(before)


@pytest.fixture
def local(start_local: StartLocal, tmp_path: Path) -> LocalServer:
    return start_local(location=str(tmp_path / "yard"))


@pytest.fixture
def shown(local: LocalServer) -> Shown:
    modelyard.set_tracking_uri(local.address)
    return Shown(local)


def register(shown: Shown, name: str, source: str, **more: Any) -> None:
    shown.local.post("registered-models/create", {"name": name})
    made = shown.local.post("model-versions/create", {"name": name, "source": source, **more})
    assert made.status == 200, made


def wine(shown: Shown) -> Any:
    """A linear model as scikit-learn has them, as version 1 of the name."""
    pandas, linear = pytest.importorskip("pandas"), pytest.importorskip("sklearn.linear_model")
    import modelyard.sklearn

    rows = pandas.DataFrame({"acid": [1.0, 2.0, 3.0, 4.0], "sugar": [0.5, 1.0, 0.0, 1.5]})
    fitted = linear.LinearRegression().fit(rows, [1.0, 2.5, 3.0, 5.0])
    with modelyard.start_run(run_id=shown.run_id):
        modelyard.sklearn.log_model(fitted, name="wine", input_example=rows[:2], registered_model_name="wine")
    return fitted


def odd(shown: Shown, tmp_path: Path, name: str = "odd", *, foreign: bool = False) -> None:
    """A model that is code, as version 1 of a name; ``foreign``: nobody signed it."""
    source = tmp_path / f"{name}.py"
    source.write_text(CODE)
    folder = tmp_path / f"{name}-model"
    namespace: dict[str, Any] = {"__name__": f"odd_{name}"}
    exec(compile(CODE, str(source), "exec"), namespace)
    modelyard.pyfunc.save_model(folder, python_model=namespace["Odd"](), verify=False)
    if foreign:
        (folder / manifests.SIGNATURE).unlink()
    for file in folder.rglob("*"):
        if file.is_file():
            shown.put(f"{name}/{file.relative_to(folder).as_posix()}", file.read_bytes())
    register(shown, name, f"mlflow-artifacts:/0/{shown.run_id}/artifacts/{name}", run_id=shown.run_id)


def predict(shown: Shown, rows: Any, name: str = "wine", version: str = "1") -> Reply:
    return shown.local.request("POST", f"{VIEWS}/predict", {"name": name, "version": version, "rows": rows})


def hosted(shown: Shown) -> Any:
    """What keeps the models of the server."""
    return shown.local.server._views._predictions._hosted


# cards


def test_a_card_tells_what_is_known_of_a_model(shown: Shown) -> None:
    wine(shown)
    card = shown.get("model", name="wine", version="1").json
    assert card["is_model"] and set(card["flavors"]) == {"sklearn", "python_function"}
    assert [(each["name"], each["type"], each["required"]) for each in card["inputs"]] == [
        ("acid", "double", True),
        ("sugar", "double", True),
    ]
    assert card["example"] == {"dataframe_split": {"columns": ["acid", "sugar"], "data": [[1.0, 0.5], [2.0, 1.0]]}}
    assert (card["trust"], card["verdict"]) == ("data", "passed")
    assert card["digest"].startswith("sha256:") and "this machine" in card["signed_by"]
    assert any(line.startswith("scikit-learn") for line in card["requirements"])
    assert card["python_version"] == ".".join(map(str, sys.version_info[:3]))
    assert card["versions"] == ["wine/1"] and card["onnx"] is None
    again = shown.get("model", model_id=card["model_id"]).json
    assert again == card | {"path": ""}


def test_a_folder_that_is_no_model_is_none(shown: Shown) -> None:
    shown.put("data/a.txt", b"x")
    for path in ("", "data", "nowhere"):
        card = shown.get("model", path=path).json
        assert (card["is_model"], card["path"]) == (False, path)


def test_looking_at_a_hostile_model_runs_nothing_of_it(shown: Shown, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    shown.put("bad/model.pkl", pickled(canary))
    shown.put("bad/python_model.pkl", pickled(canary))
    shown.put("bad/code/sitecustomize.py", f"import os; os.mkdir({str(canary)!r})".encode())
    for mlmodel in (
        b"flavors: {python_function: {loader_module: os, code: code, python_model: python_model.pkl}}",
        b"flavors: {sklearn: {pickled_model: model.pkl, serialization_format: skops}}",
        b"flavors: {python_function: {loader_module: mlflow.sklearn, model_path: ../../../etc/passwd}}",
    ):
        shown.put("bad/MLmodel", mlmodel)
        card = shown.get("model", path="bad").json
        assert card["is_model"] and card["trust"] in ("untrusted", "unknown", "changed"), card
    assert not canary.exists()


@pytest.mark.parametrize(
    "mlmodel",
    [
        b"",
        b"[]",
        b"flavors: 3",
        b"\xff\xfe",
        b"{" * 50_000,
        b"a: &a [x]\n" + b"b: !!python/object/apply:os.system ['true']\n",
        b"flavors: {x: {}}\nsignature: {inputs: '[[['}",
        b"l: &l [lol]\n"
        + b"".join(b"l%d: &l%d [%s]\n" % (n, n, b",".join([b"*l%d" % (n - 1) if n else b"*l"] * 9)) for n in range(12)),
    ],
)
def test_a_file_that_only_has_the_name_is_refused_or_told_to_be_none(shown: Shown, mlmodel: bytes) -> None:
    shown.put("m/MLmodel", mlmodel)
    reply = shown.get("model", path="m")
    assert reply.status in (400, 413), reply
    assert b"/tmp" not in reply.body and b"Traceback" not in reply.body


def test_a_changed_model_is_told_to_be_one(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path)
    before = shown.get("model", name="odd", version="1").json
    assert before["trust"] == "signed" and "this machine" in before["signed_by"]
    shown.put("odd/requirements.txt", b"numpy\n")
    after = shown.get("model", name="odd", version="1").json
    assert after["trust"] == "changed" and "requirements.txt" in after["reason"]
    assert after["signed_by"] == ""


def test_an_untrusted_model_is_told_to_be_one(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path, foreign=True)
    card = shown.get("model", run_id=shown.run_id, path="odd").json
    assert card["trust"] == "untrusted" and "nobody signed it" in card["reason"]
    assert card["versions"] == ["odd/1"]


def test_a_model_of_too_many_bytes_is_described_by_its_small_files(shown: Shown, tmp_path: Path) -> None:
    shown.put("m/MLmodel", b"flavors: {sklearn: {pickled_model: big.skops}}")
    shown.put("m/big.skops", b"x")
    file = next((tmp_path / "files").rglob("big.skops"))
    file.unlink()
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    card = shown.get("model", path="m").json
    assert (card["is_model"], card["trust"], card["reason"]) == (True, "unknown", NOT_WHOLE)
    assert card["bytes"] > 1 << 40 and card["digest"] == ""


# predictions


def test_predictions_are_those_of_models_serve(shown: Shown, tmp_path: Path, home: Path) -> None:
    pandas = pytest.importorskip("pandas")
    fitted = wine(shown)
    rows = [{"acid": 1.25, "sugar": 0.75}, {"acid": 3, "sugar": -1e-3}]
    reply = predict(shown, rows)
    assert reply.status == 200, reply
    address = {"MODELYARD_TRACKING_URI": shown.local.address, "MODELYARD_HOME": str(home)}
    wrong: list[Any] = [[{"acid": 1.0}], [{"acid": "x", "sugar": 1.0}], [{"acid": None, "sugar": 1.0}], [[1.0, 2.0]]]
    with serving(tmp_path, "-m", "models:/wine/1", "--env-manager", "local", **address) as server:
        assert reply.json["predictions"] == server.invoke({"dataframe_records": rows}).predictions
        for each in wrong[:3]:
            ours, theirs = predict(shown, each), server.invoke({"dataframe_records": each})
            assert (ours.status, ours.json) == (theirs.status, theirs.json)
    assert reply.json["predictions"] == pytest.approx(fitted.predict(pandas.DataFrame(rows)).tolist())
    assert reply.json["model_id"].startswith("m-")
    assert predict(shown, wrong[3]).status == 400


@pytest.mark.parametrize("count", [0, 1_001])
def test_too_few_and_too_many_rows_are_refused(shown: Shown, count: int) -> None:
    assert predict(shown, [{"a": 1}] * count).status == 400


def test_versions_that_are_not_there_do_not_predict(shown: Shown) -> None:
    assert predict(shown, [{"a": 1}], version="7").status == 404
    assert predict(shown, [{"a": 1}], name="").status == 400
    shown.put("plain/a.txt", b"x")
    register(shown, "plain", f"mlflow-artifacts:/0/{shown.run_id}/artifacts/plain", run_id=shown.run_id)
    reply = predict(shown, [{"a": 1}], name="plain")
    assert reply.status == 404 and "MLmodel" in reply.json["message"]


def test_an_untrusted_model_is_not_loaded(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path, foreign=True)
    reply = predict(shown, [{"a": 1}], name="odd")
    assert reply.status == 403 and "untrusted" in reply.json["message"]
    assert "/tmp" not in reply.json["message"]
    assert hosted(shown).pids == []


def test_a_model_that_failed_its_verification_is_not_loaded(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path)
    shown.put("odd/verification.json", json.dumps({"status": "failed", "message": "it does not load"}).encode())
    shown.put("odd/manifest.json", b"{}")
    assert predict(shown, [{"a": 1}], name="odd").status == 403  # its files are not those that were signed


def test_a_model_is_confined_and_sees_nothing_of_the_store(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path)
    yard = tmp_path / "yard"
    assert "yard.db" in os.listdir(yard)
    reply = predict(shown, [{"look": str(yard)}], name="odd")
    assert reply.status == 200, reply
    if os.geteuid() != 0 and not Path("/proc/self/ns/user").exists():
        pytest.skip("does not apply: this system gives processes no folders of their own")
    assert reply.json["predictions"] == [[]]


def test_what_a_model_raises_is_answered_and_one_that_dies_is_replaced(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path)
    first = predict(shown, [{"a": 1}], name="odd").json["predictions"]
    assert first == predict(shown, [{"a": 1}], name="odd").json["predictions"]
    failed = predict(shown, [{"raise": 1}], name="odd")
    assert (failed.status, failed.json["error_code"]) == (400, "BAD_REQUEST")
    died = predict(shown, [{"die": 1}], name="odd")
    assert died.status == 500 and "process" in died.json["message"]
    assert predict(shown, [{"a": 1}], name="odd").json["predictions"] != first


def test_the_model_that_was_asked_longest_ago_goes(shown: Shown, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        odd(shown, tmp_path, name)
    pids = {name: predict(shown, [{"a": 1}], name=name).json["predictions"][0] for name in ("one", "two")}
    assert predict(shown, [{"a": 1}], name="one").json["predictions"] == [pids["one"]]
    predict(shown, [{"a": 1}], name="three")
    wait_for(lambda: not Path(f"/proc/{pids['two']}").exists(), 30)
    assert predict(shown, [{"a": 1}], name="one").json["predictions"] == [pids["one"]]
    assert len(hosted(shown).pids) == 2


def test_a_model_at_rest_goes_with_its_files(shown: Shown, tmp_path: Path) -> None:
    odd(shown, tmp_path)
    predict(shown, [{"a": 1}], name="odd")
    models = hosted(shown)
    place = models._place
    assert list(place.glob("model-*"))
    models._rest = 0.1
    shown.local.call(lambda: [setattr(seat, "_rest", 0.1) for seat in models._seats.values()])
    predict(shown, [{"a": 1}], name="odd")
    wait_for(lambda: not shown.local.call(lambda: models.pids) and not list(place.glob("model-*")), 30)
    assert predict(shown, [{"a": 1}], name="odd").status == 200


def test_models_end_with_the_server(start_local: StartLocal, tmp_path: Path) -> None:
    local = start_local(location=str(tmp_path / "other"))
    shown = Shown(local)
    modelyard.set_tracking_uri(local.address)
    odd(shown, tmp_path)
    pid = predict(shown, [{"a": 1}], name="odd").json["predictions"][0]
    place = hosted(shown)._place
    asyncio.run_coroutine_threadsafe(local.server.end(), local.loop).result(60)
    assert not Path(f"/proc/{pid}").exists()
    assert not place.exists()


def test_a_server_told_so_lets_no_model_predict(start_local: StartLocal) -> None:
    shown = Shown(start_local(predict=False))
    reply = predict(shown, [{"a": 1}])
    assert reply.status == 503 and "--no-predict" in reply.json["message"]
    assert shown.local.request("GET", f"{VIEWS}/about").json["predicts"] is False


def test_a_server_says_what_it_is(shown: Shown) -> None:
    about = shown.local.request("GET", f"{VIEWS}/about").json
    assert about == {
        "version": modelyard.__version__,
        "store": "sqlite",
        "serves_artifacts": True,
        "predicts": True,
    }
