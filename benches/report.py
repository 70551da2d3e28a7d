"""The table: for the screen, for RESULTS.md and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benches.scenario import Bar, Figure, Readings, Scenario, judge, rival
from benches.systems import OURS, System

HEAD = ("scenario", "figure", "modelyard", "beside it", "ratio", "bar", "held")
METHOD = """\
Every system got the same requests from the same load generator (one process on one core; the servers may use all cores)
over keep-alive connections on loopback. A load counts only replies with status 200, and what was acknowledged is read
back and counted afterwards. Peers run with their shipped defaults."""
_HELD = {True: "yes", False: "**no**", None: "not measured"}


@dataclass
class Report:
    """What was measured, as it comes in."""

    date: str
    machine: list[str]
    runs: int
    small: bool
    word: str = "make bench"
    method: str = METHOD
    systems: dict[str, System] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Peer → why it is not available."""
    results: dict[str, dict[str, Readings]] = field(default_factory=dict)
    """Scenario → system → readings."""
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scenario → system → what went wrong."""

    def failed(self) -> bool:
        """Whether something that should have been measured was not."""
        return any(self.failures.values())

    def label(self, system: str) -> str:
        """A system's name with its version."""
        return self.systems[system].label if system in self.systems else system


def rows(report: Report, scenarios: list[Scenario]) -> list[tuple[str, ...]]:
    """One row a bar."""
    return [
        _row(report, scenario, bar)
        for scenario in scenarios
        if scenario.name in report.results
        for bar in scenario.bars
    ]


def missed(report: Report, scenarios: list[Scenario]) -> list[str]:
    """The bars that were measured and not held."""
    found = []
    for scenario in scenarios:
        for bar in scenario.bars:
            figure = scenario.figure(bar.figure)
            results = report.results.get(scenario.name, {})
            if judge(figure, bar, results).held is False:
                beside = report.label(rival(figure, bar, results))
                found.append(f"{scenario.name}: {figure.label} {_bar_text(figure, bar)} {beside}".strip())
    return found


def _row(report: Report, scenario: Scenario, bar: Bar) -> tuple[str, ...]:
    figure, results = scenario.figure(bar.figure), report.results[scenario.name]
    verdict = judge(figure, bar, results)
    peer = rival(figure, bar, results)
    if peer:
        beside = f"{report.label(peer)}: {_peer_value(report, scenario, (figure, peer), verdict.peer)}"
    else:
        beside = _others(report, scenario, figure)
    ratio = "" if verdict.ratio is None else f"{verdict.ratio:.0%}" if bar.share else f"{verdict.ratio:.1f} ×"
    held = "not judged" if report.small else _HELD[verdict.held]
    ours = _value(figure, verdict.ours) if verdict.ours is not None else _why_not(report, scenario, OURS)
    return scenario.title, figure.label, ours, beside, ratio, _bar_text(figure, bar), held


def _bar_text(figure: Figure, bar: Bar) -> str:
    return bar.text(figure.unit, more_is_better=figure.more_is_better).strip()


def _peer_value(report: Report, scenario: Scenario, of: tuple[Figure, str], value: float | None) -> str:
    figure, peer = of
    return _why_not(report, scenario, peer) if value is None else _value(figure, value)


def _others(report: Report, scenario: Scenario, figure: Figure) -> str:
    found = []
    for name in scenario.systems:
        median = report.results[scenario.name].get(name, Readings()).median(figure.key)
        if name != OURS and median is not None:
            found.append(f"{report.label(name)}: {_value(figure, median)}")
    return "; ".join(found)


def _why_not(report: Report, scenario: Scenario, system: str) -> str:
    if system in report.missing:
        return f"not available: {report.missing[system]}"
    failure = report.failures.get(scenario.name, {}).get(system)
    return f"failed: {failure.splitlines()[0][:160]}" if failure else "not measured"


def _value(figure: Figure, value: float) -> str:
    return f"{value:,.{figure.digits}f} {figure.unit}".strip()


def markdown(report: Report, scenarios: list[Scenario]) -> str:
    """The whole of RESULTS.md."""
    lines = [
        "# Results",
        "",
        f"Measured on {report.date} with `{report.word}`; medians of {report.runs} runs, one machine, one go.",
    ]
    if report.small:
        lines += ["", "**Small sizes: these figures show that the benches work and say nothing about speed.**"]
    lines += ["", *(f"- {line}" for line in report.machine), "", "## Bars", ""]
    lines += _table(HEAD, rows(report, scenarios))
    lines += ["", "## What was measured, and how it ran", ""]
    lines += [f"- **{system.label}**: {system.setting}." for system in report.systems.values()]
    lines += [f"- **{name}**: not available: {reason}" for name, reason in report.missing.items()]
    lines += ["", report.method, "", "## All figures", ""]
    lines += _table(("scenario", "system", "figure", "median", "runs"), _all_figures(report, scenarios))
    lines += _remarks(report)
    return "\n".join(lines) + "\n"


def _table(head: tuple[str, ...], body: list[tuple[str, ...]]) -> list[str]:
    cells = [head, tuple("---" for _ in head), *body]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in cells]


def _all_figures(report: Report, scenarios: list[Scenario]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for scenario in scenarios:
        for name, readings in report.results.get(scenario.name, {}).items():
            for key, values in readings.values.items():
                figure, median = scenario.figure(key), readings.median(key)
                each = ", ".join(f"{value:,.{figure.digits}f}" for value in values)
                found.append((scenario.name, report.label(name), figure.label, _value(figure, median or 0.0), each))
    return found


def _remarks(report: Report) -> list[str]:
    found = [
        f"- {scenario}, {report.label(system)}: {remark}"
        for scenario, results in report.results.items()
        for system, readings in results.items()
        for remark in readings.remarks
    ]
    return ["", "## Remarks", "", *found] if found else []


def as_json(report: Report, scenarios: list[Scenario]) -> str:
    """All readings and verdicts, for programs."""
    verdicts = [dict(zip(HEAD, row, strict=True)) for row in rows(report, scenarios)]
    content: dict[str, Any] = {
        "date": report.date,
        "machine": report.machine,
        "runs": report.runs,
        "small": report.small,
        "systems": {
            name: {"version": system.version, "setting": system.setting} for name, system in report.systems.items()
        },
        "missing": report.missing,
        "failures": report.failures,
        "results": {
            scenario: {system: asdict(readings) for system, readings in results.items()}
            for scenario, results in report.results.items()
        },
        "bars": verdicts,
    }
    return json.dumps(content, indent=1)


def on_screen(report: Report, scenarios: list[Scenario]) -> str:
    """The bars as aligned columns."""
    body = [HEAD, *rows(report, scenarios)]
    widths = [min(max(len(row[at]) for row in body), 60) for at in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell[:60].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in body
    )


def write(path: Path, text: str) -> None:
    """Put a finished text in its place."""
    path.write_text(text, encoding="utf-8")
