"""What a tracking URI names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.client.uris import parse_address, server_at
from modelyard.core.errors import InvalidParameter


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("http://host:5000/", "http://host:5000"),
        ("HTTP://Host/prefix/", "http://host/prefix"),
        ("https://[::1]:5000", "https://[::1]:5000"),
    ],
)
def test_an_http_address_is_a_server(uri: str, location: str) -> None:
    assert parse_address(uri)[:2] == ("http", location)


@pytest.mark.parametrize(
    ("named", "ours", "location"),
    [
        ("", "http://Here", "http://here:80"),
        ("//here:80", "http://here", "http://here:80"),
        ("//there", "https://here:5000/base", "https://there:443/base"),
        ("//me:secret@there:81", "http://here", "http://there:81"),
        ("https://there/x", "http://here/base", "https://there:443/x"),
    ],
)
def test_a_server_is_named_relative_to_ours(named: str, ours: str, location: str) -> None:
    assert server_at(named, ours) == location


def test_a_user_in_the_address_is_taken_out_of_it() -> None:
    address = parse_address("https://me:s%3Acret@host")
    assert address == ("http", "https://host", "me", "s:cret")


@pytest.mark.parametrize("uri", ["yard", "./yard", "a b/yard", "C", "./with:colon/yard"])
def test_a_path_is_a_folder(uri: str) -> None:
    assert parse_address(uri)[:2] == ("folder", os.path.abspath(uri))


def test_a_path_object_and_a_file_uri_are_folders() -> None:
    assert parse_address(Path("/data/yard")).location == "/data/yard"
    assert parse_address("file:///data/my%20yard").location == "/data/my yard"
    assert parse_address("~/yard").location == os.path.expanduser("~/yard")


@pytest.mark.parametrize(
    ("uri", "way_out"),
    [
        ("sqlite:///mlflow.db", "modelyard server --store"),
        ("postgresql://u:p@h/db", "modelyard server --store postgresql://u:p@h/db"),
        ("mysql+pymysql://h/db", "modelyard server --store"),
        ("databricks", "another company's service"),
        ("databricks://profile", "another company's service"),
        ("s3://bucket/runs", "the path of a folder or an http"),
        ("file://machine/yard", "file:///machine"),
        ("http://", "names no host"),
        ("http://host:port", "no valid port"),
    ],
)
def test_what_is_no_store_is_refused_with_the_way_out(uri: str, way_out: str) -> None:
    with pytest.raises(InvalidParameter, match="(?s).*" + way_out.replace("(", r"\(")):
        parse_address(uri)
