"""Processes beside this one that walk through a forest: its steps are so many that threads would wait for the interpreter.

Each is given the forest and then rows, as plain arrays; it opens no file, and ends when this process lets go of it, or ends in
whatever way. What one of them cannot do is done here.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from typing import Any

from modelyard.batch.forest import Forest, open_forest
from modelyard.models.libraries import numpy
from modelyard.serving.fastpath import pack, unpack

log = logging.getLogger(__name__)

MOST = 15
"""Processes; more of them would have nothing to do, for one reads and writes for all."""

_BOOT = "import sys; sys.path.append(sys.argv[1]); from modelyard.batch.walkers import serve; serve(int(sys.argv[2]))"
_HOME = str(Path(__file__).resolve().parents[2])
_PATIENCE = 600
"""Seconds for some rows; a process that was stopped is not waited for longer."""


class Walkers:
    """A forest in this process, and in others that are begun when this one is at work and there is more to do."""

    def __init__(self, forest: Forest, workers: int) -> None:
        self._forest = forest
        others = min(workers - 1, MOST) if os.name == "posix" else 0
        self._others = [Walker(forest) for _ in range(others)]
        self._free: LifoQueue[Walker | None] = LifoQueue()
        for each in (*self._others, *[None] * (1 if others else workers)):
            self._free.put(each)

    def predict(self, rows: Any) -> Any:
        """Predictions, (rows,), for rows of single precision, (rows, columns); waits until somebody is free."""
        walker = self._free.get()
        try:
            found = None if walker is None else walker.predict(rows)
            return self._forest.predict(rows) if found is None else found
        finally:
            self._free.put(None if walker is None or walker.is_lost else walker)

    def close(self) -> None:
        """End the other processes."""
        for each in self._others:
            each.close()


class Walker:
    """A process that has the forest. It is begun with the first rows."""

    def __init__(self, forest: Forest) -> None:
        self._forest = forest
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self.is_lost = False

    def predict(self, rows: Any) -> Any:
        """Predictions, (rows,); None where the process is lost."""
        try:
            line = self._line or self._begin()
            line.send_bytes(numpy().ascontiguousarray(rows.T).data.cast("B"))  # column by column, as tables are
            return numpy().frombuffer(line.recv_bytes(), "float64")
        except (OSError, EOFError) as error:
            log.warning("a process that helped with a batch is lost: %r", error)
            self.is_lost = True
            self.close()
            return None

    def close(self) -> None:
        """End the process. It has nothing that could be lost."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _begin(self) -> Connection:
        ours, theirs = socket.socketpair()
        for limit in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, limit, struct.pack("ll", _PATIENCE, 0))
        line = self._line = Connection(ours.detach())
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                [sys.executable, "-I", "-c", _BOOT, _HOME, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        line.send_bytes(pack(self._forest.arrays()))
        return line


def serve(number: int) -> None:
    """Walk with the rows that come through the socket of this number, until its other end is closed."""
    with contextlib.suppress(OSError, EOFError), Connection(number) as line:
        forest = open_forest(unpack(line.recv_bytes()))
        while True:
            rows = numpy().frombuffer(line.recv_bytes(), "float32").reshape(forest.columns, -1).T
            line.send_bytes(forest.predict(rows).data.cast("B"))
