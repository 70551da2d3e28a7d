"""The sizes that compaction works with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """When a run is compacted, how much in one step, to what. The defaults are measured; tests take small ones.

    A chunk is rewritten as it grows, so that a point is written about ``chunk / folded / 2`` times; a gathered segment
    is gathered again only when it doubles.
    """

    chunk: int = 1_024  # points of a full chunk
    folded: int = 128  # points of a series that are enough to go to a chunk
    gathered: int = 8_192  # points of one step: some 15 ms of work
    settled: int = 65_536  # the same when a run is put in its final form
    rows_due: int = 512  # rows of a run as they were written: reading a series opens each of them
    points_due: int = 4_096
    idle_seconds: float = 60.0  # after which a run is put in its final form
    listed: int = 4_096  # segments of a run that a step chooses from
    noticed: int = 20_000  # new segments looked at in one go
    kept: int = 33_554_432  # bytes that compaction in the background leaves free for the next points
