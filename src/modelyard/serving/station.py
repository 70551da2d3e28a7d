"""One place for a worker: what the worker in it is doing now, and for how long it may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from modelyard.serving.launching import Launched
from modelyard.serving.link import Link
from modelyard.serving.work import Declined, Outcome, Work
from modelyard.serving.worker.frames import Answer, Began, Foretold, Job, Refused, Score, Started

_OVERHEAD = 65_536  # bytes of a frame beside the answer in it
_SHARE_TOGETHER = 0.5  # of the time limit; who then is found to hang alone has had one and a half of it


class Manager(Protocol):
    """Who is told what becomes of a station. All of it is called on the event loop's thread."""

    def foretold(self, started: Started) -> None:
        """What a worker will tell of the model once it has loaded it."""
        ...

    def loaded(self, station: Station, started: Started) -> None:
        """Its worker has loaded the model."""
        ...

    def refused(self, station: Station, refusal: Refused) -> None:
        """Its worker will not load the model, and ends."""
        ...

    def free(self, station: Station) -> None:
        """All that it was given is answered."""
        ...

    def hung(self, station: Station, culprits: Sequence[Work], others: Sequence[Work]) -> None:
        """It did not answer in time, and is killed: one of the culprits is why, and the others had not been begun."""
        ...

    def died(self, station: Station, code: int, culprits: Sequence[Work], others: Sequence[Work]) -> None:
        """Its process is gone."""
        ...


class Station:
    """Holds one worker from its launch to its end; a new worker gets a new station."""

    def __init__(self, manager: Manager, launched: Launched, *, timeout: float) -> None:
        self.is_loaded = False
        self._manager = manager
        self._link = Link(self, launched)
        self._timeout = timeout
        self._max_output = launched.start.max_output
        self._works: dict[int, Work] = {}  # not answered yet
        self._begun: tuple[int, ...] = ()  # of several, those that are predicted now; nothing: nobody said
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._link.pid

    @property
    def is_free(self) -> bool:
        """Whether it can be given work."""
        return self.is_loaded and not self._works

    async def open(self) -> None:
        """Have the model loaded."""
        await self._link.open()

    def give(self, works: Sequence[Work]) -> None:
        """Have works predicted; the manager is told when all are answered."""
        self._works = {work.id: work for work in works}
        self._begun = ()
        jobs = [Job(each.id, each.protocol, each.content_type, each.body, each.request) for each in works]
        self._link.send(Score(jobs))
        self._set_timer()

    def close(self) -> None:
        """Let the worker end; it has nothing to do."""
        self.is_loaded = False
        self._link.hang_up()

    def kill(self) -> None:
        """End the worker now."""
        self.is_loaded = False
        self._link.kill()

    # what the link calls

    def said(self, _: Link, message: Any) -> None:
        """The worker said something."""
        if isinstance(message, Answer):
            self._answered(message)
        elif isinstance(message, Began):
            self._begun = tuple(message.ids)
            self._set_timer()
        elif isinstance(message, Started) and not self.is_loaded:
            self.is_loaded = True
            self._link.limit = self._max_output + _OVERHEAD
            self._manager.loaded(self, message)
        elif isinstance(message, Foretold) and not self.is_loaded:
            self._manager.foretold(message.started)
        elif isinstance(message, Refused):
            self._manager.refused(self, message)
        else:
            self.kill()

    def ended(self, _: Link, code: int) -> None:
        """The process is gone."""
        self.is_loaded = False
        self._cancel_timer()
        culprits, others = self._divided()
        self._manager.died(self, code, culprits, others)

    # inside

    def _answered(self, answer: Answer) -> None:
        work = self._works.pop(answer.id, None)
        if work is None:
            return
        if self._works:
            self._set_timer()
        else:
            self._cancel_timer()
        work.done(_outcome(answer))
        if not self._works:
            self._manager.free(self)

    def _late(self) -> None:
        self._timer = None
        self.is_loaded = False
        culprits, others = self._divided()
        self._link.kill()
        self._manager.hung(self, culprits, others)

    def _divided(self) -> tuple[list[Work], list[Work]]:
        """Take back what is not answered: what may be to blame, and what was not begun."""
        works, self._works = self._works, {}
        begun = {number for number in self._begun if number in works} or {*works}
        return _of(works, begun), _of(works, works.keys() - begun)

    def _set_timer(self) -> None:
        self._cancel_timer()
        several = len(self._begun or self._works) > 1
        self._timer = self._loop.call_later(self._timeout * (_SHARE_TOGETHER if several else 1.0), self._late)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _of(works: dict[int, Work], numbers: Iterable[int]) -> list[Work]:
    wanted = set(numbers)
    return [work for number, work in works.items() if number in wanted]


def _outcome(answer: Answer) -> Outcome:
    if answer.error_code:
        status = answer.status if 400 <= answer.status < 600 else 500
        return Declined(status, answer.error_code, answer.message)
    return answer.body
