"""What holds for every test: its tier is its folder, and what was skipped is told with its reason at the end.

With `MODELYARD_REQUIRE_ALL=1` (`make test-all`, CI) a skip is a failure unless its reason stands in `ALLOWED_SKIPS`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
# In this order they run: what is quick and finds most first, and last what leaves other people's sockets behind.
TIERS = ("shape", "unit", "contract", "integration", "faults", "acceptance", "e2e", "docs", "parity")

# pattern of the reason → why no machine of ours can be asked to have it
ALLOWED_SKIPS: dict[str, str] = {
    r"no right to mount": "only root may mount a small disk; a limit on the size of files stands for it",
    r"no right to trace": "a container may forbid ptrace; kills at failpoints stand for what it would show",
    r"no package registry": "a machine may be offline; what is installed from one is told by a stand-in for the installer",
    r"no wine-quality data": "the files are the UCI repository's, and tests need no network",
    r"no container engine answers": "a machine may have no Docker; a recorded engine stands for it",
    r"does not apply": "a suite that several kinds of store share says which promise is not made by which",
}

_skipped: Counter[str] = Counter()

# How long an example takes is the machine's business; what hypothesis chooses for CI (no chance, no deadline) stays.
settings.register_profile(
    "unhurried",
    settings.default,
    deadline=None,
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.too_slow],  # type: ignore[union-attr]
)
settings.load_profile("unhurried")


def _requires_all() -> bool:
    return os.environ.get("MODELYARD_REQUIRE_ALL", "") not in ("", "0")


def _forbidden_skips() -> list[str]:
    return [reason for reason in _skipped if not any(re.search(pattern, reason) for pattern in ALLOWED_SKIPS)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of its folder (`pytest -m "not parity"`), and order them by it."""
    for item in items:
        if _tier(item) in TIERS:
            item.add_marker(getattr(pytest.mark, _tier(item)))
    items.sort(key=lambda item: TIERS.index(_tier(item)) if _tier(item) in TIERS else len(TIERS))


def _tier(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _skipped[_reason(report)] += 1
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped[_reason(report)] += 1


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(told).removeprefix("Skipped: ").strip()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _requires_all() and exitstatus == pytest.ExitCode.OK and _forbidden_skips():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _skipped:
        return
    terminalreporter.section("skipped, and why")
    for reason, count in sorted(_skipped.items()):
        terminalreporter.line(f"{count:5d}  {reason}")
    if _requires_all() and _forbidden_skips():
        terminalreporter.line("MODELYARD_REQUIRE_ALL is set: these skips fail the session:", red=True)
        for reason in _forbidden_skips():
            terminalreporter.line(f"       {reason}", red=True)
