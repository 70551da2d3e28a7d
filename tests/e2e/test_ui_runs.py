"""The page of runs in a browser. Requirements S1.9, S1.13 and S1.14."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

import modelyard as mlflow
from modelyard.core.entities import Metric, Param, RunTag
from tests.support.pages import faults_of, settled

Open = Callable[..., Any]
N5 = {"rmse": 0.7931640229276851, "r2": 0.10862644997792614, "mae": 0.6271946374319586}
HOSTILE = "<img src=x onerror=window.hit=1>"
MANY = 450


@pytest.fixture(scope="module")
def client(yard: str) -> mlflow.MlflowClient:
    """A client of the server that the page is of."""
    assert yard
    return mlflow.MlflowClient()


@pytest.fixture(scope="module")
def wine(client: Any) -> str:
    """An experiment of three runs with curves."""
    experiment = str(client.create_experiment("wine"))
    for at, (alpha, ratio) in enumerate(((0.5, 0.5), (0.1, 0.9), (0.9, 0.1))):
        run = client.create_run(experiment, run_name=f"elastic {alpha}", start_time=1000 + at).info.run_id
        points = [Metric(key, value, 1000, 0) for key, value in N5.items()] if at == 0 else []
        points += [Metric("loss", alpha / (step + 1), 1000 + step, step) for step in range(20)]
        params = [Param("alpha", str(alpha)), Param("l1_ratio", str(ratio)), Param("note", HOSTILE)]
        client.log_batch(run, points, params, [RunTag("team", "cellar")])
        client.set_terminated(run, end_time=5000)
    return experiment


@pytest.fixture(scope="module")
def nested(client: Any) -> str:
    """A run with two children, one of which has one itself, and a run beside it."""
    experiment = str(client.create_experiment("sweeps/nested"))
    ids: dict[str, str] = {}
    for at, (name, parent) in enumerate(
        (("root", ""), ("left", "root"), ("right", "root"), ("leaf", "left"), ("other", ""))
    ):
        tags = {"mlflow.parentRunId": ids[parent]} if parent else {}
        ids[name] = client.create_run(experiment, run_name=name, start_time=1000 - at, tags=tags).info.run_id
        client.log_metric(ids[name], "acc", at / 10)
        client.log_param(ids[name], "opt", "adam" if at % 2 else "sgd")
    return experiment


@pytest.fixture(scope="module")
def many(client: Any) -> str:
    """More runs than a few windows hold."""
    experiment = str(client.create_experiment("many"))
    for at in range(MANY):
        run = client.create_run(experiment, run_name=f"run {at:03}", start_time=1_000_000 + at).info.run_id
        client.log_batch(run, [Metric("value", at, 1000, 0)], [Param("kind", "even" if at % 2 == 0 else "odd")], [])
    return experiment


def runs(open_page: Open, experiment: str, query: str = "", **look: Any) -> Any:
    """The page, shown."""
    return settled(open_page(f"/experiments/{experiment}/runs{query}", **look))


def names(page: Any) -> list[str]:
    """The names of the runs that are in the page, from above."""
    rows = page.get_by_role("grid").locator("a[href*='/runs/']")
    tops = rows.evaluate_all("all => all.map(a => [a.getBoundingClientRect().top, a.textContent])")
    return [name for _, name in sorted(tops)]


def row_of(page: Any, name: str) -> Any:
    """The row of a run."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def total(page: Any, text: str) -> None:
    """Wait until the page says how many runs there are."""
    page.get_by_role("status", name="Total").get_by_text(text, exact=True).wait_for()


def apply(page: Any, text: str) -> Any:
    """Write a filter and send it; answers the field."""
    field = page.get_by_role("combobox", name="Filter of runs")
    field.fill(text)
    field.press("Enter")
    return field


