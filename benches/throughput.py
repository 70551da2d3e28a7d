"""What the three write loads have in common: drive for a few seconds, note the rate and what was not answered 200."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benches.load import Outcome, drive
from benches.processes import Server
from benches.scenario import Readings, Room
from benches.systems import OURS, System
from benches.wire import RefusedError

_BUSY = 0.9


class LostError(Exception):
    """A server answered 200 to something that is not there afterwards."""


def measure_rate(
    room: Room, system: System, server: Server, plan: Sequence[Iterable[bytes]], readings: Readings
) -> Outcome:
    """Add one run's `rate`, `p50` and `p99` to the readings."""
    outcome = drive(server.port, plan, seconds=5.0 if not room.small else 0.5, warm_up=1.0 if not room.small else 0.1)
    if outcome.refused and (system.name == OURS or not outcome.measured):
        raise RefusedError(f"{system.name} refused requests: {dict(outcome.refused)}")
    for status, count in outcome.refused.items():
        readings.remark(f"{count} requests of one run were {'cut off' if status == 0 else f'answered {status}'}")
    if outcome.generator_share > _BUSY:
        readings.remark("the load generator was nearly at its limit")
    readings.add("rate", outcome.rate)
    readings.add("p50", outcome.percentile(0.5))
    readings.add("p99", outcome.percentile(0.99))
    readings.add("generator", outcome.generator_share)
    return outcome


def check_count(what: str, expected: int, found: int, outcome: Outcome) -> None:
    """All that was acknowledged is there; what was refused may be there or not."""
    if not expected <= found <= expected + outcome.refused.total():
        raise LostError(f"{what}: {expected} acknowledged, {found} found")
