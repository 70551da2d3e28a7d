"""A real browser that finds no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.frameworks import imported

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """The program; the test is skipped where there is none."""
    named = os.environ.get("MODELYARD_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if named is None:
        pytest.skip("no browser: Debian's chromium is not installed")
    return named


@contextmanager
def offline_page() -> Iterator[Any]:
    """A page of a browser whose network is cut; ``asked`` of it lists what it asked for beyond its own file, and its errors."""
    sync = imported("playwright.sync_api")
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=list(FLAGS), headless=True)
        try:
            context = browser.new_context(offline=True)
            page = context.new_page()
            page.asked = []
            context.route("**/*", lambda route: _only_files(page, route))
            page.on("pageerror", lambda error: page.asked.append(str(error)))
            page.on("console", lambda said: page.asked.append(said.text) if said.type == "error" else None)
            yield page
        finally:
            browser.close()


def _only_files(page: Any, route: Any) -> None:
    if route.request.url.startswith("file:") and route.request.is_navigation_request():
        route.continue_()
        return
    page.asked.append(route.request.url)
    route.abort()
