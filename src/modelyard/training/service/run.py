"""Running the service: listening, serving until told to stop, and ending in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
from pathlib import Path

import msgspec
import uvloop

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.core.settings import Settings
from modelyard.services.stores import folder_of
from modelyard.training.service.clerk import Clerk
from modelyard.training.service.desk import Desk
from modelyard.training.service.forms import parse_which
from modelyard.training.service.frames import WarmUp
from modelyard.training.service.options import MODELS, TrainingOptions
from modelyard.web import logs
from modelyard.web.browsers import Browsers
from modelyard.web.listening import allow_many_files, listen
from modelyard.web.running import Running, Stop
from modelyard.web.safety import check_exposed, check_port, is_loopback
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)

_STARTING = 300.0


def serve(options: TrainingOptions) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises ``ModelyardError`` for options that cannot be served with."""
    logs.configure()
    options = resolved(options, Settings.read())
    check(options)
    listener = listen(options.host, options.port)
    try:
        allow_many_files()
        with (
            tempfile.TemporaryDirectory(prefix="modelyard-training-") as folder,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):

            async def until_stopped() -> int:
                service = Service(options, Path(folder))
                running = Running(service, listener, tls=None, delay=options.drain_delay, limit=options.drain_limit)
                return await running.until_stopped()

            return runner.run(until_stopped())
    finally:
        listener.close()


class Service:
    """The front with its processes, for whoever runs it."""

    def __init__(self, options: TrainingOptions, folder: Path) -> None:
        self._options = options
        self.app = Desk(options, folder)

    @property
    def name(self) -> str:
        """What is served, for the log."""
        return f"trainings on {self._options.data}, models in {self._options.models},"

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self.app.idle

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Have the store opened and packages imported; requests are taken meanwhile, and wait for that."""
        tasks.start(self._warm_up(stop))
        for trainer in self.app.trainers:
            tasks.start(_warm(trainer))

    async def _warm_up(self, stop: Stop) -> None:
        try:
            await self.app.predictor.ask(WarmUp(store=True), seconds=_STARTING)
        except ModelyardError as error:
            log.critical("The service cannot start: %s", error.message)
            stop(1)
        else:
            self.app.ready = True

    def refuse(self) -> None:
        """Say on ``/ready`` that the end has begun."""
        self.app.ready = False

    async def close(self) -> None:
        """End the processes."""
        await self.app.close()


def resolved(options: TrainingOptions, settings: Settings) -> TrainingOptions:
    """The options with whole paths, and with what the environment says where the command line says nothing."""
    models = options.models or settings.training_models or MODELS
    folder = folder_of(models)
    if folder is None:
        raise InvalidParameter(f"--models {models}: the models of a service are in a folder.")
    return msgspec.structs.replace(
        options,
        data=os.path.abspath(os.path.expanduser(options.data)),
        models=str(folder.absolute()),
    )


def check(options: TrainingOptions) -> None:
    """Refuse what would be unsafe or cannot work, naming the way out."""
    check_port(options.port)
    Browsers(options.host, options.allowed_hosts, options.trusted_origins)
    if options.trainers < 1:
        raise InvalidParameter(f"--trainers {options.trainers}: there is at least one.")
    for flag, value in (("--max-upload", options.max_upload), ("--max-body", options.max_body)):
        if value < 1:
            raise InvalidParameter(f"{flag} {value}: at least one byte.")
    for flag, seconds in (("--timeout", options.timeout), ("--train-timeout", options.train_timeout)):
        if not seconds > 0:
            raise InvalidParameter(f"{flag} {seconds:g}: more than no seconds.")
    if options.model:
        parse_which(options.model)
    if options.debug and not is_loopback(options.host):
        raise InvalidParameter(
            f"--debug shows where errors come from, and --host {options.host} can be reached from other machines."
            " Listen on 127.0.0.1, or leave --debug out."
        )
    check_exposed(options.host, accepted=options.insecure_no_auth, may="train and predict", what="service")


async def _warm(trainer: Clerk) -> None:
    """What goes wrong here is told by the first training."""
    with contextlib.suppress(ModelyardError):
        await trainer.ask(WarmUp(), seconds=_STARTING)
