"""How this process ends: by itself, by an exception, by ``sys.exit`` or by a signal.

A run that is still open when the process ends gets its status from here, and it must be honest: only a process that
came to its end by itself, or left with exit code 0, has FINISHED.
"""

from __future__ import annotations

import atexit
import builtins
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Literal

from modelyard.client.exit_codes import Call, call_to_exit, has_returned, silent_exit_code

Outcome = Literal["FINISHED", "FAILED", "KILLED"]

SIGTERM_CODE = 128 + signal.SIGTERM


class Terminated(SystemExit):
    """SIGTERM: raised in the main thread, so that ``with`` blocks and exit handlers run."""


def status_of(error: BaseException | None) -> Outcome:
    """What an exception that leaves a run's block says about the run.

    >>> status_of(None), status_of(ValueError()), status_of(KeyboardInterrupt()), status_of(SystemExit(0))
    ('FINISHED', 'FAILED', 'KILLED', 'FINISHED')
    """
    if error is None:
        return "FINISHED"
    if isinstance(error, KeyboardInterrupt | Terminated):
        return "KILLED"
    if isinstance(error, SystemExit) and error.code in (None, 0, False):
        return "FINISHED"
    return "FAILED"


class ExitWatch:
    """Notes how the process ends and calls ``leave`` with the outcome, once, before the interpreter goes."""

    def __init__(self, leave: Callable[[ExitWatch], None]) -> None:
        self._leave = leave
        self._installed_in = 0
        self._left_in = 0
        self._hooked = False
        self._main: FrameType | None = None
        self._exit_code: tuple[Any] | None = None
        self._call: Call | None = None
        self._looked_at = -1
        self._wondered = False
        self._terminated = False
        self._failed_threads: set[int] = set()

    def install(self) -> None:
        """Watch from now on; again is harmless, also in a forked child."""
        if self._installed_in == os.getpid():
            return
        self._installed_in = os.getpid()
        if not self._hooked:
            self._hooked = True
            atexit.register(self._run)
            self._hook_exits()
            self._hook_threads()
        self._hook_child()
        self._hook_signal()
        self._main = _main_frame() if not _in_child() else None

    def look(self) -> None:
        """A run begins: note the call it begins in, if the process leaves with what that call answers."""
        main = self._main
        if main is None or main.f_lasti == self._looked_at or threading.current_thread() is not threading.main_thread():
            return
        self._looked_at = main.f_lasti
        self._call = call_to_exit(main) or self._call

    @property
    def is_interrupted(self) -> bool:
        """Whether the process ends by SIGTERM or Ctrl-C."""
        return self._terminated or isinstance(getattr(sys, "last_value", None), KeyboardInterrupt)

    def outcome(self, thread: int | None = None) -> Outcome:
        """How the process ends, for a run that the given thread started."""
        if self._terminated:
            return "KILLED"
        if thread in self._failed_threads:
            return "FAILED"
        passing = sys.exc_info()[1]  # multiprocessing runs its exit handlers while the exception passes
        if passing is not None:
            return status_of(passing)
        if self._main is not None and has_returned(self._main):
            return "FINISHED"
        unhandled = getattr(sys, "last_value", None)  # the interpreter's own note of what it printed
        if unhandled is not None and not _is_interactive():
            return status_of(unhandled)
        code = silent_exit_code(self._main, self._call) if self._main is not None else None
        code = code or self._exit_code
        if code is not None:
            return status_of(SystemExit(code[0]))
        return "FINISHED" if self._main is None else self._status_of_unknown_exit()

    def _status_of_unknown_exit(self) -> Outcome:
        """A SystemExit that nobody saw and whose code is not known may be an error, so it counts as one."""
        if not self._wondered:
            self._wondered = True
            sys.stderr.write(
                "modelyard: the process leaves with a code that cannot be seen, so the run that is open is FAILED. End"
                " runs before, by a 'with' block or end_run().\n"
            )
        return "FAILED"

    def _run(self) -> None:
        if self._left_in != os.getpid():
            self._left_in = os.getpid()
            self._leave(self)

    def _hook_exits(self) -> None:
        """`SystemExit` is gone without a trace when exit handlers run, so the doors to it are watched."""
        leave = sys.exit

        def exit(status: Any = None, /) -> Any:  # noqa: A001 - it stands in for sys.exit
            self._exit_code = (status,)
            leave(status)

        sys.exit = exit
        main = getattr(sys.modules.get("__main__"), "__dict__", {})
        main.update({name: exit for name, value in main.items() if value is leave})  # from sys import exit
        quitter: Any = type(getattr(builtins, "exit", None))
        if quitter.__module__ == "_sitebuiltins":
            stop = quitter.__call__

            def call(this: Any, code: Any = None) -> Any:
                self._exit_code = (code,)
                return stop(this, code)

            quitter.__call__ = call

    def _hook_threads(self) -> None:
        then = threading.excepthook

        def excepthook(args: Any, /) -> Any:
            if args.exc_type is not SystemExit and args.thread is not None:
                self._failed_threads.add(args.thread.ident)
            then(args)

        threading.excepthook = excepthook

    def _hook_child(self) -> None:
        """A child of multiprocessing leaves without exit handlers, and has its own list of what to do last."""
        util = sys.modules.get("multiprocessing.util")
        if util is None:
            return
        # A fork has no list of its own yet when this runs in it; multiprocessing empties the parent's, then asks these.
        util.register_after_fork(self, ExitWatch._hook_last)
        if _in_child():
            self._hook_last()

    def _hook_last(self) -> None:
        sys.modules["multiprocessing.util"].Finalize(None, self._run, exitpriority=0)

    def _hook_signal(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        if self._left_in != os.getpid():
            self._terminated = True
            raise Terminated(SIGTERM_CODE)


def _in_child() -> bool:
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None and "multiprocessing.util" in sys.modules


def _is_interactive() -> bool:
    """Whether errors are shown and the session goes on: a notebook, IPython, ``python -i``."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "ipykernel" in sys.modules


def _main_frame() -> FrameType | None:
    """The frame of the main module's body, where the main thread runs below it."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    main = getattr(sys.modules.get("__main__"), "__dict__", None)
    found: FrameType | None = None
    while frame is not None:
        if frame.f_globals is main and frame.f_code.co_name == "<module>":
            found = frame
        frame = frame.f_back
    return found
