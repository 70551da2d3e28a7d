"""Addresses of artifacts."""

from __future__ import annotations

import pytest

from modelyard.client.artifacts.references import ModelReference, parse_model, parse_proxy, parse_run
from modelyard.core.errors import InvalidParameter

MODEL_ID = "m-" + "0" * 32


@pytest.mark.parametrize(
    ("uri", "run_id", "path"),
    [
        ("runs:/ab/model", "ab", "model"),
        ("runs:///ab/a/b.txt", "ab", "a/b.txt"),
        ("runs:/ab", "ab", ""),
        ("runs:/ab/", "ab", ""),
    ],
)
def test_a_run_and_a_path_in_it(uri: str, run_id: str, path: str) -> None:
    assert parse_run(uri) == (run_id, path)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("models:/wine/2", ModelReference(name="wine", version="2")),
        ("models:/wine/02/a/b", ModelReference(name="wine", version="2", path="a/b")),
        ("models:/wine@champion", ModelReference(name="wine", alias="champion")),
        ("models:/wine@champion/MLmodel", ModelReference(name="wine", alias="champion", path="MLmodel")),
        ("models:/wine/Production", ModelReference(name="wine", stage="Production")),
        ("models:/my%20wine/latest", ModelReference(name="my wine", stage="latest")),
        (f"models:/{MODEL_ID}", ModelReference(model_id=MODEL_ID)),
        (f"models:/{MODEL_ID}/MLmodel", ModelReference(model_id=MODEL_ID, path="MLmodel")),
    ],
)
def test_a_model_by_version_alias_stage_or_id(uri: str, expected: ModelReference) -> None:
    assert parse_model(uri) == expected


@pytest.mark.parametrize("uri", ["models:/", "models:/wine", "models:/wine/", "models:/@a", "models:/wine@"])
def test_half_an_address_of_a_model_is_refused(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="names no model"):
        parse_model(uri)


def test_an_address_of_a_run_without_a_run_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="names no run"):
        parse_run("runs:/")


def test_a_proxied_place_with_and_without_a_host() -> None:
    assert parse_proxy("mlflow-artifacts:/1/ab/artifacts") == ("", "1/ab/artifacts")
    assert parse_proxy("mlflow-artifacts://host:5000/1/ab") == ("host:5000", "1/ab")
    assert parse_proxy("mlflow-artifacts://host:5000/api/2.0/mlflow-artifacts/artifacts") == ("host:5000", "")
    assert parse_proxy("s3://bucket/1") is None


def test_a_port_without_a_host_is_refused_as_by_mlflow() -> None:
    with pytest.raises(InvalidParameter, match=r"mlflow-artifacts://host:5000/"):
        parse_proxy("mlflow-artifacts://5000/1")


def test_other_addresses_are_none_of_them() -> None:
    assert parse_run("models:/a/1") is None
    assert parse_model("runs:/a/1") is None
