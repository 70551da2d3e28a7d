"""The page of experiments in a browser. Requirement S1.8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import modelyard as mlflow
from tests.support.pages import faults_of, settled

Open = Callable[..., Any]


@pytest.fixture
def client(yard: str) -> mlflow.MlflowClient:
    """A client of the server that the page is of."""
    assert yard
    return mlflow.MlflowClient()


def experiments(open_page: Open, query: str = "") -> Any:
    """The page, shown."""
    return settled(open_page(f"/experiments{query}"))


def row_of(page: Any, name: str) -> Any:
    """The row of an experiment, by the text of its link."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def create(page: Any, name: str) -> Any:
    """Write a name into the form and send it; answers the dialog."""
    page.get_by_role("button", name="New experiment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create", exact=True).click()
    return dialog


def test_s1_8_an_experiment_is_created_and_listed_with_no_runs(open_page: Open, client: Any) -> None:
    page = experiments(open_page)
    create(page, "wine-quality-test")
    row_of(page, "wine-quality-test").wait_for()
    made = client.get_experiment_by_name("wine-quality-test")
    cells = row_of(page, "wine-quality-test").get_by_role("gridcell").all_inner_texts()
    assert "0" in cells
    assert made.experiment_id in [cell.strip() for cell in cells]


def test_s1_8_a_name_that_is_taken_is_told_at_the_field(open_page: Open, client: Any) -> None:
    client.create_experiment("taken")
    page = experiments(open_page)
    dialog = create(page, "taken")
    dialog.get_by_role("alert").get_by_text("already exists").wait_for()
    assert dialog.get_by_role("textbox").get_attribute("aria-invalid") == "true"
    dialog.get_by_role("textbox").fill("free")
    assert dialog.get_by_role("alert").count() == 0
    dialog.get_by_role("button", name="Create", exact=True).click()
    row_of(page, "free").wait_for()
    page.faults.clear()  # the browser notes the refusal


def test_the_id_is_copied(open_page: Open, client: Any) -> None:
    made = client.create_experiment("to copy")
    page = experiments(open_page)
    page.get_by_role("button", name="Copy the ID of to copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == made


def test_names_with_slashes_are_a_tree_that_folds(open_page: Open, client: Any) -> None:
    for name in ("forest/oak/one", "forest/oak/two", "forest/pine"):
        client.create_experiment(name)
    page = experiments(open_page)
    row_of(page, "one").wait_for()
    folder = page.get_by_role("button", name="oak/ 2", exact=True)
    assert folder.get_attribute("aria-expanded") == "true"
    folder.click()
    row_of(page, "one").wait_for(state="detached")
    row_of(page, "pine").wait_for()
    again = experiments(open_page, page.url.partition("/experiments")[2])
    again.get_by_role("button", name="oak/ 2", exact=True).wait_for()
    assert row_of(again, "one").count() == 0


def test_the_search_is_in_the_address_and_slash_goes_there(open_page: Open, client: Any) -> None:
    client.create_experiment("needle in hay")
    page = experiments(open_page)
    page.keyboard.press("/")
    page.keyboard.type("needle")
    page.get_by_role("status", name="Total").get_by_text("1 experiment", exact=True).wait_for()
    assert "q=needle" in page.url
    row_of(page, "needle in hay").wait_for()


def test_an_experiment_is_renamed(open_page: Open, client: Any) -> None:
    made = client.create_experiment("old name")
    page = experiments(open_page, "?q=old")
    row_of(page, "old name").hover()
    page.get_by_role("button", name="Rename old name").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("old name, mended")
    dialog.get_by_role("button", name="Rename", exact=True).click()
    row_of(page, "old name, mended").wait_for()
    assert client.get_experiment(made).name == "old name, mended"


def test_experiments_are_deleted_restored_and_deleted_for_good(open_page: Open, client: Any) -> None:
    kept, gone = client.create_experiment("bin: kept"), client.create_experiment("bin: gone")
    page = experiments(open_page, "?q=bin")
    page.get_by_role("checkbox", name="Select all").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 2 experiments").click()
    page.get_by_text("No experiment has “bin” in its name.").wait_for()
    page.get_by_role("button", name="Deleted", exact=True).click()
    page.get_by_role("checkbox", name="Select bin: kept").click()
    page.get_by_role("button", name="Restore").click()
    row_of(page, "bin: kept").wait_for(state="detached")
    assert client.get_experiment(kept).lifecycle_stage == "active"
    page.get_by_role("checkbox", name="Select bin: gone").click()
    page.get_by_role("button", name="Delete for good").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("bin: gone", exact=True).wait_for()
    dialog.get_by_role("button", name="Delete 1 experiment for good").click()
    row_of(page, "bin: gone").wait_for(state="detached")
    with pytest.raises(mlflow.MlflowException, match="No Experiment"):
        client.get_experiment(gone)


def test_nothing_found_says_so(open_page: Open) -> None:
    page = experiments(open_page, "?q=there+is+no+such+name")
    page.get_by_text("No experiment has “there is no such name” in its name.").wait_for()


def test_a_part_of_the_pages_that_cannot_be_fetched_is_told_and_fetched_again(open_page: Open) -> None:
    page = experiments(open_page)
    page.route("**/assets/**", lambda route: route.abort())
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("This page could not be shown.").wait_for()
    page.unroute("**/assets/**")
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("heading", name="Settings", level=1).wait_for()
    page.faults.clear()  # what was not fetched


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_accessible(open_page: Open, client: Any, theme: str) -> None:
    client.create_experiment(f"leaves/{theme}/one", tags={"team": "green"})
    client.create_experiment(f"leaves/{theme}/two")
    page = settled(open_page("/experiments", theme=theme, size=(1024, 768)))
    page.get_by_role("checkbox", name="Select leaves/light/one").click()
    assert faults_of(page) == []
