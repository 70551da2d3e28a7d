"""What a process said, as it is kept with its run: lines, progress bars as they stood last, no secrets, bounded."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from typing import Literal

Source = Literal["out", "errors"]

LIMIT = 4_000_000
"""The most characters that are kept: the first quarter as it was said, the rest for what was said last."""

_LONGEST = 20_000
_MOVES = re.compile(r"(\n|\r|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]])")
_UP = re.compile(r"\x1b\[(\d*)A")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Transcript:
    """Keeps what it is told. Threads may share it; each source is a screen of its own."""

    def __init__(self, mask: Callable[[str], str], limit: int = LIMIT) -> None:
        self._mask = mask
        self._lock = threading.Lock()
        self._pages = _Pages(limit)
        self._screens: dict[Source, _Screen] = {source: _Screen(self._pages, source) for source in ("out", "errors")}

    def add(self, text: str, source: Source = "out") -> None:
        """Take a piece of what was said, cut anywhere."""
        with self._lock:
            self._screens[source].add(text)

    def text(self) -> str:
        """All that is kept, also of lines that are not finished."""
        with self._lock:
            for screen in self._screens.values():
                screen.finish()
            return "".join(f"{_UNSEEN.sub('', self._mask(line))}\n" for line in self._pages.lines())

    def last_words(self) -> str:
        """The last line said on the source of errors, which tells most often what went wrong; may be empty."""
        with self._lock:
            return _UNSEEN.sub("", self._mask(self._screens["errors"].last)).strip()


class _Pages:
    """Lines within bounds: the first ones, and as many of the last ones as there is room for."""

    def __init__(self, limit: int) -> None:
        self._room = limit // 4
        self._first: list[tuple[Source, str]] = []
        self._last: deque[tuple[Source, str]] = deque()
        self._size = 0
        self._limit = limit - self._room
        self._dropped = 0

    def add(self, source: Source, line: str) -> None:
        if self._room > 0:
            self._room -= len(line) + 1
            self._first.append((source, line))
            return
        self._last.append((source, line))
        self._size += len(line) + 1
        while self._size > self._limit:
            self._size -= len(self._last.popleft()[1]) + 1
            self._dropped += 1

    def take_back(self, source: Source) -> str | None:
        """The line that was added last, if this source said it."""
        if self._last:
            if self._last[-1][0] == source:
                line = self._last.pop()[1]
                self._size -= len(line) + 1
                return line
        elif self._first and not self._dropped and self._first[-1][0] == source:
            line = self._first.pop()[1]
            self._room += len(line) + 1
            return line
        return None

    def lines(self) -> list[str]:
        gap = [f"[… {self._dropped:,} lines are left out …]"] if self._dropped else []
        return [*(line for _, line in self._first), *gap, *(line for _, line in self._last)]


class _Screen:
    """A terminal of as many rows as are being rewritten: one, but for several progress bars at once."""

    def __init__(self, pages: _Pages, source: Source) -> None:
        self._pages = pages
        self._source = source
        self._rows = [""]
        self._row = 0
        self._fresh = False  # whether what comes next replaces the row
        self._tail = ""  # the beginning of a move that is not complete
        self.last = ""

    def add(self, text: str) -> None:
        text, self._tail = self._tail + text, ""
        if len(self._rows) == 1 and "\r" not in text and "\x1b" not in text:
            self._add_lines(text)
        else:
            self._add_moves(text)
        if len(self._rows[self._row]) > _LONGEST:
            self.finish()

    def finish(self) -> None:
        """Keep the rows as they stand."""
        if any(self._rows):
            for row in self._rows:
                self._keep(row)
        self._rows, self._row, self._fresh = [""], 0, False

    def _add_lines(self, text: str) -> None:
        *lines, rest = text.split("\n")
        for line in lines:
            self._write(line)
            self._keep(self._rows[0])
            self._rows[0], self._fresh = "", False
        self._write(rest)

    def _add_moves(self, text: str) -> None:
        begun = text.rfind("\x1b")
        if begun >= 0 and not _MOVES.match(text, begun) and len(text) - begun < 100:
            text, self._tail = text[:begun], text[begun:]
        for piece in _MOVES.split(text):
            if piece == "\n":
                self._down()
            elif piece == "\r":
                self._fresh = True
            elif piece.startswith("\x1b"):
                self._move(piece)
            else:
                self._write(piece)

    def _write(self, text: str) -> None:
        if text:
            self._rows[self._row] = text if self._fresh else self._rows[self._row] + text
            self._fresh = False

    def _down(self) -> None:
        if self._row == len(self._rows) - 1:
            for row in self._rows:
                self._keep(row)
            self._rows, self._row = [""], 0
        else:
            self._row += 1
        self._fresh = True

    def _move(self, move: str) -> None:
        up = _UP.fullmatch(move)
        if up:
            for _ in range(min(int(up[1] or 1), 100)):
                self._up()
        elif move == "\x1b[2K":
            self._rows[self._row] = ""

    def _up(self) -> None:
        if self._row == 0:
            above = self._pages.take_back(self._source)
            if above is None:
                return
            self._rows.insert(0, above)
        else:
            self._row -= 1

    def _keep(self, row: str) -> None:
        self._pages.add(self._source, row)
        if row.strip():
            self.last = row
