"""Numbers about the server, in the text format of Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Histogram:
    """How often a value was at most so much."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += times
        self._sum += value * times

    def lines(self, name: str) -> Iterator[str]:
        """Its samples."""
        total = 0
        for bound, count in zip(self._bounds, self._counts, strict=False):
            total += count
            yield f'{name}_bucket{{le="{bound:g}"}} {total}'
        total += self._counts[-1]
        yield f'{name}_bucket{{le="+Inf"}} {total}'
        yield f"{name}_sum {self._sum:.9g}"
        yield f"{name}_count {total}"


class Metrics:
    """What the front counts. Times are from the end of a request to the end of its answer."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.rows = 0
        self.seconds = Histogram(_SECONDS)
        self.batches = Histogram(_SIZES)

    def text(self, *, alive: int, restarts: int, waiting: int) -> bytes:
        """All of it."""
        lines = [
            *_head("modelyard_requests_total", "counter", "Requests answered, by route and status."),
            *(
                f'modelyard_requests_total{{route="{route}",status="{status}"}} {count}'
                for (route, status), count in sorted(self.statuses.items())
            ),
            *_head("modelyard_rows_total", "counter", "Rows predicted by the fast path."),
            f"modelyard_rows_total {self.rows}",
            *_head("modelyard_prediction_seconds", "histogram", "Seconds from a whole request to its prediction."),
            *self.seconds.lines("modelyard_prediction_seconds"),
            *_head("modelyard_batch_requests", "histogram", "Requests that the fast path answered together."),
            *self.batches.lines("modelyard_batch_requests"),
            *_head("modelyard_workers_alive", "gauge", "Workers that have loaded the model."),
            f"modelyard_workers_alive {alive}",
            *_head("modelyard_worker_restarts_total", "counter", "Workers that died and were replaced."),
            f"modelyard_worker_restarts_total {restarts}",
            *_head("modelyard_waiting_requests", "gauge", "Requests that wait for a worker."),
            f"modelyard_waiting_requests {waiting}",
        ]
        return "\n".join([*lines, ""]).encode()


def _head(name: str, kind: str, told: str) -> tuple[str, str]:
    return f"# HELP {name} {told}", f"# TYPE {name} {kind}"
