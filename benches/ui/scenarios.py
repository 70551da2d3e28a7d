"""The targets, as the rows of the table."""

from __future__ import annotations

from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import AIM, MLFLOW, OURS, System

LOAD, ROW, SCREEN, SCROLL, CHART, COMPARE, PAGE, STATIC = (
    "first-load", "first-row", "first-screen", "scroll", "chart", "compare", "page", "static",
)  # fmt: skip
ALL = (OURS, MLFLOW, AIM)


def _measured_elsewhere(_: Room, system: System) -> Readings:
    raise NotImplementedError(f"{system.name} is measured by benches.ui.tour")


def _row(name: str, title: str, figures: tuple[Figure, ...], limits: dict[str, float]) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        systems=ALL,
        figures=figures,
        bars=tuple(Bar(figure=key, limit=limit) for key, limit in limits.items()),
        measure=_measured_elsewhere,
    )


def _ms(key: str, label: str) -> Figure:
    return Figure(key=key, label=label, unit="ms", digits=0)


SCENARIOS = [
    _row(
        LOAD,
        "first load of the runs page, nothing cached",
        (
            Figure(key="bytes", label="JavaScript and CSS over the wire", unit="kB"),
            Figure(key="requests", label="requests of all kinds", unit="", digits=0),
        ),
        {"bytes": 200},
    ),
    _row(
        ROW,
        "the first run can be read, nothing cached",
        (_ms("usual", "with 5,000 runs"), _ms("many", "with 100,000 runs")),
        {"usual": 800, "many": 1000},
    ),
    _row(
        SCREEN,
        "first screen of the runs page",
        (Figure(key="json", label="JSON over the wire", unit="kB"),),
        {"json": 60},
    ),
    _row(
        SCROLL,
        "scrolling the runs, 240 pixels a frame",
        (
            Figure(key="p95", label="time between frames, p95", unit="ms"),
            Figure(key="median", label="time between frames, median", unit="ms"),
        ),
        {"p95": 25},
    ),
    _row(
        CHART,
        "a chart of 50 × 10,000 points in memory",
        (_ms("draw", "drawn"), _ms("zoom", "zoomed to a tenth"), _ms("log", "to a log axis")),
        {"draw": 300, "zoom": 100},
    ),
    _row(
        COMPARE,
        "compare runs of 500 points, from the click to the picture",
        (
            _ms("few", "20 runs"),
            Figure(key="requests", label="20 runs: requests of data", unit="", digits=0),
            _ms("many", "200 runs"),
        ),
        {"few": 500, "requests": 1, "many": 1500},
    ),
    _row(
        PAGE,
        "the runs page in memory",
        (
            Figure(key="nodes", label="elements of the document", unit="", digits=0),
            Figure(key="heap", label="live objects", unit="MB"),
        ),
        {"nodes": 2500, "heap": 60},
    ),
    _row(
        STATIC,
        "the interface as files, without the ONNX runtime's WebAssembly",
        (Figure(key="size", label="bytes of the package", unit="MB", digits=2),),
        {"size": 3},
    ),
]
