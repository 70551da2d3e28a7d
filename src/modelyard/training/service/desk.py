"""The service's front: receives requests, has its processes do the work, and answers."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from modelyard.core.errors import (
    EndpointNotFound,
    LimitExceeded,
    MethodNotAllowed,
    ModelyardError,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from modelyard.training.result import Training
from modelyard.training.service import openapi
from modelyard.training.service.clerk import Clerk, ClerkFailed
from modelyard.training.service.forms import (
    check_known,
    json_of,
    parse_which,
    query_of,
    switch,
    train_request,
    which_of,
)
from modelyard.training.service.frames import Describe, Done, ListModels, Predict, Prove, Train
from modelyard.training.service.inputs import CSV, JSON
from modelyard.training.service.options import TrainingOptions
from modelyard.training.service.uploads import MULTIPART, Form
from modelyard.web.browsers import Browsers
from modelyard.web.compression import Compression
from modelyard.web.failures import Failure, render
from modelyard.web.logs import access_log
from modelyard.web.pools import Pool
from modelyard.web.reception import Reception
from modelyard.web.replies import TEXT
from modelyard.web.request import DisconnectedError, Request
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)

PER_ADDRESS = 256
MAX_TRAININGS = 128  # that run or wait
PIECE = 256_000
SMALL_BODY = 1_000_000  # of what is no rows and no file
_PROVING = 120.0
_KINDS = {b"application/json": JSON, b"text/csv": CSV, b"application/csv": CSV}
_FORM = b"application/x-www-form-urlencoded"
_ASKED = ("model", "id", "version", "alias", "full", "probabilities")
_RECEIVED = "received-"
_MOST_RECEIVED = 5  # times the largest upload: what all that are kept at once may take


Handler = Callable[[Request], Awaitable[None]]


class Endpoint(NamedTuple):
    """What answers one path: its handlers by method."""

    name: str
    limit: int
    handlers: dict[bytes, Handler]


class Desk(Reception):
    """Everything here runs on the event loop's thread, but for files that are received, which threads write."""

    def __init__(self, options: TrainingOptions, folder: Path) -> None:
        super().__init__(Compression("never"), per_address=PER_ADDRESS)
        self.request_seconds = max(options.timeout, options.train_timeout) + _PROVING
        self.access_log = access_log() if options.access_log else None
        self.ready = False
        self.predictor = Clerk("predicts", options.models)
        self.trainers = [Clerk("trains", options.models) for _ in range(options.trainers)]
        self.tasks = Tasks()
        self._idle_trainers: asyncio.Queue[Clerk] = asyncio.Queue()
        for trainer in self.trainers:
            self._idle_trainers.put_nowait(trainer)
        self._trainings = 0
        self._kept: Counter[Path] = Counter()  # folder of a request → bytes of its upload
        self._options = options
        self._folder = folder
        self._files = Pool("files", 2)
        self._browsers = Browsers(options.host, options.allowed_hosts, options.trusted_origins)
        self._exact, self._patterns = self._endpoints()

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer and nothing is trained."""
        return not self.waits and self.tasks.idle

    async def close(self) -> None:
        """End the processes."""
        self.tasks.cancel()
        await asyncio.gather(*(clerk.close() for clerk in (self.predictor, *self.trainers)))
        self._files.close()

    # requests

    def admit(self, request: Request) -> None:
        """Find what answers a request; a file is taken as it arrives."""
        handler = self._checked(request)
        if _kind(request) == MULTIPART and request.method == b"POST":
            request.open_stream()
            self.tasks.start(self._perform(request, handler))

    def run(self, request: Request) -> None:
        """The body has arrived too."""
        preflight = request.method == b"OPTIONS"
        handler = self._answer_options if preflight else _handler(request.route, request.method)
        self.tasks.start(self._perform(request, handler))

    def fail(self, request: Request, error: BaseException) -> None:
        """Answer an error; where it came from only to those who debug on this machine."""
        if not self._options.debug or (isinstance(error, ModelyardError) and error.status < 500):
            super().fail(request, error)
            return
        failure = render(error, request.id.decode(), request.route.name if request.route else "a request")
        where = error.traceback if isinstance(error, ClerkFailed) else "".join(traceback.format_exception(error))
        told = {**msgspec.json.decode(failure.body), "traceback": where}
        _reply(request, Failure(failure.status, msgspec.json.encode(told), failure.headers))

    def _checked(self, request: Request) -> Handler:
        endpoint = self._find(request)
        request.route = endpoint
        request.limit = endpoint.limit
        if request.method == b"OPTIONS":
            return self._answer_options
        self._browsers.check(request, any_host=endpoint.name in ("health", "ready"))
        try:
            handler = _handler(endpoint, request.method)
        except MethodNotAllowed:
            request.extra += b"allow: %s\r\n" % b", ".join(sorted(endpoint.handlers))
            raise
        length = request.headers.get(b"content-length", b"0")
        most = self._options.max_upload if _kind(request) == MULTIPART else endpoint.limit
        if length.isdigit() and int(length) > most:
            raise TooLarge(f"The body is larger than {most:,} bytes, the most this endpoint takes.")
        if b"content-encoding" in request.headers and request.headers[b"content-encoding"].lower() != b"identity":
            raise UnsupportedMediaType("Compressed bodies are not read; send the body as it is.")
        return handler

    def _find(self, request: Request) -> Endpoint:
        found = self._exact.get(request.path.rstrip(b"/") or b"/")
        if found is not None:
            return found
        for pattern, endpoint in self._patterns:
            match = pattern.fullmatch(request.path)
            if match is not None:
                request.arguments = {"id": unquote(match[1].decode("ascii", "replace"))}
                return endpoint
        raise EndpointNotFound(f"There is no endpoint at this address. There are: {', '.join(openapi.PATHS)}.")

    async def _answer_options(self, request: Request) -> None:
        """Say what an address takes, to pages of trusted origins too, which ask before they send JSON."""
        self._browsers.check(request)
        allowed = b", ".join(sorted({*request.route.handlers, b"OPTIONS"}))
        cors = (
            b"access-control-allow-methods: %s\r\naccess-control-allow-headers: content-type\r\n"
            b"access-control-max-age: 600\r\n" % allowed
        )
        request.reply(204, headers=b"allow: %s\r\n" % allowed + (cors if request.extra else b""))

    async def _perform(self, request: Request, handler: Handler) -> None:
        try:
            await handler(request)
        except DisconnectedError:
            request.connection.cut()
        except Exception as error:  # noqa: BLE001  # the border: whatever it is, the client is answered
            self.fail(request, error)

    def _endpoints(self) -> tuple[dict[bytes, Endpoint], list[tuple[re.Pattern[bytes], Endpoint]]]:
        rows = self._options.max_body
        exact = {
            b"/train": Endpoint("/train", SMALL_BODY, {b"GET": self._train_short, b"POST": self._train_full}),
            b"/predict": Endpoint("/predict", rows, {b"POST": partial(self._predict, network=False)}),
            b"/predict_net": Endpoint("/predict_net", rows, {b"POST": partial(self._predict, network=True)}),
            b"/models": Endpoint("/models", 0, {b"GET": self._models}),
            b"/health": Endpoint("health", 0, {b"GET": self._health}),
            b"/ready": Endpoint("ready", 0, {b"GET": self._ready}),
            b"/openapi.json": Endpoint("/openapi.json", 0, {b"GET": self._openapi}),
        }
        one = Endpoint("/models/{id}", 0, {b"GET": self._describe})
        return exact, [(re.compile(rb"/models/(.+)"), one)]

    # what is answered

    async def _health(self, request: Request) -> None:
        request.reply(200, b"OK", content_type=TEXT)

    async def _ready(self, request: Request) -> None:
        if not self.ready or self.draining:
            raise Unavailable("The service starts or stops.", reason="DRAINING" if self.draining else "STARTING")
        request.reply_json(b'{"status":"ready"}')

    async def _openapi(self, request: Request) -> None:
        request.reply_json(openapi.document())

    async def _models(self, request: Request) -> None:
        _reply_done(request, await self.predictor.ask(ListModels(), seconds=self._options.timeout))

    async def _describe(self, request: Request) -> None:
        which = parse_which((request.arguments or {})["id"])
        _reply_done(request, await self.predictor.ask(Describe(which=which), seconds=self._options.timeout))

    async def _predict(self, request: Request, *, network: bool) -> None:
        asked = query_of(request.query)
        check_known(asked, _ASKED)
        body, kind = await self._rows(request)
        job = Predict(
            which=which_of(asked, "" if network else self._options.model),
            body=body,
            kind=kind,
            full=switch(asked, "full"),
            probabilities=switch(asked, "probabilities"),
            network=network,
            target=self._options.target,
        )
        _reply_done(request, await self.predictor.ask(job, seconds=self._options.timeout))

    async def _rows(self, request: Request) -> tuple[bytes, str]:
        """The rows that were sent, and in which form."""
        kind = _kind(request)
        if kind in _KINDS:
            return bytes(request.body), _KINDS[kind]
        if kind != MULTIPART:
            raise UnsupportedMediaType(
                f"Content-Type {kind.decode('ascii', 'replace') or 'missing'!r}: rows are sent as application/json,"
                " text/csv, or as a file in a form: curl -H 'Content-Type: application/json' -d …"
            )
        folder = Path(tempfile.mkdtemp(prefix=_RECEIVED, dir=self._folder))
        try:
            form = await self._receive(request, folder, most=request.limit)
            file, _ = _file_of(form)
            return await self._files.run(file.read_bytes), CSV
        finally:
            del self._kept[folder]
            await self._files.run(partial(shutil.rmtree, folder, ignore_errors=True))

    async def _train_short(self, request: Request) -> None:
        """The source's own form: one number, and all else in headers."""
        done = await self._train(request)
        metric = "r2" if done.task == "regression" else "accuracy"
        value = done.metrics[metric]
        body = msgspec.json.encode({metric: None if value is None else round(value, 2)})
        request.reply(200, body, headers=_headers(_named(done)))

    async def _train_full(self, request: Request) -> None:
        done = await self._train(request)
        request.reply(200, msgspec.json.encode(done), headers=_headers(_named(done)))

    async def _train(self, request: Request) -> Training:
        if self._trainings >= MAX_TRAININGS:
            raise LimitExceeded("Too many trainings wait for their turn; try again later.")
        self._trainings += 1
        folder = Path(tempfile.mkdtemp(prefix=_RECEIVED, dir=self._folder))
        try:
            job = await self._training(request, folder)
            return await self._have_trained(job)
        finally:
            self._trainings -= 1
            del self._kept[folder]
            await self._files.run(partial(shutil.rmtree, folder, ignore_errors=True))

    async def _training(self, request: Request, folder: Path) -> Train:
        """What is to be trained on what."""
        fields, kind = query_of(request.query), _kind(request)
        target = self._options.target
        if kind == MULTIPART and request.method == b"POST":
            form = await self._receive(request, folder, most=self._options.max_upload)
            asked = train_request({**fields, **form.fields}, target=target, texts=True)
            if form.files:
                file, name = _file_of(form)
                return Train(request=asked, file=str(file), name=name)
        elif request.method != b"POST" or not request.body:
            asked = train_request(fields, target=target, texts=True)
        elif kind == _FORM:
            asked = train_request({**fields, **query_of(bytes(request.body))}, target=target, texts=True)
        elif kind == b"application/json":
            asked = train_request({**fields, **json_of(bytes(request.body))}, target=target, texts=False)
        else:
            raise UnsupportedMediaType(
                "What to train is sent as application/json, or as a form: curl -F data=@file.csv …"
            )
        if not await self._files.run(Path(self._options.data).is_file):
            raise NotFound(
                f"There is no data file at {self._options.data!r}. Put one there, name another with --data when the service"
                " is started, or send one: curl -F data=@file.csv -F target=… …/train"
            )
        return Train(request=asked, file=self._options.data)

    async def _receive(self, request: Request, folder: Path, *, most: int) -> Form:
        stream = request.stream
        assert stream is not None
        form = Form(request.headers[b"content-type"], folder, most=most)
        try:
            while parts := await stream.take(PIECE):
                self._kept[folder] += sum(map(len, parts))
                if self._kept.total() > _MOST_RECEIVED * self._options.max_upload:
                    raise LimitExceeded("Too many files are being sent; try again later.")
                await self._files.run(partial(form.write, b"".join(parts)))
            form.finish()
        finally:
            form.close()
        return form

    async def _have_trained(self, job: Train) -> Training:
        """Train in a process of its own, then have another one prove that the version predicts."""
        trainer = await self._idle_trainers.get()
        try:
            done = await trainer.ask(job, seconds=self._options.train_timeout)
        finally:
            self._idle_trainers.put_nowait(trainer)
        trained = msgspec.json.decode(done.body, type=Training)
        try:
            proof = await self.predictor.ask(Prove(name=trained.name, version=trained.version), seconds=_PROVING)
        except ModelyardError as error:
            log.warning("%s/%s was not verified: %s", trained.name, trained.version, error.message)
            return trained
        return msgspec.structs.replace(trained, verification=msgspec.json.decode(proof.body)["status"])