def test_s1_9_the_list_has_the_numbers_and_params_of_the_script(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    total(page, "3 runs")
    row = row_of(page, "elastic 0.5")
    for value in N5.values():
        row.get_by_title(str(value)).wait_for()  # the columns of metrics come after the rows; there is one of each
    headings = page.get_by_role("columnheader").all_inner_texts()
    assert {"Status", "Run", "Age", "Duration", "rmse", "alpha", "l1_ratio"} <= {each.strip() for each in headings}
    assert page.evaluate("window.hit") is None


def test_s1_13_the_id_is_on_the_page_and_can_be_copied(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    assert page.get_by_test_id("experiment-id").inner_text() == wine
    page.get_by_role("button", name="Copy the experiment's ID").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == wine


def test_s1_14_the_table_is_sorted_by_a_metric_in_both_directions(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    total(page, f"{MANY} runs")
    heading = page.get_by_role("columnheader", name="value").get_by_role("button").first
    heading.click()
    row_of(page, "run 449").wait_for()
    assert names(page)[0] == "run 449"
    heading.click()
    row_of(page, "run 000").wait_for()
    assert names(page)[0] == "run 000"
    assert "sort=metrics.value" in page.url


def test_all_rows_are_reached_in_windows(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    page.get_by_role("row").nth(1).get_by_title("449", exact=True).wait_for()  # the columns it begins with are known
    asked: set[str | None] = set()  # a window asked for once more, because something changed, is no other window
    page.on("request", lambda request: asked.add(request.post_data) if request.url.endswith("/views/runs") else None)
    page.get_by_role("grid").evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    row_of(page, "run 000").wait_for()
    assert len(asked) <= 2
    assert page.locator("[role=row]").count() < 60
    assert page.evaluate("document.querySelectorAll('*').length") < 2500


RUSH = """() => new Promise((done) => {
  const grid = document.querySelector('[role=grid]');
  const cells = (row) => row.querySelectorAll('[role=gridcell]').length;
  let frames = 0, fewest = Infinity;
  const move = () => {
    grid.scrollTop += grid.clientHeight / 3;
    const rows = [...grid.querySelectorAll('[role=row]')].slice(1).filter((row) => !row.querySelector('[aria-busy]'));
    fewest = Math.min(fewest, ...rows.map(cells));
    if (++frames < 12) requestAnimationFrame(move);
    else done([fewest, rows.filter((row) => !/run \\d{3}/.test(row.textContent)).length]);
  };
  requestAnimationFrame(move);
})"""


def test_rows_that_rush_by_have_their_names_and_the_rest_when_it_slows(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    total(page, f"{MANY} runs")
    whole = row_of(page, "run 449").get_by_role("gridcell").count()
    page.get_by_role("grid").evaluate("grid => { grid.scrollTop = grid.scrollHeight }")  # a leap leaves nothing out
    row_of(page, "run 000").wait_for()
    assert row_of(page, "run 000").get_by_role("gridcell").count() == whole
    page.get_by_role("grid").evaluate("grid => { grid.scrollTop = 0 }")
    row_of(page, "run 449").wait_for()
    page.wait_for_timeout(500)
    fewest, unnamed = page.evaluate(RUSH)
    assert 1 == fewest < whole
    assert unnamed == 0
    page.wait_for_function(
        "whole => [...document.querySelectorAll('[role=grid] [role=row]')].slice(1)"
        ".every(row => row.querySelectorAll('[role=gridcell]').length === whole)",
        arg=whole,
    )


def test_a_filter_finds_and_a_mistake_is_marked_at_its_place(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    apply(page, "metrics.value < 10 AND params.kind = 'odd'")
    total(page, "5 runs found")
    field = apply(page, "metrics.value < 10 ANDD x = 1")
    page.get_by_role("alert").get_by_text("expected AND or OR").wait_for()
    assert page.locator("[data-mistake]").inner_text() == "ANDD"
    assert field.get_attribute("aria-invalid") == "true"
    total(page, "5 runs found")
    field.press_sequentially("2")
    assert page.get_by_role("alert").is_visible()
    apply(page, "metrics.value IN (1, 2) OR metrics.value = 3")
    total(page, "3 runs found")
    assert page.get_by_role("alert").count() == 0
    page.faults.clear()  # the browser notes the refusal


def test_keys_operators_and_values_are_completed(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    page.keyboard.press("/")
    page.keyboard.type("params.k")
    page.get_by_role("option", name="params.kind").wait_for()
    page.keyboard.press("Tab")
    page.get_by_role("option", name="ILIKE").wait_for()
    page.keyboard.type("= ")
    page.get_by_role("option", name="even").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="Filter of runs")
    assert field.input_value() in ("params.kind = 'even' ", "params.kind = 'odd' ")
    page.get_by_role("option", name="OR", exact=True).wait_for()
    page.keyboard.press("Enter")
    total(page, "225 runs found")


def test_children_are_below_their_parents_at_any_depth(open_page: Open, nested: str) -> None:
    page = runs(open_page, nested)
    total(page, "5 runs")
    assert names(page) == ["root", "other"]
    page.get_by_role("button", name="Open 2 children of root").click()
    row_of(page, "left").wait_for()
    page.get_by_role("button", name="Open 1 children of left").click()
    row_of(page, "leaf").wait_for()
    assert names(page) == ["root", "left", "leaf", "right", "other"]
    apply(page, "metrics.acc >= 0")
    total(page, "5 runs found")


def test_groups_have_aggregates_and_open_to_their_runs(open_page: Open, nested: str) -> None:
    page = runs(open_page, nested, "?group=params.opt")
    total(page, "2 groups of 5 runs")
    group = page.get_by_role("row").filter(has_text="sgd")
    assert group.get_by_title("0.2", exact=False).count() >= 1
    page.get_by_role("button", name="Open 3 runs of sgd").click()
    row_of(page, "other").wait_for()
    assert names(page) == ["root", "right", "other"]


def test_differences_to_the_baseline_are_shown(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    row_of(page, "elastic 0.1").hover()
    page.get_by_role("button", name="Make elastic 0.1 the baseline").click()
    row_of(page, "elastic 0.9").get_by_text("+0.04 (+800%)").wait_for()
    again = runs(open_page, wine, page.url.partition("/runs")[2])
    row_of(again, "elastic 0.9").get_by_text("+0.04 (+800%)").wait_for()


def test_columns_are_chosen_searched_and_kept_in_the_address(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("textbox", name="Search for a column").fill("team")
    page.get_by_role("checkbox", name="team").click()
    page.get_by_label("Value of loss").select_option("best")
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="loss (best)").wait_for()
    again = runs(open_page, wine, page.url.partition("/runs")[2])
    again.get_by_role("columnheader", name="loss (best)").wait_for()
    row_of(again, "elastic 0.9").get_by_title("0.045").wait_for()


def test_a_column_is_made_wider_with_the_keyboard(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    edge = page.get_by_role("separator", name="Width of Run", exact=True)
    before = int(edge.get_attribute("aria-valuenow"))
    edge.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"document.activeElement.getAttribute('aria-valuenow') > {before}")


def test_selected_runs_are_tagged_compared_and_deleted_and_restored(open_page: Open, client: Any) -> None:
    experiment = client.create_experiment("bulk")
    ids = [client.create_run(experiment, run_name=f"bulk {at}", start_time=at + 1).info.run_id for at in range(4)]
    page = runs(open_page, experiment)
    for key in "jxjjx":
        page.keyboard.press(key)
    page.get_by_text("2 selected").wait_for()
    page.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tag", exact=True).fill("reviewed")
    dialog.get_by_label("Value", exact=True).fill("yes")
    dialog.get_by_role("button", name="Set the tag").click()
    page.get_by_text("2 runs tagged.").wait_for()
    assert [run for run in ids if client.get_run(run).data.tags.get("reviewed") == "yes"] == [ids[1], ids[3]]
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2 runs").click()
    total(page, "2 runs")
    page.get_by_label("Which runs").select_option("deleted")
    row_of(page, "bulk 3").wait_for()
    page.get_by_role("checkbox", name="Select all that match").click()
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("No run of this experiment is deleted.").wait_for()
    page.get_by_label("Which runs").select_option("active")
    total(page, "4 runs")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("c")
    page.wait_for_url("**/compare?runs=*")


def test_a_shift_click_selects_all_between(open_page: Open, many: str) -> None:
    page = runs(open_page, many)
    boxes = page.get_by_role("checkbox", name="Select the run")
    boxes.nth(1).click()
    boxes.nth(5).click(modifiers=["Shift"])
    page.get_by_text("5 selected").wait_for()
    page.get_by_role("button", name=f"Select all {MANY} that match").click()
    page.get_by_text(f"All {MANY} that match are selected").wait_for()


def test_all_matches_are_exported_not_only_those_that_are_loaded(open_page: Open, many: str) -> None:
    page = runs(open_page, many, "?filter=params.kind+%3D+%27odd%27")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as told:
        page.get_by_role("link", name="columns as shown").first.click()
    with open(told.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    assert len(rows) == MANY // 2
    assert {row["params.kind"] for row in rows} == {"odd"}


def test_a_long_address_becomes_a_short_one_that_shows_the_same(open_page: Open, many: str) -> None:
    wanted = " OR ".join(f"metrics.value = {at}" for at in range(30))
    page = runs(open_page, many)
    apply(page, wanted)
    total(page, "30 runs found")
    page.wait_for_url("**/runs?view=*")
    assert len(page.url) < 200
    again = runs(open_page, many, page.url.partition("/runs")[2])
    total(again, "30 runs found")
    assert again.get_by_role("combobox", name="Filter of runs").input_value() == wanted


def test_charts_are_beside_the_table_and_a_row_lights_its_line_up(open_page: Open, wine: str) -> None:
    page = runs(open_page, wine)
    page.get_by_role("button", name="Charts", exact=True).click()
    page.get_by_role("region", name="loss", exact=True).locator("canvas").first.wait_for()
    page.get_by_role("button", name="Hide the run from the charts").nth(2).wait_for()
    page.get_by_role("button", name="Hide the run from the charts").first.click()
    page.get_by_role("button", name="Draw the run").wait_for()
    edge = page.get_by_role("separator", name="Width of the table")
    edge.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**charts=50**")


def test_a_new_run_comes_in_without_a_reload(open_page: Open, client: Any) -> None:
    experiment = client.create_experiment("live")
    page = runs(open_page, experiment)
    page.get_by_text("No runs yet.").wait_for()
    with page.expect_response(lambda answer: answer.url.endswith("/views/runs")):
        run = client.create_run(experiment, run_name="arrived").info.run_id
    row_of(page, "arrived").wait_for()
    client.log_metric(run, "fresh", 0.25)
    row_of(page, "arrived").get_by_title("0.25").wait_for()
    total(page, "1 run")


def test_an_empty_experiment_shows_how_to_make_a_run(open_page: Open, client: Any) -> None:
    page = runs(open_page, client.create_experiment('quoted "name"'))
    assert 'mlflow.set_experiment("quoted \\"name\\"")' in page.locator("pre").inner_text()


def test_a_note_is_written_and_drawn_as_markdown(open_page: Open, client: Any) -> None:
    experiment = client.create_experiment("noted")
    page = runs(open_page, experiment)
    page.get_by_role("button", name="Add a note").click()
    page.get_by_label("Note in Markdown").fill(f"# Found\n\n**best** {HOSTILE}")
    page.get_by_role("button", name="Save the note").click()
    page.get_by_role("heading", name="Found").wait_for()
    assert client.get_experiment(experiment).tags["mlflow.note.content"].startswith("# Found")
    assert page.evaluate("window.hit") is None


def test_what_is_not_there_is_told(open_page: Open, wine: str) -> None:
    page = runs(open_page, "999999")
    page.get_by_role("alert").get_by_text("No Experiment").wait_for()
    page.faults.clear()
    page = runs(open_page, wine, "?filter=metrics.loss+%3E+100")
    page.get_by_text("No run matches this filter.").wait_for()
    page.get_by_role("button", name="Clear the filter").last.click()
    total(page, "3 runs")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_accessible(open_page: Open, wine: str, theme: str) -> None:
    page = runs(open_page, wine, "?charts=50", theme=theme, size=(1024, 768))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("b")
    page.get_by_role("toolbar", name="Selected runs").wait_for()
    assert faults_of(page) == []
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("textbox", name="Search for a column").wait_for()
    assert faults_of(page) == []
