"""Predictions on a version's page, in the browser and by the server. Requirement S2.23."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import modelyard as mlflow
from tests.support.frameworks import imported
from tests.support.pages import settled
from tests.support.tables import grades, numbers, quality
from tests.support.waiting import wait_for

Open = Callable[..., Any]
RESULT = "[role=status][aria-label=Prediction]"


@pytest.fixture(scope="module")
def forest(yard: str) -> Any:
    """A registered regressor with a twin."""
    assert yard
    imported("skl2onnx")
    imported("onnxruntime")
    model = imported("sklearn.ensemble").RandomForestRegressor(20, random_state=1).fit(numbers(), quality())
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model, "model", input_example=numbers().head(2), onnx=True, registered_model_name="forest", verify=False
        )
    return model


@pytest.fixture(scope="module")
def plain(yard: str) -> Any:
    """A registered classifier without a twin."""
    assert yard
    model = imported("sklearn.linear_model").LogisticRegression(max_iter=500).fit(numbers(), grades())
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model, "model", input_example=numbers().head(1), registered_model_name="plain", verify=False
        )
    return model


def in_browser(open_page: Open) -> Any:
    """The page of the forest, ready to predict."""
    page = settled(open_page("/models/forest/1/predict"))
    where = page.get_by_role("region", name="Where it predicts")
    where.get_by_text(" MB once").wait_for()
    page.get_by_role("button", name="Load the model").click()
    where.get_by_text("The input stays in this browser").wait_for(timeout=60_000)
    return page


def prediction(page: Any) -> float:
    """The one that is shown, in all its digits."""
    return float(page.locator(f"{RESULT} [data-value]").first.get_attribute("data-value"))


def fill(page: Any, row: Any) -> None:
    """Type a row into the form."""
    for name in row.columns:
        page.get_by_label(name, exact=True).fill(repr(float(row[name].iloc[0])))


def test_the_example_s_prediction_is_the_model_s_and_nothing_is_sent(forest: Any, open_page: Open) -> None:
    page = in_browser(open_page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(RESULT).wait_for()
    assert abs(prediction(page) - forest.predict(numbers().head(1))[0]) < 1e-4
    row = numbers().iloc[[7]]
    shown = page.locator(f"{RESULT} [data-value]").first
    before = shown.get_attribute("data-value")
    fill(page, row)
    wait_for(lambda: abs(prediction(page) - forest.predict(row)[0]) < 1e-4)
    assert shown.get_attribute("data-value") != before
    assert asked == []


def test_s2_23_an_empty_field_is_told_by_its_name(forest: Any, open_page: Open) -> None:
    page = in_browser(open_page)
    field = page.get_by_label("sugar", exact=True)
    field.fill("")
    page.get_by_role("button", name="Predict", exact=True).click()
    assert page.get_by_role("alert").inner_text() == "Type a number for sugar."
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("much")
    page.get_by_text('sugar is a number, not "much".').first.wait_for()


def test_a_file_of_rows_is_predicted_and_the_table_downloaded(forest: Any, open_page: Open, tmp_path: Path) -> None:
    page = in_browser(open_page)
    numbers().head(12).to_csv(tmp_path / "rows.csv", index=False)
    page.get_by_label("A file of rows", exact=True).set_input_files(tmp_path / "rows.csv")
    page.get_by_role("heading", name="12 predictions").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(newline="") as file:
        found = [float(row["prediction"]) for row in csv.DictReader(file)]
    assert max(abs(found - forest.predict(numbers().head(12)))) < 1e-4
    (tmp_path / "wrong.json").write_text(json.dumps([{**numbers().iloc[0].to_dict(), "sugar": "sweet"}]))
    page.get_by_label("A file of rows", exact=True).set_input_files(tmp_path / "wrong.json")
    page.get_by_text('Row 1: sugar is a number, not "sweet".').wait_for()


def test_several_rows_are_predicted_at_once(forest: Any, open_page: Open) -> None:
    page = in_browser(open_page)
    page.get_by_role("button", name="+ Add a row").click()
    fill(page, numbers().iloc[[5]])
    page.get_by_role("heading", name="2 predictions").wait_for()


def test_a_version_without_a_twin_is_predicted_by_the_server_and_says_so(plain: Any, open_page: Open) -> None:
    page = settled(open_page("/models/plain/1/predict"))
    where = page.get_by_role("region", name="Where it predicts").inner_text()
    assert "no ONNX twin" in where
    assert "the input is sent to it" in where
    page.get_by_role("button", name="Predict", exact=True).click()
    page.get_by_text("Predicted by the server.").wait_for(timeout=120_000)
    assert page.locator(f"{RESULT} [data-value]").first.inner_text() == plain.predict(numbers().head(1))[0]


def test_a_runtime_that_cannot_be_had_leaves_the_server(forest: Any, open_page: Open) -> None:
    page = settled(open_page("/models/forest/1/predict"))
    page.route("**/*.wasm", lambda route: route.abort())
    page.get_by_role("button", name="Load the model").click()
    where = page.get_by_role("region", name="Where it predicts")
    where.get_by_text("could not be made ready in this browser").wait_for(timeout=60_000)
    assert "the input is sent to it" in where.inner_text()
    assert page.locator(RESULT).count() == 0
    page.get_by_role("button", name="Predict", exact=True).click()
    page.get_by_text("Predicted by the server.").wait_for(timeout=120_000)
    assert abs(prediction(page) - forest.predict(numbers().head(1))[0]) < 1e-4
    page.faults = [fault for fault in page.faults if "ERR_FAILED" not in fault]
