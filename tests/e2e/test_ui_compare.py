"""The page that compares runs, in a browser."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

import modelyard
from tests.support.frameworks import imported
from tests.support.pages import LARGE, SMALL, faults_of

OPTIMIZERS = ("adam", "sgd", "lion")


@pytest.fixture(scope="module")
def runs(yard: str) -> list[str]:
    """Six runs that differ in two params, with metrics, tags and a file."""
    modelyard.set_experiment("compared")
    return [_run(place) for place in range(6)]


def _run(place: int) -> str:
    with modelyard.start_run(run_name=f"run {place}") as run:
        modelyard.log_params({"lr": 10.0 ** -(place + 1), "optimizer": OPTIMIZERS[place % 3], "seed": 7})
        modelyard.set_tag("team", "even" if place % 2 == 0 else "odd")
        for step in range(20):
            modelyard.log_metric("loss", 1 + place / 10 + math.exp(-step / 5), step=step)
            modelyard.log_metric("accuracy", 0.9 - place / 100, step=step)
        modelyard.log_text("\n".join(["first", f"lr of {place}", *("equal",) * 30, "last"]), "notes/config.txt")
        return str(run.info.run_id)


@pytest.fixture
def compare(open_page: Callable[..., Any], runs: list[str]) -> Callable[..., Any]:
    """Opens the comparison of the first runs."""

    def opened(rest: str = "", *, count: int = 6, **options: Any) -> Any:
        return open_page(f"/compare?runs={','.join(runs[:count])}{rest}", **options)

    return opened


def expect(thing: Any) -> Any:
    """Waits for what is said of a thing."""
    return imported("playwright.sync_api").expect(thing)


def test_runs_lie_over_one_another_after_one_request(compare: Callable[..., Any]) -> None:
    page = compare("&show=files")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    expect(page.get_by_role("link", name="run 5")).to_be_visible()
    asked.clear()
    page.reload()
    page.get_by_role("link", name="Charts").click()
    for metric in ("loss", "accuracy"):
        expect(page.get_by_role("img", name=re.compile(f"^{metric}: 6 lines over step"))).to_be_visible()
    assert len([url for url in asked if "/views/" in url and not url.endswith("/keep")]) == 1


def test_a_metric_is_picked_and_another_put_away(compare: Callable[..., Any]) -> None:
    page = compare()
    page.get_by_role("button", name="Remove the chart of accuracy").click()
    expect(page.get_by_role("region", name="accuracy")).to_have_count(0)
    expect(page.get_by_role("region", name="loss")).to_be_visible()
    page.get_by_role("button", name="Metrics").click()
    page.get_by_role("checkbox", name="accuracy").check()
    expect(page.get_by_role("region", name="accuracy")).to_be_visible()
    assert "metrics=loss%2Caccuracy" in page.url


def test_a_picture_can_be_sent_to_somebody(compare: Callable[..., Any]) -> None:
    page = compare()
    page.get_by_label("Axis").select_option("relative")
    page.get_by_role("checkbox", name="log y").check()
    again = compare("&" + page.url.split("&", 1)[1])
    expect(again.get_by_label("Axis")).to_have_value("relative")
    expect(again.get_by_role("checkbox", name="log y")).to_be_checked()
    expect(again.get_by_role("img", name=re.compile("^loss: 6 lines over time since"))).to_be_visible()


def test_charts_have_the_form_of_tables(compare: Callable[..., Any]) -> None:
    page = compare("&table=1")
    table = page.get_by_role("grid", name="loss of each run")
    expect(table.get_by_role("row")).to_have_count(7)
    expect(table.get_by_role("row", name=re.compile("run 5"))).to_contain_text("2.5")


def test_a_run_is_taken_out(compare: Callable[..., Any]) -> None:
    page = compare()
    page.get_by_role("button", name="Remove run 3 from the comparison").click()
    expect(page.get_by_role("heading", name="Compare 5 runs")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^loss: 5 lines"))).to_be_visible()


def test_only_what_differs_is_in_the_tables_until_all_is_asked_for(compare: Callable[..., Any]) -> None:
    page = compare("&show=differences")
    params = page.get_by_role("grid", name="Params")
    expect(params).to_contain_text("optimizer")
    expect(params).not_to_contain_text("seed")
    page.get_by_role("checkbox", name="also what is equal in all runs").check()
    expect(params).to_contain_text("seed")


def test_metrics_differ_from_the_baseline_and_one_is_the_best(compare: Callable[..., Any]) -> None:
    page = compare("&show=differences", count=2, size=LARGE)
    row = page.get_by_role("grid", name="Metrics").get_by_role("row", name=re.compile("^accuracy"))
    expect(row).to_contain_text("−0.01 (−1.11%)")
    expect(row.get_by_role("gridcell").nth(1).get_by_role("img", name="best")).to_be_visible()
    page.get_by_role("button", name="Make run 1 the baseline").click()
    expect(row).to_contain_text("+0.01 (+1.12%)")
    row.get_by_role("button", name="accuracy: higher is better").click()
    expect(row.get_by_role("gridcell").nth(2).get_by_role("img", name="best")).to_be_visible()


def test_a_brush_holds_for_all_pictures(compare: Callable[..., Any]) -> None:
    page = compare("&show=relations&axes=params.lr,params.optimizer,metrics.loss")
    lines = page.get_by_role("img", name=re.compile("^Parallel coordinates: 6 lines over lr, optimizer, loss"))
    box = lines.bounding_box()
    left = box["x"] + 70
    page.mouse.move(left, box["y"] + 20 + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(left, box["y"] + box["height"] - 10, steps=4)
    page.mouse.up()
    expect(page.get_by_role("list", name="Brushes")).to_contain_text("lr:")
    expect(page.get_by_text("3 in the brush")).to_be_visible()
    rows = page.get_by_role("grid", name="Values of the axes of each run").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("run 3")
    page.get_by_role("link", name="Charts").click()
    expect(page.get_by_text("3 in the brush")).to_be_visible()
    page.get_by_role("button", name="Give up the brush on lr").click()
    expect(page.get_by_text("in the brush")).to_have_count(0)


def test_an_axis_is_brushed_and_moved_without_a_mouse(compare: Callable[..., Any]) -> None:
    page = compare("&show=relations&axes=params.optimizer,metrics.loss")
    page.get_by_title("optimizer: press for its scale, place and brush").press("Enter")
    page.get_by_role("checkbox", name="adam").press("Space")
    expect(page.get_by_text("2 in the brush")).to_be_visible()
    page.get_by_role("button", name="Right →").press("Enter")
    expect(page.get_by_role("img", name=re.compile("over loss, optimizer$"))).to_be_visible()


def test_a_point_of_the_scatter_names_its_run(compare: Callable[..., Any]) -> None:
    page = compare("&show=relations&x=metrics.accuracy&y=metrics.loss", size=LARGE)
    picture = page.get_by_role("img", name=re.compile("^Scatter: 6 points, loss over accuracy"))
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    inside = (box["width"] - 58 - 14, box["height"] - 22 - 40)
    page.mouse.move(box["x"] + 58 + inside[0] * 0.04 / 1.08, box["y"] + 22 + inside[1] * 0.04 / 1.08)
    expect(page.locator("main").get_by_text("run 5").nth(1)).to_be_visible()


def test_values_of_a_metric_are_grouped_by_a_param(compare: Callable[..., Any]) -> None:
    page = compare("&show=relations")
    expect(page.get_by_role("img", name="Spread: accuracy in 3 groups of optimizer")).to_be_visible()
    page.get_by_label("grouped by").select_option("")
    expect(page.get_by_role("img", name="Spread: how many runs have which accuracy")).to_be_visible()


def test_a_text_of_two_runs_is_compared_line_by_line(compare: Callable[..., Any]) -> None:
    page = compare("&show=files")
    page.get_by_role("button", name="notes/").click()
    page.get_by_role("button", name="config.txt").click()
    lines = page.get_by_role("region", name="Lines")
    expect(lines).to_contain_text("lr of 0")
    expect(lines).to_contain_text("lr of 1")
    expect(lines).not_to_contain_text("last")
    lines.get_by_role("button", name=re.compile("equal lines")).click()
    expect(lines).to_contain_text("last")
    page.get_by_role("checkbox", name="one column").check()
    expect(lines.get_by_role("columnheader")).to_have_count(1)
    assert "path=notes%2Fconfig.txt" in page.url


def test_without_runs_it_says_how_to_choose_them(open_page: Callable[..., Any]) -> None:
    page = open_page("/compare")
    expect(page.get_by_text("No runs are chosen")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the snippet")).to_be_visible()


def test_runs_that_are_not_there_are_told_of(open_page: Callable[..., Any], runs: list[str]) -> None:
    page = open_page(f"/compare?runs={runs[0]},{runs[1]},{'0' * 32}")
    expect(page.get_by_text("1 of the runs is not there, or may not be read.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^loss: 2 lines"))).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("part", ["charts", "relations", "differences", "files"])
def test_everybody_can_use_it(compare: Callable[..., Any], part: str, theme: str) -> None:
    brush = quote(json.dumps({"params.optimizer": ["adam"]}))
    page = compare(f"&show={part}&brush={brush}&path=notes/config.txt", theme=theme, size=SMALL)
    expect(page.get_by_text("2 in the brush")).to_be_visible()
    assert faults_of(page) == []
