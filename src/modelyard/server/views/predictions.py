"""Predictions of registered models, by confined processes of this server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, NotSupported, Unavailable
from modelyard.core.wire.messages import previews as pre
from modelyard.server.routing import Route
from modelyard.server.views.copies import copy, is_model, is_sealed
from modelyard.server.views.places import Places
from modelyard.web.pools import Pool
from modelyard.web.request import Request

MAX_ROWS = 1_000
MAX_FILES = 10_000
MAX_BYTES = 10_000_000_000


class _Asked(msgspec.Struct):
    """The rows as they were written: what reads them shall see a key that stands twice."""

    rows: msgspec.Raw


class _Answered(msgspec.Struct):
    """What the model's process wrote; without this key where the model answers language."""

    predictions: msgspec.Raw


class Predictions:
    """Answers ``POST …/views/predict``. Everything here runs on the event loop's thread, and what takes long on others."""

    def __init__(self, places: Places, files: Pool, *, hidden: tuple[str, ...] = ()) -> None:
        self._places = places
        self._files = files
        self._hidden = hidden
        self._hosted: Any = None  # made when it is first needed: what it imports is much

    async def answer(self, request: Request, route: Route) -> None:
        """Predict."""
        message: pre.PredictOnce = route.read(request)
        if not 1 <= len(message.rows) <= MAX_ROWS:
            raise InvalidParameter(f"rows has {len(message.rows):,} rows; it has 1 to {MAX_ROWS:,}.")
        asked = pre.DescribeModel(name=message.name, version=message.version)
        if not (asked.name and asked.version):
            raise InvalidParameter("Name the model that shall predict with name and version.")
        address = await self._files.run(partial(self._places.uri, asked))
        make = await self._files.run(partial(plugins.load, "predictors", "confined"))
        if self._hosted is None:
            self._hosted = make(self._files.run, hidden=self._hidden)
        body = b'{"dataframe_records":%b}' % _rows(request, message)
        fetch = partial(self._fetch, asked)
        found = await self._hosted.predict(address, fetch, body, request=request.id.decode())
        self._deliver(request, found.outcome, found.model_id)

    async def close(self) -> None:
        """End the models' processes."""
        if self._hosted is not None:
            await self._hosted.close()

    def _fetch(self, asked: pre.DescribeModel, target: Path) -> None:
        """On a thread: the version's files, as they are now."""
        folder = self._places.find(asked)
        items = folder.walk(most=MAX_FILES, largest=MAX_BYTES)
        if is_sealed(items):
            raise NotSupported("The model is sealed: serve it where its key is, with 'modelyard models serve'.")
        if not is_model(items):
            raise NotFound(f"Version {asked.version} of {asked.name!r} has no MLmodel file here: it cannot predict.")
        copy(folder, items, target)

    def _deliver(self, request: Request, outcome: Any, model_id: str) -> None:
        if isinstance(outcome, ModelyardError):
            raise outcome
        if not isinstance(outcome, bytes):  # refused by the process, in the words of the scoring server
            told = {"error_code": outcome.error_code, "message": outcome.message}
            request.reply(outcome.status, msgspec.json.encode(told))
            return
        try:
            predictions = msgspec.json.decode(outcome, type=_Answered).predictions
        except msgspec.ValidationError:
            predictions = msgspec.Raw(outcome)
        request.reply_json(msgspec.json.encode({"predictions": predictions, "model_id": model_id}))


def _rows(request: Request, message: pre.PredictOnce) -> bytes:
    """The rows as they were written, or as they were understood where that was no plain JSON."""
    try:
        return bytes(msgspec.json.decode(request.body, type=_Asked).rows)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.encode(message.rows)


def refuse(_: Request, __: Route) -> None:
    """The answer of a server that was told to let no model predict."""
    raise Unavailable("This server was started with --no-predict: no model predicts here.", retry_after=30)
