"""``run``: a project's entry point, in its environment, as one tracked run."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypedDict, Unpack

from modelyard.core.errors import InvalidParameter, ModelyardError, ProjectFailed
from modelyard.core.interrupts import held_off
from modelyard.projects import record, variables
from modelyard.projects.ending import Ending
from modelyard.projects.environment import Manager, Prepared
from modelyard.projects.output import Output
from modelyard.projects.ready import Process, Ready, lend_store, ready
from modelyard.projects.request import Request
from modelyard.projects.submitted import SubmittedRun
from modelyard.projects.transcript import Transcript

__all__ = ["Request", "SubmittedRun", "describe", "perform", "run", "start"]


class RunOptions(TypedDict, total=False):
    """What else ``run`` takes, by name.

    - ``synchronous``: wait until it has ended; without that the run is ended by this process when its own is over.
    - ``run_id``: a run that exists already and takes what is logged; it gets no params of the launcher.
    - ``run_name``: the name of a new run; else the project's.
    - ``env_manager``: ``local``, ``uv``, ``virtualenv`` or ``conda``; else what the project declares.
    - ``build_image``, ``docker_auth``: for projects with a ``docker_env``, as MLflow has them.
    """

    synchronous: bool
    run_id: str | None
    run_name: str | None
    env_manager: Manager | None
    build_image: bool
    docker_auth: Mapping[str, str] | None


def run(  # noqa: PLR0913, PLR0917 - MLflow's signature
    uri: str | os.PathLike[str],
    entry_point: str = "main",
    version: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    docker_args: Mapping[str, Any] | None = None,
    experiment_name: str | None = None,
    experiment_id: str | None = None,
    backend: str = "local",
    backend_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    storage_dir: str | None = None,
    **more: Unpack[RunOptions],
) -> SubmittedRun:
    """Run a project, with MLflow's arguments; wait until it has ended unless ``synchronous=False``.

    ``uri`` is a folder or a Git repository, with ``#folder`` for a folder in it. Everything is checked before the run is made.

    ``more`` are the options of ``RunOptions``. Raises ``ProjectFailed`` when it ends with anything but success.

    >>> import modelyard, pathlib
    >>> pathlib.Path("hello").mkdir()
    >>> _ = pathlib.Path("hello/main.py").write_text("print('hello')")
    >>> submitted = modelyard.run("hello", "main.py", env_manager="local")
    hello
    >>> modelyard.get_run(submitted.run_id).info.status
    'FINISHED'
    """
    unknown = set(more) - set(RunOptions.__annotations__)
    if unknown:
        raise TypeError(f"run() got an unexpected keyword argument {min(unknown)!r}")
    request = Request(
        uri=os.fspath(uri),
        entry_point=entry_point,
        version=version,
        parameters=parameters or {},
        docker_args=docker_args or {},
        experiment_name=experiment_name,
        experiment_id=None if experiment_id is None else str(experiment_id),
        backend=backend,
        backend_config=read_config(backend_config),
        storage_dir=storage_dir,
        run_id=more.get("run_id"),
        run_name=more.get("run_name"),
        env_manager=more.get("env_manager"),
        build_image=more.get("build_image", False),
        docker_auth=more.get("docker_auth") or {},
    )
    if more.get("synchronous", True):
        return perform(request)
    with _ended_with_us() as begun:
        submitted = start(request, begun)
        submitted.watch()
    return submitted


def perform(request: Request) -> SubmittedRun:
    """Start what a request asks for and wait until it has ended; who is interrupted, by Ctrl-C or SIGTERM, ends it.

    Raises ``ProjectFailed`` when it ends with anything but success.
    """
    with _ended_with_us() as begun:
        submitted = start(request, begun)
        succeeded = submitted.wait()
    if not succeeded:
        why = submitted.explain()
        state = "was ended" if submitted.get_status() == "KILLED" else "failed"
        raise ProjectFailed(
            f"The run {submitted.run_id} of {request.uri!r} {state}{why and f': {why}'}".rstrip(".") + "."
        )
    return submitted


Begun = Callable[[SubmittedRun], object]
"""Told of a run before anything can interrupt whoever started it."""


def nobody(_: SubmittedRun) -> None:
    """For who needs not be told: a thread, which nothing interrupts."""


def start(request: Request, begun: Begun = nobody) -> SubmittedRun:
    """Start what a request asks for and answer at once; whoever waits for the answer marks the run as it ended.

    Before its run is made everything is checked: fetched, read, bound, the backend and the environment. What fails after that
    marks the run ``FAILED``, with the reason as the tag ``modelyard.failure``. Raises what any of this raises.
    """
    held = ExitStack()
    try:
        checked = ready(request, held)
        multirun = checked.multirun()
        if multirun is None:
            return _start_one(checked, held, begun)
        with held_off():
            run_id, job = multirun.start()
            submitted = SubmittedRun(run_id, job, lambda *_: held.close())
            begun(submitted)
        return submitted
    except BaseException:
        held.close()
        raise


@contextmanager
def _ended_with_us() -> Iterator[Begun]:
    """Ends the runs it was told of when its block is left by an exception."""
    known: list[SubmittedRun] = []
    try:
        yield known.append
    except BaseException:
        for submitted in known:
            submitted.cancel()
        raise


def describe(request: Request) -> str:
    """What would run, and where: nothing is started and nothing is stored."""
    with ExitStack() as closing:
        checked = ready(request, closing)
        multirun = checked.multirun()
        if multirun is not None:
            return multirun.describe()
        output = Output(Transcript(checked.mask))
        looked_at = Prepared(python=Path("python"), key=checked.environment.key, manager=checked.environment.manager)
        launch = checked.launch(Process(), looked_at, output)
        lines = [
            f"project: {checked.project.name} ({checked.fetched.uri})",
            f"entry point: {checked.point.name}",
            f"environment: {checked.environment.describe()}",
            *(f"parameter: {name}={value}" for name, value in checked.params.items()),
            f"command: {checked.mask(checked.backend.describe(launch))}",
        ]
        return "\n".join(lines)


def read_config(told: Mapping[str, Any] | str | os.PathLike[str] | None) -> Mapping[str, Any]:
    """A backend's configuration: a mapping, the text of a JSON object, or the path of a file ``….json`` that has one."""
    if told is None or isinstance(told, Mapping):
        return told or {}
    text = os.fspath(told)
    where = "backend_config"
    if text.endswith(".json"):
        where = text
        try:
            text = Path(text).read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidParameter(f"backend_config {where}: {error.strerror}.") from None
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidParameter(f"{where} is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidParameter(f'{where} is not an object such as {{"image": "…"}}.')
    return found


def _start_one(checked: Ready, closing: ExitStack, begun: Begun) -> SubmittedRun:
    request = checked.request
    lent = lend_store(checked, closing)
    descriptors = closing.enter_context(checked.environment.holding())
    scratch = (
        Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="modelyard-run-")))
        if checked.notebook
        else Path()
    )
    made = {checked.notebook: scratch / Path(checked.notebook).name} if checked.notebook else {}
    output = Output(Transcript(checked.mask), quiet=request.quiet)
    info = record.create(request, checked.project.name, checked.tags, checked.params)
    ending = Ending(info.run_id, output, made, closing)
    submitted: SubmittedRun | None = None
    try:
        process = Process(
            run_id=info.run_id,
            environ=variables.of_run(info, lent),
            executed=next(iter(made.values()), Path(os.devnull)),
            descriptors=descriptors,
        )
        launch = checked.launch(process, checked.environment.prepare(output.note), output)
        output.tell(f"run {info.run_id} of {checked.project.name}: {checked.mask(shlex.join(launch.argv))}")
        with held_off():
            submitted = SubmittedRun(info.run_id, checked.backend.submit(launch), ending, ending.explain)
            begun(submitted)
    except BaseException as error:
        if submitted is None:
            told = isinstance(error, KeyboardInterrupt | SystemExit)
            why = error.message if isinstance(error, ModelyardError) else f"{type(error).__name__}: {error}"
            ending("KILLED" if told else "FAILED", "it was interrupted before it began" if told else why)
        else:
            submitted.cancel()
        raise
    return submitted
