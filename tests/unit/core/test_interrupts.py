"""Signals that wait while something is started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from modelyard.core.interrupts import held_off


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(times: int) -> str:
    """What became of a block in which so many signals came."""
    became = "begun"
    try:
        with held_off():
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
            became = "done"
    except KeyboardInterrupt:
        became += ", interrupted"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return became


def test_a_signal_waits_for_the_end_of_the_block_and_a_second_one_does_not() -> None:
    assert [interrupted(times) for times in range(3)] == ["done", "done, interrupted", "begun, interrupted"]


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held_off():
        kept = signal.getsignal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)
    assert kept is signal.SIG_IGN


def test_another_thread_is_not_interrupted_anyway() -> None:
    found: list[object] = []

    def look() -> None:
        with held_off():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
