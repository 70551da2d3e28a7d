"""Requests in every form say the same; what cannot be meant is refused by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import BadRequest, InvalidParameter, TooLarge
from modelyard.training.service.forms import parse_which, query_of, switch, train_request, which_of
from modelyard.training.service.frames import Which

uploads = pytest.importorskip("modelyard.training.service.uploads", reason="python-multipart is not installed")

BOUNDARY = b"xyz"
TYPE = b"multipart/form-data; boundary=xyz"


def request_of(fields: dict[str, Any], *, texts: bool = False) -> Any:
    return train_request(fields, target="quality", texts=texts)


def part(name: str, content: bytes, filename: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    return b'--xyz\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
        name.encode(),
        named.encode(),
        content,
    )


def form_of(body: bytes, folder: Path, *, most: int = 10_000_000, piece: int = 7) -> Any:
    form = uploads.Form(TYPE, folder, most=most)
    try:
        for start in range(0, len(body), piece):
            form.write(body[start : start + piece])
        form.finish()
    finally:
        form.close()
    return form


def test_json_and_forms_say_the_same() -> None:
    by_json = request_of({"model": "Ridge", "params": {"alpha": 0.5}, "test_size": 0.2, "seed": 7, "name": "7"})
    by_form = request_of({"model": "Ridge", "alpha": "0.5", "test_size": "0.2", "seed": "7", "name": "7"}, texts=True)
    by_query = request_of(
        query_of(b"model=Ridge&params=%7B%22alpha%22%3A0.5%7D&test_size=0.2&seed=7&name=7"), texts=True
    )
    assert by_json == by_form
    assert by_json.params == by_query.params == {"alpha": 0.5}
    assert by_json.target == "quality"
    assert by_json.name == "7"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"model": 7}, "model"),
        ({"params": [1]}, "params"),
        ({"target": {}}, "target"),
        ({"name": "a/b"}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"seed": "7"}, "seed"),
        ({"plots": "perhaps"}, "plots"),
        ({"params": {str(each): 1 for each in range(200)}}, "params"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidParameter, match=named):
        request_of(fields)


def test_models_are_named_in_many_ways() -> None:
    model_id = f"m-{'0' * 31}a"
    assert parse_which("wine") == Which(name="wine")
    assert parse_which("red wine/12") == Which(name="red wine", version="12")
    assert parse_which("wine@champion") == Which(name="wine", alias="champion")
    assert parse_which(model_id) == Which(model_id=model_id)
    assert which_of({"model": "wine", "alias": "best"}) == Which(name="wine", alias="best")
    assert which_of({"id": "wine/3"}) == Which(name="wine", version="3")
    assert which_of({}, "wine@champion") == Which(name="wine", alias="champion")
    assert which_of({"model": "a"}, "wine@champion") == Which(name="a")
    assert which_of({}) == Which()


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "wine/x"},
        {"model": "wine/1/2"},
        {"model": "@champion"},
        {"model": "/"},
        {"version": "3"},
        {"alias": "best"},
        {"model": "wine/2", "version": "3"},
        {"model": "wine", "version": "3", "alias": "best"},
        {"model": "wine", "version": "three"},
    ],
)
def test_a_model_that_is_named_wrongly_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter):
        which_of(fields)


def test_switches() -> None:
    assert switch({"full": ""}, "full")
    assert switch({"full": "True"}, "full")
    assert not switch({"full": "false"}, "full")
    assert not switch({}, "full")
    with pytest.raises(InvalidParameter, match="full"):
        switch({"full": "maybe"}, "full")


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_form_is_read_in_any_pieces(tmp_path: Path, piece: int) -> None:
    content = b"a,b\r\n1,2\r\n--xy\r\n" * 20
    body = part("target", "Qualität".encode()) + part("data", content, r"C:\tables\wine.csv") + b"--xyz--\r\n"
    form = form_of(body, tmp_path, piece=piece)
    assert form.fields == {"target": "Qualität"}
    file, name = form.files["data"]
    assert (file.read_bytes(), name, file.parent) == (content, "wine.csv", tmp_path)


def test_a_name_that_leads_elsewhere_stays_in_the_folder(tmp_path: Path) -> None:
    form = form_of(part("data", b"x", "../../etc/passwd") + b"--xyz--\r\n", tmp_path)
    assert form.files["data"][1] == "passwd"
    assert [file.parent for file in tmp_path.iterdir()] == [tmp_path]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (part("a", b"1"), BadRequest),
        (b"nothing of the kind", BadRequest),
        (b"--xyz\r\nContent-Type: text/plain\r\n\r\n1\r\n--xyz--\r\n", BadRequest),
        (part("a", b"\xff\xfe") + b"--xyz--\r\n", InvalidParameter),
        (part("a", b"x" * 200_000) + b"--xyz--\r\n", TooLarge),
        (part("a", b"1") * 101 + b"--xyz--\r\n", InvalidParameter),
        (part("data", b"x" * 2_000_000, "large.csv") + b"--xyz--\r\n", TooLarge),
    ],
)
def test_a_form_that_cannot_be_taken_is_refused(tmp_path: Path, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        form_of(body, tmp_path, most=1_000_000, piece=64_000)


def test_a_form_without_a_boundary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="boundary"):
        uploads.Form(b"multipart/form-data", tmp_path, most=10)
