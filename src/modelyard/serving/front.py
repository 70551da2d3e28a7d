"""The front: the application with what begins and ends beside it, put together once the model is loaded."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from modelyard.core.errors import ModelyardError, Unavailable
from modelyard.serving import fastpath
from modelyard.serving.app import ScoringApp
from modelyard.serving.batching import Batching
from modelyard.serving.card import Card
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.heads import ScoringHeads
from modelyard.serving.matrix import Matrix
from modelyard.serving.metrics import Metrics
from modelyard.serving.options import ServeOptions
from modelyard.serving.pool import REST_SECONDS, Pool
from modelyard.serving.remembered import Memory
from modelyard.serving.routes import routes
from modelyard.serving.scoring import Scoring
from modelyard.serving.worker.frames import Started
from modelyard.web import logs
from modelyard.web.browsers import Browsers
from modelyard.web.running import Stop
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)


class Front:
    """One model behind HTTP, for whoever runs it (``web.running.Served``). ``name`` is what the log calls the model."""

    def __init__(self, options: ServeOptions, pool: Pool, memory: Memory | None = None, *, name: str) -> None:
        self.name = name
        self.metrics = Metrics()
        browsers = Browsers(options.host, options.allowed_hosts, options.trusted_origins)
        self.app = ScoringApp(browsers, self.metrics)
        self.app.request_seconds = max(self.app.request_seconds, 3 * options.timeout + 10.0)
        if options.access_log:
            self.app.told = logs.access_log()
        self._options = options
        self._pool = pool
        self._memory = memory
        self._is_recalled = False  # the fast path answers, and the first worker has not loaded the model yet
        self._scoring: Scoring | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self.app.waits and (self._scoring is None or self._scoring.is_idle)

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Start the workers, and answer as soon as one has loaded the model, or at once with a fast path that is remembered."""
        del stop
        recalled = self._recall()
        if recalled is None:
            self._opened(await self._pool.start())
        else:
            tasks.start(self._compare(recalled, self._pool.begin()))

    def _recall(self) -> Started | None:
        """Begin with what is remembered of the model, if anything is."""
        recalled = self._memory.recall() if self._memory is not None else None
        if recalled is None:
            return None
        try:
            self.begin(recalled)
        except ModelyardError as error:
            log.warning("the fast path that was remembered is of no use: %s", error.message)
            return None
        log.info(
            "this fast path was certified at an earlier start here; a worker loads the model and certifies it again"
        )
        self._is_recalled = True
        return recalled

    async def _compare(self, recalled: Started, loading: asyncio.Future[Started]) -> None:
        """Go on with what a worker says of the model, where that is something else than what is remembered."""
        started = await loading
        self._is_recalled = False
        if _told(started) != _told(recalled):
            log.warning("the model is not what was remembered of it")
            self._opened(started)

    def _opened(self, started: Started) -> None:
        self.begin(started)
        if self._memory is not None:
            self._memory.keep(started)

    def begin(self, started: Started) -> None:
        """Answer for a model that is loaded."""
        kernel = _kernel(started)
        card = started.card
        log.info("%s", _described(card))
        batching = Batching(kernel, self.metrics) if kernel is not None else None
        self._pool.rest_when_idle(0.0 if kernel is None else REST_SECONDS)
        scoring = self._scoring = Scoring(self._pool, Matrix(card), batching, self.metrics, self.app.decline)
        heads = self.app.heads = ScoringHeads(card)
        heads.refresh(time.time())
        self.app.routes = routes(card, scoring, self.check_ready, self._metrics_text, max_body=self._options.max_body)

    def refuse(self) -> None:
        """Say on ``/ready`` that the end has begun, and in each answer that it is the connection's last."""
        self.app.is_leaving = True

    async def close(self) -> None:
        """End the workers."""
        await self._pool.close()

    def check_ready(self) -> None:
        """Raise ``Unavailable`` with the word for why requests are better sent elsewhere."""
        if self.app.is_leaving:
            raise Unavailable("The server is stopping.", reason="DRAINING")
        if self._pool.is_crashing:
            raise Unavailable("The model's processes die over and over.", retry_after=5, reason="CRASHING")
        if not self._pool.alive and not self._pool.is_resting and not self._is_recalled:
            raise Unavailable("The model is being loaded.", reason="LOADING")

    def _metrics_text(self) -> bytes:
        pool = self._pool
        return self.metrics.text(alive=pool.alive, restarts=pool.restarts, waiting=pool.waiting)


def _described(card: Card) -> str:
    """The model in a line, for the log."""
    fast = f"fast path {card.kernel}" if card.kernel else f"no fast path ({card.kernel_reason})"
    together = "callers are predicted together" if card.batches else f"each alone ({card.batches_reason})"
    name = f"{card.name} {card.version}".strip()
    return f"{name}: flavor {card.flavor}, loaded in {card.load_seconds:.1f} s, {fast}, {together}"


def _told(started: Started) -> Started:
    """All of it but how long it took."""
    return msgspec.structs.replace(started, card=msgspec.structs.replace(started.card, load_seconds=0.0))


def _kernel(started: Started) -> Kernel | None:
    """The fast path the worker has certified, made again of its arrays."""
    if not started.kernel:
        return None
    return fastpath.open_kernel(started.card.kernel, fastpath.unpack(started.kernel))
