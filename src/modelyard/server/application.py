"""The application: what happens between the head of a request and its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from modelyard.core.errors import LimitExceeded
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.endpoint import Need
from modelyard.server import intake
from modelyard.server.commit import LOCK_WAIT, GroupCommit, Job
from modelyard.server.routing import USUAL_AT_ONCE, Route, Router
from modelyard.server.space import Space
from modelyard.services.requests.contract import RequestLog
from modelyard.web.browsers import Browsers
from modelyard.web.compression import Compression
from modelyard.web.methods import answer_other_method
from modelyard.web.pools import Pool
from modelyard.web.reception import Reception
from modelyard.web.request import Packed, Request

log = logging.getLogger(__name__)

MAX_BODIES = 128_000_000  # bytes of JSON bodies that are being sent or read at the same time
PREVIEW_THREADS = 2
_CORS_HEADERS = b"authorization, content-type, idempotency-key"
LOCAL = "local"  # the one principal there is without authentication


class Machinery:
    """What runs requests: the group commit, the threads, the log of idempotency keys."""

    def __init__(self, commit: GroupCommit, reads: Pool, files: Pool, requests: RequestLog, *, inline: bool) -> None:
        self.commit = commit
        self.reads = reads
        self.files = files
        self.previews = Pool("previews", PREVIEW_THREADS)
        self.pools = {"reads": reads, "files": files, "previews": self.previews}
        self.bodies = Pool("bodies", 1)  # what reads JSON lets no other thread run meanwhile; two would be two delays
        self.requests = requests
        self.inline = inline  # short reads run on the event loop

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits to run."""
        return self.commit.idle and self.bodies.idle and all(pool.idle for pool in self.pools.values())

    def close(self) -> None:
        """Let the threads go."""
        for pool in (*self.pools.values(), self.bodies):
            pool.close()


class Application(Reception):
    """Admits requests, has them run, and answers them.

    Everything here runs on the event loop's thread.
    """

    def __init__(
        self, router: Router, browsers: Browsers, machinery: Machinery, *, space: Space, compression: Compression
    ) -> None:
        super().__init__(compression)
        self.machinery = machinery
        self.space = space
        self._router = router
        self._browsers = browsers

    def run(self, request: Request) -> None:
        """The body has arrived too."""
        route = request.route
        assert route is not None
        try:
            if route.direct is not None:
                route.direct(request, route)
                return
            message = route.read_at_once(request)
            if message is not None:
                self._perform(request, route, message)
            else:
                self.machinery.bodies.submit(LOCAL, partial(route.read, request), partial(self._read, request, route))
        except Exception as error:  # noqa: BLE001  # the border: whatever it is, the client is answered
            self.fail(request, error)

    def _read(self, request: Request, route: Route, message: Any) -> None:
        """A thread has read the body, or has found out why it cannot be read."""
        if isinstance(message, BaseException):
            self.fail(request, message)
            return
        try:
            if not request.answered:
                self._perform(request, route, message)
        except Exception as error:  # noqa: BLE001  # the border: whatever it is, the client is answered
            self.fail(request, error)

    def _perform(self, request: Request, route: Route, message: Any) -> None:
        if route.kind == "write":
            self._write(request, route, message)
        elif route.kind == "read" and self.machinery.inline and len(request.body) <= USUAL_AT_ONCE:
            reply = route.handle(message)
            request.reply_json(reply if isinstance(reply, bytes) else encode_reply(reply))
        else:
            pool = self.machinery.pools[route.threads]
            deliver = partial(self._written, request, message) if route.endpoint.need > Need.USE else request.deliver
            pool.submit(LOCAL, partial(self._work, request, route, message), deliver)

    def too_large(self, request: Request) -> None:
        """The body has grown beyond its limit."""
        self.fail(request, intake.too_large(request))

    # inside

    def admit(self, request: Request) -> None:
        """Find the route of a request, and refuse what must not reach it."""
        methods = self._router.find(request)
        route = methods.get(request.method)
        if route is None:
            answer_other_method(request, methods, self._browsers, headers=_CORS_HEADERS)
            return
        self._browsers.check(request, any_host=route.any_host, is_page=route.is_page)
        request.route = route
        request.limit = route.limit
        if request.method in intake.WITH_BODY:
            intake.check(request, route)
            if intake.announced(request) > USUAL_AT_ONCE:
                self._check_room()
        if route.is_upload and route.direct is not None:
            request.open_stream()
            route.direct(request, route)

    def _check_room(self) -> None:
        """Refuse one more large body while those that are being sent or read take up much memory."""
        held = (intake.announced(each.current) for each in self.connections if each.current is not None)
        if sum(held) > MAX_BODIES:
            raise LimitExceeded("Too many large requests at once; try again shortly.")

    def _write(self, request: Request, route: Route, message: Any) -> None:
        if self.space.is_low:
            self.space.check(route.name)
        run, together = route.handle, route.is_logging
        key = request.headers.get(b"idempotency-key")
        if key is not None:
            run, together = self._once(request, route, key), False
        until = monotonic() + LOCK_WAIT
        self.machinery.commit.submit(Job(run, message, len(request.body), request.deliver, together, until))

    def _once(self, request: Request, route: Route, key: bytes) -> Callable[[Any], bytes]:
        """The handler behind the log of idempotency keys, where keys of different principals and endpoints are apart."""
        named = intake.idempotency_key(key)
        once, handle = self.machinery.requests.once, route.handle

        def run(message: Any) -> bytes:
            digest = hashlib.sha256(b"%b\0%b" % (request.path, bytes(request.body))).digest()
            return once(f"{LOCAL} {route.name} {named}", digest, lambda: encode_reply(handle(message)))

        return run

    def _written(self, request: Request, message: Any, outcome: Any) -> None:
        """Something long that changes what is kept, and no part of a group commit, has been done or has failed."""
        request.deliver(outcome)
        if not isinstance(outcome, BaseException):
            self.machinery.commit.on_written(message, b"")

    def _work(self, request: Request, route: Route, message: Any) -> bytes | Packed:
        """On a thread: the handler, its encoding, and its compression."""
        reply = route.handle(message)
        body = reply if isinstance(reply, bytes) else encode_reply(reply)
        return self.compression.pack(request, body)
