"""How a pipeline's run is shown while it goes on: a table that is redrawn on a terminal, a line for each event elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TextIO

import msgspec

_TICK = 0.25  # seconds between two looks at the clock
_MARKS: Mapping[str, tuple[str, str]] = {
    "WAITING": ("·", "2"),
    "RUNNING": ("▶", "33"),
    "FINISHED": ("✓", "32"),
    "SKIPPED": ("=", "34"),
    "FAILED": ("✗", "31"),
    "KILLED": ("✗", "35"),
    "BLOCKED": ("-", "33"),
}
_WORDS: Mapping[str, str] = {
    "WAITING": "waits",
    "RUNNING": "runs",
    "FINISHED": "finished",
    "SKIPPED": "skipped",
    "FAILED": "FAILED",
    "KILLED": "KILLED",
    "BLOCKED": "not run",
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a step. ``state`` is ``RUNNING`` when it begins, else how it ended."""

    step: str
    state: str
    why: str = ""
    run_id: str = ""
    seconds: float = 0.0
    outputs: Sequence[str] = ()


class Watcher(Protocol):
    """Is told what happens. Any thread may tell."""

    def begin(self, pipeline: str, steps: Sequence[str], run_id: str) -> None:
        """The run begins, with these steps."""
        ...

    def tell(self, event: Event) -> None:
        """Something happened to a step."""
        ...

    def end(self, status: str, seconds: float) -> None:
        """All is over."""
        ...


class Silent:
    """Shows nothing."""

    def begin(self, pipeline: str, steps: Sequence[str], run_id: str) -> None:
        """Nothing."""

    def tell(self, event: Event) -> None:
        """Nothing."""

    def end(self, status: str, seconds: float) -> None:
        """Nothing."""


class Lines:
    """A line for each event."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._width = 0
        self._writing = threading.Lock()

    def begin(self, pipeline: str, steps: Sequence[str], run_id: str) -> None:
        """Name the run."""
        self._width = max(map(len, steps))
        self._write(f"pipeline {_plain(pipeline)}: run {run_id}")

    def tell(self, event: Event) -> None:
        """One line."""
        words = [event.step.ljust(self._width), _WORDS[event.state].ljust(8)]
        if event.state in ("FINISHED", "FAILED", "KILLED"):
            words.append(f"{event.seconds:.1f} s")
        words += [", ".join(event.outputs)] if event.outputs and event.state == "FINISHED" else []
        words += [_plain(event.why)] if event.why else []
        words += [f"run {event.run_id}"] if event.run_id and event.state in ("RUNNING", "FAILED") else []
        self._write("  ".join(words).rstrip())

    def end(self, status: str, seconds: float) -> None:
        """How it ended."""
        self._write(f"pipeline {status} in {seconds:.1f} s")

    def _write(self, line: str) -> None:
        with self._writing:
            _say(self._out, f"{line}\n")


class Table:
    """A table of the steps that is drawn again when something happens, and each moment while steps run."""

    def __init__(self, out: TextIO, columns: int) -> None:
        self._out = out
        self._columns = max(40, columns)
        self._rows: dict[str, Event] = {}
        self._since: dict[str, float] = {}
        self._drawn = 0
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True, name="modelyard-pipeline-table")

    def begin(self, pipeline: str, steps: Sequence[str], run_id: str) -> None:
        """Draw it for the first time."""
        self._rows = {step: Event(step=step, state="WAITING") for step in steps}
        _say(self._out, f"pipeline {_plain(pipeline)}: run {run_id}\n")
        self._draw()
        self._ticker.start()

    def tell(self, event: Event) -> None:
        """Draw it anew."""
        with self._writing:
            self._rows[event.step] = event
            if event.state == "RUNNING":
                self._since[event.step] = time.monotonic()
        self._draw()

    def end(self, status: str, seconds: float) -> None:
        """Draw it for the last time."""
        self._over.set()
        if self._ticker.is_alive():
            self._ticker.join()
        self._draw()
        _say(self._out, f"pipeline {status} in {seconds:.1f} s\n")

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            if any(row.state == "RUNNING" for row in list(self._rows.values())):
                self._draw()

    def _draw(self) -> None:
        with self._writing:
            width = max(map(len, self._rows))
            lines = [self._line(row, width) for row in self._rows.values()]
            up = f"\x1b[{self._drawn}A" if self._drawn else ""
            _say(self._out, up + "".join(f"\r{line}\x1b[K\n" for line in lines))
            self._drawn = len(lines)

    def _line(self, row: Event, width: int) -> str:
        mark, colour = _MARKS[row.state]
        seconds = time.monotonic() - self._since[row.step] if row.state == "RUNNING" else row.seconds
        clock = f"{seconds:6.1f} s" if seconds else " " * 8
        told = ", ".join(row.outputs) if row.state == "FINISHED" else row.why
        text = f"{row.step.ljust(width)}  {_WORDS[row.state]:<8}  {clock}  {_plain(told)}"
        room = self._columns - 3
        return f"\x1b[{colour}m{mark}\x1b[0m {text if len(text) <= room else text[: room - 1] + '…'}"


def watcher(out: TextIO | None = None, *, columns: int = 100) -> Watcher:
    """The one that fits a stream: stderr where none is given."""
    stream = out or sys.stderr
    return Table(stream, columns) if stream.isatty() else Lines(stream)


def _say(out: TextIO, text: str) -> None:
    """Write what the stream can show. Nobody may be listening any more: the run goes on."""
    encoding = out.encoding or "utf-8"
    with suppress(OSError, ValueError):
        out.write(text.encode(encoding, "replace").decode(encoding))
        out.flush()


def _plain(text: str) -> str:
    """A text that moves no cursor."""
    return "".join(char if char.isprintable() else " " for char in text)
