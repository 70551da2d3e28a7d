"""One request on its way to a worker and back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

from modelyard.core.errors import ModelyardError

_NUMBERS = itertools.count(1)


class Declined(NamedTuple):
    """An error that a worker answered with."""

    status: int
    error_code: str
    message: str


class WorkerDied(ModelyardError):
    """The model's process died while it predicted this request."""


Outcome = bytes | Declined | ModelyardError
"""The body of an answer, or why there is none."""


class Work:
    """What is to be predicted, and who is told what came of it. ``is_wanted`` is asked before it is begun.

    ``request`` is what logs call it.
    """

    __slots__ = ("alone", "body", "content_type", "crashes", "done", "id", "is_wanted", "protocol", "request")

    def __init__(
        self,
        protocol: str,
        content_type: str,
        body: bytes,
        done: Callable[[Outcome], None],
        is_wanted: Callable[[], bool],
        *,
        request: str = "",
    ) -> None:
        self.id = next(_NUMBERS)
        self.protocol = protocol
        self.content_type = content_type
        self.body = body
        self.done = done
        self.is_wanted = is_wanted
        self.request = request
        self.alone = False  # it was with others when their worker died or hung
        self.crashes = 0
