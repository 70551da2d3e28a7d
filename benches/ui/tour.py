"""One system's interface from end to end: filled, opened, scrolled, compared."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser

from benches.fill import WRITTEN_DIRECTLY
from benches.processes import Server
from benches.scenario import Readings, Room
from benches.systems import AIM, MLFLOW, OURS, ROOT, System
from benches.ui import chart
from benches.ui.browse import visit
from benches.ui.data import Sizes, sizes
from benches.ui.filling import fill_curves, fill_table
from benches.ui.pages import DATA, INTERFACES, Interface
from benches.ui.scenarios import CHART, COMPARE, LOAD, PAGE, ROW, SCREEN, SCROLL, STATIC

_STEP, _FRAMES = 240.0, 240
_STATIC = {
    MLFLOW: "mlflow/server/js/build",
    AIM: "aim_ui/build",
}


@dataclass
class Tour:
    """What was read on the way, by scenario, and what could not be."""

    system: System
    room: Room
    browser: Browser
    readings: dict[str, Readings] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Interface:
        """The system's interface."""
        return INTERFACES[self.system.name]

    @property
    def sizes(self) -> Sizes:
        """How much is in it."""
        return sizes(self.room)

    def at(self, scenario: str) -> Readings:
        """A scenario's readings."""
        return self.readings.setdefault(scenario, Readings())


def go(tour: Tour) -> Tour:
    """Measure everything of one system."""
    with _told(tour, STATIC):
        tour.at(STATIC).add("size", _static_size(tour.system) / 1e6)
    if tour.system.name == OURS:
        with _told(tour, CHART):
            tour.readings[CHART] = chart.measure(tour.browser, tour.room.folder, tour.sizes, tour.room.runs)
    with tour.system.serve(tour.room.folder) as server:
        server.settle()
        _table(tour, server)
        _compare(tour, server)
    return tour


@contextlib.contextmanager
def _told(tour: Tour, *scenarios: str) -> Iterator[None]:
    """What fails in the block is told of these scenarios, and the tour goes on."""
    tour.room.say(f"{tour.system.label}: {', '.join(scenarios)}")
    try:
        yield
    except Exception as error:  # noqa: BLE001  one failure is a line of the table, and the others are still measured
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        tour.room.say(f"{tour.system.label}: {', '.join(scenarios)} FAILED: {text}")
        tour.failures.update(dict.fromkeys(scenarios, text))


def _table(tour: Tour, server: Server) -> None:
    count = tour.sizes.runs_of_aim if tour.system.name == AIM else tour.sizes.runs
    with _told(tour, LOAD, ROW, SCREEN, SCROLL, PAGE):
        experiment = fill_table(tour.system, server, count)
        server.settle()
        _remark(tour, count)
        for _ in range(tour.room.runs):
            _first(tour, server, experiment)
        if tour.system.name != OURS:
            _scroll(tour, server, experiment)
    if tour.system.name == OURS:
        with _told(tour, ROW, SCROLL, PAGE):
            many = fill_table(tour.system, server, tour.sizes.many)
            server.settle()
            for _ in range(tour.room.runs):
                with visit(tour.browser) as seen:
                    seen.open(_address(server) + tour.page.runs(many))
                    tour.at(ROW).add("many", seen.seen(tour.page.row))
            _scroll(tour, server, many)


def _remark(tour: Tour, count: int) -> None:
    if tour.system.name == AIM:
        text = (
            f"with {count:,} runs: with 5,000 that its SDK wrote its server showed none within 45 s on a busy machine"
        )
        tour.at(ROW).remark(text)
    if tour.system.name == MLFLOW:
        tour.at(ROW).remark(f"{WRITTEN_DIRECTLY}; it shows the first 100 and counts those")
        tour.at(SCROLL).remark(
            "over the 100 runs it has loaded, back and forth; the rest of 5,000 is 49 presses of 'Load more' away"
        )


def _first(tour: Tour, server: Server, experiment: str) -> None:
    with visit(tour.browser) as seen:
        seen.open(_address(server) + tour.page.runs(experiment))
        tour.at(ROW).add("usual", seen.seen(tour.page.row))
        seen.rest(2500)
        tour.at(LOAD).add("bytes", seen.size("Script", "Stylesheet") / 1000)
        tour.at(LOAD).add("requests", len(seen.transfers))
        tour.at(SCREEN).add("json", seen.size(*DATA) / 1000)


def _scroll(tour: Tour, server: Server, experiment: str) -> None:
    for _ in range(tour.room.runs):
        with visit(tour.browser) as seen:
            seen.open(_address(server) + tour.page.runs(experiment))
            seen.seen(tour.page.row)
            seen.rest(2000)
            frames = seen.scroll(tour.page.scroller, step=_STEP, frames=_FRAMES)
            seen.rest(1000)
            tour.at(SCROLL).add("p95", frames.p95)
            tour.at(SCROLL).add("median", frames.median)
            tour.at(PAGE).add("nodes", seen.nodes())
            tour.at(PAGE).add("heap", seen.heap())


def _compare(tour: Tour, server: Server) -> None:
    with _told(tour, COMPARE):
        experiment, _ = fill_curves(tour.system, server, tour.sizes.compared, tour.sizes.points)
        server.settle()
        for _ in range(tour.room.runs):
            with visit(tour.browser) as seen:
                found = tour.page.compare(seen, _address(server), experiment, tour.sizes.few_compared)
                tour.at(COMPARE).add("few", found.milliseconds)
                tour.at(COMPARE).add("requests", found.requests)
        if tour.system.name == MLFLOW:
            tour.at(COMPARE).remark(
                "it draws parallel coordinates of last values and no curves; only the 100 runs it has loaded can be chosen"
            )
            return
        for _ in range(tour.room.runs):
            with visit(tour.browser) as seen:
                found = tour.page.compare(seen, _address(server), experiment, tour.sizes.compared)
                tour.at(COMPARE).add("many", found.milliseconds)
    if tour.system.name == AIM:
        tour.at(COMPARE).remark(
            "its metrics explorer, from the press of Search; it asks for 50 points of a line unless told otherwise"
        )


def _address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def _static_size(system: System) -> int:
    """Bytes of an interface's files as they are installed."""
    if system.name == OURS:
        folder = ROOT / "src" / "modelyard" / "server" / "static"
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and ".wasm" not in file.name)
    places = list(system.python.parent.parent.glob(f"lib/python*/site-packages/{_STATIC[system.name]}"))
    return sum(file.stat().st_size for place in places for file in Path(place).rglob("*") if file.is_file())
