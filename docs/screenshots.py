"""True screenshots for the README and the docs: ``make docs-screenshots``.

A server on a new store, the demo's models trained on real data, its pages opened in Chromium and photographed in light. The
pictures have a palette, so that each is small.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "ui")]

import build  # noqa: E402  it is beside the pages' sources
import demo  # noqa: E402  it is an example, not a package

import modelyard  # noqa: E402  what the demo uses

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 640}
COLORS = (256, 128, 64, 32)
MOST_BYTES = 120_000
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Take them all."""
    print(build.build())
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as address:
        demo.train_everything(address)
        demo.predict()
        with _pages() as page:
            for name, show in _shots().items():
                show(page, address)
                _rested(page)
                size = save(page.screenshot(), IMAGES / f"{name}.png")
                print(f"{name}.png: {size / 1000:.0f} kB")
    return 0


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    started: list[Any] = []
    try:
        yield demo.start(started, 0, "server", "--store", str(folder / "yard"))
    finally:
        for process in started:
            demo.stop(process)


@contextlib.contextmanager
def _pages() -> Iterator[Page]:
    named = os.environ.get("MODELYARD_TEST_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)
    if named is None:
        raise SystemExit("There is no Chromium: install Debian's, or name one in MODELYARD_TEST_BROWSER.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=named, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        finally:
            browser.close()


def _shots() -> dict[str, Callable[[Page, str], None]]:
    """File name → how its page is come to."""
    sweep = _run("alpha=0.0001 rate=0.01")
    best, curve = _run("breast cancer, logistic regression"), _run("diabetes, gradient boosting")
    children = ",".join(run.info.run_id for run in _runs() if "alpha" in run.data.params)
    runs = f"/experiments/{sweep.info.experiment_id}/runs"
    metrics, params = "metrics.accuracy,metrics.train_loss", "params.alpha,params.learning_rate"
    places = {
        "runs": f"{runs}?sort=-metrics.accuracy&cols=!attributes.run_name,{metrics},attributes.duration,{params}",
        "runs-with-charts": f"{runs}?filter=params.alpha%20!%3D%20''&charts=55&cols=!attributes.run_name,{metrics},{params}",
        "run-metrics": f"/runs/{curve.info.run_id}/metrics",
        "run-artifacts": f"/runs/{best.info.run_id}/artifacts?path=weights.json",
        "compare": f"/compare?runs={children}",
        "compare-relations": f"/compare?runs={children}&show=relations",
        "model-version": "/models/breast-cancer/1",
    }
    return {name: _opener(path) for name, path in places.items()}


def _opener(path: str) -> Callable[[Page, str], None]:
    def show(page: Page, address: str) -> None:
        page.goto(address + path)

    return show


def _runs() -> list[Any]:
    found: list[Any] = modelyard.search_runs(experiment_names=[demo.EXPERIMENT], output_format="list")
    return found


def _run(name: str) -> Any:
    return next(run for run in _runs() if run.info.run_name == name)


def _rested(page: Page) -> None:
    """Everything is there, and nothing moves."""
    expect(page.locator("h1").first).to_be_visible(timeout=30_000)
    expect(page.locator(".animate-pulse, [role=status][aria-label^=Loading]")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(500)


def save(picture: bytes, place: Path) -> int:
    """Write a picture with a palette, of fewer colours where it would be too large; answers its bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colors in COLORS:
        buffer = io.BytesIO()
        image.quantize(colors, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MOST_BYTES:
            break
    place.write_bytes(buffer.getvalue())
    return buffer.tell()


if __name__ == "__main__":
    sys.exit(main())
