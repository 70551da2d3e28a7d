"""Our chart alone, with its points in memory: built from `ui/`, served on loopback, drawn in a browser."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser

from benches.install import NotAvailableError
from benches.scenario import Readings
from benches.systems import ROOT
from benches.ui.browse import visit
from benches.ui.data import Sizes
from ui.build import install, npm

_CONFIG = ROOT / "benches" / "ui" / "chart" / "vite.config.mjs"
REMARK = (
    "our LineChart component alone in a page, 1200 × 600 pixels, built from its sources; from the change of its state to the"
    " second frame after it; the points are made in the page before the clock starts. The pages ask for at most as many points"
    " of a line as a screen can show, so that this is more than any of them draws"
)


def measure(browser: Browser, folder: Path, sizes: Sizes, runs: int) -> Readings:
    """Draw, zoom, and change the axis."""
    readings = Readings()
    readings.remark(REMARK)
    with _served(_built(folder)) as address:
        for _ in range(runs):
            with visit(browser) as seen:
                seen.open(address)
                seen.seen("window.ready")
                seen.page.evaluate(f"prepare({sizes.long_runs}, {sizes.long_points})")
                readings.add("draw", seen.page.evaluate("draw()"))
                seen.rest(500)
                readings.add("zoom", seen.page.evaluate(f"zoom({sizes.long_points * 0.4}, {sizes.long_points * 0.5})"))
                seen.rest(500)
                readings.add("log", seen.page.evaluate("log(true)"))
    return readings


def _built(folder: Path) -> Path:
    program = npm()
    if program is None:
        raise NotAvailableError("there is no npm here: install the extra 'ui'")
    install()
    place = folder / "chart"
    command = [str(Path(program).with_name("npx")), "vite", "build", "--config", str(_CONFIG), "--outDir", str(place)]
    path = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=ROOT / "ui", env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotAvailableError(f"the chart could not be built: {(done.stderr or done.stdout).strip()[-300:]}")
    return place


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class'
        """Say nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
