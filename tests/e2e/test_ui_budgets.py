"""What the pages weigh, whatever the machine: bytes of script and style, requests, JSON, elements, files of the package."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.exhibits import PAGES, Exhibits, exhibit
from tests.support.pages import STATIC, settled

RUNS = 2000
FIRST_LOAD, LAZY, JSON_BYTES, ELEMENTS, FILES = 200_000, 150_000, 60_000, 2_500, 3_000_000
SEVERAL = 8
"""Files of script and style that the first page fetches: each of many small ones is waited for."""
ASKED = {"runs with charts": 8, "run": 9, "version": 8}
"""Requests of data that a page needs; the others get by with `MOST`. Pictures and previews of a file are its content."""
MOST = 7
STREAM = "/views/changes"


@pytest.fixture(scope="module")
def exhibits(yard: str) -> Exhibits:
    """One of everything, and an experiment of many runs."""
    shown = exhibit()
    runs = [
        _post(yard, "runs/create", {"experiment_id": "0", "run_name": f"run-{at}", "start_time": at})
        for at in range(RUNS)
    ]
    for at, made in enumerate(runs):
        body = {
            "run_id": made["run"]["info"]["run_id"],
            "params": [{"key": f"p{key}", "value": str(at * key)} for key in range(20)],
            "metrics": [{"key": f"m{key}", "value": at / (key + 1), "timestamp": at, "step": 0} for key in range(20)],
        }
        _post(yard, "runs/log-batch", body)
    return shown


def _post(server: str, verb: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{server}/api/2.0/mlflow/{verb}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def packed(path: str) -> int:
    """Bytes of a built file as gzip, which every browser takes."""
    name = path.rpartition("/")[2]
    kept = STATIC / "assets" / f"{name}.gz"
    return kept.stat().st_size if kept.is_file() else len(gzip.compress((STATIC / "assets" / name).read_bytes()))


def assets(page: Any) -> dict[str, int]:
    """The scripts and styles a page has fetched, by their bytes as gzip."""
    names = page.evaluate("performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)")
    return {
        name: packed(name) for name in names if name.startswith("/assets/") and name.endswith((".js", ".mjs", ".css"))
    }


def asked(page: Any) -> list[str]:
    """What a page has asked of the server's interfaces."""
    found = page.evaluate("performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)")
    return [path for path in found if path.startswith(("/api/", "/ajax-api/"))]


def test_the_first_load_of_the_runs_page(exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    fetched = assets(settled(open_page(exhibits.pages()["runs"])))
    assert 50_000 < sum(fetched.values()) < FIRST_LOAD, fetched
    assert len(fetched) <= SEVERAL, fetched


def test_what_opens_menus_is_fetched_when_one_is_wanted(exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    page = settled(open_page(exhibits.pages()["version"]))
    button = page.get_by_role("button", name="More actions")
    assert not any("MenuOpened" in name for name in assets(page))
    button.press("ArrowDown")
    page.get_by_role("menuitem").first.wait_for()
    assert any("MenuOpened" in name for name in assets(page))
    page.keyboard.press("Escape")
    page.get_by_role("menuitem").first.wait_for(state="detached")
    assert button.evaluate("button => button === document.activeElement")
    assert button.get_attribute("aria-expanded") == "false"


@pytest.fixture(scope="module")
def first() -> dict[str, int]:
    """What the page of runs fetches, once it was opened."""
    return {}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_not_much_more_than_the_first_and_asks_little(
    name: str, exhibits: Exhibits, first: dict[str, int], open_page: Callable[..., Any]
) -> None:
    if not first:
        first.update(assets(settled(open_page(exhibits.pages()["runs"]))))
    page = settled(open_page(exhibits.pages()[name]))
    more = {file: size for file, size in assets(page).items() if file not in first}
    assert sum(more.values()) < LAZY, more
    paths = [path for path in asked(page) if not path.endswith(STREAM)]
    assert len(paths) <= ASKED.get(name, MOST), Counter(paths)


def test_a_comparison_is_one_request(exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    for name in ("compare", "compare relations", "compare differences"):
        page = settled(open_page(exhibits.pages()[name]))
        assert [path.rpartition("/")[2] for path in asked(page)] == ["compare"]


def test_the_first_screen_of_many_runs_is_little_json_and_few_elements(
    exhibits: Exhibits, open_page: Callable[..., Any]
) -> None:
    assert exhibits
    answers: list[Any] = []
    page = open_page("/settings")
    address = page.url.replace("/settings", "/experiments/0/runs")
    page.goto("about:blank")  # what the settings still wait for is not counted
    page.on("response", lambda answer: answers.append(answer) if "/api/" in answer.url else None)
    page.goto(address)
    settled(page)
    taken = [answer for answer in answers if not answer.url.endswith(STREAM)]
    assert len(taken) >= 2
    assert sum(len(gzip.compress(answer.body())) for answer in taken if STREAM not in answer.url) < JSON_BYTES
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS


def test_a_long_table_that_was_scrolled_has_no_more_elements(exhibits: Exhibits, open_page: Callable[..., Any]) -> None:
    assert exhibits
    page = settled(open_page("/experiments/0/runs", size=(1920, 1080)))
    grid = page.get_by_role("grid").first
    assert int(grid.get_attribute("aria-rowcount")) == RUNS + 1
    grid.evaluate("(box) => { box.scrollTop = box.scrollHeight / 2; }")
    page.get_by_text("run-1000", exact=True).wait_for()
    settled(page)
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS


def test_the_package_is_small() -> None:
    if not STATIC.is_dir():
        pytest.skip("the pages are not built: make ui")
    sizes = {file.name: file.stat().st_size for file in STATIC.rglob("*") if file.is_file()}
    assert sum(size for name, size in sizes.items() if ".wasm" not in name) < FILES
