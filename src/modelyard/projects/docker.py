"""Projects in a container of this machine's engine: the image of ``docker_env``, with the project and its store in it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter, ProjectFailed
from modelyard.projects import elsewhere
from modelyard.projects.backend import Launch, State
from modelyard.projects.engine import PROGRAMS, Engine, find_engine
from modelyard.projects.local import GRACE, LocalJob
from modelyard.projects.programs import ask
from modelyard.projects.spec import Project

_OPTIONS = ("image", "engine", "environment", "docker_args", "docker_auth", "build_image", "repository-uri", "volumes")
_ARGUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# what the engine's own program reads: a value for the container must not reach it
_ENGINES = re.compile(
    r"PATH|HOME|USER|TMPDIR|LANG|LC_\w+|LD_\w+|DOCKER_\w+|BUILDKIT_\w+|CONTAINER\w*|XDG_\w+|\w+_proxy", re.IGNORECASE
)
_STOP_SECONDS = 8
_ENGINE_FAILED, _NOT_RUNNABLE, _NOT_THERE = 125, 126, 127


class DockerBackend:
    """Runs ``docker run --rm`` in the foreground. Options: ``image``, ``engine``, ``environment``, ``volumes``, ``docker_args``,
    ``docker_auth``, ``build_image``, ``repository-uri``.
    """

    def check(self, project: Project, config: Mapping[str, Any]) -> None:
        """An image, an engine that answers, and options that can be understood."""
        elsewhere.checked(config, _OPTIONS, "docker")
        if not elsewhere.image_of(project, config):
            raise InvalidParameter(
                f"The project {project.name!r} names no image to run in. Write docker_env: {{image: …}} in its MLproject, or"
                ' give one: --backend-config \'{"image": "python:3.12-slim"}\'.'
            )
        _arguments(config)
        _volumes(project, config)
        elsewhere.environment_of(project, config, os.environ)
        find_engine(config).check()

    def describe(self, launch: Launch) -> str:
        """The command line. Values that are handed over by the environment do not stand in it."""
        return shlex.join(
            command(
                Engine(str(launch.config.get("engine") or PROGRAMS[0])), launch, _image(launch), name=_name(launch)
            )[0]
        )

    def submit(self, launch: Launch) -> DockerJob:
        """Build the image where that is asked for, and start a container."""
        engine, image = find_engine(launch.config), _image(launch)
        engine.login(launch.config.get("docker_auth") or {})
        if launch.config.get("build_image"):
            image = engine.build(
                elsewhere.image_of(launch.project, launch.config), elsewhere.root_of(launch), image, launch.output
            )
        name = f"{_name(launch)}{elsewhere.new_ending()}"
        words, environ = command(engine, launch, image, name=name, rootless=engine.is_rootless())
        try:
            process = subprocess.Popen(  # noqa: S603 - words, and no shell
                words,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ProjectFailed(f"{engine.program} cannot be started: {error.strerror}.") from None
        return DockerJob(engine, name, LocalJob(process, launch, GRACE), process)


class DockerJob:
    """A container, and the engine's program that follows it."""

    def __init__(self, engine: Engine, name: str, job: LocalJob, process: subprocess.Popen[bytes]) -> None:
        self._engine = engine
        self._name = name
        self._job = job
        self._process = process

    def wait(self) -> State:
        """Block until the container has ended."""
        return self._job.wait()

    def state(self) -> State:
        """How it stands; the engine's program ends as what ran in the container did."""
        return self._job.state()

    def cancel(self) -> None:
        """Stop the container: asked first, killed after a moment. Also where the engine's program has lost it."""
        if self._job.state() == "RUNNING":
            try:
                ask([self._engine.program, "stop", "-t", str(_STOP_SECONDS), self._name], seconds=_STOP_SECONDS * 3)
            finally:
                self._job.cancel()

    def explain(self) -> str:
        """What the exit code of the engine's program says."""
        if self.state() in ("RUNNING", "FINISHED"):
            return ""
        said = {
            _ENGINE_FAILED: "the engine could not start the container",
            _NOT_RUNNABLE: "the container's command cannot be run there",
            _NOT_THERE: "the container's command is not in the image",
            137: "it was killed in the container, perhaps for want of memory",
        }
        return said.get(self._process.returncode) or self._job.explain()


