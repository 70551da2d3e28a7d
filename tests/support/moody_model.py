"""A model that does what a row tells it to, saved as a file of code: it crashes, hangs, fills the memory or answers.

This file runs in the process of a model; nothing of the tests is there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from modelyard.models.python_model import set_model
from modelyard.pyfunc import PythonModel


def _segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)


def _hang() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(0.05)


def _fill_memory() -> None:
    taken = []
    while True:
        taken.append(bytearray(1 << 24))


def _print() -> None:
    print("the model prints this")


def _fail() -> None:
    raise ValueError("this row is not to my taste, see /home/somebody/notes.txt")


def _exit() -> None:
    sys.exit(3)


def _exit_hard() -> None:
    os._exit(7)


_DEEDS: Mapping[str, Callable[[], None]] = {
    "exit": _exit,
    "exit-hard": _exit_hard,
    "fail": _fail,
    "hang": _hang,
    "memory": _fill_memory,
    "print": _print,
    "segfault": _segfault,
    "sleep": _sleep,
}


class Moody(PythonModel):
    """Doubles ``x``, after it has done what ``do`` says."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """A number for each row; of one that says ``large``, far too many."""
        del context
        for deed in model_input["do"]:
            if deed in _DEEDS:
                _DEEDS[deed]()
        if "large" in set(model_input["do"]):
            return ["x" * 1_000_000] * 100
        if "few" in set(model_input["do"]):
            return [1.0]
        return model_input["x"].to_numpy() * (params or {}).get("factor", 2.0)


set_model(Moody())
