"""Text files are cut at the ends of rows, the same way wherever one begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.batch.cutting import LONGEST_ROW, Cutter
from modelyard.batch.places import Handle, find, open_item
from modelyard.core.errors import InvalidParameter

CELLS = st.text(alphabet='ab,"\n\r é', max_size=6)


class Bytes:
    """A file in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read_at(self, start: int, length: int) -> bytes:
        return self.content[start : start + length]

    def close(self) -> None:
        """Nothing is held."""


def pieces(content: bytes, rows: int, tmp_path: Path) -> list[bytes]:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    (item,) = find(str(file))
    cutter, found, at = Cutter(Bytes(content), item, quotes=True), [], 0
    while (cut := cutter.cut(at, rows)) is not None:
        found.append(cut.data)
        at = cut.end
    return found


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=12), most=st.integers(1, 5))
def test_no_row_is_torn_and_none_is_lost(
    rows: list[list[str]], most: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [(",".join(map(quoted, row)) + "\n").encode() for row in rows]
    found = pieces(b"".join(lines), most, tmp_path_factory.mktemp("cut"))
    assert found == [b"".join(lines[at : at + most]) for at in range(0, len(lines), most)]


def test_a_last_row_without_a_line_break_is_a_row(tmp_path: Path) -> None:
    assert pieces(b"1\n2\n3", 2, tmp_path) == [b"1\n2\n", b"3"]


def test_a_quote_that_is_never_closed_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b'1\n"' + b"x\n" * (LONGEST_ROW // 2 + 10) + b"y" * 10)
    (item,) = find(str(file))
    handle: Handle = open_item(item)
    try:
        cutter = Cutter(handle, item, quotes=True)
        first = cutter.cut(0, 1)
        assert first is not None
        with pytest.raises(InvalidParameter, match=r"more than 64 MiB at byte 2; is a quote not closed\?"):
            cutter.cut(first.end, 1)
    finally:
        handle.close()


def test_large_chunks_are_cut_by_bytes_and_the_same_from_any_beginning(tmp_path: Path) -> None:
    content = b"".join(b"%d,%s\n" % (row, b"x" * (row * 100)) for row in range(500))
    found = pieces(content, 1_000_000, tmp_path)
    assert len(found) > 1
    assert b"".join(found) == content
    rest = content[len(found[0]) :]
    assert pieces(rest, 1_000_000, tmp_path) == found[1:]
