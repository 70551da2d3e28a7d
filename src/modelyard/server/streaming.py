"""Answers that take their time: coroutines that end in an answer whatever happens, and bodies sent piece by piece."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import cast

from modelyard.server.routing import Direct, Route
from modelyard.web.replies import API_POLICY
from modelyard.web.request import DisconnectedError, Request
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)

Work = Callable[[Request, Route], Awaitable[None]]


def answering(tasks: Tasks, work: Work) -> Direct:
    """What runs ``work`` beside everything else; an error is answered, or cuts an answer off that has begun."""

    async def run(request: Request, route: Route) -> None:
        try:
            await work(request, route)
        except DisconnectedError:
            request.connection.cut()
        except Exception as error:  # the border: whatever it is, the client is answered
            if request.answered:
                log.exception("%s failed in the middle of its answer", route.name)
                request.connection.cut()
            else:
                request.connection.app.fail(request, error)

    return lambda request, route: cast("None", tasks.start(run(request, route)))


class Body:
    """A body whose length is not known when it begins. One that was cut off can be told from one that ended."""

    def __init__(
        self, request: Request, *, content_type: bytes, headers: bytes = b"", policy: bytes = API_POLICY
    ) -> None:
        self._request = request
        self._in_chunks = request.connection.knows_chunks
        request.send(request.head(200, None, content_type=content_type, headers=headers, policy=policy))

    async def send(self, piece: bytes) -> None:
        """Send a part, and wait until the client has taken most of it. Raises ``DisconnectedError``."""
        if piece and self._request.method != b"HEAD":
            await send_piece(self._request, b"%x\r\n%b\r\n" % (len(piece), piece) if self._in_chunks else piece)

    def end(self) -> None:
        """That was all."""
        if self._in_chunks and self._request.method != b"HEAD" and self._request.connection.transport is not None:
            self._request.connection.transport.write(b"0\r\n\r\n")
        self._request.end_reply(200)


async def send_piece(request: Request, piece: bytes) -> None:
    """Send a part of a body, and wait until the client has taken most of it. Raises ``DisconnectedError``."""
    connection = request.connection
    if connection.transport is None:
        raise DisconnectedError
    connection.transport.write(piece)
    connection.moved(len(piece))
    await connection.writable()
