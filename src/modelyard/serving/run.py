"""Running a scoring server: finding the model, starting its workers, serving until told to stop; and preparing for that."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvloop

from modelyard.client.artifacts.references import ModelReference, parse_model, parse_run
from modelyard.client.client import MlflowClient
from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.models.trust.scratch import scratch_folder
from modelyard.serving.admission import admit_model
from modelyard.serving.card import Card
from modelyard.serving.confine import shield
from modelyard.serving.environment import Interpreter, has_all, in_use, interpreter
from modelyard.serving.front import Front
from modelyard.serving.launching import Launcher
from modelyard.serving.options import SCRATCH, ServeOptions
from modelyard.serving.pool import Pool
from modelyard.serving.remembered import Memory
from modelyard.serving.starting import Model, failed_verification, start_of
from modelyard.serving.worker.frames import Started
from modelyard.web import logs
from modelyard.web.browsers import Browsers
from modelyard.web.listening import allow_many_files, listen, tls_context
from modelyard.web.running import Running
from modelyard.web.safety import check_exposed, check_port, check_tls

log = logging.getLogger(__name__)


def serve(options: ServeOptions) -> int:
    """Serve a model until SIGTERM or SIGINT; the exit code: 0 after an orderly end, 1 otherwise.

    Raises ``ModelyardError`` for options that cannot be served with and for a model that is not there, is not trusted, did
    not pass its verification or does not load.
    """
    logs.configure()
    check(options)
    shield()
    tls = tls_context(options.tls_cert, options.tls_key)
    with (
        listen(options.host, options.port) as listener,
        scratch_folder(SCRATCH) as place,
    ):
        model = find(options)
        python = interpreter(model.folder, options.env_manager, trust=options.trust, runtime=options.runtime)
        pool, memory = _workers(options, model, python, place)
        before = memory if options.fast else None
        may_foretell = partial(has_all, python, model.folder)
        front = Front(options, pool, before, name=model.facts["uri"], may_foretell=may_foretell)
        running = Running(front, listener, tls=tls, delay=options.drain_delay, limit=options.drain_limit)
        allow_many_files()
        with in_use(python), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(running.until_stopped())


def prepare(options: ServeOptions) -> Card:
    """Do now what would keep the first ``serve`` of a model waiting: its environment, and its fast path, which is remembered.

    Answers what a worker told of the model. Raises what ``serve`` raises.
    """
    logs.configure()
    check(options)
    shield()
    with scratch_folder(SCRATCH) as place:
        model = find(options)
        python = interpreter(model.folder, options.env_manager, trust=options.trust, runtime=options.runtime)
        pool, memory = _workers(options, model, python, place)
        with in_use(python), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            started = runner.run(_loaded_once(pool))
    memory.keep(started)
    return started.card


async def _loaded_once(pool: Pool) -> Started:
    try:
        return await pool.start()
    finally:
        await pool.close()


class _Workers(NamedTuple):
    pool: Pool
    memory: Memory


def _workers(options: ServeOptions, model: Model, python: Interpreter, place: Path) -> _Workers:
    """Workers that run with an interpreter and write to folders below ``place``, and what is remembered of the model."""
    start = start_of(options, model)
    pool = Pool(Launcher(python, start, place).launch, count=options.workers, timeout=options.timeout)
    return _Workers(pool, Memory.of_user(start, python))


def find(options: ServeOptions) -> Model:
    """The model of the options. Raises ``ModelyardError`` where it is not there, not trusted, or failed its verification."""
    uri, facts = resolve(options.model)
    fetched = Path(uri) if Path(uri).exists() else fetch_model(uri)  # what is here already needs no store
    admitted = admit_model(fetched, trust=options.trust, runtime=options.runtime)
    told = failed_verification(admitted.folder)
    if told:
        if not options.allow_unverified:
            raise InvalidParameter(f"{told} To serve it all the same, say --allow-unverified.")
        log.warning("%s", told)
    return Model(admitted.folder, admitted.digest, {"name": fetched.name, **facts, "uri": uri})


def resolve(uri: str) -> tuple[str, dict[str, str]]:
    """An address that goes on meaning the same model, and the facts for its card that only the address tells."""
    named = parse_model(uri)
    if named is not None and named.name:
        version = _version_of(named)
        path = f"/{named.path}" if named.path else ""
        return f"models:/{named.name}/{version}{path}", {"name": named.name, "version": version}
    run = parse_run(uri)
    return uri, {"run_id": run.run_id} if run is not None else {}


def _version_of(named: ModelReference) -> str:
    if named.version:
        return named.version
    client = MlflowClient()
    if named.alias:
        return str(client.get_model_version_by_alias(named.name, named.alias).version)
    found = client.get_latest_versions(named.name, None if named.is_latest else [named.stage])
    if not found:
        raise NotFound(f"There is no version of {named.name!r} in the stage {named.stage!r}.")
    return str(max(int(each.version) for each in found))


def check(options: ServeOptions) -> None:
    """Refuse what would be unsafe or cannot work, naming the way out."""
    for name in ("workers", "timeout", "max_body", "max_output"):
        if getattr(options, name) <= 0:
            raise InvalidParameter(f"--{name.replace('_', '-')} {getattr(options, name)}: it is more than zero.")
    if options.memory < 0:
        raise InvalidParameter(f"--memory {options.memory}: it is a number of bytes, or 0 for no limit.")
    check_port(options.port)
    check_tls(options.tls_cert, options.tls_key)
    Browsers(options.host, options.allowed_hosts, options.trusted_origins)
    check_exposed(options.host, accepted=options.insecure_no_auth, may="use the model")
