"""The registry in a browser. Requirements S1.16 and S1.17."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import modelyard as mlflow
from modelyard.core.errors import ModelyardError
from tests.support.frameworks import imported
from tests.support.pages import settled
from tests.support.tables import numbers, quality

Open = Callable[..., Any]
NAME = "Auto-Deployed Model"


@pytest.fixture(scope="module")
def client(yard: str) -> mlflow.MlflowClient:
    """A registry with a model of two versions, one per run, as the API made them at logging."""
    assert yard
    mlflow.set_experiment("registry")
    linear = imported("sklearn.linear_model").LinearRegression()
    for columns in (["acid", "sugar"], ["acid"]):
        with mlflow.start_run(run_name=f"of {len(columns)} columns"):
            table = numbers()[columns]
            mlflow.sklearn.log_model(
                linear.fit(table, quality()),
                "model",
                input_example=table.head(2),
                registered_model_name=NAME,
                verify=False,
            )
    return mlflow.MlflowClient()


def version_page(open_page: Open, name: str, version: str, query: str = "") -> Any:
    """The page of a version, shown."""
    return settled(open_page(f"/models/{quote(name)}/{version}{query}"))


def accepted(page: Any, name: str) -> Any:
    """Press a button of the dialog that is open."""
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_s1_16_s1_17_a_model_with_a_space_in_its_name_is_listed_with_its_versions(client: Any, open_page: Open) -> None:
    page = settled(open_page("/models"))
    page.get_by_role("link", name=NAME, exact=True).click()
    page.get_by_role("heading", name=NAME, exact=True).wait_for()
    for version in ("1", "2"):
        run = client.get_model_version(NAME, version).run_id
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"Version {version}", exact=True))
        row.locator(f"a[href='/runs/{run}/overview']").wait_for()
        row.locator("time").wait_for()
    page.get_by_role("link", name="Version 2", exact=True).click()
    page.get_by_role("heading", name=f"{NAME} version 2").wait_for()
    page.get_by_role("link", name="of 1 columns").wait_for()


def test_models_are_found_by_name_and_by_filter(client: Any, open_page: Open) -> None:
    client.create_registered_model("cellar", tags={"team": "red"})
    page = settled(open_page("/models"))
    page.get_by_role("searchbox").fill("deployed")
    page.get_by_role("link", name="cellar", exact=True).wait_for(state="detached")
    page.get_by_role("link", name=NAME, exact=True).wait_for()
    page.get_by_role("searchbox").fill("tags.team = 'red'")
    page.get_by_role("link", name="cellar", exact=True).wait_for()
    page.wait_for_url("**/models?q=tags.team*red*")


def test_a_model_is_created_and_a_name_that_is_taken_is_refused(client: Any, open_page: Open) -> None:
    page = settled(open_page("/models"))
    page.get_by_role("button", name="Create model").click()
    page.get_by_label("Name", exact=True).fill(NAME)
    accepted(page, "Create")
    assert NAME in page.get_by_role("dialog").get_by_role("alert").inner_text()
    page.get_by_role("dialog").get_by_role("textbox").first.fill("a new one")
    accepted(page, "Create")
    page.get_by_role("heading", name="a new one").wait_for()
    page.get_by_text("This model has no versions yet").wait_for()
    assert client.get_registered_model("a new one").name == "a new one"
    page.faults = [fault for fault in page.faults if "status of 400" not in fault]  # Chromium's console tells of it


def test_aliases_and_tags_are_set_and_removed_in_place(client: Any, open_page: Open) -> None:
    page = version_page(open_page, NAME, "1")
    page.get_by_role("button", name="+ alias").click()
    page.get_by_label("Alias", exact=True).fill("champion")
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("button", name="Remove the alias champion").wait_for()
    assert client.get_model_version_by_alias(NAME, "champion").version == "1"
    page.get_by_label("Key of a tag").fill("gate")
    page.get_by_label("Value of the tag").fill("passed")
    page.get_by_role("button", name="Set tag").click()
    page.get_by_role("button", name="Remove the tag gate").wait_for()
    assert client.get_model_version(NAME, "1").tags["gate"] == "passed"
    page.get_by_role("button", name="Remove the tag gate").click()
    page.get_by_role("button", name="Remove the tag gate").wait_for(state="detached")
    page.get_by_role("button", name="Remove the alias champion").click()
    page.get_by_role("button", name="Remove the alias champion").wait_for(state="detached")
    assert client.get_registered_model(NAME).aliases == {}


def test_a_description_is_written_in_markdown(client: Any, open_page: Open) -> None:
    page = settled(open_page(f"/models/{quote(NAME)}"))
    page.get_by_role("button", name="Write one").click()
    page.get_by_label("Description in Markdown").fill("# Wine\n\nvery **good**")
    page.get_by_role("button", name="Save").click()
    page.locator("strong", has_text="good").wait_for()
    assert client.get_registered_model(NAME).description == "# Wine\n\nvery **good**"


def test_the_signature_is_a_table_and_two_versions_are_compared(client: Any, open_page: Open) -> None:
    page = version_page(open_page, NAME, "1", "?tab=signature")
    cells = page.get_by_role("grid").get_by_role("gridcell").all_inner_texts()
    assert cells[:3] == ["input", "acid", "double"]
    assert "sugar" in cells
    page = settled(open_page(f"/models/{quote(NAME)}"))
    page.get_by_label("Compare version 1").check()
    page.get_by_label("Compare version 2").check()
    page.get_by_role("cell", name="sugar", exact=True).wait_for()
    assert "compare=" in page.url


def test_code_to_load_it_is_copied(client: Any, open_page: Open) -> None:
    page = version_page(open_page, NAME, "2", "?tab=use")
    page.get_by_role("button", name="Copy the snippet").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'mlflow.pyfunc.load_model("models:/{NAME}/2")' in copied
    assert f"-m 'models:/{NAME}/2'" in page.locator("main").inner_text()


def test_the_files_of_a_version_are_browsed_and_downloaded(client: Any, open_page: Open, tmp_path: Path) -> None:
    page = version_page(open_page, NAME, "1", "?tab=files")
    page.get_by_role("treeitem", name="requirements.txt").click()
    page.get_by_role("region", name="Content of the file").get_by_text("scikit-learn").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert any(Path(name).name == "MLmodel" for name in archive.namelist())


def test_stages_are_for_those_who_use_them(client: Any, open_page: Open) -> None:
    page = version_page(open_page, NAME, "2")
    assert page.get_by_label("Stage").count() == 0
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Use stages…").click()
    page.get_by_label("Stage").select_option("Staging")
    imported("playwright.sync_api").expect(page.get_by_label("Stage")).to_be_enabled()
    assert client.get_model_version(NAME, "2").current_stage == "Staging"
    page = settled(open_page(f"/models/{quote(NAME)}"))
    page.get_by_role("columnheader", name="Stage").wait_for()


def test_deleting_a_version_names_the_aliases_that_point_to_it(client: Any, open_page: Open) -> None:
    source = client.get_model_version(NAME, "1")
    client.create_registered_model("short-lived")
    client.create_model_version("short-lived", source.source, source.run_id, model_id=source.model_id)
    client.set_registered_model_alias("short-lived", "champion", "1")
    page = version_page(open_page, "short-lived", "1")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete this version…").click()
    dialog = page.get_by_role("dialog")
    assert "@champion points to it" in dialog.inner_text()
    assert dialog.get_by_role("button", name="Delete the version").is_disabled()
    dialog.get_by_label("Type 1 to go on").fill("1")
    accepted(page, "Delete the version")
    page.get_by_text("This model has no versions yet").wait_for()
    with pytest.raises(ModelyardError):
        client.get_model_version("short-lived", "1")


def test_a_model_is_renamed_and_deleted(client: Any, open_page: Open) -> None:
    client.create_registered_model("old name")
    page = settled(open_page("/models/old%20name"))
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Rename…").click()
    page.get_by_label("New name").fill("new name")
    accepted(page, "Rename")
    page.get_by_role("heading", name="new name").wait_for()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete…").click()
    accepted(page, "Delete the model")
    page.wait_for_url("**/models")
    with pytest.raises(ModelyardError):
        client.get_registered_model("new name")
