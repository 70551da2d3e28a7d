"""The server's pages in a real browser: what goes wrong in one is heard of.

A `conftest.py` makes the fixtures its own: ``from tests.support.pages import *  # noqa: F403``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from tests.support.browser import FLAGS, browser_path
from tests.support.frameworks import imported
from tests.support.servers import modelyard_server

__all__ = ["AXE", "STATIC", "browser", "faults_of", "open_page", "page", "settled", "shared", "yard"]

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src" / "modelyard" / "server" / "static"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
SMALL, USUAL, LARGE = (1024, 768), (1440, 900), (1920, 1080)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    sync = imported("playwright.sync_api")
    with sync.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=browser_path(), args=list(FLAGS), headless=True)
        try:
            yield found
        finally:
            found.close()


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with its pages, whose store is this module's; ``modelyard`` tracks to it."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the pages are not built: make ui")
    before = modelyard.get_tracking_uri()
    with modelyard_server(tmp_path_factory.mktemp("yard")) as address:
        modelyard.set_tracking_uri(address)
        modelyard.set_experiment("Default")  # what a module before this one chose is not on this server
        try:
            yield address
        finally:
            modelyard.set_tracking_uri(before)


@pytest.fixture(scope="module")
def shared(browser: Any, yard: str) -> Iterator[Any]:
    """A page that stays open while a module's tests are run: what its context has fetched and compiled is there already."""
    context = browser.new_context(accept_downloads=True)
    found = context.new_page()
    found.goto(f"{yard}/health")
    yield found
    context.close()


@pytest.fixture
def open_page(browser: Any, yard: str, shared: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address of the server in a page of its own; at the end no page may have had a fault.

    The first page of a test has nothing that one before it stored; each further page is another person's browser.
    Faults are errors of scripts, lines of the console that say error (what the policy forbids is among them), and answers
    of 500 and above; ``page.faults`` lists them, and a test that provokes some clears it.
    """
    contexts: list[Any] = []
    pages: list[Any] = []

    def open_at(path: str, *, theme: str = "light", size: tuple[int, int] = USUAL) -> Any:
        context = browser.new_context(accept_downloads=True) if pages else shared.context
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=yard)
        contexts.extend([context] if pages else [])
        found = context.new_page()
        found.set_viewport_size({"width": size[0], "height": size[1]})
        found.emulate_media(color_scheme=theme)
        found.faults = []
        found.on("pageerror", lambda error: found.faults.append(f"script: {error}"))
        found.on("console", lambda said: found.faults.append(said.text) if said.type == "error" else None)
        found.on("response", lambda answer: _note(found, answer))
        pages.append(found)
        found.goto(yard + path)
        return found

    yield open_at
    faults = [fault for each in pages for fault in each.faults]
    for each in (*pages[:1], *contexts):
        each.close()
    shared.context.clear_cookies()
    shared.evaluate("localStorage.clear()")
    assert faults == []


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page that shows the experiments."""
    return open_page("/experiments")


def settled(page: Any) -> Any:
    """The page, once it shows what it was opened for: nothing on it is on its way any more."""
    expect = imported("playwright.sync_api").expect
    expect(page.locator("h1").first).to_be_visible(timeout=20_000)
    expect(page.locator(".animate-pulse, [role=status][aria-label^=Loading]")).to_have_count(0, timeout=20_000)
    return page


def faults_of(page: Any) -> list[str]:
    """What axe finds that is serious or critical on a page, by rule and place."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make ui")
    # The page's policy allows no script that is put into it; through the driver the tool runs beside it.
    page.evaluate(AXE.read_text(encoding="utf-8") + "; window.axe = axe; undefined")
    found = page.evaluate("() => window.axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}) at {node['target']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def _note(page: Any, answer: Any) -> None:
    if answer.status >= 500:
        page.faults.append(f"{answer.status} of {answer.url}")
