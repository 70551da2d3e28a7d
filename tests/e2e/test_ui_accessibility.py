"""axe finds nothing serious or critical on any page, in light and in dark, nor where a page has nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.exhibits import PAGES, Exhibits, exhibit
from tests.support.pages import faults_of, settled

THEMES = ("light", "dark")
ABSENT = "0" * 32
EMPTY = {
    "an experiment without runs": "/experiments/0/runs",
    "an experiment that is not there": "/experiments/404/runs",
    "a run that is not there": f"/runs/{ABSENT}/overview",
    "a comparison of nothing": "/compare",
    "a model that is not there": "/models/absent",
    "a version that is not there": "/models/absent/1",
    "a prediction of what is not there": "/models/absent/1/predict",
    "a dataset that is not there": "/datasets/absent/0",
    "no page": "/settings/absent",
}


@pytest.fixture(scope="module")
def exhibits(yard: str) -> Exhibits:
    """One of everything, in the server's store."""
    assert yard
    return exhibit()


def test_the_list_of_pages_is_whole(exhibits: Exhibits) -> None:
    assert tuple(exhibits.pages()) == PAGES


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_on(name: str, theme: str, exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    assert faults_of(settled(open_page(exhibits.pages()[name], theme=theme))) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", EMPTY)
def test_nothing_serious_where_there_is_nothing(
    name: str, theme: str, exhibits: Exhibits, open_page: Callable[..., Any]
) -> None:
    assert exhibits
    page = settled(open_page(EMPTY[name], theme=theme))
    found = faults_of(page)
    page.faults = [fault for fault in page.faults if "status of 404" not in fault]  # Chromium's console tells of each
    assert found == []


@pytest.mark.parametrize("name", ["runs", "run", "compare", "version"])
def test_nothing_serious_on_a_small_screen(name: str, exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    page = settled(open_page(exhibits.pages()[name], size=(1024, 768)))
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
