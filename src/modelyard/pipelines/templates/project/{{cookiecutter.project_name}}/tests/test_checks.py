"""What check_data finds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from _utils.data import clean, load

SCRIPT = Path(__file__).resolve().parents[1] / "src" / "check_data" / "run.py"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_data", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_data_pass(check: ModuleType) -> None:
    table = clean(load("wine"), "target")
    assert check.of_another_kind(table, table) == []
    assert check.drifted(check.similarity(table, table, leave_out="target"), 0.05) == []


def test_a_shifted_column_is_named(check: ModuleType) -> None:
    table = clean(load("wine"), "target")
    shifted = table.assign(alcohol=table["alcohol"] + 2)
    (told,) = check.drifted(check.similarity(shifted, table, leave_out="target"), 0.05)
    assert "'alcohol' has drifted" in told


def test_a_missing_column_and_one_of_another_kind_are_named(check: ModuleType) -> None:
    table = clean(load("wine"), "target")
    other = table.drop(columns="hue").assign(ash="some")
    assert check.of_another_kind(other, table) == ["column 'hue' is missing", "column 'ash' holds texts, not numbers"]


def test_values_out_of_bounds_are_counted(check: ModuleType) -> None:
    table = clean(load("wine"), "target")
    assert check.out_of_range(table, {"alcohol": [0, 100]}) == []
    (told,) = check.out_of_range(table, {"alcohol": [0, 11]})
    assert "'alcohol' has" in told
