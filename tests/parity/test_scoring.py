"""One body, two scoring servers: MLflow's own answers it, and what our protocol makes of it is the same."""

from __future__ import annotations

import base64
import io
import json
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import ModelyardError
from modelyard.models.load import load_pyfunc
from modelyard.models.trust import digest
from modelyard.serving.protocols.invocations import Invocations

REQUIREMENTS = ["numpy"]  # spares mlflow a process that finds them out
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
X = np.array([[7.4, 0.7, 0.0], [7.8, 0.88, 2.6], [11.2, 0.28, 1.9], [7.4, 0.66, 1.8]])
NAMES = ["acid", "sugar", "salt"]
FRAME = pd.DataFrame(X, columns=NAMES)


class Served(NamedTuple):
    """A saved model behind both: MLflow's application, and ours without its HTTP."""

    theirs: Any
    ours: Any

    def both(self, body: Any, kind: str = JSON) -> tuple[tuple[int, Any], tuple[int, Any]]:
        """Status and answer of each."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.theirs.post("/invocations", content=content, headers={"Content-Type": kind})
        text = answer.text if answer.status_code == 200 else ""
        found = json.loads(text, parse_constant=lambda _: None) if text else None  # it writes NaN, which is no JSON
        return (answer.status_code, found), self.our_answer(content, kind)

    def our_answer(self, content: bytes, kind: str) -> tuple[int, Any]:
        """What the worker does with a request."""
        protocol, signature = Invocations(), self.ours.metadata.signature
        try:
            payload = protocol.read(content, kind, signature)
            predictions = self.ours.predict(payload.data, payload.params)
            return 200, json.loads(protocol.write(predictions, payload, signature))
        except ModelyardError as error:
            return error.get_http_status_code(), None

    def same(self, body: Any, kind: str = JSON) -> Any:
        """The answer, which is the same from both."""
        theirs, ours = self.both(body, kind)
        assert theirs[0] == 200
        assert ours == theirs
        return ours[1]


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The mlflow package, and a machine key of this module's own."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
            "MODELYARD_HOME": str(tmp_path_factory.mktemp("home")),
        }.items():
            patch.setenv(name, value)
        before = dict(os.environ)
        yield pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")
        for name in set(os.environ) - set(before):
            del os.environ[name]


@pytest.fixture(scope="module")
def serve(mlflow: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Saves a model with MLflow and opens it in both."""
    server = pytest.importorskip("mlflow.pyfunc.scoring_server", reason="mlflow is not installed: pip install mlflow")
    clients = pytest.importorskip("starlette.testclient", reason="starlette is not installed: pip install mlflow")
    opened: list[Any] = []

    def make(save: Callable[..., None], **options: Any) -> Served:
        folder = tmp_path_factory.mktemp("model") / "model"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            save(path=str(folder), pip_requirements=REQUIREMENTS, **options)
            client = clients.TestClient(server.init(mlflow.pyfunc.load_model(str(folder))))
            opened.append(client)
            return Served(client, load_pyfunc(folder, trust=digest(folder)))

    yield make
    for client in opened:
        client.close()


def signature(mlflow: Any, inputs: Any, outputs: Any = None, params: Any = None) -> Any:
    """A signature by example."""
    return mlflow.models.infer_signature(inputs, outputs, params)


@pytest.fixture(scope="module")
def regressor(mlflow: Any, serve: Callable[..., Served]) -> Served:
    from sklearn.linear_model import Ridge

    model = Ridge().fit(FRAME, X[:, 0] * 2 + X[:, 2])
    return serve(mlflow.sklearn.save_model, sk_model=model, signature=signature(mlflow, FRAME))


TABLES = [
    {"dataframe_split": {"columns": NAMES, "data": X.tolist()}},
    {"dataframe_split": {"columns": NAMES[::-1], "data": X[:, ::-1].tolist(), "index": [4, 5, 6, 7]}},
    {"dataframe_split": {"columns": [*NAMES, "more"], "data": [[1, 2, 3, "x"]]}},
    {"dataframe_records": FRAME.to_dict("records")},
    {"dataframe_records": [{"acid": 1, "sugar": 2, "salt": 3, "more": None}]},
    {"inputs": FRAME.to_dict("records")},
    {"inputs": FRAME.to_dict("list")},
    {"inputs": {"acid": 1.0, "sugar": 2.0, "salt": 3.0}},
    {"instances": FRAME.to_dict("records")},
    {"instances": FRAME.to_dict("list")},
    {"dataframe_split": {"columns": NAMES, "data": [[1, 2, 3]]}, "params": None},
    {"dataframe_split": {"columns": NAMES, "data": [[1, 2, 3]]}, "unknown": 1},
]


@pytest.mark.parametrize("body", TABLES, ids=lambda body: f"{next(iter(body))}-{len(json.dumps(body))}")
def test_a_regressor_answers_each_form_alike(regressor: Served, body: Any) -> None:
    assert len(regressor.same(body)["predictions"]) >= 1


