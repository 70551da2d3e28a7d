"""An S3 service for the time of a block: moto's, over real HTTP.

A `conftest.py` makes the fixtures its own: ``from tests.support.buckets import *  # noqa: F403``.
"""

from __future__ import annotations

import logging
import ssl
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

__all__ = ["bucket", "service"]


@contextmanager
def bucket_service(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a service in this process; skips where moto is not installed."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")
    serving = pytest.importorskip("werkzeug.serving", reason="moto is not installed: pip install 'moto[server]'")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = moto.DomainDispatcherApplication(moto.create_backend_app)
    server = serving.make_server("127.0.0.1", 0, application, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_bucket(service: str, name: str, context: ssl.SSLContext | None = None) -> None:
    """A new bucket."""
    put(service, name, b"", context)


def put(service: str, path: str, content: bytes, context: ssl.SSLContext | None = None) -> None:
    """Write an object (`bucket/key`) as any client of the service can."""
    request = urllib.request.Request(f"{service}/{path}", data=content, method="PUT")
    request.add_header("Content-Type", "application/octet-stream")  # a form, as urllib would say, is not kept
    with urllib.request.urlopen(request, context=context, timeout=60):
        pass


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The address of an S3 service."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'modelyard[s3]'")
    with bucket_service() as address:
        yield address


@pytest.fixture
def bucket(service: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a new bucket of the service that the environment names."""
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", service)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = f"bucket-{uuid.uuid4()}"
    make_bucket(service, name)
    return name
