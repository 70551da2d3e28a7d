"""Values are of their types before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.projects.command import template_of
from modelyard.projects.parameters import Bound, bind, parse_flags, parse_pairs
from modelyard.projects.spec import EntryPoint, Parameter, ParameterType


def point(command: str = "python a.py", **parameters: Parameter) -> EntryPoint:
    return EntryPoint(name="main", command=template_of(command, parameters), parameters=parameters)


def bound(given: dict[str, Any], base: Path, **parameters: Parameter) -> Bound:
    def fetch(uri: str) -> Path:
        (base / "fetched").mkdir(exist_ok=True)
        return base / "fetched"

    return bind(point(**parameters), given, base=base, project=base / "project", fetch=fetch)


@pytest.mark.parametrize("default", ["", "0", "false", "0.0", "None"])
def test_a_default_that_looks_like_nothing_counts(default: str, tmp_path: Path) -> None:
    assert bound({}, tmp_path, a=Parameter(name="a", default=default)).values == {"a": default}


def test_every_missing_parameter_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"missing parameters a, c: give -P a=…"):
        bound({"b": 1}, tmp_path, a=Parameter(name="a"), b=Parameter(name="b"), c=Parameter(name="c"))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("float", "1e-3", "1e-3"), ("float", 0.1, "0.1"), ("float", "inf", "inf"), ("float", " 2 ", "2"),
        ("int", "-7", "-7"), ("int", 3, "3"), ("string", " a ", " a "), ("string", None, "None"),
        ("uri", "s3://bucket/key", "s3://bucket/key"), ("uri", "models:/wine@champion", "models:/wine@champion"),
    ],
)  # fmt: skip
def test_values_of_their_types_pass(kind: ParameterType, value: Any, text: str, tmp_path: Path) -> None:
    assert bound({"a": value}, tmp_path, a=Parameter(name="a", type=kind)).values == {"a": text}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("float", "abc"), ("float", ""), ("float", "1_000"), ("int", "1.0"), ("int", "1e3"), ("int", "0x10"), ("int", "1_0"),
        ("path", "nope.csv"), ("path", ""), ("uri", "no uri"), ("uri", ""),
    ],
)  # fmt: skip
def test_values_of_other_types_are_refused_naming_the_parameter(
    kind: ParameterType, value: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidParameter, match=r"Parameter 'a' of the entry point 'main' must be"):
        bound({"a": value}, tmp_path, a=Parameter(name="a", type=kind))


def test_a_path_is_found_from_the_callers_folder_and_then_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    for name in ("both.csv", "project/both.csv", "project/own.csv", "-odd.csv"):
        (tmp_path / name).touch()
    told = {name: Parameter(name=name, type="path") for name in ("a", "b", "c", "d")}
    given = {"a": "both.csv", "b": "own.csv", "c": (tmp_path / "both.csv").as_uri(), "d": "-odd.csv"}
    values = bound(given, tmp_path, **told).values  # type: ignore[arg-type]
    assert values == {
        "a": str(tmp_path / "both.csv"),
        "b": str(tmp_path / "project" / "own.csv"),
        "c": str(tmp_path / "both.csv"),
        "d": str(tmp_path / "-odd.csv"),
    }


def test_a_uri_for_a_path_is_fetched_and_logged_as_it_was_given(tmp_path: Path) -> None:
    found = bound({"a": "https://host/data.csv"}, tmp_path, a=Parameter(name="a", type="path"))
    assert found.values == {"a": str(tmp_path / "fetched")}
    assert found.logged == {"a": "https://host/data.csv"}


def test_nothing_is_fetched_when_another_value_is_wrong(tmp_path: Path) -> None:
    told = {"a": Parameter(name="a", type="path"), "b": Parameter(name="b", type="int")}
    with pytest.raises(InvalidParameter, match="must be an int"):
        bound({"a": "https://host/data.csv", "b": "x"}, tmp_path, **told)
    assert not (tmp_path / "fetched").exists()


def test_undeclared_parameters_are_passed_on_in_the_order_given(tmp_path: Path) -> None:
    found = bound({"z": "1 2", "a": "-x", "b-c": ""}, tmp_path, a=Parameter(name="a"))
    assert found.arguments == ("--z", "1 2", "--b-c", "")
    assert found.logged == {"a": "-x", "z": "1 2", "b-c": ""}


@pytest.mark.parametrize("name", ["-x", "a b", "a;b", "1a", "a" * 65, "é", "a.b", "a=b"])
def test_undeclared_names_that_are_none_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="is no name of a parameter"):
        bound({name: "1"}, tmp_path)


def test_a_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="NUL"):
        bound({"a": "x\x00y"}, tmp_path, a=Parameter(name="a"))


def test_a_value_to_be_spliced_that_cannot_be_split_is_refused_before_anything_starts(tmp_path: Path) -> None:
    spliced = point("python main.py $(echo {a})", a=Parameter(name="a"))
    with pytest.raises(InvalidParameter, match="cannot be split into words"):
        bind(spliced, {"a": "x='1"}, base=tmp_path, project=tmp_path, fetch=Path)


@pytest.mark.parametrize("word", ["alpha", "=1", ""])
def test_a_pair_without_a_name_or_a_value_is_refused(word: str) -> None:
    with pytest.raises(InvalidParameter, match="write name=value"):
        parse_pairs([word])


def test_pairs_and_flags_given_twice_are_refused() -> None:
    assert parse_pairs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    assert parse_flags(["t", "gpus=all"]) == {"t": True, "gpus": "all"}
    with pytest.raises(InvalidParameter, match=r"-P a is given twice: '1' and '2'"):
        parse_pairs(["a=1", "a=2"])
    with pytest.raises(InvalidParameter, match=r"-A t is given twice"):
        parse_flags(["t", "t=1"])
