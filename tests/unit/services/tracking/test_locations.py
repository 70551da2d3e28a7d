"""Which artifact locations a client may name, and what follows from them."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules.locations import below, checked


@pytest.mark.parametrize(
    ("named", "stored"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("S3://bucket/a;b", "S3://bucket/a;b"),
        ("file:///abs/a", "file:///abs/a"),
        ("file:rel/a", "file:///srv/rel/a"),
        ("/abs/a b", "/abs/a b"),
        ("rel", "/srv/rel"),
        ("./rel/", "/srv/./rel/"),
        ("mlflow-artifacts:/x", "mlflow-artifacts:/x"),
        ("dbfs:/a/..b/c..", "dbfs:/a/..b/c.."),
        ("wasbs://c@host/a?sig=1%2F2", "wasbs://c@host/a?sig=1%2F2"),
    ],
)
def test_locations_are_kept_and_relative_ones_become_absolute(named: str, stored: str) -> None:
    assert checked(named, folder="/srv") == stored


@pytest.mark.parametrize(
    "named",
    [
        "runs:/a",
        "s3://b/#x",
        "http://h/a;p",
        "..",
        "../a",
        "a/..",
        "s3://b/a/../../c",
        "s3://b/%2e%2e/c",
        "s3://b/%252E%252e/c",
        "s3://b/..%2fc",
        "s3://b/..%5cc",
        "..\\c",
        "file:../c",
        "s3://b/a?../x",
        "s3://b/a?x=%2e%2e",
        "a\tb",
        "a\x7f",
        "a%0ab",
        "a\0b",
        "\ud800",
        "http://[bad",
        "s3://b/%" + "25" * 20 + "2e",
        "x" * 2100,
    ],
)
def test_locations_that_are_refused(named: str) -> None:
    with pytest.raises(InvalidParameter):
        checked(named, folder="/srv")


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("mlflow-artifacts:/", "mlflow-artifacts:/5/artifacts"),
        ("mlflow-artifacts://host/x/", "mlflow-artifacts://host/x/5/artifacts"),
        ("file:///srv/a", "file:///srv/a/5/artifacts"),
        ("/srv/a?b", "/srv/a?b/5/artifacts"),
        ("/", "/5/artifacts"),
        ("s3://bucket", "s3://bucket/5/artifacts"),
        ("s3://bucket/a/?r=1", "s3://bucket/a/5/artifacts?r=1"),
    ],
)
def test_places_lie_below_their_base(base: str, place: str) -> None:
    assert below(base, "5", "artifacts") == place
