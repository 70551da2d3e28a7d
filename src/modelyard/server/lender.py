"""A store that its owner lends to the processes it starts: a server on loopback that ends when its owner does.

Started as a process by ``projects/lend.py``, which holds the other end of its stdin.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from modelyard.core.errors import ModelyardError
from modelyard.server.options import ServerOptions
from modelyard.server.run import run
from modelyard.web import logs
from modelyard.web.listening import BACKLOG, address_of, listen

HOST = "127.0.0.1"
_STDIN = 0


def main(arguments: Sequence[str]) -> int:
    """Serve the store that is named on a free port until stdin ends.

    The address is said on stdout before the store is open: whoever connects waits. Why it cannot be opened is said on stderr.
    """
    (store,) = arguments
    logs.configure(level=logging.WARNING)
    with listen(HOST, 0) as listener:
        listener.listen(BACKLOG)
        sys.stdout.write(f"{address_of(listener)}\n")
        sys.stdout.flush()
        threading.Thread(target=_end_with_owner, daemon=True).start()
        try:
            return run(ServerOptions(store=store, host=HOST, predict=False, drain_delay=0.0), listener)
        except ModelyardError as error:
            sys.stderr.write(f"{error.message}\n")
            return 1


def _end_with_owner() -> None:
    with suppress(OSError):
        while os.read(
            _STDIN, 1
        ):  # not the buffered file: its lock, held by this thread, would not let the interpreter end
            pass
    os.kill(os.getpid(), signal.SIGTERM)
