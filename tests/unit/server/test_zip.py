"""Archives, put together byte by byte and read by Python's own reader."""

from __future__ import annotations

import io
import zipfile
import zlib

from hypothesis import given
from hypothesis import strategies as st

from modelyard.server.views.zip import Entry, directory, local, plan

NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\"), min_size=1, max_size=20)


def packed(files: dict[str, bytes]) -> bytes:
    entries, length = plan((name, len(body), False) for name, body in files.items())
    made = b"".join(local(entry, zlib.crc32(body)) + body for entry, body in zip(entries, files.values(), strict=True))
    made += directory(entries, [zlib.crc32(body) for body in files.values()], len(made))
    assert len(made) == length
    return made


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=6))
def test_an_archive_holds_the_files_under_their_names(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(packed(files))) as archive:
        assert archive.testzip() is None
        assert {info.orig_filename: archive.read(info) for info in archive.infolist()} == files


def test_a_folder_with_nothing_in_it_is_one() -> None:
    entries, length = plan([("empty", 0, True)])
    made = local(entries[0], 0)
    made += directory(entries, [0], len(made))
    assert len(made) == length
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert [info.is_dir() for info in archive.infolist()] == [True]


def test_sizes_beyond_four_gigabytes_are_told() -> None:
    large = 5 << 30
    entries, length = plan([("large", large, False), ("after", 3, False)])
    assert entries[1].at == len(local(entries[0], 0)) + large
    rows = directory(entries, [1, 2], entries[1].at + len(local(entries[1], 0)) + 3)
    assert length == entries[1].at + len(local(entries[1], 0)) + 3 + len(rows)
    with zipfile.ZipFile(_Sparse(length, rows)) as archive:  # type: ignore[arg-type]
        assert [(info.filename, info.file_size, info.header_offset) for info in archive.infolist()] == [
            ("large", large, 0),
            ("after", 3, entries[1].at),
        ]


def test_more_files_than_the_old_form_counts_are_told() -> None:
    entries = [Entry(b"%d" % n, 0, n, False) for n in range(70_000)]
    rows = directory(entries, [0] * len(entries), 0)
    with zipfile.ZipFile(io.BytesIO(rows)) as archive:
        assert len(archive.infolist()) == 70_000


class _Sparse(io.RawIOBase):
    """A file of nothing that ends in some bytes."""

    def __init__(self, length: int, end: bytes) -> None:
        self._length, self._end, self._at = length, end, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._length)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        start = self._at - (self._length - len(self._end))
        assert start >= 0, "only the end is read"
        found = self._end[start:] if size < 0 else self._end[start : start + size]
        self._at += len(found)
        return found