def test_csv_and_parquet_are_answered_alike(regressor: Served) -> None:
    file = io.BytesIO()
    FRAME.to_parquet(file)
    text = FRAME.to_csv(index=False).encode()
    assert regressor.same(text, CSV) == regressor.same(file.getvalue(), PARQUET)
    assert regressor.same(text, "text/csv; charset=utf-8") == regressor.same(text, "text/csv;charset=UTF-8")


WRONG = [
    (b'{"dataframe_split": ', JSON),
    (b"[1, 2]", JSON),
    (b"3", JSON),
    (b"{}", JSON),
    (b'{"acid": [1]}', JSON),
    (b'{"inputs": [], "instances": []}', JSON),
    (b'{"dataframe_split": [1]}', JSON),
    (b'{"dataframe_split": {"columns": ["acid"]}}', JSON),
    (b'{"dataframe_split": {"columns": ["acid", "sugar"], "data": [[1, 2]]}}', JSON),
    (b'{"dataframe_split": {"columns": ["acid", "sugar", "salt"], "data": [[1, 2]]}}', JSON),
    (b'{"dataframe_split": {"columns": ["acid", "sugar", "salt"], "data": [[1, 2, "x"]]}}', JSON),
    (b'{"dataframe_records": {"acid": 1}}', JSON),
    (b'{"inputs": {"acid": [1], "sugar": [1, 2], "salt": [1]}}', JSON),
    (b'{"inputs": 5}', JSON),
    (b"\xff", JSON),
    (b"acid,sugar\n1,2\n", CSV),
    (b"\xff", CSV),
    (b"nothing", PARQUET),
    (b"{}", "text/plain"),
    (b"{}", "application/json; charset=latin-1"),
    (b"{}", "application/json; format=pandas-split"),
]


@pytest.mark.parametrize(("body", "kind"), WRONG, ids=lambda each: repr(each)[:60])
def test_what_is_wrong_has_the_status_it_has_in_mlflow(regressor: Served, body: bytes, kind: str) -> None:
    theirs, ours = regressor.both(body, kind)
    assert ours[0] in (400, 415)
    assert ours == theirs


def test_a_classifier_answers_its_labels(mlflow: Any, serve: Callable[..., Served]) -> None:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(FRAME, ["good", "bad", "good", "bad"])
    served = serve(mlflow.sklearn.save_model, sk_model=model, signature=signature(mlflow, FRAME))
    assert set(served.same(TABLES[0])["predictions"]) <= {"good", "bad"}


def test_several_outputs_are_rows(mlflow: Any, serve: Callable[..., Served]) -> None:
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(FRAME, np.column_stack([X[:, 0], X[:, 1] * 3]))
    served = serve(mlflow.sklearn.save_model, sk_model=model, signature=signature(mlflow, FRAME))
    assert np.shape(served.same(TABLES[3])["predictions"]) == (4, 2)


def test_columns_without_names_are_counted(mlflow: Any, serve: Callable[..., Served]) -> None:
    from sklearn.linear_model import LinearRegression

    schema = mlflow.types.Schema([mlflow.types.ColSpec("double")] * 3)
    described = mlflow.models.ModelSignature(inputs=schema)
    served = serve(mlflow.sklearn.save_model, sk_model=LinearRegression().fit(X, X[:, 0]), signature=described)
    served.same({"dataframe_split": {"data": X.tolist()}})
    served.same({"dataframe_split": {"columns": NAMES, "data": X.tolist()}})


def test_tensors_are_answered_alike(mlflow: Any, serve: Callable[..., Served]) -> None:
    from sklearn.linear_model import LinearRegression

    served = serve(
        mlflow.sklearn.save_model, sk_model=LinearRegression().fit(X, X[:, 0]), signature=signature(mlflow, X)
    )
    for body in (
        {"inputs": X.tolist()},
        {"instances": X.tolist()},
        {"inputs": [[1, 2, 3]]},
        {"dataframe_split": {"columns": NAMES, "data": X.tolist()}},
        {"dataframe_records": FRAME.to_dict("records")},
    ):
        served.same(body)
    # MLflow has no CSV for tensors.
    assert served.our_answer(FRAME.to_csv(index=False).encode(), CSV) == (200, served.same({"inputs": X.tolist()}))
    for wrong in (
        {"inputs": [[1, 2]]},
        {"inputs": [["a", "b", "c"]]},
        {"inputs": {"x": [[1, 2, 3]]}},
        {"inputs": [[1, 2, 3], [1]]},
    ):
        theirs, ours = served.both(wrong)
        assert (ours[0], theirs[0]) == (400, 400)


