"""The points of one run on their way to the store."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Protocol

from modelyard.client.numeric import number, step_number, time_number
from modelyard.core.entities import Metric
from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules.batches import GoodNames

BATCH = 1000
Point = tuple[Any, ...]
"""The arguments of a ``Metric``: key, value, timestamp, step, and at times model, dataset name and digest."""

_names = GoodNames()


class Shipper(Protocol):
    """Who takes the points away."""

    asleep: bool

    def rouse(self) -> None:
        """There is something to take."""
        ...

    def overflow(self, lane: Lane) -> None:
        """The queue is full: make room in it before more is added."""
        ...

    def ship_now(self, lane: Lane) -> None:
        """Send what is in the queue before this returns, and raise what the store says to it."""
        ...


class Lane:
    """A bounded queue. Any thread may add; ``add`` costs a microsecond and waits for nobody.

    The fluent ``log_metric`` does the work of ``add`` by itself, with the attributes below.
    """

    __slots__ = ("append", "direct", "good_keys", "limit", "points", "run_id", "shipper")

    def __init__(self, run_id: str, shipper: Shipper, limit: int) -> None:
        self.run_id = run_id
        self.shipper = shipper
        self.limit = limit
        self.points: deque[Point] = deque()
        self.append = self.points.append
        self.good_keys = _names.known
        # Until the store has answered for this run, points are sent one by one, so that an unknown run is told at once.
        self.direct = True

    def add(
        self, key: str, value: Any, step: Any = None, timestamp: Any = None, about: tuple[str | None, ...] = ()
    ) -> None:
        """Check a point and queue it. ``about`` is the model's id and the dataset's name and digest.

        Raises ``InvalidParameter`` for what is no number or no name.
        """
        if type(value) is not float:
            value = number(key, value)
        if key not in self.good_keys:
            check_key(key)
        moment = time.time_ns() // 1_000_000 if timestamp is None else time_number(key, timestamp)
        self.append((key, value, moment, step if type(step) is int else step_number(key, step), *about))
        self.settle()

    def settle(self) -> None:
        """What follows an append: wake the sender, make room, or send at once."""
        if self.direct:
            self.shipper.ship_now(self)
        elif len(self.points) > self.limit:
            self.shipper.overflow(self)
        elif self.shipper.asleep:
            self.shipper.rouse()

    def take(self, most: int = BATCH) -> list[Metric]:
        """The oldest points, removed from the queue."""
        pop = self.points.popleft
        taken: list[Metric] = []
        try:
            while len(taken) < most:
                taken.append(Metric(*pop()))
        except IndexError:
            pass
        return taken


def check_key(key: Any) -> None:
    """Refuse what is no name of a metric; remember one that is."""
    if not isinstance(key, str) or not key:
        raise InvalidParameter(f"The name of a metric must be a text, not {key!r} ({type(key).__name__}).")
    _names.check("key", "Metric name", key)
