"""How each interface is used: where its runs are, what is a row, what draws curves, and how they are compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from benches.systems import AIM, MLFLOW, OURS
from benches.ui.browse import Visit
from benches.ui.data import METRIC


@dataclass(frozen=True)
class Compared:
    """From the click to the picture."""

    milliseconds: float
    requests: int
    """Of data, until everything was at rest."""


@dataclass(frozen=True, kw_only=True)
class Interface:
    """One system's pages. Expressions are JavaScript, selectors are CSS."""

    runs: Callable[[str], str]
    """The path of the runs of an experiment."""
    row: str
    """True when a run's name can be read in the table."""
    scroller: str
    """What is scrolled to see more runs."""
    compare: Callable[[Visit, str, str, int], Compared]
    """Open a server's experiment with curves, choose so many, and compare them."""


DATA = ("Fetch", "XHR")
_KEEP = "/views/keep"
"""Our address of many runs is kept by the server, and a short one is shown: no data of the comparison."""
_ON_SCREEN = 20
"""Runs that are chosen one by one; more are chosen by the box for all."""


def _from_click(visit: Visit, selector: str, drawn: str) -> Compared:
    visit.forget()
    clicked = visit.clicked(selector)
    taken = visit.seen(drawn, since=clicked)
    visit.rest()
    return Compared(taken, sum(each.kind in DATA and not each.url.endswith(_KEEP) for each in visit.transfers))


def _button(visit: Visit, text: str) -> str:
    """A selector of the button with that text."""
    button = f"[...document.querySelectorAll('button')].find((each) => each.innerText.trim() === {json.dumps(text)})"
    visit.seen(f"{button} && !{button}.disabled")
    visit.page.evaluate(f"{button}.setAttribute('data-bench', 'here')")
    return "[data-bench=here]"


_NAME = r"/(run|curve)-\d/"
_OUR_ROW = (
    "[...document.querySelectorAll('[role=grid] [role=row][aria-rowindex=\"2\"]')]"
    f".some((row) => {_NAME}.test(row.textContent))"
)


def _compare_ours(visit: Visit, server: str, experiment: str, count: int) -> Compared:
    visit.open(f"{server}/experiments/{experiment}/runs")
    visit.seen(_OUR_ROW)
    if count > _ON_SCREEN:
        visit.page.get_by_label("Select all that match").click()
    else:
        for at in range(2, count + 2):
            visit.page.locator(f"[role=row][aria-rowindex='{at}'] input").first.click()
    drawn = (
        f"[...document.querySelectorAll('[role=img]')].some((each) => each.getAttribute('aria-label').includes(': {count} lines')"
        " && each.querySelector('canvas')?.width > 0)"
    )
    return _from_click(visit, _button(visit, "Compare"), drawn)


_MLFLOW_ROW = f"[...document.querySelectorAll('.ag-row')].some((row) => {_NAME}.test(row.textContent))"


def _compare_mlflow(visit: Visit, server: str, experiment: str, count: int) -> Compared:
    visit.open(f"{server}/#/experiments/{experiment}/runs")
    visit.seen(_MLFLOW_ROW)
    visit.rest()
    for at in range(count):
        box = visit.page.locator(f".ag-row[row-index='{at}'] input[type=checkbox]").first
        box.evaluate("(box) => box.click()")
    drawn = "document.querySelector('.js-plotly-plot .main-svg') && document.querySelector('.js-plotly-plot canvas')?.width > 0"
    return _from_click(visit, _button(visit, "Compare"), drawn)


def _compare_aim(visit: Visit, server: str, experiment: str, count: int) -> Compared:
    visit.open(f"{server}/metrics")
    visit.seen("[...document.querySelectorAll('button')].some((each) => each.innerText.trim() === 'Skip')")
    visit.page.locator("button:has-text('Skip')").click()
    visit.page.locator("button:has-text('Metrics')").first.click()
    visit.page.get_by_text(METRIC, exact=True).first.click()
    visit.page.keyboard.press("Escape")
    visit.page.locator(".monaco-editor").first.click()
    visit.page.keyboard.type(f'run.experiment == "{experiment}" and run.name < "curve-{count:03d}"')
    visit.rest()
    return _from_click(visit, _button(visit, "Search"), f"document.querySelectorAll('path.Line').length >= {count}")


INTERFACES = {
    OURS: Interface(
        runs=lambda experiment: f"/experiments/{experiment}/runs",
        row=_OUR_ROW,
        scroller="[role=grid]",
        compare=_compare_ours,
    ),
    MLFLOW: Interface(
        runs=lambda experiment: f"/#/experiments/{experiment}/runs",
        row=_MLFLOW_ROW,
        scroller=".ag-body-viewport",
        compare=_compare_mlflow,
    ),
    AIM: Interface(
        runs=lambda _: "/runs",
        row="[...document.querySelectorAll('.Table__cell.run')].some((cell) => /(run|curve)-\\d/.test(cell.textContent))",
        scroller=".Table__container",
        compare=_compare_aim,
    ),
}
