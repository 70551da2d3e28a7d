"""The process beside the front: takes a job, does it, and tells what came of it, until the front is gone."""

from __future__ import annotations

import _thread
import contextlib
import importlib.util
import logging
import os
import queue
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType

import msgspec

from modelyard.client.client import MlflowClient
from modelyard.core.errors import Busy, MissingExtra, ModelyardError, UserError
from modelyard.core.extras import optional
from modelyard.models.skops_files import skops_io
from modelyard.training.data import Table, load
from modelyard.training.service.catalog import Catalog
from modelyard.training.service.frames import (
    HEAD,
    MAX_FRAME,
    Describe,
    Done,
    Failed,
    Job,
    ListModels,
    Predict,
    Prove,
    Reply,
    Train,
    WarmUp,
    frame,
    read_job,
)
from modelyard.training.service.predicting import Predicting
from modelyard.training.train import experiment_of, train_table
from modelyard.web import logs

log = logging.getLogger(__name__)

_ENDS = (signal.SIGTERM, signal.SIGINT)
_GRACE = 5.0
_BACKEND = "KERAS_BACKEND"


class Worker:
    """Does jobs over one store; a job that fails is a reply too."""

    def __init__(self, models: str) -> None:
        self._client = MlflowClient(models)
        self._catalog = Catalog(self._client)
        self._predicting = Predicting(self._catalog)
        self._doing: dict[type, Callable[..., Done]] = {
            Train: self._train,
            Predict: self._predicting.predict,
            Prove: self._predicting.prove,
            Describe: self._predicting.describe,
            ListModels: self._list,
            WarmUp: self._warm_up,
        }

    def do(self, job: Job) -> Reply:
        """Do one job."""
        try:
            return self._doing[type(job)](job)
        except (UserError, Busy) as error:
            return Failed(type(error).__name__, error.message)
        except ModelyardError as error:  # the front logs what it answers with 5xx
            return Failed(type(error).__name__, error.message, traceback.format_exc())
        except Exception as error:
            log.exception("a job failed")
            return Failed("", f"{type(error).__name__} in the process that does the work.", traceback.format_exc())

    def _train(self, job: Train) -> Done:
        table = load(job.file)
        if job.name:  # what was sent is known by its sender's name; the file it was kept in is gone soon
            table = Table(table.frame, f"upload:{job.name}", job.name.rpartition("/")[2].rpartition(".")[0] or job.name)
        done = train_table(table, job.request, client=self._client, experiment_id=experiment_of(self._client))
        return Done(msgspec.json.encode(done))

    def _list(self, _: ListModels) -> Done:
        return Done(msgspec.json.encode({"models": [each.told() for each in self._catalog.all()]}))

    def _warm_up(self, job: WarmUp) -> Done:
        if job.store:
            self._catalog.all()
        for module in ("pandas", "sklearn.linear_model", "sklearn.pipeline"):
            optional(module)
        with contextlib.suppress(MissingExtra):
            skops_io()
        return Done(b"{}")


def main(arguments: list[str]) -> int:
    """Serve the socket that is named, until its other end is closed."""
    role, models, number = arguments
    logs.configure()
    for each in _ENDS:
        signal.signal(each, _interrupt)
    if _BACKEND not in os.environ and importlib.util.find_spec("torch") is not None:
        os.environ[_BACKEND] = "torch"  # what both kinds of networks need
    with socket.socket(fileno=int(number)) as sock:
        jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        busy = threading.Event()
        threading.Thread(target=_read, args=(sock.dup(), jobs, busy), daemon=True).start()
        try:
            worker = Worker(models)
            while (job := jobs.get()) is not None:
                busy.set()
                reply = worker.do(job)
                busy.clear()
                sock.sendall(frame(reply))
        except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
            log.info("the process that %s was ended", role)
    return 0


def _read(sock: socket.socket, jobs: queue.SimpleQueue[Job | None], busy: threading.Event) -> None:
    """On a thread: hand jobs on. When the front is gone, what is being done is interrupted, then ended."""
    with sock, sock.makefile("rb") as stream:
        while len(head := stream.read(HEAD.size)) == HEAD.size:
            size = HEAD.unpack(head)[0]
            if size > MAX_FRAME:
                break
            jobs.put(read_job(stream.read(size)))
    jobs.put(None)
    if busy.is_set():
        _thread.interrupt_main()
        time.sleep(_GRACE)
        os._exit(1)


def _interrupt(_: int, __: FrameType | None) -> None:
    """End what is being done; once, so that its end can be noted in peace."""
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
