"""A page in a browser that knows nothing yet: what it fetches, when something is seen, how its frames come."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benches.install import NotAvailableError
from benches.ui import probes

VIEWPORT = (1440, 900)
PATIENCE = 120.0
"""Seconds after which something that has to be seen counts as a failure."""
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page finds this machine's loopback and nothing else: what one asks of other hosts is neither waited for nor counted.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@dataclass(frozen=True)
class Transfer:
    """One request that was answered: `size` is what came over the wire, headers included."""

    kind: str
    url: str
    size: int


@dataclass(frozen=True)
class Frames:
    """The time between frames in milliseconds, while a page was scrolled."""

    median: float
    p95: float
    worst: float
    travelled: float
    """Pixels."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; raises `NotAvailableError` where there is none."""
    named = os.environ.get("MODELYARD_TEST_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)
    if named is None:
        raise NotAvailableError("no Chromium: install Debian's chromium, or name one in MODELYARD_TEST_BROWSER")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=named, args=list(_FLAGS), headless=True)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser) -> Iterator[Visit]:
    """A page of a context of its own: no cache, no cookies, no storage."""
    context = browser.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]}, color_scheme="light")
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        yield Visit(page, context.new_cdp_session(page))
    finally:
        context.close()


class Visit:
    """One page, and all that it fetches."""

    def __init__(self, page: Page, wire: CDPSession) -> None:
        self.page = page
        self._wire = wire
        self._asked: dict[str, tuple[str, str]] = {}
        self.transfers: list[Transfer] = []
        wire.on("Network.responseReceived", self._received)
        wire.on("Network.loadingFinished", self._finished)
        wire.send("Network.enable")

    def open(self, address: str) -> None:
        """Begin to load an address; does not wait for it."""
        self.page.goto(address, wait_until="commit")

    def seen(self, what: str, *, since: float = 0.0) -> float:
        """Milliseconds from `since`, on the page's clock, to the frame in which the expression `what` was true.

        Without `since` from the navigation's start. It is looked at once a frame.
        """
        at = self.page.evaluate(probes.seen(what, PATIENCE))
        if at is None:
            raise TimeoutError(f"{what} did not come true in {PATIENCE:.0f} s at {self.page.url}")
        return float(at) - since

    def clicked(self, selector: str) -> float:
        """Click the first element of a selector from inside the page; the page's clock just before."""
        return float(self.page.evaluate(probes.CLICK, selector))

    def now(self) -> float:
        """The page's clock."""
        return float(self.page.evaluate("performance.now()"))

    def rest(self, milliseconds: int = 1500) -> None:
        """Wait until nothing more is fetched, which for pages that poll is a fixed while."""
        self.page.wait_for_timeout(milliseconds)

    def size(self, *kinds: str) -> int:
        """Bytes over the wire of some kinds of resources."""
        return sum(each.size for each in self.transfers if each.kind in kinds)

    def count(self, *kinds: str) -> int:
        """How many requests of some kinds were answered."""
        return sum(each.kind in kinds for each in self.transfers)

    def forget(self) -> None:
        """Count what is fetched from here on."""
        self.transfers.clear()

    def scroll(self, selector: str, *, step: float, frames: int) -> Frames:
        """Scroll an element by `step` pixels a frame, back and forth where it ends."""
        found: dict[str, Any] = self.page.evaluate(
            probes.SCROLL, {"selector": selector, "step": step, "frames": frames}
        )
        taken = sorted(found["taken"])
        return Frames(
            statistics.median(taken), taken[min(int(len(taken) * 0.95), len(taken) - 1)], taken[-1], found["travelled"]
        )

    def nodes(self) -> int:
        """Elements of the document."""
        return int(self.page.evaluate(probes.NODES))

    def heap(self) -> float:
        """Megabytes of objects that are alive, after garbage was collected."""
        for _ in range(2):
            self._wire.send("HeapProfiler.collectGarbage")
        return float(self._wire.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def _received(self, event: dict[str, Any]) -> None:
        self._asked[event["requestId"]] = (event["type"], event["response"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        kind, url = self._asked.pop(event["requestId"], ("Other", ""))
        self.transfers.append(Transfer(kind, url, int(event["encodedDataLength"])))
