"""What the server does by itself: watching the disk, compacting metrics, sweeping up."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, runtime_checkable

from modelyard.core.errors import ModelyardError
from modelyard.server.application import Application
from modelyard.services.stores import Stores

log = logging.getLogger(__name__)

TICK = 1.0
COMPACT_EVERY = 2.0
COMPACT_SHARE = 0.2  # of one processor, while requests are being served; all that is free when not
BUSY = 1.0  # seconds since the last commit for which requests count as being served
COMPACT_BUDGET_MS = 30.0
SWEEP_EVERY = 600.0
SWEEP_AGE = 6 * 3600.0


@runtime_checkable
class Sweepable(Protocol):
    """An artifact store that interrupted uploads leave something behind in."""

    def sweep(self, older_than_seconds: float, now: float) -> int:
        """Remove it."""
        ...


class Upkeep:
    """Runs until it is cancelled; what fails is logged and tried again the next time."""

    def __init__(self, app: Application, stores: Stores) -> None:
        self._app = app
        self._stores = stores
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="upkeep")

    async def watch(self) -> None:
        """Once a second: the disk's space."""
        while True:
            self._app.space.look()
            await asyncio.sleep(TICK)

    async def compact(self) -> None:
        """Turn the segments of metrics into chunks, in short steps with pauses between them."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            more = await self._try(partial(self._stores.compactor.compact_some, COMPACT_BUDGET_MS))
            ended = loop.time()
            is_busy = ended - self._app.machinery.commit.committed_at < BUSY
            pause = (ended - began) * (1 / COMPACT_SHARE - 1) if is_busy else 0.0
            await asyncio.sleep(pause if more else COMPACT_EVERY)

    async def sweep(self) -> None:
        """Forget old idempotency keys, and remove what interrupted uploads left."""
        while True:
            await self._try(self._stores.requests.sweep)
            if isinstance(self._stores.artifacts, Sweepable):
                await self._try(partial(self._stores.artifacts.sweep, SWEEP_AGE, time.time()))
            await asyncio.sleep(SWEEP_EVERY)

    def close(self) -> None:
        """Wait for the step that is running."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _try(self, work: partial[bool] | partial[int] | object) -> bool:
        assert callable(work)
        try:
            return bool(await asyncio.get_running_loop().run_in_executor(self._thread, work))
        except ModelyardError as error:
            log.warning("upkeep: %s", error.message)
        except Exception:
            log.exception("upkeep failed")
        return False
