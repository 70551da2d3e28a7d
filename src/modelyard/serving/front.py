"""The front: the application with what begins and ends beside it, put together once the model is loaded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

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

_RECALLED = "this fast path was certified at an earlier start here"
_FORETOLD = "this fast path, read from the model's files, predicts what the model predicted when it was verified"


class Front:
    """One model behind HTTP, for whoever runs it (``web.running.Served``). ``name`` is what the log calls the model.

    Where nothing is remembered of it, ``may_foretell`` says whether its worker is asked what its files foretell.
    """

    def __init__(
        self,
        options: ServeOptions,
        pool: Pool,
        memory: Memory | None = None,
        *,
        name: str,
        may_foretell: Callable[[], bool] = lambda: False,
    ) -> None:
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
        self._may_foretell = may_foretell
        self._is_early = False  # the fast path answers, and the first worker has not loaded the model yet
        self._scoring: Scoring | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self.app.waits and (self._scoring is None or self._scoring.is_idle)

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Start the workers, and answer as soon as one has loaded the model, or with a fast path that is known before."""
        recalled = self._begun(self._memory.recall() if self._memory is not None else None, _RECALLED)
        is_new = recalled is None
        loaded, foretold = self._pool.begin(has_to_load=is_new, foretell=is_new and self._may_foretell())
        known = recalled or self._begun(await foretold, _FORETOLD)
        if known is None:
            self._opened(await loaded)
        else:
            tasks.start(self._compare(known, loaded, stop, is_new=is_new))

    def _begun(self, known: Started | None, why: str) -> Started | None:
        """Begin with what is known of the model before it is loaded, if anything is."""
        if known is None:
            return None
        try:
            self.begin(known)
        except ModelyardError as error:
            log.warning("the fast path that was known before is of no use: %s", error.message)
            return None
        log.info("%s; a worker loads the model and certifies it", why)
        self._is_early = True
        return known

    async def _compare(self, known: Started, loaded: asyncio.Future[Started], stop: Stop, *, is_new: bool) -> None:
        """Go on with what a worker says of the model, where that is something else; end where a new one cannot be loaded."""
        try:
            started = await loaded
        except ModelyardError as error:
            log.error("%s", error.message)
            stop(1)
            return
        self._is_early = False
        if _told(started) != _told(known):
            log.warning("the model is not what was %s of it", "foretold" if is_new else "remembered")
            self._opened(started)
        elif is_new:
            self._keep(started)

    def _opened(self, started: Started) -> None:
        self.begin(started)
        self._keep(started)

    def _keep(self, started: Started) -> None:
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
        if not self._pool.alive and not self._pool.is_resting and not self._is_early:
            raise Unavailable("The model is being loaded.", reason="LOADING")

    def _metrics_text(self) -> bytes:
        pool = self._pool
        return self.metrics.text(alive=pool.alive, restarts=pool.restarts, waiting=pool.waiting)


def _described(card: Card) -> str:
    """The model in a line, for the log."""
    fast = f"fast path {card.kernel}" if card.kernel else f"no fast path ({card.kernel_reason})"
    together = "callers are predicted together" if card.batches else f"each alone ({card.batches_reason})"
    name = f"{card.name} {card.version}".strip()
    loaded = f", loaded in {card.load_seconds:.1f} s" if card.load_seconds else ""
    return f"{name}: flavor {card.flavor}{loaded}, {fast}, {together}"


def _told(started: Started) -> Started:
    """All of it but how long it took."""
    return msgspec.structs.replace(started, card=msgspec.structs.replace(started.card, load_seconds=0.0))


def _kernel(started: Started) -> Kernel | None:
    """The fast path the worker has certified, made again of its arrays."""
    if not started.kernel:
        return None
    return fastpath.open_kernel(started.card.kernel, fastpath.unpack(started.kernel))
