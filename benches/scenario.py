"""What a scenario is: what it measures, on whom, and which bar its figures have to hold."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benches.systems import OURS, System


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of a scenario."""

    key: str
    label: str
    unit: str
    more_is_better: bool = False
    digits: int = 1


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A promise about our figure: against a peer's (`factor` times better) or against a fixed `limit`."""

    figure: str
    peer: str = ""
    peers: tuple[str, ...] = ()
    """Several peers, of which the best counts."""
    factor: float = 0.0
    limit: float = 0.0
    share: bool = False
    """The factor is a share of what a peer reaches, printed in per cent."""

    def text(self, unit: str, *, more_is_better: bool) -> str:
        """The bar as the table prints it."""
        if self.peer or self.peers:
            return f"≥ {self.factor:.0%} of it" if self.share else f"≥ {self.factor:g} ×"
        return f"{'≥' if more_is_better else '≤'} {self.limit:g} {unit}"


@dataclass
class Readings:
    """All readings of one system in one scenario: figure → one value a run, and remarks for the reader."""

    values: dict[str, list[float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, figure: str, value: float) -> None:
        """Note one run's value."""
        self.values.setdefault(figure, []).append(value)

    def remark(self, text: str) -> None:
        """Note something a reader has to know about these values, once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def median(self, figure: str) -> float | None:
        """The value that counts; None where this system was not measured."""
        values = self.values.get(figure)
        return statistics.median(values) if values else None


@dataclass(frozen=True)
class Room:
    """Where and how a scenario is measured."""

    folder: Path
    runs: int
    small: bool
    say: Callable[[str], None]

    def size(self, full: int, small: int) -> int:
        """The full size, or the one that only shows that a bench works."""
        return small if self.small else full


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A row of the table."""

    name: str
    title: str
    systems: tuple[str, ...]
    figures: tuple[Figure, ...]
    bars: tuple[Bar, ...]
    measure: Callable[[Room, System], Readings]

    def figure(self, key: str) -> Figure:
        """The figure of that key."""
        return next(figure for figure in self.figures if figure.key == key)


@dataclass(frozen=True)
class Verdict:
    """What a bar says about the medians."""

    ours: float | None
    peer: float | None
    ratio: float | None
    held: bool | None
    """None where it cannot be said, because one side was not measured."""


def judge(figure: Figure, bar: Bar, results: dict[str, Readings]) -> Verdict:
    """Hold the median of our runs against a bar."""
    ours = _median(results, OURS, bar.figure)
    if not (bar.peer or bar.peers):
        if ours is None:
            return Verdict(None, None, None, None)
        return Verdict(ours, None, None, ours >= bar.limit if figure.more_is_better else ours <= bar.limit)
    peer = _median(results, rival(figure, bar, results), bar.figure)
    if not ours or not peer:
        return Verdict(ours, peer, None, None)
    ratio = ours / peer if figure.more_is_better else peer / ours
    return Verdict(ours, peer, ratio, ratio >= bar.factor)


def rival(figure: Figure, bar: Bar, results: dict[str, Readings]) -> str:
    """The peer a bar is about: of several, the best that was measured."""
    measured = {name: value for name in bar.peers if (value := _median(results, name, bar.figure)) is not None}
    if not measured:
        return bar.peer or next(iter(bar.peers), "")
    return (max if figure.more_is_better else min)(measured, key=lambda name: measured[name])


def _median(results: dict[str, Readings], system: str, figure: str) -> float | None:
    readings = results.get(system)
    return readings.median(figure) if readings else None
