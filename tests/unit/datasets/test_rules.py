"""What names datasets and versions."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.services.datasets import rules
from modelyard.services.datasets.rules import Reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("raw", Reference("raw")),
        ("raw:latest", Reference("raw")),
        ("raw:v0", Reference("raw", 0)),
        ("raw data.parquet:v12", Reference("raw data.parquet", 12)),
        ("raw:good-1.0", Reference("raw", None, "good-1.0")),
        ("raw:version", Reference("raw", None, "version")),
    ],
)
def test_references_that_are_read(text: str, reference: Reference) -> None:
    assert rules.parse(text) == reference


@pytest.mark.parametrize("text", ["", ":", "raw:", "raw:v0 ", "raw:a/b", "a/raw:v0", "raw\0:v0", "raw:" + "a" * 256])
def test_references_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        rules.parse(text)


@pytest.mark.parametrize("name", ["\ud800", "a\nb", "a%2fb", "C:", "x" * 256])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter):
        rules.check_name(name)


@pytest.mark.parametrize("name", ["x" * 255, "größe.csv", "a b (1).parquet", "latest", "v0"])
def test_names_that_are_taken(name: str) -> None:
    rules.check_name(name)
