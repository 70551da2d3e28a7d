"""The first rows of separated values."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from modelyard.server.views.tables import MAX_BYTES, Table, read_csv

TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029"), max_size=8)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=8), st.integers(1, 9))
def test_what_a_writer_wrote_is_read(rows: list[list[str]], size: int) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["a,", "b", "c", "d"], *rows])
    data = written.getvalue().encode()
    found = read_csv([data[at : at + size] for at in range(0, len(data), size)], rows=500)
    assert found is not None
    assert found.columns == ["a,", "b", "c", "d"]
    assert [[cell for cell in row if cell is not None] for row in found.rows] == rows
    assert found.total == len(rows)


def test_only_as_many_rows_as_asked_are_told_and_no_total_that_is_not_known() -> None:
    data = b"n\n" + b"".join(b"%d\n" % n for n in range(100))
    found = read_csv([data], rows=3)
    assert found == Table(["n"], [["0"], ["1"], ["2"]], None)
    assert read_csv([data], rows=100) is not None
    assert read_csv([data], rows=100).total == 100  # type: ignore[union-attr]


def test_other_separators_are_noticed() -> None:
    assert read_csv([b"a;b\n1,5;2\n"], rows=5) == Table(["a", "b"], [["1,5", "2"]], 1)
    assert read_csv([b"a,b\tc\n1\t2\n"], rows=5, tabs=True) == Table(["a,b", "c"], [["1", "2"]], 1)


def test_a_mark_of_the_byte_order_is_no_part_of_a_name() -> None:
    assert read_csv([b"\xef\xbb\xbfa,b\n1,2\n"], rows=5) == Table(["a", "b"], [["1", "2"]], 1)


def test_rows_longer_than_the_first_get_columns_of_their_own() -> None:
    assert read_csv([b"a\n1,2\n3\n"], rows=5) == Table(["a", "column 2"], [["1", "2"], ["3", None]], 2)


def test_an_empty_file_is_a_table_without_columns() -> None:
    assert read_csv([], rows=5) == Table([], [], 0)


def test_no_more_than_the_limit_is_read_of_lines_without_end() -> None:
    read = 0

    def pieces() -> object:
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    assert read_csv(pieces(), rows=5) is None  # type: ignore[arg-type]
    assert read <= MAX_BYTES + 2 * 65_536


def test_of_many_bytes_only_whole_rows_are_told() -> None:
    row = b"y" * 60_000 + b",2\n"
    found = read_csv([b"a,b\n", *([row] * 200)], rows=500)
    assert found is not None
    assert found.total is None
    assert 0 < len(found.rows) < 200
    assert {len(each[0] or "") for each in found.rows} == {60_000}
