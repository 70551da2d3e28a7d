"""Class C7: what people and programs write is shown as text; on no page does any of it run, fetch, or lead away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.pages import settled
from tests.support.payloads import PAYLOADS
from tests.support.planted import FILES, Planted, plant

CANARY = "window.boomed = []; window.boom = (number) => { window.boomed.push(number); };"
FRAMED = "page.html"
"""Its own scripts are refused inside its frame, and the browser tells of each."""
UNSEEN = "\u202e"
SAID = """
() => [
  document.body.textContent,
  ...[...document.querySelectorAll("input, textarea")].map((each) => each.value),
  ...[...document.querySelectorAll("[title], [aria-label]")].flatMap((each) => [each.title, each.ariaLabel]),
].join("\\n")
"""


@pytest.fixture(scope="module")
def planted(yard: str) -> Planted:
    """Payloads in every field."""
    return plant(yard)


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """One for all pages: what a payload may have left behind is there when the next page is opened."""
    found = browser.new_context(viewport={"width": 1920, "height": 2600})
    found.add_init_script(CANARY)
    found.new_page()
    yield found
    found.close()


@pytest.fixture
def look(context: Any, planted: Planted) -> Iterator[Callable[..., Any]]:
    """Opens an address; at the end nothing of all the pages may have run, asked elsewhere, or opened a dialog."""
    pages, wrong = [], []

    def open_at(path: str, *, allowed: str = "") -> Any:
        page = context.new_page()
        pages.append(page)
        page.on("dialog", lambda dialog: (wrong.append(f"dialog on {path}: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _note(wrong, path, request.url, planted.address))
        page.on("pageerror", lambda error: wrong.append(f"script on {path}: {error}"))
        page.on("console", lambda said: _heard(wrong, path, said, allowed))
        page.goto(planted.address + path)
        settled(page)
        page.wait_for_timeout(150)  # for what would run a moment later
        assert page.evaluate(
            "[window.boomed, {}.polluted === undefined, document.baseURI.startsWith(location.origin)]"
        ) == [
            [],
            True,
            True,
        ]
        assert page.url.startswith(planted.address)
        return page

    yield open_at
    for page in pages:
        page.close()
    assert wrong == []


def _note(wrong: list[str], path: str, url: str, own: str) -> None:
    if not url.startswith((own + "/", "blob:" + own, "data:image/")):
        wrong.append(f"{path} asked for {url}")


def _heard(wrong: list[str], path: str, said: Any, allowed: str) -> None:
    if said.type == "error" and not (allowed and allowed in said.text):
        wrong.append(f"{path} said {said.text}")


def texts(page: Any) -> str:
    """All that a page says: its texts, what its fields hold, and its titles, with blanks as one space."""
    said = page.evaluate(SAID)
    return " ".join(said.split())


def missing(page: Any, wanted: tuple[str, ...] = PAYLOADS) -> list[str]:
    """The payloads a page does not show letter by letter; one with unseen characters may show them as escapes."""
    said = texts(page)
    return [each for each in wanted if UNSEEN not in each and " ".join(each.split()) not in said]


def test_what_is_refused_is_refused_in_order_and_the_rest_is_stored(planted: Planted) -> None:
    assert len(PAYLOADS) >= 25
    for what in (
        "run names",
        "param values",
        "tag values",
        "experiment tags",
        "version tags",
        "model tags",
        "datasets",
    ):
        assert planted.refused.get(what, 0) <= (len(PAYLOADS) if "experiment tags" in what else 0), planted.refused
    assert len(planted.runs) == len(PAYLOADS)


def test_the_list_of_experiments(look: Callable[..., Any]) -> None:
    page = look("/experiments")
    plain = tuple(each for each in PAYLOADS if "/" not in each)
    assert missing(page, plain) == []


def test_the_table_of_runs(look: Callable[..., Any], planted: Planted) -> None:
    page = look(f"/experiments/{planted.experiment}/runs")
    shown = [each for each in PAYLOADS if each not in missing(page)]
    assert len(shown) >= 20, shown  # as many rows as are on the screen
    assert "payloads" in texts(page)


@pytest.mark.parametrize(
    "view", ["?charts=50", "?group=params.p0", "?cols=tags.t0,params.p1,params.p2&sort=tags.t0", "?filter="]
)
def test_views_of_the_table_of_runs(look: Callable[..., Any], planted: Planted, view: str) -> None:
    suffix = quote(PAYLOADS[0]) if view.endswith("filter=") else ""
    look(f"/experiments/{planted.experiment}/runs{view}{suffix}", allowed="status of 400")


def test_a_run_s_values(look: Callable[..., Any], planted: Planted) -> None:
    page = look(f"/runs/{planted.runs[0]}/overview")
    assert missing(page) == []


@pytest.mark.parametrize("tab", ["metrics", "system", "artifacts"])
def test_a_run_s_other_parts(look: Callable[..., Any], planted: Planted, tab: str) -> None:
    look(f"/runs/{planted.runs[0]}/{tab}", allowed="status of 400")


@pytest.mark.parametrize("payload", range(len(PAYLOADS)))
def test_a_run_s_name_is_its_heading(look: Callable[..., Any], planted: Planted, payload: int) -> None:
    page = look(f"/runs/{planted.runs[payload]}/overview")
    assert missing(page, (PAYLOADS[payload],)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_s_content(look: Callable[..., Any], planted: Planted, name: str) -> None:
    page = look(
        f"/runs/{planted.runs[0]}/artifacts?path={quote(name)}",
        allowed="Content Security Policy" if name == FRAMED else "",
    )
    if name in ("text.txt", "table.csv"):
        assert missing(page) == []


def test_files_with_such_names(look: Callable[..., Any], planted: Planted) -> None:
    look(f"/runs/{planted.runs[0]}/artifacts?path=named", allowed="status of 400")
    look(f"/runs/{planted.runs[0]}/artifacts?path=model")
    for path in (f"named/{PAYLOADS[0]}.txt", PAYLOADS[3], "../../" + PAYLOADS[0]):
        look(f"/runs/{planted.runs[0]}/artifacts?path={quote(path, safe='')}", allowed="status of 40")


@pytest.mark.parametrize("part", ["charts", "relations", "differences", "files"])
def test_a_comparison(look: Callable[..., Any], planted: Planted, part: str) -> None:
    page = look(f"/compare?runs={','.join(planted.runs)}&show={part}")
    assert len(missing(page)) < len(PAYLOADS) / 2


def test_the_list_of_models(look: Callable[..., Any], planted: Planted) -> None:
    page = look("/models")
    shown = [name for name in planted.names if name not in missing(page, tuple(planted.names))]
    assert len(shown) >= 15, shown


@pytest.mark.parametrize("place", range(0, len(PAYLOADS), 3))
def test_a_model_s_page(look: Callable[..., Any], planted: Planted, place: int) -> None:
    if place >= len(planted.names):
        return
    name = planted.names[place]
    page = look(f"/models/{quote(name, safe='')}")
    assert missing(page, (name,)) == []


@pytest.mark.parametrize("page", ["/models/kept", "/models/kept/1", "/models/kept/1/predict"])
def test_a_version_s_pages(look: Callable[..., Any], page: str) -> None:
    look(page, allowed="status of 40")


def test_datasets(look: Callable[..., Any], planted: Planted) -> None:
    page = look("/datasets")
    assert len(missing(page)) < len(PAYLOADS) / 2
    look(f"/datasets/{planted.dataset}")


@pytest.mark.parametrize("place", [0, 2, 3, 5])
def test_addresses(look: Callable[..., Any], planted: Planted, place: int) -> None:
    payload = quote(PAYLOADS[place], safe="")
    fields = ("filter", "q", "path", "runs", "cols", "sort", "view", "show", "theme", "zoom", "group", "baseline")
    for left_out in (
        "view",
        "filter",
    ):  # with a view that is not there, or a filter that is refused, a page shows nothing else
        query = "&".join(f"{field}={payload}" for field in fields if field != left_out)
        for page in (f"/experiments/{planted.experiment}/runs", "/compare", "/models"):
            look(f"{page}?{query}", allowed="status of 40")
    look(f"/settings/{payload}#{payload}", allowed="status of 40")