def command(
    engine: Engine, launch: Launch, image: str, *, name: str, rootless: bool = False
) -> tuple[list[str], dict[str, str]]:
    """The words that start a container, and the variables their program needs: values of variables are no words, as all of this
    machine can read those.
    """
    config, arguments = launch.config, _arguments(launch.config)
    names, root = set(map(str, config.get("docker_args") or ())), elsewhere.root_of(launch)
    words = [
        engine.program,
        "run",
        "--rm",
        "--init",
        f"--name={name}",
        f"--label=modelyard.run={elsewhere.run_of(launch)}",
    ]
    user = not names & {"user", "u"} and not rootless
    if user:
        words += [f"--user={os.getuid()}:{os.getgid()}", *(["--userns=keep-id"] if engine.is_podman else [])]
    if not config.get("build_image"):
        words.append(_mount(root, elsewhere.PLACE))
    words += [f"--workdir={elsewhere.folder_of(launch)}", *_store(launch, names)]
    others = sorted({path for path in launch.paths if not path.is_relative_to(root)})
    words += [f"{_mount(path, os.fspath(path))},readonly" for path in others]
    words += [f"--volume={volume}" for volume in _volumes(launch.project, config)]
    inline, handed = _variables(launch, user=user)
    words += [*(f"--env={name}={value}" for name, value in inline.items()), *(f"--env={name}" for name in handed)]
    return [*words, *arguments, image, *elsewhere.words_of(launch)], handed


def _variables(launch: Launch, *, user: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Those that are words, because the engine's program would take them for its own, and those it hands over."""
    told = {
        **({"HOME": "/tmp"} if user else {}),  # noqa: S108 - in the container, whose image does not know this user
        **elsewhere.credentials_of(launch, os.environ),
        **elsewhere.environment_of(launch.project, launch.config, os.environ),
        **elsewhere.variables_of(launch),
    }
    inline = {name: value for name, value in told.items() if _ENGINES.fullmatch(name)}
    return inline, {name: value for name, value in told.items() if name not in inline}


def _store(launch: Launch, arguments: set[str]) -> list[str]:
    """A store that is a folder is there under its own path; a server of this machine must be reached by its network."""
    address = elsewhere.store_of(launch)
    if address.kind == "folder":
        Path(address.location).mkdir(mode=0o700, parents=True, exist_ok=True)
        return [_mount(Path(address.location), address.location)]
    if elsewhere.is_loopback(address) and not arguments & {"network", "net"}:
        raise InvalidParameter(
            f"The server {address.location} listens on this machine's loopback, which is another one in a container. Add"
            " -A network=host, or track to an address that containers reach."
        )
    return []


def _image(launch: Launch) -> str:
    """What is run; where it is built, the name it gets: with the commit in it, as MLflow's has."""
    if not launch.config.get("build_image"):
        return elsewhere.image_of(launch.project, launch.config)
    return elsewhere.built_name(launch)


def _name(launch: Launch) -> str:
    return f"modelyard-{elsewhere.run_of(launch)}"


def _mount(source: Path, target: str) -> str:
    fields = ("type=bind", f"source={source}", f"target={target}")
    return "--mount=" + ",".join(
        f'"{each.replace(chr(34), chr(34) * 2)}"' if set(each) & set(',"') else each for each in fields
    )


def _volumes(project: Project, config: Mapping[str, Any]) -> list[str]:
    told: Sequence[Any] = [*(project.docker.volumes if project.docker else ()), *(config.get("volumes") or ())]
    for volume in told:
        if not isinstance(volume, str) or ":" not in volume or _CONTROL.search(volume):
            raise InvalidParameter(f"The volume {volume!r} is not understood: write /folder/here:/folder/there.")
    return list(told)


def _arguments(config: Mapping[str, Any]) -> list[str]:
    """``-A name=value`` and ``-A name`` as words of ``docker run``."""
    told = config.get("docker_args") or {}
    if not isinstance(told, Mapping):
        raise InvalidParameter(f"docker_args is {told!r}; write a mapping of names and values.")
    words: list[str] = []
    for name, value in told.items():
        if not _ARGUMENT.fullmatch(str(name)):
            raise InvalidParameter(f"-A {name}: write an option of 'docker run' without its dashes, such as gpus=all.")
        for each in value if isinstance(value, list | tuple) else [value]:
            words += _argument(str(name), each)
    return words


def _argument(name: str, value: Any) -> list[str]:
    option = f"-{name}" if len(name) == 1 else f"--{name}"
    if value is True:
        return [option]
    if value is False or value is None:
        return []
    if _CONTROL.search(str(value)):
        raise InvalidParameter(f"-A {name} has control characters.")
    return [f"-{name}{value}"] if len(name) == 1 else [f"--{name}={value}"]
