"""The page of a run in a browser: what it is, its curves, its notes and tags. Requirements S1.9, S1.10 and S1.14."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import modelyard as mlflow
from modelyard.core.entities import Metric
from tests.support.pages import faults_of, settled

Open = Callable[..., Any]
N5 = {"rmse": 0.7931640229276851, "r2": 0.10862644997792614, "mae": 0.6271946374319586}
CURVE = [0.9, 0.4, 0.3]
NOTE = """# Found

**best** <img src=x onerror="window.hit = 1"> [bad](javascript:window.hit=1) <script>window.hit = 1</script>
"""


@pytest.fixture(scope="module")
def trained(yard: str) -> str:
    """A run as a training script leaves it: params, last values, a curve of three points, and no model."""
    mlflow.set_experiment("wine-quality-test")
    with mlflow.start_run(run_name="elastic-net") as run:
        mlflow.log_params({"alpha": 0.5, "l1_ratio": 0.5})
        mlflow.log_metrics(N5)
        for step, value in enumerate(CURVE):
            mlflow.log_metric("loss", value, step=step)
    return str(run.info.run_id)


@pytest.fixture(scope="module")
def wide(yard: str) -> str:
    """A run of 300 metrics in sections, and one series of 10,000 points."""
    mlflow.set_experiment("wide")
    with mlflow.start_run(run_name="wide") as run:
        client = mlflow.MlflowClient()
        points = [
            Metric(f"{part}/m{key:03}", math.exp(-step / (key + 2)), 1000 * step, step)
            for part in ("train", "val", "grad")
            for key in range(100)
            for step in range(5)
        ]
        points += [Metric("long", math.sin(step / 500), step * 60, step) for step in range(10_000)]
        points += [Metric("odd", value, step, step) for step, value in enumerate([1.0, math.nan, math.inf, 2.0])]
        points += [Metric("system/cpu_utilization_percentage", 50 + step, step * 1000, step) for step in range(20)]
        for start in range(0, len(points), 1000):
            client.log_batch(run.info.run_id, metrics=points[start : start + 1000])
    return str(run.info.run_id)


def chart(page: Any, metric: str) -> Any:
    """The card of a metric."""
    return page.get_by_role("article", name=metric, exact=True)


def asked_series(page: Any) -> list[dict[str, Any]]:
    """The bodies of the requests for series from now on."""
    bodies: list[dict[str, Any]] = []
    page.on(
        "request", lambda asked: bodies.append(json.loads(asked.post_data)) if "/views/series" in asked.url else None
    )
    return bodies


def painted(card: Any) -> int:
    """How many dots of a chart have the colour of its line."""
    return int(
        card.locator("canvas").evaluate(
            """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) if (data[at + 2] - data[at] > 120 && data[at + 3] > 200) count += 1;
          return count;
        }"""
        )
    )


def test_the_overview_has_the_numbers_of_the_script(open_page: Open, trained: str) -> None:
    """S1.9."""
    page = settled(open_page(f"/runs/{trained}"))
    assert page.url.endswith("/overview")
    metrics = page.get_by_role("region", name="Metrics")
    for metric, value in N5.items():
        metrics.get_by_role("row", name=re.compile(rf"^{metric} {value:.6g}")).wait_for()
        metrics.get_by_title(str(value)).first.wait_for()
    params = page.get_by_role("region", name="Params")
    assert [params.get_by_role("row", name=key).get_by_text("0.5").count() for key in ("alpha", "l1_ratio")] == [1, 1]


def test_a_run_without_a_model_says_so_and_nothing_fails(open_page: Open, trained: str) -> None:
    """S1.10."""
    page = settled(open_page(f"/runs/{trained}/overview"))
    page.get_by_text("No model was logged.").wait_for()
    assert page.get_by_role("alert").count() == 0


def test_three_values_are_a_curve_of_three_points(open_page: Open, trained: str) -> None:
    """S1.14."""
    page = settled(open_page(f"/runs/{trained}/metrics"))
    card = chart(page, "loss")
    card.locator("canvas").wait_for()
    assert painted(card) > 100
    card.get_by_role("button", name="Enlarge loss").click()
    dialog = page.get_by_role("dialog", name="loss")
    dialog.get_by_role("button", name="Show as a table").click()
    rows = dialog.get_by_role("grid").get_by_role("row").all_inner_texts()[1:]
    assert [tuple(float(cell) for cell in row.split("\n")) for row in rows] == list(enumerate(CURVE))


def test_one_value_is_a_number_and_not_an_empty_chart(open_page: Open, trained: str) -> None:
    page = settled(open_page(f"/runs/{trained}/metrics"))
    chart(page, "rmse").get_by_text("0.793164", exact=True).wait_for()
    assert chart(page, "rmse").locator("canvas").count() == 0


def test_what_cannot_be_drawn_is_told(open_page: Open, wide: str) -> None:
    page = settled(open_page(f"/runs/{wide}/metrics?q=odd"))
    chart(page, "odd").get_by_text("1 × NaN · 1 × Infinity").wait_for()


def test_how_charts_are_shown_is_in_the_address(open_page: Open, wide: str) -> None:
    page = settled(open_page(f"/runs/{wide}/metrics?q=long"))
    page.get_by_label("Axis").select_option("relative time")
    page.get_by_label("log y").check()
    page.get_by_label("Smoothing").fill("0.6")
    page.wait_for_url("**smooth=0.6**")
    chart(page, "long").get_by_role("button", name="Pin long").click()
    again = settled(open_page(page.url.removeprefix(page.evaluate("location.origin"))))
    assert again.get_by_label("Axis").input_value() == "relative"
    assert again.get_by_label("log y").is_checked()
    assert again.get_by_label("Smoothing").input_value() == "0.6"
    again.get_by_role("region", name="Pinned").get_by_role("article", name="long").wait_for()


def test_300_metrics_are_drawn_where_they_are_seen_and_asked_for_together(open_page: Open, wide: str) -> None:
    page = open_page("/experiments")
    bodies = asked_series(page)
    page.goto(page.evaluate("location.origin") + f"/runs/{wide}/metrics")
    settled(page).locator("canvas").first.wait_for()
    assert len(bodies) == 1 and 4 <= len(bodies[0]["metrics"]) <= 40
    assert page.locator("canvas").count() <= 40
    page.get_by_role("region", name="val").get_by_role("article").last.scroll_into_view_if_needed()
    chart(page, "val/m099").locator("canvas").wait_for()
    assert page.locator("canvas").count() <= 40
    page.get_by_role("button", name="val 100").click()
    assert page.get_by_role("region", name="val").get_by_role("article").count() == 0


def test_a_part_of_a_chart_is_asked_for_again_with_its_points(open_page: Open, wide: str) -> None:
    page = settled(open_page(f"/runs/{wide}/metrics?q=long"))
    card = chart(page, "long")
    card.get_by_text(re.compile(r"of 10,000 points")).wait_for()
    bodies = asked_series(page)
    box = card.get_by_role("img").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 60, steps=4)
    page.mouse.up()
    card.get_by_text("of 10,000 points").wait_for(state="detached")
    assert 0 < bodies[0]["least"] < bodies[0]["most"] < 10_000
    card.get_by_role("button", name="Show all of long").click()
    card.get_by_text(re.compile(r"of 10,000 points")).wait_for()


def test_points_appear_while_the_run_goes_on(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("live")
    client = mlflow.MlflowClient()
    run = client.create_run(client.get_experiment_by_name("live").experiment_id, run_name="going on")
    for step in range(2):
        client.log_metric(run.info.run_id, "loss", 0.5, step=step)
    page = open_live(open_page, run.info.run_id)
    client.log_metric(run.info.run_id, "loss", 0.125, step=2)
    chart(page, "loss").get_by_text("0.125").wait_for()
    client.set_terminated(run.info.run_id)
    page.get_by_text("finished").wait_for()


def open_live(open_page: Open, run_id: str) -> Any:
    """The metrics of a run, once the server tells the page of changes."""
    page = open_page("/experiments")
    with page.expect_response(lambda answer: "/views/changes" in answer.url):
        page.goto(page.evaluate("location.origin") + f"/runs/{run_id}/metrics")
    chart(page, "loss").locator("canvas").wait_for()
    return page


def test_a_run_is_renamed_where_it_stands(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("changes")
    with mlflow.start_run(run_name="before") as run:
        pass
    page = settled(open_page(f"/runs/{run.info.run_id}/overview"))
    page.get_by_role("button", name="Rename the run").click()
    page.get_by_label("Name of the run").fill("after")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="after", level=1).wait_for()
    assert mlflow.get_run(run.info.run_id).info.run_name == "after"


def test_tags_are_added_changed_and_removed(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("changes")
    with mlflow.start_run() as run:
        pass
    page = settled(open_page(f"/runs/{run.info.run_id}/overview"))
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_label("Tag", exact=True).fill("team")
    page.get_by_role("textbox", name="Value").fill("vino")
    page.get_by_role("button", name="Save").click()
    tags = page.get_by_role("region", name="Tags")
    tags.get_by_text("vino").wait_for()
    page.get_by_role("button", name="Edit the tag team").click()
    page.get_by_role("textbox", name="Value").fill("vini")
    page.get_by_role("button", name="Save").click()
    tags.get_by_text("vini").wait_for()
    assert mlflow.get_run(run.info.run_id).data.tags["team"] == "vini"
    page.get_by_role("button", name="Remove the tag team").click()
    page.get_by_text("No tags.").wait_for()


def test_a_note_is_written_in_markdown_and_runs_nothing(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("changes")
    with mlflow.start_run() as run:
        pass
    page = settled(open_page(f"/runs/{run.info.run_id}/overview"))
    page.get_by_role("button", name="Write a note").click()
    page.get_by_label("Note in Markdown").fill(NOTE)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Found").wait_for()
    page.get_by_role("button", name="Save").click()
    note = page.get_by_role("region", name="Note")
    note.get_by_role("heading", name="Found").wait_for()
    assert note.locator("img, script, a[href^='javascript']").count() == 0
    assert page.evaluate("window.hit") is None
    assert mlflow.get_run(run.info.run_id).data.tags["mlflow.note.content"].startswith("# Found")


def test_parents_and_children_are_linked(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("families")
    with (
        mlflow.start_run(run_name="outer") as outer,
        mlflow.start_run(run_name="middle", nested=True) as middle,
        mlflow.start_run(run_name="inner", nested=True),
    ):
        pass
    page = settled(open_page(f"/runs/{outer.info.run_id}/overview"))
    page.get_by_role("button", name="Open the 1 child runs of middle").click()
    page.get_by_role("link", name="inner").click()
    page.get_by_role("heading", name="inner", level=1).wait_for()
    crumbs = page.get_by_role("navigation", name="Where this is")
    crumbs.get_by_role("link", name="outer").wait_for()
    crumbs.get_by_role("link", name="middle").click()
    page.wait_for_url(f"**/runs/{middle.info.run_id}/overview")


def test_what_a_run_read_and_made_is_linked(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("lineage")
    with mlflow.start_run() as run:
        data = mlflow.data.from_pandas(pd.DataFrame({"acid": [1.0, 2.0]}), name="wine")
        mlflow.log_input(data, context="training")
        model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
        mlflow.sklearn.log_model(model, name="model", registered_model_name="wine model")
    page = settled(open_page(f"/runs/{run.info.run_id}/overview"))
    assert page.get_by_role("link", name="wine", exact=True).get_attribute("href") == f"/datasets/wine/{data.digest}"
    version = page.get_by_role("link", name="wine model version 1")
    assert version.get_attribute("href") == "/models/wine%20model/1"


def test_a_deleted_run_can_be_restored(open_page: Open, yard: str) -> None:
    mlflow.set_experiment("changes")
    with mlflow.start_run() as run:
        pass
    page = settled(open_page(f"/runs/{run.info.run_id}/overview"))
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Restore").wait_for(state="detached")
    assert mlflow.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_other_runs_are_chosen_to_compare_with(open_page: Open, trained: str) -> None:
    mlflow.set_experiment("wine-quality-test")
    with mlflow.start_run(run_name="ridge") as other:
        pass
    page = settled(open_page(f"/runs/{trained}/overview"))
    page.get_by_role("button", name="Compare with…").click()
    page.get_by_label("Search runs by name").fill("rid")
    page.get_by_label("ridge").check()
    page.get_by_role("button", name="Compare 2 runs").click()
    page.wait_for_url(f"**/compare?runs={trained},{other.info.run_id}")


def test_a_chart_is_kept_as_csv_with_all_points_and_as_png(open_page: Open, wide: str, tmp_path: Path) -> None:
    page = settled(open_page(f"/runs/{wide}/metrics?q=long"))
    chart(page, "long").locator("canvas").wait_for()
    for item, name in (("all points as CSV", "wide-long.csv"), ("the picture as PNG", "wide-long.png")):
        with page.expect_download() as told:
            page.get_by_role("button", name="Files of long").click()
            page.get_by_role("menuitem", name=f"Download {item}").click()
        assert told.value.suggested_filename == name
        told.value.save_as(tmp_path / name)
    with (tmp_path / "wide-long.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(10_000))
    assert float(rows[500]["value"]) == math.sin(1)
    assert (tmp_path / "wide-long.png").read_bytes().startswith(b"\x89PNG")


def test_the_step_table_has_the_values_of_all_metrics_at_a_step(open_page: Open, trained: str) -> None:
    page = settled(open_page(f"/runs/{trained}/metrics?view=steps&q=loss"))
    table = page.get_by_role("grid", name="Values by step")
    table.get_by_role("gridcell", name="0.4").wait_for()
    page.get_by_label("From step").fill("2")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("1 step", exact=True).wait_for()
    assert table.get_by_role("gridcell").all_inner_texts() == ["2", "0.3"]


def test_system_metrics_are_charts_or_a_word_how_to_have_them(open_page: Open, trained: str, wide: str) -> None:
    page = settled(open_page(f"/runs/{wide}/system"))
    chart(page, "system/cpu_utilization_percentage").locator("canvas").wait_for()
    assert page.get_by_label("Axis").input_value() == "time"
    page = settled(open_page(f"/runs/{trained}/system"))
    page.get_by_text("enable_system_metrics_logging").wait_for()


def test_a_run_that_is_not_there_is_told_of(open_page: Open, yard: str) -> None:
    page = open_page("/runs/0123456789abcdef0123456789abcdef/overview")
    page.get_by_role("alert").get_by_text("0123456789abcdef0123456789abcdef").wait_for()
    page.faults.clear()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("place", ["overview", "metrics", "metrics?view=steps", "metrics?chart=long", "system"])
def test_everybody_can_use_the_page(open_page: Open, wide: str, place: str, theme: str) -> None:
    page = settled(open_page(f"/runs/{wide}/{place}", theme=theme, size=(1024, 768)))
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
