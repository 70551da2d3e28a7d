"""The order of steps, and what has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.graph import Graph
from modelyard.pipelines.spec import Output, Pipeline, Step


def graph(**steps: dict[str, Any]) -> Graph:
    """Steps by name: ``reads`` are datasets, ``makes`` too, ``needs`` are steps."""
    made = {
        name: Step(
            name=name,
            project=name,
            inputs={f"in{place}": each for place, each in enumerate(told.get("reads", ()))},
            outputs={f"out{place}": Output(dataset=each) for place, each in enumerate(told.get("makes", ()))},
            needs=list(told.get("needs", ())),
        )
        for name, told in steps.items()
    }
    return Graph(Pipeline(folder=Path(), name="p", steps=made))


DIAMOND: dict[str, dict[str, Any]] = {
    "join": {"reads": ["b", "c"]},
    "left": {"reads": ["a"], "makes": ["b"]},
    "right": {"reads": ["a:latest"], "makes": ["c"]},
    "top": {"makes": ["a"]},
    "alone": {"reads": ["a:v0", "other"]},
}


def test_the_order_is_that_of_inputs_and_outputs_then_that_of_the_file() -> None:
    found = graph(**DIAMOND)
    assert found.order == ("top", "left", "right", "join", "alone")
    assert found.needs["join"] == ("left", "right")
    assert found.needs["alone"] == ()
    assert found.maker("a:v0") is None


def test_steps_may_need_others_of_which_they_read_nothing() -> None:
    assert graph(a={"needs": ["b"]}, b={}).order == ("b", "a")


def test_steps_are_chosen_by_name_and_from_one_on() -> None:
    found = graph(**DIAMOND)
    assert found.select(["join", "top"], "") == ("top", "join")
    assert found.select([], "left") == ("left", "join")
    assert found.select(["join", "top"], "left") == ("join",)
    with pytest.raises(InvalidParameter, match="nothing is left"):
        found.select(["top"], "left")


@pytest.mark.parametrize("choice", [(["lfet"], ""), ([], "lfet")])
def test_an_unknown_step_is_refused_with_those_there_are(choice: tuple[list[str], str]) -> None:
    """S3.26."""
    with pytest.raises(
        InvalidParameter, match=r"no step 'lfet'. Did you mean 'left'\? Steps: top, left, right, join, alone"
    ):
        graph(**DIAMOND).select(*choice)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ({"a": {"makes": ["x"]}, "b": {"makes": ["x"]}}, "Two steps make the dataset 'x': 'a' and 'b'"),
        ({"a": {"makes": ["x", "x"]}}, "makes the dataset 'x' twice"),
        ({"a": {"reads": ["y"], "makes": ["x"]}, "b": {"reads": ["x"], "makes": ["y"]}}, "circle: a → b → a"),
        ({"a": {"reads": ["x"], "makes": ["x"]}}, "which it makes itself"),
        ({"a": {"needs": ["a"]}}, "circle: a → a"),
        ({"train": {}, "b": {"needs": ["trian"]}}, "Did you mean 'train'"),
    ],
)
def test_what_has_no_order_is_refused(steps: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidParameter) as error:
        graph(**steps)
    assert told in error.value.message