def _handler(endpoint: Endpoint, method: bytes) -> Handler:
    """What answers a method. Who asks for a head alone means to read, and not to train."""
    reads = method == b"HEAD" and endpoint.name != "/train"
    found = endpoint.handlers.get(b"GET" if reads else method)
    if found is None:
        raise MethodNotAllowed(f"{endpoint.name} takes {b', '.join(sorted(endpoint.handlers)).decode()}.")
    return found


def _kind(request: Request) -> bytes:
    return request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()


def _file_of(form: Form) -> tuple[Path, str]:
    """The file of a form; there is exactly one."""
    if len(form.files) != 1:
        raise UnsupportedMediaType(f"The form has {len(form.files)} files; send one: -F data=@file.csv")
    return next(iter(form.files.values()))


def _named(done: Training) -> dict[str, str]:
    return {"x-model": f"{done.name}/{done.version}", "x-model-id": done.model_id, "x-run-id": done.run_id}


def _reply_done(request: Request, done: Done) -> None:
    request.reply(200, done.body, headers=_headers(done.headers))


def _reply(request: Request, failure: Failure) -> None:
    request.reply(failure.status, failure.body, headers=failure.headers)


def _headers(named: dict[str, str]) -> bytes:
    """Lines of headers; what may not stand in one is escaped."""
    return b"".join(
        b"%s: %s\r\n"
        % (name.encode("ascii"), value.encode("ascii", "backslashreplace").replace(b"\r", b" ").replace(b"\n", b" "))
        for name, value in named.items()
    )
