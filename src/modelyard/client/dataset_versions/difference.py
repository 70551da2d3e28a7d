"""How two versions of a dataset differ: files, columns, rows, figures of columns, and lines of short texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.client.dataset_versions.content import content_of
from modelyard.client.dataset_versions.summary import MAX_ROWS, Numbers, Summary, summarize

MAX_TEXT = 256_000  # bytes of a text whose lines are compared
MAX_LINES = 200  # of a comparison that are shown


class Changes(NamedTuple):
    """What differs between two files or folders; what does not apply is empty."""

    files_added: tuple[str, ...] = ()
    files_removed: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    rows: tuple[int, int] | None = None
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    types_changed: tuple[tuple[str, str, str], ...] = ()
    numbers: tuple[tuple[str, Numbers, Numbers], ...] = ()
    first_rows: int = 0  # that the figures are of, where there are more
    lines: tuple[str, ...] = ()

    def as_dictionary(self) -> dict[str, Any]:
        """The same for JSON."""
        plain = {name: value for name, value in self._asdict().items() if value}
        if self.numbers:
            plain["numbers"] = {
                name: {"before": old._asdict(), "after": new._asdict()} for name, old, new in self.numbers
            }
        if self.types_changed:
            plain["types_changed"] = {name: [old, new] for name, old, new in self.types_changed}
        return plain


def compare(old: Path, new: Path) -> Changes:
    """What differs between two files, or two folders."""
    if old.is_dir() or new.is_dir():
        return _compare_folders(old, new)
    before, after = summarize(old), summarize(new)
    if before is None or after is None:
        return Changes(lines=_lines(old, new))
    return _compare_tables(before, after)


def _compare_folders(old: Path, new: Path) -> Changes:
    before = {piece.key: piece.digest for piece in content_of(old).pieces}
    after = {piece.key: piece.digest for piece in content_of(new).pieces}
    return Changes(
        files_added=tuple(sorted(after.keys() - before.keys())),
        files_removed=tuple(sorted(before.keys() - after.keys())),
        files_changed=tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key])),
    )


def _compare_tables(before: Summary, after: Summary) -> Changes:
    both = [name for name in before.columns if name in after.columns]
    return Changes(
        rows=(before.rows, after.rows),
        columns_added=tuple(name for name in after.columns if name not in before.columns),
        columns_removed=tuple(name for name in before.columns if name not in after.columns),
        types_changed=tuple(
            (name, before.columns[name], after.columns[name])
            for name in both
            if before.columns[name] != after.columns[name]
        ),
        numbers=tuple(
            (name, before.numbers[name], after.numbers[name])
            for name in both
            if name in before.numbers and name in after.numbers and before.numbers[name] != after.numbers[name]
        ),
        first_rows=MAX_ROWS if max(before.rows, after.rows) > MAX_ROWS else 0,
    )


def _lines(old: Path, new: Path) -> tuple[str, ...]:
    before, after = _text(old), _text(new)
    if before is None or after is None:
        return ()
    return tuple(_first(difflib.unified_diff(before, after, "before", "after", lineterm="", n=2)))


def _first(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == MAX_LINES:
            yield "…"
            return
        yield line


def _text(path: Path) -> list[str] | None:
    """The lines of a short text; None for what is none."""
    if path.stat().st_size > MAX_TEXT:
        return None
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode().splitlines()
    except UnicodeDecodeError:
        return None
