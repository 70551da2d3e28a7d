"""Signatures and input examples: ours read by the real mlflow, and mlflow's by us."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.constraints import Constraint, Constraints
from modelyard.models.enforce import enforce, enforce_params
from modelyard.models.example import load_example, load_example_params, save_example, split_example
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature, infer_signature

pd = pytest.importorskip("pandas", reason="pandas is not installed")
np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*[Ii]nteger column:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*whole numbers:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

NOON = dt.datetime.fromisoformat("2026-01-01T12:00:00")
DATA: dict[str, Any] = {
    "frame": pd.DataFrame(
        {"a": [1, 2], "b": [1.5, None], "c": ["x", None], "d": [True, False], "e": pd.to_datetime(["2026", "2027"])}
    ),
    "nullable": pd.DataFrame(
        {
            "a": pd.array([1, None], dtype="Int64"),
            "b": pd.array([True, None], dtype="boolean"),
            "c": pd.array(["a", None], dtype="string"),
            "d": pd.array([1.5, None], dtype="Float32"),
        }
    ),
    "small numbers": pd.DataFrame(
        {name: np.array([1, 2], name) for name in "int8 int16 int32 uint8 uint16 uint32 float16 float32".split()}
    ),
    "zones and days": pd.DataFrame({"t": pd.to_datetime(["2026"]).tz_localize("UTC"), "d": [dt.date(2026, 1, 1)]}),
    "objects": pd.DataFrame(
        {"l": [[1, 2], [3]], "d": [{"a": 1}, {"a": 2, "b": "x"}], "n": [None, None], "b": [b"a", b"b"]}, dtype="object"
    ),
    "categories": pd.DataFrame({"text": pd.Categorical(["a", "b"]), "whole": pd.Categorical([1, 2])}),
    "columns by number": pd.DataFrame(np.zeros((2, 3))),
    "series": pd.Series([1.0, 2.0], name="y"),
    "series without a name": pd.Series(["a", "b"]),
    "array": np.zeros((3, 4), "float32"),
    "array of texts": np.array(["a", "bb"]),
    "array of moments": np.array(["2026-01-01"], "datetime64[ns]"),
    "arrays by name": {"a": np.zeros((2, 3)), "b": np.zeros(2, "int64")},
    "rows": [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3}],
    "nested rows": [{"m": [{"role": "u", "c": "x"}, {"role": "a", "c": "y", "n": "z"}]}],
    "list": [1.5, 2.5],
    "list of lists": [[1, 2], [3]],
    "list with gaps": [1, None],
    "empty list": [],
    "dict": {"a": 1, "b": [1, 2], "c": {"d": "x", "e": None}, "f": None, "g": []},
    "text": "hello",
    "whole number": 3,
    "number": 1.5,
    "truth": True,
    "bytes": b"x",
    "moment": NOON,
    "numpy's number": np.float32(1.5),
}
PARAMS: list[dict[str, Any]] = [
    {"a": 1, "b": 1.5, "c": "x", "d": True, "e": [1, 2], "f": ["a"], "g": NOON, "h": {"k": 1}, "i": [1, 2.5]},
    {"a": np.float32(1), "b": np.int64(3), "c": np.array([1.0, 2.0]), "d": dt.date(2026, 1, 1)},
]


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_both_infer_the_same_and_read_each_other(data: Any) -> None:
    from mlflow.models import ModelSignature as Theirs
    from mlflow.models import infer_signature as infer_theirs

    theirs, ours = infer_theirs(data, data), infer_signature(data, data)

    assert {**ours.to_dict(), "constraints": None} == {**theirs.to_dict(), "constraints": None}
    assert Theirs.from_dict(ours.to_dict()) == theirs
    found = ModelSignature.from_dict(theirs.to_dict())
    assert (found.inputs, found.outputs) == (ours.inputs, ours.outputs)
    assert repr(found) == repr(theirs)


@pytest.mark.parametrize("params", PARAMS)
def test_both_infer_the_same_parameters(params: dict[str, Any]) -> None:
    from mlflow.models import ModelSignature as Theirs
    from mlflow.models import infer_signature as infer_theirs
    from mlflow.models.utils import _enforce_params_schema

    theirs, ours = infer_theirs(None, None, params), infer_signature(None, None, params)

    assert ours.to_dict() == theirs.to_dict()
    assert Theirs.from_dict(ours.to_dict()) == theirs
    assert ModelSignature.from_dict(theirs.to_dict()) == ours
    assert enforce_params(ours.params, {}) == _enforce_params_schema({}, theirs.params)


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix"])
def test_both_infer_the_same_of_sparse_matrices(kind: str) -> None:
    from mlflow.models import infer_signature as infer_theirs

    matrix = getattr(pytest.importorskip("scipy.sparse", reason="scipy is not installed"), kind)(np.eye(3))

    assert infer_signature(matrix).to_dict() == infer_theirs(matrix).to_dict()


def test_mlflow_leaves_constraints_alone(tmp_path: Path) -> None:
    from mlflow.models import Model

    signature = ModelSignature(Schema([ColSpec("double", "age")]), constraints=Constraints({"age": Constraint(min=0)}))
    theirs = Model.from_dict({"signature": signature.to_dict(), "flavors": {}})

    assert theirs.signature is not None
    assert theirs.signature.inputs.to_json() == signature.inputs.to_json()


COLUMNS: dict[str, Any] = {
    "bool": np.array([True, False]),
    "int8": np.array([1, 2], "int8"),
    "int32": np.array([1, 2], "int32"),
    "int64": np.array([1, 2]),
    "zeros and ones": np.array([0, 1]),
    "uint32": np.array([1, 2], "uint32"),
    "float16": np.array([1, 2.5], "float16"),
    "float32": np.array([1, 2.5], "float32"),
    "float64": np.array([1, 2.5]),
    "float64 with gaps": np.array([1, np.nan]),
    "str": pd.Series(["a", "b"]),
    "texts as objects": pd.Series(["a", None], dtype="object"),
    "bytes": pd.Series([b"a", b"b"]),
    "moments": pd.to_datetime(["2026", "2027"]),
    "days": pd.Series([dt.date(2026, 1, 1)] * 2),
    "truths as objects": pd.Series([True, None], dtype="object"),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("wanted", ["boolean", "integer", "long", "float", "double", "datetime"])
def test_what_mlflow_takes_we_take_with_the_same_values(wanted: str, column: Any) -> None:
    """And what we refuse, mlflow refuses, but for object columns, whose values it does not look at."""
    from mlflow.exceptions import MlflowException
    from mlflow.models.utils import _enforce_schema
    from mlflow.types.schema import Schema as Theirs

    schema, frame = Schema([ColSpec(wanted, "a")]), pd.DataFrame({"a": column})
    try:
        theirs = _enforce_schema(frame.copy(), Theirs.from_json(schema.to_json()))["a"]
    except (MlflowException, ValueError, TypeError):
        theirs = None
    if theirs is None or (frame["a"].dtype == object and wanted not in ("datetime", "boolean")):
        return
    if wanted == "boolean" and not set(frame["a"].dropna().map(type)) <= {bool, np.bool_}:
        with pytest.raises(InvalidParameter, match="Column 'a'"):
            enforce(schema, frame)
        return
    ours = enforce(schema, frame)["a"]
    if wanted == "datetime":
        ours, theirs = pd.to_datetime(ours).astype("datetime64[ns]"), theirs.astype("datetime64[ns]")
    assert ours.tolist() == theirs.tolist() or (ours.isna() == theirs.isna()).all()
    assert ours.dtype == theirs.dtype


def test_columns_that_are_optional_or_unknown_are_treated_as_mlflow_does() -> None:
    from mlflow.models.utils import _enforce_schema
    from mlflow.types.schema import Schema as Theirs

    schema = Schema([ColSpec("double", "a"), ColSpec("string", "b", required=False), ColSpec("double", "c")])
    frame = pd.DataFrame({"x": [1], "c": [1.5], "a": np.array([2], "int32")})

    pd.testing.assert_frame_equal(enforce(schema, frame), _enforce_schema(frame, Theirs.from_json(schema.to_json())))


EXAMPLES: dict[str, Any] = {
    **{
        name: DATA[name]
        for name in ("frame", "objects", "columns by number", "array", "arrays by name", "rows", "list", "text")
    },
    "array with gaps": np.array([[1.5, np.nan]], "float32"),
    "frame with parameters": (pd.DataFrame({"a": [1.0]}), {"k": 3}),
    "array with parameters": (np.array([1.0]), {"k": [1, 2]}),
    "rows with parameters": ([{"a": 1}], {"t": 0.5}),
    "chat": {"messages": [{"role": "u", "content": "hi"}]},
    "chat with parameters": ({"messages": [{"role": "u", "content": "hi"}]}, {"temperature": 0.5}),
}


def _same(left: Any, right: Any) -> None:
    if isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right, check_dtype=False)
    elif isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    elif isinstance(left, dict):
        assert left.keys() == right.keys()
        for name in left:
            _same(left[name], right[name])
    else:
        assert left == right


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_mlflow_reads_our_examples_and_scores_our_requests(example: Any, tmp_path: Path) -> None:
    from mlflow.models import Model
    from mlflow.models import ModelSignature as Theirs
    from mlflow.pyfunc.scoring_server import _parse_json_data

    data, params = split_example(example)
    model = Model(signature=Theirs.from_dict(infer_signature(data, None, params).to_dict()))
    model.saved_input_example_info = save_example(tmp_path, example)

    _same(data, model.load_input_example(str(tmp_path)))
    assert model.load_input_example_params(str(tmp_path)) == params
    request = model.get_serving_input(str(tmp_path))
    if "messages" not in json.loads(request):
        parsed = _parse_json_data(request, model, model.get_input_schema())
        assert (parsed.params or None) == params


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_we_read_the_examples_of_mlflow(example: Any, tmp_path: Path) -> None:
    from mlflow.models import Model
    from mlflow.models.utils import _save_example

    data, params = split_example(example)
    model = Model()
    _save_example(model, example, str(tmp_path))
    info = model.saved_input_example_info

    ours = tmp_path / "ours"
    ours.mkdir()
    assert save_example(ours, example) == info
    _same(data, load_example(tmp_path, info, schema=infer_signature(data).inputs))
    assert load_example_params(tmp_path, info) == params
