"""What is said of a sweep while it runs: a line for each trial, or on a terminal one line that is drawn anew."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TextIO

from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.record import better

_BAR = 24
_SAID = {"FINISHED": "finished", "FAILED": "FAILED", "KILLED": "stopped", "PRUNED": "pruned"}


class Progress:
    """Told by one thread. Without a stream nothing is said."""

    def __init__(self, plan: Plan, size: int | None, stream: TextIO | None) -> None:
        self._plan = plan
        self._size = size
        self._stream = stream
        self._live = stream is not None and stream.isatty()
        self._ended: dict[int, Trial] = {}
        self._running: set[int] = set()
        self._best: Trial | None = None
        self._begun = time.monotonic()
        self._timed = 0

    def begin(self, run_id: str, *, known: dict[int, Trial], resumed: bool, note: str) -> None:
        """The sweep starts, or goes on with the trials that are ``known``."""
        self._ended = {number: trial for number, trial in known.items() if trial.is_done}
        for trial in self._ended.values():
            self._best = trial if better(self._plan, trial, self._best) else self._best
        if note:
            self.note(f"note: {note}")
        of = f"{self._size} trials" if self._size is not None else "trials"
        if resumed:
            self._say(f"sweep {run_id}: going on; {len(self._ended)} of {of} are done")
        else:
            self._say(f"sweep {run_id}: {of}")
        self._draw()

    def trial(self, trial: Trial) -> None:
        """A trial began or ended."""
        if trial.state == "RUNNING":
            self._running.add(trial.number)
            self._draw()
            return
        self._running.discard(trial.number)
        self._timed += 1
        self._ended[trial.number] = trial
        self._best = trial if better(self._plan, trial, self._best) else self._best
        if not self._live or not trial.is_done:
            self._say(self._line(trial))
        self._draw()

    def note(self, line: str) -> None:
        """A word between, such as that an environment is being made."""
        self._say(line)
        self._draw()

    def end(self, run_id: str, words: str) -> None:
        """The sweep has ended."""
        best = "" if self._best is None else f"; best: {self._value(self._best)} (trial {self._best.number})"
        self._say(f"sweep {run_id}: {words}{best}")

    def _line(self, trial: Trial) -> str:
        values = " ".join(f"{key}={value}" for key, value in trial.values.items())
        parts = [f"trial {trial.number}", values, _SAID.get(trial.state, trial.state), self._value(trial)]
        return "  ".join(part for part in [*parts, f"{trial.seconds:.1f} s", trial.why] if part)

    def _value(self, trial: Trial) -> str:
        return "" if trial.value is None else f"{self._plan.metric}={trial.value:.6g}"

    def _say(self, line: str) -> None:
        shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
        self._write(f"\r\x1b[K{shown}\n" if self._live else f"{shown}\n")

    def _draw(self) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K{self.summary()[:width]}")

    def summary(self) -> str:
        """How far it is, on one line."""
        done = len(self._ended)
        failed = sum(not trial.is_done for trial in self._ended.values())
        parts = [f"{done}", f"{len(self._running)} running"]
        if self._size:
            filled = _BAR * done // self._size
            parts[0] = f"[{'█' * filled}{'·' * (_BAR - filled)}] {done}/{self._size}"
        if failed:
            parts.append(f"{failed} failed")
        if self._best is not None:
            parts.append(f"best {self._value(self._best)} (trial {self._best.number})")
        if self._size and self._timed:
            left = (time.monotonic() - self._begun) / self._timed * (self._size - done)
            parts.append(f"{_clock(left)} left")
        return "  ".join(parts)

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):  # nobody reads any more: the sweep goes on
                self._stream.write(text)
                self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
