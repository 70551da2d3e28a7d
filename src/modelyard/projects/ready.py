"""Everything about a run that is known before anything starts: fetched, read, bound and checked, and stored nowhere yet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.context import BRANCH, COMMIT, REPOSITORY, SOURCE_NAME
from modelyard.core import plugins
from modelyard.projects import elsewhere, lend, masking, notebook, record, variables
from modelyard.projects.backend import Backend, Launch
from modelyard.projects.environment import EnvironmentPlan, Prepared, plan
from modelyard.projects.fetched import Fetched, in_place
from modelyard.projects.grouping import grouped
from modelyard.projects.masking import Mask
from modelyard.projects.multirun import Detect, Multirun
from modelyard.projects.output import Output
from modelyard.projects.parameters import Bound, bind
from modelyard.projects.request import Request
from modelyard.projects.source import source_of
from modelyard.projects.spec import EntryPoint, Project, read

DOCKER = "docker"
_PYTHON = frozenset({"python", "python3"})


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that is started has of its own: nothing of it is there for one that is only looked at."""

    run_id: str = ""
    environ: Mapping[str, str] = {}
    executed: Path = Path(os.devnull)
    descriptors: tuple[int, ...] = ()


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A request that can be run."""

    request: Request
    fetched: Fetched
    project: Project
    point: EntryPoint
    bound: Bound
    backend: Backend
    config: Mapping[str, Any]
    environment: EnvironmentPlan
    mask: Mask

    @property
    def tags(self) -> dict[str, str]:
        """Where the run comes from and what it runs in, in MLflow's words."""
        manager = DOCKER if self.project.docker else self.environment.manager
        told = {
            SOURCE_NAME: self.fetched.uri,
            COMMIT: self.fetched.commit,
            BRANCH: self.fetched.branch,
            REPOSITORY: self.fetched.repository,
            record.ENVIRONMENT: manager if manager != "local" else "",
        }
        return {key: value for key, value in told.items() if value}

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the run; a password in an address is nobody's business."""
        return {name: self.mask(value) for name, value in self.bound.logged.items()}

    def multirun(self) -> Multirun | None:
        """The sweep that the request is, if it is one. Only words that a parameter adds to the command can ask for that."""
        if not self.point.command.spliced:
            return None
        for name in plugins.names("multiruns"):
            detect: Detect = plugins.load("multiruns", name)
            found = detect(self.request, self.project, self.point, self.bound)
            if found is not None:
                return found
        return None

    @property
    def notebook(self) -> str:
        """The path among the run's artifacts of the executed copy of a notebook; empty where none runs."""
        return notebook.artifact_of(self.point) if self.point.kind == "notebook" else ""

    def launch(self, process: Process, environment: Prepared, output: Output) -> Launch:
        """What the backend is handed."""
        asked = self.request
        return Launch(
            run_id=process.run_id,
            argv=self._argv(environment, process.executed),
            folder=self.project.folder,
            environ=variables.together(
                environment.environ or variables.of_this_environment(),
                variables.of_project(self.project.folder, asked.env_manager, allow_urls=asked.allow_urls),
                process.environ,
                asked.environ,
            ),
            environment=environment,
            project=self.project,
            entry_point=self.point.name,
            config=self.config,
            output=output.out,
            errors=output.errors,
            descriptors=process.descriptors,
            paths=tuple(
                Path(self.bound.values[name]) for name, told in self.point.parameters.items() if told.type == "path"
            ),
        )

    def _argv(self, environment: Prepared, executed: Path) -> tuple[str, ...]:
        if self.point.kind == "notebook":
            return notebook.argv(
                self.point,
                {**self.bound.values, **self.bound.undeclared},
                python=environment.python,
                folder=self.project.folder,
                executed=executed,
            )
        words = (*self.point.command.fill(self.bound.values), *self.bound.arguments)
        own = words[0] in _PYTHON and not self.project.docker  # an image has its own
        return (os.fspath(environment.python), *words[1:]) if own else words


def ready(request: Request, closing: ExitStack) -> Ready:
    """All checks of a request, in the order fetch, read, bind, backend, environment; ``closing`` gets what is held for its time.

    Raises what each of them raises; nothing is stored then.
    """
    record.check(request)
    fetched = _fetched(request, closing)
    project = read(fetched.folder, name=fetched.name)
    point = project.entry_point(request.entry_point)
    bound = bind(point, request.parameters, base=Path.cwd(), project=project.folder, fetch=partial(_brought, request))
    request = grouped(request, project.folder, point, bound)
    name = DOCKER if project.docker and request.backend == "local" else request.backend
    backend: Backend = plugins.load("project_backends", name)()
    config = _config(request)
    if not request.dry_run:
        backend.check(project, config)
    manager = "local" if name in elsewhere.BACKENDS else request.env_manager
    environment = plan(project, point, manager, allow_urls=request.allow_urls)
    return Ready(
        request=request,
        fetched=fetched,
        project=project,
        point=point,
        bound=bound,
        backend=backend,
        config=config,
        environment=environment,
        mask=masking.mask_of(os.environ, config, request.environ),
    )


def lend_store(ready: Ready, closing: ExitStack) -> str:
    """The address at which a project whose packages speak to servers only finds a store that is a folder; else empty."""
    if "MLFLOW_TRACKING_URI" in ready.request.environ:  # whoever asks has seen to it, for several runs
        return ""
    address = PROCESS.connect().address
    if address.kind != "folder" or ready.request.backend != "local" or ready.project.docker:
        return ""
    needed = ready.environment.is_thin or lend.names_mlflow(ready.project)
    return closing.enter_context(lend.lent(Path(address.location))) if needed else ""


def _fetched(request: Request, closing: ExitStack) -> Fetched:
    source = source_of(request.uri, request.version)
    if source.folder is not None:
        return in_place(source)
    found: Fetched = closing.enter_context(
        plugins.load("project_fetchers", "git")(request.uri, request.version, _storage(request))
    )
    return found


def _brought(request: Request, uri: str) -> Path:
    found: Path = plugins.load("project_fetchers", "data")(uri, _storage(request))
    return found


def _storage(request: Request) -> Path | None:
    return Path(request.storage_dir).expanduser() if request.storage_dir else None


def _config(request: Request) -> dict[str, Any]:
    """The backend's configuration, with what MLflow has arguments of its own for."""
    told = {
        "docker_args": request.docker_args,
        "docker_auth": request.docker_auth,
        "build_image": request.build_image,
    }
    return {**request.backend_config, **{name: value for name, value in told.items() if value}}
