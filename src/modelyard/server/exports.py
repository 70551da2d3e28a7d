"""Tables as files, sent while they are made."""

from __future__ import annotations

from functools import partial

from modelyard.server.routing import Direct, Route
from modelyard.server.streaming import Body, answering
from modelyard.server.transfers import disposition
from modelyard.services.views.contract import Export
from modelyard.web.pools import Pool
from modelyard.web.replies import FILE_POLICY
from modelyard.web.request import Request
from modelyard.web.tasks import Tasks


class Exports:
    """Answers the endpoint whose body is a table of any length."""

    def __init__(self, tasks: Tasks, reads: Pool) -> None:
        self._tasks = tasks
        self._reads = reads

    def direct(self) -> dict[str, Direct]:
        """Endpoint name → what answers it."""
        return {"views.export_runs": answering(self._tasks, self._export)}

    async def _export(self, request: Request, route: Route) -> None:
        connection = request.connection
        export: Export = await self._reads.run(partial(route.handle, route.read(request)))
        named = b"content-disposition: %s\r\n" % disposition(export.name).encode("ascii")
        body = Body(request, content_type=export.content_type.encode("ascii"), headers=named, policy=FILE_POLICY)
        pieces = export.pieces()
        try:
            while request.method != b"HEAD":
                connection.waits_for_us = True
                piece = await self._reads.run(partial(next, pieces, None))
                connection.waits_for_us = False
                if piece is None:
                    break
                await body.send(piece)
        finally:
            connection.waits_for_us = False
        body.end()
