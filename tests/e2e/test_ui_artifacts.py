"""The artifacts of a run in a browser: looked at, downloaded, registered. Requirements S1.10, S1.11, S1.12 and S1.15."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pytest

import modelyard as mlflow
from tests.support.frameworks import imported
from tests.support.pages import settled
from tests.support.tables import numbers, quality

Open = Callable[..., Any]
STATES = {"states": [{"name": f"state {number}", "population": number * 1000.5} for number in range(30)], "all": True}
FEATURES = "rooms\nzip\n"
LINES = [f"line {number} of the log, which is long enough to need more than one slice" for number in range(4000)]
HTML = (
    "<html><style>h1 { color: rgb(255, 0, 0) }</style><h1 onclick='parent.broken=1'>Report</h1>"
    "<script>document.querySelector('h1').textContent = 'it ran'</script></html>"
)


class Runs(NamedTuple):
    """A run with everything, and one without anything."""

    full: str
    empty: str


@pytest.fixture(scope="module")
def runs(yard: str, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    assert yard
    mlflow.set_experiment("artifacts")
    with mlflow.start_run(run_name="nothing") as empty:
        mlflow.log_param("alpha", 0.5)
    with mlflow.start_run(run_name="everything") as full:
        mlflow.log_dict(STATES, "states/data.json")
        mlflow.log_text(FEATURES, "states/features.txt")
        mlflow.log_text("\n".join(LINES), "logs/train.log")
        mlflow.log_text("# Title\n\n<img src=x onerror=alert(1)>\n\n**bold**", "notes.md")
        mlflow.log_text(HTML, "report.html")
        mlflow.log_text("x" * 2_100_000, "large.txt")
        mlflow.log_text("a \u202e b", "turned \u202e txt.exe")
        mlflow.log_text(numbers().to_csv(index=False), "table.csv")
        for step in (10, 20, 30):
            mlflow.log_image(np.full((40, 60, 3), step * 8, np.uint8), f"plots/loss_{step}.png")
        for name in ("cat", "dog"):
            mlflow.log_image(np.full((40, 60, 3), 90, np.uint8), f"plots/{name}.png")
        model = imported("sklearn.linear_model").LinearRegression().fit(numbers(), quality())
        folder = tmp_path_factory.mktemp("saved") / "linear"
        mlflow.sklearn.save_model(model, str(folder), input_example=numbers().head(2), verify=False)
        mlflow.log_artifacts(str(folder), "folder/linear")
        mlflow.sklearn.log_model(model, "model", input_example=numbers().head(2), verify=False)
    return Runs(str(full.info.run_id), str(empty.info.run_id))


def at(run: str, path: str = "") -> str:
    """The address of a file."""
    return f"/runs/{run}/artifacts" + (f"?path={quote(path, safe='')}" if path else "")


def row(page: Any, name: str) -> Any:
    """A row of the tree."""
    return page.get_by_role("treeitem", name=name).first


def content(page: Any) -> Any:
    """What is shown of a file."""
    return page.get_by_role("region", name="Content of the file")


def test_s1_10_a_run_without_artifacts_says_so(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.empty)))
    page.get_by_text("This run has no artifacts").wait_for()
    assert f'run_id="{runs.empty}"' in page.locator("pre").inner_text()
    assert page.get_by_role("alert").count() == 0


def test_s1_11_a_logged_model_is_a_folder_with_its_files(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full)))
    row(page, "model/").click()
    for name in ("MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "model.skops"):
        row(page, name).wait_for()
    row(page, "MLmodel").click()
    page.get_by_text("flavors:").wait_for()
    assert page.url.endswith("?path=model%2FMLmodel")


def test_s1_12_files_are_reached_folder_by_folder_and_have_the_bytes_of_the_originals(
    runs: Runs, open_page: Open, tmp_path: Path
) -> None:
    page = settled(open_page(at(runs.full)))
    row(page, "states/").click()
    row(page, "features.txt").click()
    content(page).get_by_text("rooms").wait_for()
    row(page, "data.json").click()
    content(page).get_by_text('"state 0"').wait_for()
    page.get_by_role("button", name="Text", exact=True).click()
    content(page).get_by_text('"population"').first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    download.value.save_as(tmp_path / "data.json")
    assert json.loads((tmp_path / "data.json").read_bytes()) == STATES
    assert download.value.suggested_filename == "data.json"


def test_the_tree_is_walked_with_the_arrows(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "states/features.txt")))
    tree = page.get_by_role("tree")
    tree.focus()
    tree.press("ArrowLeft")
    tree.press("ArrowLeft")
    row(page, "features.txt").wait_for(state="detached")
    tree.press("ArrowRight")
    tree.press("ArrowRight")
    tree.press("Enter")
    content(page).get_by_text('"state 0"').wait_for()
    assert "data.json" in page.url


def test_a_long_text_comes_a_part_at_a_time_with_whole_lines(runs: Runs, open_page: Open) -> None:
    expect = imported("playwright.sync_api").expect
    page = settled(open_page(at(runs.full, "logs/train.log")))
    content(page).get_by_text(LINES[0]).wait_for()
    seen = content(page).locator("pre:not([aria-hidden])")
    before = len(seen.inner_text().splitlines())
    assert before < len(LINES)
    while (more := page.get_by_role("button", name="More", exact=True)).count():
        blocks = seen.count()
        more.click()
        expect(seen).to_have_count(blocks + 1)
    assert [line for block in seen.all_inner_texts() for line in block.splitlines()] == LINES
    assert content(page).locator("pre[aria-hidden]").last.inner_text().splitlines()[-1] == str(len(LINES))


def test_a_table_has_columns_and_rows(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "table.csv")))
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert heads[1:] == list(numbers().columns)
    assert page.get_by_role("grid").get_attribute("aria-rowcount") == str(len(numbers()) + 1)


def test_images_are_a_gallery_with_a_slider_of_steps(runs: Runs, open_page: Open) -> None:
    expect = imported("playwright.sync_api").expect
    page = settled(open_page(at(runs.full, "plots")))
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "step 30"
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "step 20"
    for image in page.locator("img").all():
        expect(image).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("button", name="cat.png").click()
    page.get_by_text("60 × 40 pixels").wait_for()
    page.get_by_role("button", name="Next image").click()
    page.get_by_role("heading", name="dog.png").wait_for()


def test_html_is_styled_and_runs_nothing_unless_it_is_asked_to(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "report.html")))
    heading = page.frame_locator("iframe").locator("h1")
    heading.wait_for()
    assert heading.inner_text() == "Report"
    assert heading.evaluate("(found) => getComputedStyle(found).color") == "rgb(255, 0, 0)"
    assert heading.evaluate("() => self.origin") == "null"
    page.get_by_label("Run its scripts").check()
    page.frame_locator("iframe").get_by_text("it ran").wait_for()
    assert page.frame_locator("iframe").locator("h1").evaluate("() => self.origin") == "null"


def test_markdown_is_elements_and_its_html_is_not(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "notes.md")))
    content(page).locator("strong", has_text="bold").wait_for()
    assert content(page).locator("img").count() == 0


def test_nothing_large_is_shown_unasked(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "large.txt")))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert content(page).count() == 0
    page.get_by_role("button", name="Show anyway").click()
    content(page).wait_for()
    assert any("/views/file" in url for url in asked)


def test_a_name_cannot_pretend_to_be_another(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full)))
    row(page, "turned \\u202e txt.exe").wait_for()


def test_a_folder_is_downloaded_as_an_archive(runs: Runs, open_page: Open, tmp_path: Path) -> None:
    page = settled(open_page(at(runs.full, "states")))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the folder").click()
    download.value.save_as(tmp_path / "states.zip")
    with zipfile.ZipFile(tmp_path / "states.zip") as archive:
        names = {Path(name).name: name for name in archive.namelist()}
        assert archive.read(names["features.txt"]).decode() == FEATURES


def test_s1_15_a_model_s_folder_is_registered_and_other_folders_are_not(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "states")))
    button = page.get_by_role("button", name="Register Model")
    assert button.count() == 0
    for version, folder in (("1", "folder/linear"), ("2", "model")):
        page = settled(open_page(at(runs.full, folder)))
        page.get_by_role("button", name="Register Model").click()
        page.get_by_label("Name", exact=True).fill("wine")
        page.get_by_role("button", name="OK").click()
        page.get_by_role("link", name=f"version {version} of wine").click()
        page.get_by_role("heading", name=f"wine version {version}").wait_for()
        page.get_by_text("python_function, sklearn").wait_for()
    found = mlflow.MlflowClient().get_model_version("wine", "1")
    assert found.run_id == runs.full
    assert mlflow.pyfunc.load_model("models:/wine/1").predict(numbers().head(2)).shape == (2,)


def test_a_file_that_is_not_there_is_told(runs: Runs, open_page: Open) -> None:
    page = settled(open_page(at(runs.full, "states/gone.txt")))
    page.get_by_text("There is no file").wait_for()
    page.get_by_role("button", name="All files").click()
    page.get_by_role("heading", name="All files").wait_for()
