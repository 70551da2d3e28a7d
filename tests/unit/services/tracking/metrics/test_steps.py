"""Which segments a step of a compaction takes, how points become chunks, which points are sampled."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from modelyard.services.tracking.sql.metrics.chunks import cut
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.folding import Segment, choose
from modelyard.services.tracking.sql.metrics.interval import sample
from modelyard.services.tracking.sql.metrics.sizes import Sizes

SIZES = Sizes(folded=100, gathered=1_000, settled=5_000)


def written(*sizes: int) -> list[Segment]:
    return [Segment(at, 0, size) for at, size in enumerate(sizes, start=1)]


def gathered(*sizes: int) -> list[Segment]:
    return [Segment(100 + at, 1, size) for at, size in enumerate(sizes)]


def taken(there: list[Segment], *, settle: bool = False) -> list[int]:
    return sorted(segment.size for segment in choose(there, SIZES, settle=settle))


def test_a_step_takes_no_more_than_its_bound() -> None:
    assert taken(written(*[400] * 9)) == [400, 400, 400]


def test_a_great_gathered_segment_is_left_alone_until_as_much_is_new() -> None:
    assert taken(written(10, 10) + gathered(500)) == [10, 10]
    assert taken(written(250, 250) + gathered(500)) == [250, 250, 500]


def test_gathered_segments_are_taken_while_each_is_no_greater_than_what_is_taken() -> None:
    assert taken(written(10, 10) + gathered(20, 40, 200)) == [10, 10, 20, 40]


def test_a_segment_that_is_alone_is_taken_only_when_it_is_written_and_great() -> None:
    assert taken(written(49)) == []
    assert taken(written(50)) == [50]
    assert taken(gathered(5_000), settle=True) == []


def test_settling_takes_all_there_is_up_to_its_bound() -> None:
    assert taken(written(10) + gathered(500, 700), settle=True) == [10, 500, 700]
    assert taken(gathered(2_000, 2_900), settle=True) == [2_000, 2_900]
    assert taken(gathered(2_000, 4_000), settle=True) == []


def columns(count: int) -> Columns:
    return Columns(list(range(count)), list(range(count)), [0.0] * count)


def test_at_the_end_of_a_series_chunks_are_full_but_the_last() -> None:
    assert [len(part.values) for part in cut(columns(2_500), 1_024, at_end=True)] == [1_024, 1_024, 452]


def test_between_others_chunks_are_of_one_size_so_that_no_splinters_are_left() -> None:
    assert [len(part.values) for part in cut(columns(1_025), 1_024, at_end=False)] == [513, 512]
    assert [len(part.values) for part in cut(columns(1_024), 1_024, at_end=False)] == [1_024]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 99])
def test_points_are_sampled_as_mlflow_samples_them(limit: int) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for count in range(1, 60):
            groups = connection.execute(
                "WITH RECURSIVE points(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM points WHERE at + 1 < ?)"
                " SELECT min(at) FROM (SELECT at, ntile(?) OVER (ORDER BY at) AS bucket FROM points) GROUP BY bucket",
                (count, limit),
            )
            expected = [at for (at,) in groups]
            if expected[-1] != count - 1:
                expected[-1] = count - 1
            assert sample(count, limit) == expected
    assert sample(0, limit) == []
