"""The picture is SVG that any reader takes, whatever steps are called."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from modelyard.pipelines.graph import Graph
from modelyard.pipelines.picture import draw
from modelyard.pipelines.spec import Output, Pipeline, Step

SVG = "{http://www.w3.org/2000/svg}"


def pipeline() -> Pipeline:
    odd = "<script>alert('x')</script> & \x07"
    steps = [
        Step(name="first", project=odd, outputs={"a": Output(dataset="a.csv")}),
        Step(name="left", project="l", inputs={"a": "a.csv"}, outputs={"b": Output(dataset=odd)}),
        Step(name="right", project="r", inputs={"a": "a.csv"}),
        Step(name="x" * 64, project="l", inputs={"a": "a.csv", "b": odd}, needs=["right"]),
    ]
    return Pipeline(folder=Path(), name=odd, steps={step.name: step for step in steps})


def drawn(states: dict[str, str]) -> ElementTree.Element:
    return ElementTree.fromstring(draw(pipeline(), Graph(pipeline()), states))


def test_each_step_is_a_box_and_each_need_an_arrow() -> None:
    picture = drawn({})
    boxes = picture.findall(f"{SVG}g")
    assert len(boxes) == 4
    assert len(picture.findall(f"{SVG}path")) == 5
    assert picture.find(f".//{SVG}script") is None
    places = {(float(box.find(f"{SVG}rect").get("x", "")), float(box.find(f"{SVG}rect").get("y", ""))) for box in boxes}  # type: ignore[union-attr]
    assert len(places) == 4
    assert len({x for x, _ in places}) == 3


def test_states_are_words_and_colours() -> None:
    picture = drawn({"first": "FINISHED", "left": "FAILED", "right": "SKIPPED"})
    words = [text.text for text in picture.iter(f"{SVG}text") if text.get("class") == "note"]
    assert words[:3] == ["finished", "failed", "unchanged, skipped"]
    assert len({circle.get("fill") for circle in picture.iter(f"{SVG}circle")}) == 4


def test_everything_lies_within_the_picture() -> None:
    picture = drawn({})
    _, _, width, height = map(float, picture.get("viewBox", "").split())
    for box in picture.iter(f"{SVG}rect"):
        assert float(box.get("x", "0")) + float(box.get("width", "")) <= width
        assert 0 <= float(box.get("y", "0")) <= height - float(box.get("height", ""))
