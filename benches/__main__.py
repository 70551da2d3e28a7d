"""`python -m benches`: measure us and the peers on this machine, print the table, write RESULTS.md."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benches import report as reports
from benches.install import NotAvailableError, default_cache
from benches.machine import describe
from benches.scenario import Readings, Room, Scenario
from benches.scenarios import (
    artifact,
    autolog,
    batch,
    create_run,
    disk,
    history,
    import_time,
    load_pyfunc,
    log_batch,
    log_metric,
    log_model,
    project_run,
    search,
    serving_forest,
    serving_linear,
    start,
    training_loop,
)
from benches.systems import ECHO, OURS, PEERS, WEB_ECHO, System, prepare

SCENARIOS = [
    module.SCENARIO
    for module in (
        log_metric, log_batch, create_run, search, history, artifact, disk, start, training_loop, import_time,
        log_model, load_pyfunc, autolog, serving_linear, serving_forest, batch, project_run,
    )
]  # fmt: skip
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen scenarios; 0 when all were measured and every judged bar held."""
    options = _options(arguments)
    chosen = [scenario for scenario in SCENARIOS if not options.only or scenario.name in options.only]
    folder = Path(tempfile.mkdtemp(prefix="modelyard-bench-", dir=options.folder))
    began = time.monotonic()

    def say(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"[{minutes:02d}:{seconds:02d}] {text}", file=sys.stderr, flush=True)

    try:
        report = reports.Report(datetime.now(UTC).strftime("%Y-%m-%d"), describe(folder), options.runs, options.small)
        _prepare(report, _wanted(options, chosen), options.cache, say)
        for scenario in chosen:
            _measure(report, scenario, Room(folder / scenario.name, options.runs, options.small, say))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _publish(report, chosen, options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = ", ".join(scenario.name for scenario in SCENARIOS)
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("--only", type=_names, default=[], metavar="A,B", help=f"only these scenarios: {names}")
    parser.add_argument(
        "--runs", type=int, default=0, metavar="N", help="runs a figure, of which the median counts (3; 1 with --small)"
    )
    parser.add_argument(
        "--small", action="store_true", help="small sizes and no peers: only shows that every bench works"
    )
    parser.add_argument("--no-peers", action="store_true", help="measure modelyard alone")
    parser.add_argument(
        "--peers", type=_names, default=None, metavar="A,B", help=f"only these peers: {', '.join(PEERS)}"
    )
    parser.add_argument("--without-ours", action="store_true", help="measure the peers alone")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where peers are installed (%(default)s)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=None,
        help="where stores are put while they are measured (the system's temporary folder)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all readings there")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the table there (benches/RESULTS.md after a full run)"
    )
    options = parser.parse_args(arguments)
    for name in options.only:
        if name not in {scenario.name for scenario in SCENARIOS}:
            parser.error(f"no scenario is called {name!r}; there are {names}")
    for name in options.peers or ():
        if name not in PEERS:
            parser.error(f"no peer is called {name!r}; there are {', '.join(PEERS)}")
    options.runs = options.runs or (1 if options.small else 3)
    return options


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _wanted(options: argparse.Namespace, chosen: list[Scenario]) -> list[str]:
    peers: Sequence[str] = (
        () if options.no_peers or (options.small and options.peers is None) else options.peers or PEERS
    )
    ours = () if options.without_ours else (OURS,)
    used = {system for scenario in chosen for system in scenario.systems}
    return [name for name in (*ours, ECHO, WEB_ECHO, *peers) if name in used]


def _prepare(report: reports.Report, names: list[str], cache: Path, say: Callable[[str], None]) -> None:
    for name in names:
        say(f"preparing {name}")
        try:
            report.systems[name] = prepare(name, cache)
        except NotAvailableError as error:
            report.missing[name] = str(error)
            say(f"{name} is not available: {error}")


def _measure(report: reports.Report, scenario: Scenario, room: Room) -> None:
    report.results[scenario.name] = {}
    for name in scenario.systems:
        if name in report.systems:
            _measure_one(report, scenario, report.systems[name], room)


def _measure_one(report: reports.Report, scenario: Scenario, system: System, room: Room) -> None:
    folder = room.folder / system.name
    folder.mkdir(parents=True)
    room.say(f"{scenario.name}: {system.label}")
    try:
        readings = scenario.measure(Room(folder, room.runs, room.small, room.say), system)
    except Exception as error:  # noqa: BLE001  one system's failure is a line of the table, and the others are still measured
        report.failures.setdefault(scenario.name, {})[system.name] = f"{type(error).__name__}: {error}"
        room.say(f"{scenario.name}: {system.label} FAILED: {type(error).__name__}: {error}")
    else:
        report.results[scenario.name][system.name] = readings
        room.say(f"{scenario.name}: {system.label}: {_summary(scenario, readings)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.sync()  # what one system left in the page cache is not written on another's time


def _summary(scenario: Scenario, readings: Readings) -> str:
    figures = (scenario.figure(key) for key in readings.values)
    return ", ".join(
        f"{figure.label} {readings.median(figure.key):,.{figure.digits}f} {figure.unit}".strip() for figure in figures
    )


def _publish(report: reports.Report, chosen: list[Scenario], options: argparse.Namespace) -> int:
    print(reports.on_screen(report, chosen))
    whole = not (options.only or options.small or options.no_peers or options.peers or options.without_ours)
    output = options.output or (RESULTS if whole else None)
    if output:
        reports.write(output, reports.markdown(report, chosen))
    if options.json:
        reports.write(options.json, reports.as_json(report, chosen))
    missed = [] if options.small else reports.missed(report, chosen)
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed or report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