def test_a_model_without_a_signature_is_given_what_mlflow_gives(mlflow: Any, serve: Callable[..., Served]) -> None:
    class Told(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):
            if isinstance(model_input, dict):
                return {name: [type(value).__name__, np.asarray(value).tolist()] for name, value in model_input.items()}
            held = model_input.to_dict("list") if hasattr(model_input, "to_dict") else model_input.tolist()
            return [type(model_input).__name__, held, params]

    served = serve(mlflow.pyfunc.save_model, python_model=Told())
    for body in (
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2.5, None]]}},
        {"dataframe_split": {"data": [[1, "x"]]}},
        {"dataframe_records": [{"a": 1}, {"b": True}]},
        {"inputs": [[1, 2], [3, 4]]},
        {"inputs": [1.5, 2]},
        {"inputs": ["a", "b"]},
        {"inputs": {"a": [1, 2], "b": ["x", "y"]}},
        {"instances": [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}]},
        {"instances": [[1], [2]]},
    ):
        served.same(body)
    served.same(b"a,b,c,d\n1,x,true,\n2,y,false,1.5\n", CSV)
    assert served.same({"messages": [{"role": "user"}], "n": [1]}) == {
        "messages": ["list", [{"role": "user"}]],
        "n": ["list", [1]],
    }


def test_parameters_reach_the_model_by_type_and_default(mlflow: Any, serve: Callable[..., Served]) -> None:
    class Scaled(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):
            return (model_input["x"] * params["factor"]).to_numpy()

    frame = pd.DataFrame({"x": [1.0, 2.0]})
    described = signature(mlflow, frame, None, {"factor": 2.0, "stop": ["a"]})
    served = serve(mlflow.pyfunc.save_model, python_model=Scaled(), signature=described)
    assert served.same({"inputs": {"x": [1.0]}}) == {"predictions": [2.0]}
    assert served.same({"inputs": {"x": [1.0]}, "params": {"factor": 5}}) == {"predictions": [5.0]}
    assert served.same({"inputs": [1.0, 2.0], "params": {"factor": 3.0}}) == {"predictions": [3.0, 6.0]}
    for wrong in ({"factor": "x"}, {"stop": 5}):
        theirs, ours = served.both({"inputs": {"x": [1.0]}, "params": wrong})
        assert (ours[0], theirs[0]) == (400, 400)


def test_a_table_with_texts_dates_and_bytes_is_answered_alike(mlflow: Any, serve: Callable[..., Served]) -> None:
    class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):
            return pd.DataFrame(
                {
                    "name": model_input["name"],
                    "twice": model_input["age"] * 2,
                    "year": model_input["born"].dt.year,
                    "born": model_input["born"],
                    "length": [len(each) for each in model_input["raw"]],
                    "first": [each[0] for each in model_input["tags"]],
                    "ok": ~model_input["ok"],
                }
            )

    types = mlflow.types
    schema = types.Schema(
        [
            types.ColSpec("string", "name"),
            types.ColSpec("long", "age"),
            types.ColSpec("datetime", "born"),
            types.ColSpec("binary", "raw"),
            types.ColSpec(types.schema.Array("double"), "tags"),
            types.ColSpec("boolean", "ok"),
        ]
    )
    served = serve(mlflow.pyfunc.save_model, python_model=Echo(), signature=mlflow.models.ModelSignature(inputs=schema))
    raw = base64.b64encode(b"abc").decode()
    row = {"name": "Ann", "age": 31, "born": "1990-02-01T10:00:00", "raw": raw, "tags": [1.5, 2], "ok": True}
    for body in (
        {"dataframe_records": [row, {**row, "name": "Bob"}]},
        {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}},
    ):
        found = served.same(body)
        assert found["predictions"][0]["twice"] == 62


ANSWERS = {
    "series": lambda: pd.Series([1.5, 2.5]),
    "named series": lambda: pd.Series([1, 2], name="y"),
    "frame": lambda: pd.DataFrame({"a": [1, 2], 0: ["x", "y"]}),
    "dict": lambda: {"a": np.array([1.5]), "b": [np.int64(1)]},
    "list": lambda: ["a", 1, None, True],
    "array of texts": lambda: np.array(["a", "b"]),
    "array of objects": lambda: np.array([np.float64(1.5), "a"], dtype=object),
    "numbers of numpy": lambda: [np.float32(0.1), np.int8(3), np.bool_(True)],
    "text": lambda: "plain",
    "large": lambda: [1e300, 5e-324, 0.1, -0.0, 2**60],
}


def test_answers_of_every_kind_are_written_alike(mlflow: Any, serve: Callable[..., Served]) -> None:
    made = ANSWERS

    class Told(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):
            return made[params["kind"]]()

    described = signature(mlflow, None, None, {"kind": "list"})
    served = serve(mlflow.pyfunc.save_model, python_model=Told(), signature=described)
    for kind in ANSWERS:
        served.same({"inputs": [1], "params": {"kind": kind}})
