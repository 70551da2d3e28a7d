"""How a run is shown: lines where nobody sits in front, a table that is redrawn on a terminal."""

from __future__ import annotations

import io

from modelyard.pipelines.show import Event, Lines, Table, Watcher, watcher


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def shown(watching: Watcher) -> None:
    watching.begin("wine\x1b[2J", ["download", "clean", "train"], "run1")
    watching.tell(Event(step="download", state="SKIPPED", why="nothing changed"))
    watching.tell(Event(step="clean", state="RUNNING", why="the file a.py changed", run_id="run2"))
    watching.tell(Event(step="clean", state="FAILED", why="exit\n\x1b[31mcode 1", run_id="run2", seconds=1.25))
    watching.tell(Event(step="train", state="BLOCKED", why="clean did not end well"))
    watching.end("FAILED", 2.0)


def test_each_event_is_a_line() -> None:
    out = io.StringIO()
    assert isinstance(watcher(out), Lines)
    shown(watcher(out))
    assert out.getvalue().splitlines() == [
        "pipeline wine [2J: run run1",
        "download  skipped   nothing changed",
        "clean     runs      the file a.py changed  run run2",
        "clean     FAILED    1.2 s  exit  [31mcode 1  run run2",
        "train     not run   clean did not end well",
        "pipeline FAILED in 2.0 s",
    ]


def test_on_a_terminal_the_table_is_drawn_in_its_place() -> None:
    out = Terminal()
    watching = watcher(out, columns=60)
    assert isinstance(watching, Table)
    shown(watching)
    drawn = out.getvalue()
    last = drawn.rpartition("\x1b[3A")[2]
    assert last.count("\n") == 4
    assert "clean" in last
    assert "FAILED" in last
    assert "\x1b[2J" not in drawn
    assert max(len(line.replace("\x1b[K", "")) for line in last.splitlines()) <= 60 + len("\x1b[31m\x1b[0m\r")
