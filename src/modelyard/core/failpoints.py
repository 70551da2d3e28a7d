"""Named places in the program at which a test has the process killed, as a crash there would.

``MODELYARD_FAILPOINT=after-commit:3:kill`` kills it when the place is reached for the third time; without
``MODELYARD_TESTING=1`` beside it the program refuses to start. A place is looked up when the object that reaches it is
made: what it then calls does nothing at all, unless the environment names that place.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from types import MappingProxyType

from modelyard.core.errors import InvalidParameter
from modelyard.core.settings import Settings

Reach = Callable[[], None]
_VARIABLE = "MODELYARD_FAILPOINT"

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "before-commit": "all of a transaction was written, and it is not committed",
        "after-commit": "a transaction is on disk, and nobody was told",
        "artifact-written": "an upload is whole and synced, under its temporary name",
        "artifact-renamed": "an upload has its name, and the folder is not synced",
        "inside-migration": "a statement of a migration's step has run",
        "between-migrations": "a migration's step is committed",
        "inside-alias-move": "an alias was moved, and its model is not noted as changed",
        "inside-gc": "the rows of what was deleted are gone, and not all of its files",
        "batch-part-written": "chunks of a batch are in its partial output and synced, and its manifest does not name them",
        "batch-part-noted": "the manifest of a batch names chunks, and others are to come",
        "batch-output-named": "the output of a batch has its name, and the manifest does not say that it is complete",
    }
)


def check(settings: Settings) -> None:
    """Refuse a failpoint that cannot be meant: outside tests, of an unknown place, or not written as it should be."""
    if settings.failpoint:
        _Armed(settings)


def at(place: str) -> Reach:
    """What to call whenever ``place`` is reached; it counts its own calls."""
    assert place in PLACES, place
    if not os.environ.get(_VARIABLE):  # to read all settings takes half a millisecond
        return _go_on
    armed = _Armed(Settings.read())
    return armed if armed.place == place else _go_on


def _go_on() -> None:
    pass


class _Armed:
    """Kills the process at the n-th call."""

    def __init__(self, settings: Settings) -> None:
        if not settings.testing:
            raise InvalidParameter(
                "MODELYARD_FAILPOINT kills the process, for tests. Unset it, or set MODELYARD_TESTING=1 beside it."
            )
        self.place, count, action = (*settings.failpoint.split(":"), "", "")[:3]
        self._left = int(count) if count.isascii() and count.isdigit() else 0
        if self.place not in PLACES or not self._left or action != "kill" or settings.failpoint.count(":") != 2:
            raise InvalidParameter(
                f"MODELYARD_FAILPOINT={settings.failpoint!r} is not of the form place:number:kill. "
                f"The places are {', '.join(PLACES)}."
            )

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
