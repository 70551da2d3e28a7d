"""What models are given where pandas is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

_PROGRAM = """
import json, sys
sys.modules["pandas"] = None
from modelyard.models.enforce import model_input
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from modelyard.serving.protocols.invocations import Invocations
from modelyard.serving.protocols.openinference import OpenInference

numbers = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b")]))
mixed = ModelSignature(Schema([ColSpec("binary", "a"), ColSpec("string", "b", required=False)]))
unnamed = ModelSignature(Schema([ColSpec("double"), ColSpec("double")]))

def given(body, signature, kind="application/json", protocol=Invocations()):
    body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    payload = protocol.read(body, kind, signature)
    data = payload.data if signature is None else model_input(signature.inputs, payload.data)
    shown = data.tolist() if hasattr(data, "tolist") else data
    return json.loads(protocol.write(shown, payload, signature)).get("predictions")

print(json.dumps({
    "split": given({"dataframe_split": {"columns": ["b", "a"], "data": [[2, 1]]}}, numbers),
    "records": given([{"a": 1, "b": 2}], numbers),
    "columns": given({"inputs": {"a": [1], "b": [2]}}, numbers),
    "rows": given({"input": [[1, 2]]}, numbers),
    "csv": given("a,b\\n1,2\\n", numbers, "text/csv"),
    "mixed": given([{"a": "YWJj", "b": None}], mixed),
    "unnamed": given({"inputs": [[1, 2]]}, unnamed),
    "free": given({"dataframe_split": {"columns": ["a"], "data": [[1]]}}, None),
    "free csv": given("a,b\\n1,x\\n", None, "text/csv"),
    "free rows": given([[1, 2]], None),
}))
"""


def test_rows_are_dicts_and_rows_without_names_are_arrays() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    for name in ("split", "records", "columns", "rows", "csv"):
        assert found[name] == [{"a": 1.0, "b": 2}]
    assert found["mixed"] == [{"a": "YWJj", "b": None}]
    assert found["unnamed"] == [[1.0, 2.0]]
    assert found["free"] == [{"a": 1}]
    assert found["free csv"] == [{"a": 1, "b": "x"}]
    assert found["free rows"] == [[1, 2]]
