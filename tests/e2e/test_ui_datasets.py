"""The pages of datasets, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import modelyard
from tests.support.frameworks import imported
from tests.support.pages import SMALL, faults_of

ODD = "lab/50% of 'it' & more"


def expect(thing: Any) -> Any:
    """Waits for what is said of a thing."""
    return imported("playwright.sync_api").expect(thing)


def test_without_datasets_it_says_how_one_is_recorded(open_page: Callable[..., Any]) -> None:
    page = open_page("/datasets")
    expect(page.get_by_text("No run has recorded a dataset as its input yet.")).to_be_visible()
    expect(page.get_by_text("mlflow.log_input(train", exact=False)).to_be_visible()


@pytest.fixture(scope="module")
def datasets(yard: str) -> None:
    """Two datasets in two experiments."""
    for experiment, context in (("wines", "training"), ("more wines", "validation")):
        modelyard.set_experiment(experiment)
        with modelyard.start_run(run_name=f"reads for {context}"):
            wine = modelyard.data.from_numpy(np.ones((3, 2)), source="https://host/wine.csv", name="wine")
            modelyard.log_input(wine, context=context)
            modelyard.log_input(modelyard.data.from_numpy(np.zeros((4, 2)), name=ODD), context=context)


@pytest.mark.usefixtures("datasets")
def test_datasets_of_all_experiments_are_listed_and_found(open_page: Callable[..., Any]) -> None:
    page = open_page("/datasets")
    table = page.get_by_role("grid", name="Datasets")
    row = table.get_by_role("row").filter(has=page.get_by_role("link", name="wine", exact=True))
    for text in ("training", "validation", "more wines"):
        expect(row).to_contain_text(text)
    page.get_by_role("searchbox", name="Search datasets").fill("lab/")
    expect(table.get_by_role("row")).to_have_count(2)
    assert "q=lab" in page.url


@pytest.mark.usefixtures("datasets")
def test_a_dataset_says_what_it_is_and_who_read_it(open_page: Callable[..., Any]) -> None:
    page = open_page("/datasets")
    page.get_by_role("link", name="wine", exact=True).click()
    expect(page.get_by_role("heading", name="wine")).to_be_visible()
    expect(page.get_by_role("grid", name="Schema")).to_contain_text("float64 [-1,2]")
    expect(page.get_by_text("features_shape")).to_be_visible()
    expect(page.get_by_text('HttpSource("https://host/wine.csv").load()')).to_be_visible()
    readers = page.get_by_role("grid", name="Runs that used it")
    expect(readers.get_by_role("link", name="reads for training")).to_be_visible()
    expect(readers.get_by_role("link", name="more wines")).to_be_visible()


@pytest.mark.usefixtures("datasets")
def test_a_name_of_any_signs_has_an_address(open_page: Callable[..., Any]) -> None:
    page = open_page("/datasets")
    page.get_by_role("link", name=ODD).click()
    expect(page.get_by_role("heading", name=ODD)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=ODD)).to_be_visible()
    expect(page.get_by_role("grid", name="Runs that used it").get_by_role("row")).to_have_count(3)


@pytest.mark.usefixtures("datasets")
def test_a_dataset_that_is_not_there_is_told_of(open_page: Callable[..., Any]) -> None:
    page = open_page("/datasets/none/0")
    expect(page.get_by_text("No run that you may read has this dataset as its input.")).to_be_visible()


@pytest.mark.usefixtures("datasets")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_them(open_page: Callable[..., Any], theme: str) -> None:
    page = open_page("/datasets", theme=theme, size=SMALL)
    expect(page.get_by_role("link", name="wine", exact=True)).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("link", name="wine", exact=True).click()
    expect(page.get_by_role("grid", name="Schema")).to_be_visible()
    assert faults_of(page) == []
