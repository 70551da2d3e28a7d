"""The paths of a scoring server, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from modelyard.core.errors import Unavailable
from modelyard.core.version import __version__
from modelyard.serving import form, openapi
from modelyard.serving.app import Route, Routes
from modelyard.serving.card import Card
from modelyard.serving.protocols import openinference
from modelyard.serving.scoring import Scoring
from modelyard.web.replies import JSON, TEXT
from modelyard.web.request import Request

METRICS = b"text/plain; version=0.0.4; charset=utf-8"

Check = Callable[[], None]
"""Raises ``Unavailable`` for why requests are better sent elsewhere."""


def routes(card: Card, scoring: Scoring, check_ready: Check, metrics: Callable[[], bytes], *, max_body: int) -> Routes:
    """Path, with its escapes undone → method → route, for one model."""
    found: dict[bytes, dict[bytes, Route]] = {}
    for path, route in (*_health(check_ready), *_documents(card, metrics), *_inference(card, check_ready)):
        found.setdefault(path.encode(), {}).update({b"GET": route, b"HEAD": route})
    found[b"/invocations"] = {b"POST": Route("invocations", scoring.invocations, max_body)}
    infer = Route("infer", partial(scoring.submit, protocol=openinference.OpenInference.name), max_body)
    for path in _model_paths(card):
        found[f"{path}/infer".encode()] = {b"POST": infer}
    return found


def _health(check_ready: Check) -> Iterator[tuple[str, Route]]:
    """What supervisors and load balancers ask, by whatever name they know us."""

    def ready(request: Request) -> None:
        check_ready()
        request.reply_json(b'{"status":"ready"}')

    for name, handle in (("ping", _alive), ("health", _alive), ("ready", ready), ("version", _version)):
        yield f"/{name}", Route(name, handle, any_host=True)


def _documents(card: Card, metrics: Callable[[], bytes]) -> Iterator[tuple[str, Route]]:
    """What is told of the server and its model: to programs, and to people."""

    def numbers(request: Request) -> None:
        request.reply(200, metrics(), content_type=METRICS)

    def file(name: str, body: bytes, content_type: bytes) -> Route:
        return Route(name, lambda request: request.reply(200, body, content_type=content_type, policy=form.POLICY))

    yield "/metrics", Route("metrics", numbers)
    yield "/openapi.json", _fixed("openapi", openapi.document(card))
    yield "/", file("form", form.page(card), form.HTML)
    yield "/form.js", file("form", form.script(), form.SCRIPT)
    yield "/form.css", file("form", form.style(), form.STYLE)


def _inference(card: Card, check_ready: Check) -> Iterator[tuple[str, Route]]:
    """The questions of the Open Inference Protocol."""

    def is_ready() -> bool:
        try:
            check_ready()
        except Unavailable:
            return False
        return True

    def answers(make: Callable[[bool], dict[str, Any]]) -> Callable[[Request], None]:
        def answer(request: Request) -> None:
            now = is_ready()
            request.reply(200 if now else 503, msgspec.json.encode(make(now)))

        return answer

    yield "/v2", _fixed("v2", openinference.server_metadata())
    yield "/v2/health/live", _fixed("v2", openinference.live(), any_host=True)
    yield "/v2/health/ready", Route("v2", answers(openinference.ready), any_host=True)
    for path in _model_paths(card):
        yield path, _fixed("v2", openinference.model_metadata(card))
        yield f"{path}/ready", Route("v2", answers(partial(openinference.model_ready, card)), any_host=True)


def _model_paths(card: Card) -> Iterator[str]:
    yield f"/v2/models/{card.name}"
    if card.version:
        yield f"/v2/models/{card.name}/versions/{card.version}"


def _fixed(name: str, content: dict[str, Any], *, any_host: bool = False) -> Route:
    body = msgspec.json.encode(content)
    return Route(name, lambda request: request.reply_json(body), any_host=any_host)


def _alive(request: Request) -> None:
    request.reply(200, b"\n", content_type=JSON)


def _version(request: Request) -> None:
    request.reply(200, __version__.encode(), content_type=TEXT)
