"""The page of settings, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import modelyard
from tests.support.frameworks import imported
from tests.support.pages import SMALL, faults_of


def expect(thing: Any) -> Any:
    """Waits for what is said of a thing."""
    return imported("playwright.sync_api").expect(thing)


def test_a_theme_is_chosen_kept_and_forgotten(open_page: Callable[..., Any]) -> None:
    page = open_page("/settings", theme="light")
    expect(page.get_by_role("radio", name="As the system")).to_be_checked()
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_text("Nothing is kept now.")).to_be_visible()


def test_an_address_decides_the_theme_of_a_page(open_page: Callable[..., Any]) -> None:
    page = open_page("/settings?theme=dark", theme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("radio", name="Light")).to_be_disabled()


def test_it_says_what_the_server_is(open_page: Callable[..., Any]) -> None:
    page = open_page("/settings")
    expect(page.get_by_text(modelyard.__version__, exact=True)).to_be_visible()
    link = page.get_by_role("link", name="All endpoints of this server, as an OpenAPI document")
    expect(link).to_have_attribute("href", "/openapi.json")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(open_page: Callable[..., Any], theme: str) -> None:
    page = open_page("/settings", theme=theme, size=SMALL)
    expect(page.get_by_text("Store", exact=True)).to_be_visible()
    assert faults_of(page) == []
