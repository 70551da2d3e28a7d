"""Projects as Ray Jobs: the folder is sent to the cluster, and the command runs on one of its machines."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import posixpath
import shlex
import time
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from modelyard.core.errors import InvalidParameter, ProjectFailed, first_line
from modelyard.core.extras import require
from modelyard.projects import elsewhere
from modelyard.projects.backend import Launch, State
from modelyard.projects.declared import declared
from modelyard.projects.followed import FollowedJob
from modelyard.projects.spec import Project

_OPTIONS = ("address", "runtime_env", "num_cpus", "num_gpus", "memory", "resources", "environment")
_WHAT = "The backend ray"
_STATES: Mapping[str, State] = {"SUCCEEDED": "FINISHED", "STOPPED": "KILLED", "FAILED": "FAILED"}
_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LOST_SECONDS = 60.0
_ENVIRONMENTS = frozenset({"pip", "uv", "conda", "container", "image_uri", "py_executable"})
_TALKERS = ("ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")
_HERE = ("", "auto", "local", "localhost")


class RayBackend:
    """Submits a job to a cluster. Options: ``address`` (of the dashboard; RAY_ADDRESS, or a cluster of this machine, without it),
    ``runtime_env``, ``num_cpus``, ``num_gpus``, ``memory``, ``resources`` and ``environment``.
    """

    def check(self, project: Project, config: Mapping[str, Any]) -> None:
        """Options that can be understood, and a cluster that answers."""
        _understood(project, config)
        _client(config)

    def describe(self, launch: Launch) -> str:
        """What is submitted, as JSON."""
        _understood(launch.project, launch.config)
        return json.dumps(submission(launch), indent=2)

    def submit(self, launch: Launch) -> RayJob:
        """Send the folder and start the job."""
        if _address(launch.config) is not None:
            elsewhere.refuse_near(launch, "a cluster of other machines")
        asked = elsewhere.environment_of(launch.project, launch.config, os.environ)
        elsewhere.refuse_credentials(launch, asked, "the job in Ray's dashboard")
        client = _client(launch.config)
        try:
            job = client.submit_job(**submission(launch, ending=elsewhere.new_ending()))
        except Exception as error:  # noqa: BLE001 - Ray raises what its many parts raise
            raise ProjectFailed(f"The Ray cluster did not take the job: {first_line(error)}.") from None
        return RayJob(client, str(job), launch)


class RayJob(FollowedJob):
    """A job of a cluster; its output is told as it comes."""

    def __init__(self, client: Any, job: str, launch: Launch) -> None:
        super().__init__(job)
        self._client = client
        self._launch = launch
        self._told = 0
        self.follow()

    def _outcome(self) -> tuple[State, str]:
        pause, answered = _PAUSE, time.monotonic()
        while True:
            try:
                asyncio.run(self._listen())
                about = self._client.get_job_info(self._name)
            except Exception as error:  # noqa: BLE001 - what its HTTP libraries raise: the cluster may answer again
                if time.monotonic() - answered > _LOST_SECONDS:
                    return "FAILED", f"the cluster does not answer any more: {first_line(error)}"
            else:
                answered = time.monotonic()
                state = _STATES.get(str(about.status))
                if state is not None:
                    return state, _reason(about)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _stop(self) -> None:
        self._client.stop_job(self._name)  # the cluster asks it first, and kills it after a moment

    async def _listen(self) -> None:
        """Tell the log, from where it was left: each time it is asked for, it comes from its beginning."""
        position = 0
        async for text in self._client.tail_job_logs(self._name):
            new = text[max(self._told - position, 0) :]
            position += len(text)
            if new:
                self._told = position
                self._launch.output(new)


def submission(launch: Launch, *, ending: str = "") -> dict[str, Any]:
    """The arguments of Ray's ``submit_job``; the job's name has an ``ending``.

    Its entry point is a line for a shell, so words are quoted for one. In ``env_vars`` Ray replaces ``$NAME``; a value with a
    ``$`` in it is set by that line instead.
    """
    config = launch.config
    root = elsewhere.root_of(launch)
    inside = launch.folder.relative_to(root).as_posix()
    above = posixpath.relpath(".", inside)
    told = {
        **elsewhere.environment_of(launch.project, config, os.environ),
        **elsewhere.variables_of(launch, above),
    }
    line = [f"export {name}={shlex.quote(value)}" for name, value in told.items() if "$" in value]
    if told.pop("MODELYARD_PROJECT_ROOT", None):
        line.append('export MODELYARD_PROJECT_ROOT="$PWD"')
    if inside != ".":
        line.append(f"cd {shlex.quote(inside)}")
    line.append(shlex.join(elsewhere.words_of(launch, above)))
    more = config.get("runtime_env") or {}
    variables = {name: value for name, value in told.items() if "$" not in value}
    names = {
        f"entrypoint_{name}": config[name] for name in ("num_cpus", "num_gpus", "memory", "resources") if name in config
    }
    return {
        "submission_id": f"modelyard-{elsewhere.run_of(launch)}{ending}",
        "entrypoint": " && ".join(line),
        "runtime_env": {
            **_packages(launch, more),
            **more,
            "working_dir": os.fspath(root),
            "env_vars": {**more.get("env_vars", {}), **variables},
        },
        "metadata": {"modelyard.run": elsewhere.run_of(launch)},
        **names,
    }


def _packages(launch: Launch, more: Mapping[str, Any]) -> dict[str, Any]:
    """What the project's files ask for, installed by Ray beside what its machines have; the caller's own choice goes first."""
    if set(more) & _ENVIRONMENTS or launch.environ.get("MODELYARD_PROJECT_ENV_MANAGER") == "local":
        return {}
    allow_urls = "MODELYARD_PROJECT_ALLOW_URLS" in launch.environ
    found = declared(launch.project, launch.project.entry_point(launch.entry_point), allow_urls=allow_urls)
    if found is None or not (found.packages or found.lines.requirements):
        return {}
    if not all(package.is_python for package in found.packages):
        raise InvalidParameter(
            f"{found.source} asks for packages of conda. Name an environment that the cluster has, with the option runtime_env:"
            ' {"conda": NAME}, or run in the one of its machines with --env-manager local.'
        )
    return {"pip": [*(package.for_pip() for package in found.packages), *found.lines.requirements]}


def _understood(project: Project, config: Mapping[str, Any]) -> None:
    elsewhere.checked(config, _OPTIONS, "ray")
    more = config.get("runtime_env") or {}
    if not isinstance(more, Mapping) or "working_dir" in more or not isinstance(more.get("env_vars", {}), Mapping):
        raise InvalidParameter("runtime_env is a mapping of Ray's; its working_dir is the project.")
    elsewhere.environment_of(project, config, os.environ)


def _address(config: Mapping[str, Any]) -> str | None:
    """The address of a cluster that is on other machines; None for one of this machine."""
    told = config.get("address") or os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS") or ""
    text = str(told)
    host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    return None if text in _HERE or host in _HERE or host.startswith("127.") else text


def _client(config: Mapping[str, Any]) -> Any:
    jobs = require("ray.job_submission", what=_WHAT, extra="ray")
    address = config.get("address")
    warnings.filterwarnings("ignore", "ssl=None is deprecated")  # Ray's own client says it to its HTTP library
    for name in _TALKERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        return jobs.JobSubmissionClient(str(address) if address else None)
    except Exception as error:  # noqa: BLE001 - Ray raises what its many parts raise
        where = f" at {address}" if address else ""
        raise InvalidParameter(
            f"No Ray cluster answers{where}: {first_line(error)}. Start one with 'ray start --head',"
            ' or name its dashboard: --backend-config \'{"address": "http://HOST:8265"}\'.'
        ) from None


def _reason(about: Any) -> str:
    if about.driver_exit_code:
        return f"it ended with exit code {about.driver_exit_code}"
    return " ".join(str(about.message or "").split())[:500]
