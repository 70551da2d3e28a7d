"""Requirements S2.10 and S2.23: a page that predicts in a real browser, with the network cut."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import modelyard as mlflow
from modelyard.core.errors import NotSupported
from modelyard.edge import export_page
from modelyard.models.constraints import Constraint
from modelyard.models.signature import infer_signature
from tests.docs.environment import clean_environment
from tests.support.browser import browser_path, offline_page
from tests.support.frameworks import imported
from tests.support.processes import ROOT
from tests.support.tables import good, grades, numbers, quality

DONE = "#prediction[data-state=done]"
WRONG = "#prediction[data-state=wrong]"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """One browser for the tests of this file."""
    imported("onnxruntime")
    imported("skl2onnx")
    browser_path()
    with offline_page() as found:
        yield found


def opened(page: Any, model: Any, folder: Path) -> Any:
    """The page of a saved model, once it has predicted. Nothing else is asked for, and nothing goes wrong."""
    try:
        file = export_page(model, folder)
    except NotSupported as missing:
        pytest.skip(f"no runtime for pages: {missing}")
    page.asked.clear()
    page.goto(file.as_uri())
    page.wait_for_selector(DONE, timeout=60_000)
    assert page.asked == []
    return page


def values(page: Any) -> Any:
    """The prediction in all its digits."""
    return page.evaluate("JSON.parse(document.getElementById('prediction').dataset.values)")


def field(page: Any, name: str) -> Any:
    """The control of a column."""
    return page.get_by_label(name, exact=True)


def regressor(folder: Path) -> Any:
    forest = imported("sklearn.ensemble").RandomForestRegressor(20, random_state=1)
    model = make_pipeline(StandardScaler(), forest).fit(numbers(), quality())
    mlflow.sklearn.save_model(
        model, str(folder), input_example=numbers().head(3), training_data=numbers(), onnx=True, verify=False
    )
    return model


def test_s2_10_the_sample_row_gives_the_model_s_value_without_network(page: Any, tmp_path: Path) -> None:
    model = regressor(tmp_path / "model")
    opened(page, tmp_path / "model", tmp_path / "page")
    (found,) = values(page)
    assert abs(found - model.predict(numbers().head(1))[0]) < 1e-4
    assert sorted(each.name for each in (tmp_path / "page").iterdir()) == ["index.html"]


def test_s2_23_another_row_that_is_typed_in_gives_the_model_s_value(page: Any, tmp_path: Path) -> None:
    model = regressor(tmp_path / "model")
    opened(page, tmp_path / "model", tmp_path / "page")
    for place in (5, 17):
        row = numbers().iloc[[place]]
        for name in row.columns:
            field(page, name).fill(repr(float(row[name].iloc[0])))
        page.wait_for_function(f"Math.abs(JSON.parse(prediction.dataset.values)[0] - {model.predict(row)[0]}) < 1e-4")


def test_s2_23_changing_one_field_changes_the_prediction_and_the_example_comes_back(page: Any, tmp_path: Path) -> None:
    regressor(tmp_path / "model")
    opened(page, tmp_path / "model", tmp_path / "page")
    before = values(page)
    field(page, "acid").fill("0.99" if before[0] < np.median(quality()) else "0.01")
    page.wait_for_function(f"prediction.dataset.values !== '{before}'.replaceAll(' ', '')")
    assert values(page) != before
    page.get_by_role("button").click()
    page.wait_for_function(f"JSON.parse(prediction.dataset.values)[0] === {before[0]}")


def test_s2_23_an_empty_field_is_told_and_nothing_is_predicted(page: Any, tmp_path: Path) -> None:
    regressor(tmp_path / "model")
    opened(page, tmp_path / "model", tmp_path / "page")
    field(page, "sugar").fill("")
    page.wait_for_selector(WRONG)
    assert page.inner_text("#state") == "Type a number for sugar."
    assert page.inner_text("#prediction") == "–"
    assert field(page, "sugar").get_attribute("aria-invalid") == "true"
    field(page, "sugar").fill("20")
    page.wait_for_selector(DONE)
    assert field(page, "sugar").get_attribute("aria-invalid") == "false"


def test_a_value_unlike_the_training_data_is_told_and_predicted(page: Any, tmp_path: Path) -> None:
    regressor(tmp_path / "model")
    opened(page, tmp_path / "model", tmp_path / "page")
    note = page.locator("#field-0-note")
    assert note.inner_text().startswith("trained on ")
    assert not note.inner_text().endswith("outside")
    field(page, "acid").fill("7")
    assert note.inner_text().endswith(": this is outside")
    page.wait_for_selector(DONE)


def mixed() -> pd.DataFrame:
    return numbers().assign(color=np.where(numbers()["acid"] > 0.5, "red", "white"), dry=good() == 1)


def test_choices_are_lists_and_ranges_are_kept(page: Any, tmp_path: Path) -> None:
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["acid", "sugar", "ph level"]), ("texts", OneHotEncoder(), ["color"])]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(mixed(), grades())
    signature = infer_signature(
        mixed(), grades(), constraints={"acid": Constraint(min=0, max=1), "color": Constraint(choices=["red", "white"])}
    )
    mlflow.sklearn.save_model(
        model, str(tmp_path / "model"), signature=signature, input_example=mixed().head(2), onnx=True, verify=False
    )
    opened(page, tmp_path / "model", tmp_path / "page")
    assert values(page) == [model.predict(mixed().head(1))[0]]
    assert field(page, "color").locator("option").all_inner_texts() == ["red", "white"]
    assert field(page, "dry").locator("option").all_inner_texts() == ["false", "true"]
    assert page.inner_text("#state").startswith("Probability ")
    field(page, "acid").fill("1.5")
    page.wait_for_selector(WRONG)
    assert page.inner_text("#state") == "acid is at most 1."


def test_a_text_is_classified(page: Any, tmp_path: Path) -> None:
    texts = ["good wine, very good", "bad wine", "great taste", "awful taste"] * 5
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, ["yes", "no"] * 10)
    mlflow.sklearn.save_model(model, str(tmp_path / "model"), input_example=texts[:2], onnx=True, verify=False)
    opened(page, tmp_path / "model", tmp_path / "page")
    assert values(page) == ["yes"]
    page.locator("textarea").fill("Awful")
    page.wait_for_function("JSON.parse(prediction.dataset.values)[0] === 'no'")


def test_probabilities_are_shown_with_their_classes(page: Any, tmp_path: Path) -> None:
    forest = imported("sklearn.ensemble").RandomForestClassifier(10, random_state=1)
    model = forest.fit(numbers(), grades())
    mlflow.sklearn.save_model(
        model,
        str(tmp_path / "model"),
        input_example=numbers().head(1),
        pyfunc_predict_fn="predict_proba",
        onnx=True,
        verify=False,
    )
    opened(page, tmp_path / "model", tmp_path / "page")
    assert np.abs(np.array(values(page)) - model.predict_proba(numbers().head(1))[0]).max() < 1e-4
    assert [each.split("\n")[0] for each in page.locator("#scores li").all_inner_texts()] == ["bad", "fair", "good"]
    assert page.inner_text("#prediction") == model.predict(numbers().head(1))[0]


def test_the_example_s_page_says_what_the_example_says(page: Any, tmp_path: Path) -> None:
    """The label with the highest chance of the forest, as its script printed it."""
    if not (ROOT / "src" / "modelyard" / "edge" / "static" / "runtime.js").is_file():
        pytest.skip("no runtime for pages: run 'make ui'")
    train = [sys.executable, str(ROOT / "examples" / "edge" / "train.py")]
    done = subprocess.run(
        train, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    page.asked.clear()
    page.goto((tmp_path / "wine-page" / "index.html").as_uri())
    page.wait_for_selector(DONE)
    assert f"the example is a {page.inner_text('#prediction')}\n" in done.stdout
    assert page.title() == "Which wine is it?"
    assert page.asked == []


def test_a_name_that_is_markup_stays_a_name(page: Any, tmp_path: Path) -> None:
    table = numbers().rename(columns={"acid": "</script><script>document.title='broken'</script>"})
    model = imported("sklearn.linear_model").LinearRegression().fit(table, quality())
    mlflow.sklearn.save_model(model, str(tmp_path / "model"), input_example=table.head(1), onnx=True, verify=False)
    file = export_page(tmp_path / "model", tmp_path / "page", title="<b>wine</b> & more")
    page.asked.clear()
    page.goto(file.as_uri())
    page.wait_for_selector(DONE)
    assert page.title() == "<b>wine</b> & more"
    assert page.locator("label").first.inner_text() == table.columns[0]
    assert page.asked == []
