"""`python -m benches.ui`: open our interface and the peers' in a browser on this machine, print the table, write RESULTS.md.

Servers run one after the other, on equal data, each page in a browser context that has nothing cached. What is timed is
timed inside the page, by its own clock and to the frame; the browser finds no network but loopback.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from benches import report as reports
from benches.install import NotAvailableError, default_cache
from benches.machine import describe
from benches.scenario import Readings, Room
from benches.systems import INTERFACES, OURS, prepare
from benches.ui.browse import chromium
from benches.ui.scenarios import SCENARIOS
from benches.ui.tour import Tour, go
from ui.build import build

METHOD = """\
Servers ran one after the other, on equal data, with their shipped defaults. Every page was opened in a browser context that
has nothing cached and finds no network but loopback. Times are the page's own clock, from the navigation or the click to the
frame after the one in which the thing was there for the first time, looked at once a frame; bytes are what came over the wire,
headers included. A frame of a browser without a display takes 16.7 ms at least."""
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 when all was measured and every target held."""
    options = _options(arguments)
    began = time.monotonic()

    def say(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"[{minutes:02d}:{seconds:02d}] {text}", file=sys.stderr, flush=True)

    say(build())
    folder = Path(tempfile.mkdtemp(prefix="modelyard-bench-ui-", dir=options.folder))
    try:
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        report = reports.Report(today, describe(folder), options.runs, options.small, "make bench-ui", METHOD)
        report.results = {scenario.name: {} for scenario in SCENARIOS}
        with chromium() as browser:
            report.machine.append(f"Chromium {browser.version}, headless, drawing by the processor, 1440 × 900")
            for name in _wanted(options):
                _measure(report, name, browser, Room(folder / name, options.runs, options.small, say), options.cache)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for file in options.beside:
        _beside(report, file, options.cache)
    return _publish(report, options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benches.ui", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=0, metavar="N", help="goes, of which the median counts (3; 1 with --small)"
    )
    parser.add_argument("--small", action="store_true", help="small sizes and no peers: only shows that it works")
    parser.add_argument("--no-peers", action="store_true", help="our interface alone")
    parser.add_argument("--only", metavar="NAME", choices=(OURS, *INTERFACES), help="this interface alone")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where peers are installed (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where stores are put (the system's temporary folder)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the table there (RESULTS.md after a full run)"
    )
    parser.add_argument(
        "--beside",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="readings (--json) of other goes, for what this one leaves out",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all readings there")
    options = parser.parse_args(arguments)
    options.runs = options.runs or (1 if options.small else 3)
    return options


def _wanted(options: argparse.Namespace) -> tuple[str, ...]:
    if options.only:
        return (options.only,)
    return (OURS,) if options.small or options.no_peers else (OURS, *INTERFACES)


def _measure(report: reports.Report, name: str, browser: Browser, room: Room, cache: Path) -> None:
    try:
        system = report.systems[name] = prepare(name, cache)
    except NotAvailableError as error:
        report.missing[name] = str(error)
        return
    room.folder.mkdir(parents=True)
    tour = Tour(system, room, browser)
    try:
        go(tour)
    except Exception as error:  # noqa: BLE001  one system's failure is a line of the table, and the others are still measured
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        room.say(f"{system.label} FAILED: {text}")
        tour.failures.update({scenario.name: text for scenario in SCENARIOS if scenario.name not in tour.readings})
    for scenario, readings in tour.readings.items():
        if readings.values:
            report.results[scenario][name] = readings
    for scenario, text in tour.failures.items():
        report.failures.setdefault(scenario, {})[name] = text


def _beside(report: reports.Report, file: Path, cache: Path) -> None:
    """Take over what another go read of systems, or of scenarios of them, that this one has not measured."""
    other = json.loads(file.read_text(encoding="utf-8"))
    for name in other["systems"]:
        if name not in report.systems:
            report.systems[name] = prepare(name, cache)
    for scenario, results in other["results"].items():
        for name, readings in results.items():
            report.results[scenario].setdefault(name, Readings(**readings))


def _publish(report: reports.Report, options: argparse.Namespace) -> int:
    print(reports.on_screen(report, SCENARIOS))
    for scenario, failures in report.failures.items():
        for system, text in failures.items():
            print(f"{scenario}, {report.label(system)}: {text}")
    whole = not (options.small or options.no_peers or options.only)
    output = options.output or (RESULTS if whole else None)
    if output:
        reports.write(output, reports.markdown(report, SCENARIOS))
    if options.json:
        reports.write(options.json, reports.as_json(report, SCENARIOS))
    missed = [] if options.small else reports.missed(report, SCENARIOS)
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed or OURS in {name for failed in report.failures.values() for name in failed} else 0


if __name__ == "__main__":
    sys.exit(main())
