"""What the server says about itself: health, version, what it is, and its interface."""

from __future__ import annotations

import msgspec

from modelyard.core.version import __version__
from modelyard.core.wire.openapi import encoded
from modelyard.core.wire.table import ENDPOINTS
from modelyard.server.routing import Direct, Route
from modelyard.web.replies import TEXT
from modelyard.web.request import Request

# The keys are those MLflow's client looks for before it transfers artifacts.
_INFO = msgspec.json.encode(
    {
        "store_type": "SqlStore",
        "version": __version__,
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": True,
        "multipart_downloads_enabled": False,
        "presigned_upload_run_id_supported": False,
        "presigned_upload_model_id_supported": False,
        "features_enabled": {"gateway": False},
    }
)


class Site:
    """Answers from memory; nothing here waits for anything."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._openapi = b""

    def direct(self) -> dict[str, Direct]:
        """Endpoint name → what answers it."""
        return {
            "server.health": self.health,
            "server.version": self.version,
            "server.openapi": self.openapi,
            "server.server_info": self.server_info,
        }

    def health(self, request: Request, _: Route) -> None:
        """The process is alive; no more is said."""
        request.reply(200, b"OK", content_type=TEXT)

    def version(self, request: Request, _: Route) -> None:
        """The version of modelyard."""
        request.reply(200, __version__.encode(), content_type=TEXT)

    def openapi(self, request: Request, _: Route) -> None:
        """The OpenAPI document, made when it is first asked for."""
        if not self._openapi:
            self._openapi = encoded(ENDPOINTS, self._prefix)
        request.reply(200, self._openapi)

    def server_info(self, request: Request, _: Route) -> None:
        """What kind of server this is."""
        request.reply(200, _INFO)
