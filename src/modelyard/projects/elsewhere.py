"""What holds for every place but this machine: which variables go there, under which paths, and which store it reaches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelyard.client.active import PROCESS
from modelyard.client.git import read_checkout
from modelyard.client.uris import Address, parse_address
from modelyard.core.errors import InvalidParameter
from modelyard.core.ids import new_token
from modelyard.projects.backend import Launch
from modelyard.projects.spec import Project

BACKENDS = frozenset({"docker", "kubernetes", "ray"})
"""Those whose places have a Python of their own: no environment is made here for them."""

PLACE = "/mlflow/projects/code"
"""Where a project lies in a container; MLflow's place."""

TRACKING_URIS = ("MODELYARD_TRACKING_URI", "MLFLOW_TRACKING_URI")
"""The variables that name the store; the first wins."""

_ROOT = "MODELYARD_PROJECT_ROOT"
_PREFIXES = ("MODELYARD", "MLFLOW")
_CREDENTIALS = re.compile(r"(MLFLOW|MODELYARD)_TRACKING_(USERNAME|PASSWORD|TOKEN)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
_HERE = ("localhost", "::1", "0.0.0.0", "::")  # noqa: S104 - these are recognised, and nothing is bound


def root_of(launch: Launch) -> Path:
    """The folder that goes there: the outermost project's, where the project lies in it."""
    root = Path(launch.environ.get(_ROOT) or launch.folder)
    return root if launch.folder.is_relative_to(root) else launch.folder


def words_of(launch: Launch, place: str = PLACE) -> list[str]:
    """The command there: ``python`` is that place's, and paths in the project are below ``place``.

    Raises ``InvalidParameter`` for a notebook: what plays it is on this machine.
    """
    if launch.project.entry_point(launch.entry_point).kind == "notebook":
        raise InvalidParameter(
            f"The notebook {launch.entry_point!r} runs on this machine only. Leave --backend out, or make it a script."
        )
    words = ["python" if word == os.fspath(launch.environment.python) else word for word in launch.argv[:1]]
    root = os.fspath(root_of(launch))
    return [*words, *(moved(word, root, place) for word in launch.argv[1:])]


def folder_of(launch: Launch, place: str = PLACE) -> str:
    """The folder to run in, there."""
    inside = launch.folder.relative_to(root_of(launch)).as_posix()
    return place if inside == "." else f"{place}/{inside}"


def variables_of(launch: Launch, place: str = PLACE) -> dict[str, str]:
    """What code needs to find its run, but for credentials; not what makes up this machine's environment.

    Where there is no run yet, what its variables will say stands in capitals.
    """
    own, root = launch.environment.environ, os.fspath(root_of(launch))
    told = (
        {} if launch.run_id else {f"{each}_{name}": name for each in _PREFIXES for name in ("RUN_ID", "EXPERIMENT_ID")}
    )
    told |= {uri: store_of(launch).location for uri in TRACKING_URIS}
    told |= {
        name: value for name, value in launch.environ.items() if own.get(name) != value and not is_credential(name)
    }
    if "PYTHONPATH" in told:  # what this machine's programs find elsewhere is not there
        parts = [part for part in told["PYTHONPATH"].split(os.pathsep) if moved(part, root, place) != part]
        told["PYTHONPATH"] = os.pathsep.join(moved(part, root, place) for part in parts)
    if _ROOT in told:
        told[_ROOT] = moved(told[_ROOT], root, place)
    return {name: value for name, value in told.items() if value}


def credentials_of(launch: Launch, environ: Mapping[str, str]) -> dict[str, str]:
    """What lets code into the store."""
    return {name: value for name, value in {**environ, **launch.environ}.items() if is_credential(name) and value}


def is_credential(name: str) -> bool:
    """Whether a variable lets code into a store."""
    return _CREDENTIALS.fullmatch(name) is not None


def run_of(launch: Launch) -> str:
    """The run's id, or what stands for it where there is none yet."""
    return launch.run_id or "run-id"


def new_ending() -> str:
    """What makes a name another one than before: a run may be gone on with, and old names stay taken."""
    return f"-{new_token()[:6]}"


def moved(word: str, root: str, place: str) -> str:
    """A path in the folder ``root`` as it is below ``place``; any other text as it stands."""
    return place + word[len(root) :] if word == root or word.startswith(f"{root}/") else word


def store_of(launch: Launch) -> Address:
    """The store the run is in."""
    told = next((launch.environ[name] for name in TRACKING_URIS if name in launch.environ), "")
    return parse_address(told or PROCESS.connect().location)


def is_loopback(address: Address) -> bool:
    """Whether only this machine reaches a server."""
    host = urlsplit(address.location).hostname or ""
    return address.kind == "http" and (host in _HERE or host.startswith("127."))


def refuse_near(launch: Launch, where: str) -> None:
    """Raise ``InvalidParameter`` for a store, and for files, that only this machine reaches."""
    address = store_of(launch)
    if address.kind == "folder" or is_loopback(address):
        what = "The store is a folder" if address.kind == "folder" else f"The server {address.location} is"
        raise InvalidParameter(
            f"{what} of this machine, which {where} does not reach. Track to a server that it does: MLFLOW_TRACKING_URI=https://…"
        )
    for path in launch.paths:
        if not path.is_relative_to(root_of(launch)):
            raise InvalidParameter(
                f"{os.fspath(path)!r} is on this machine, where {where} does not find it. Put the file into the project, or give"
                " the parameter the type uri and have the project fetch it."
            )


def refuse_credentials(launch: Launch, asked: Iterable[str], where: str) -> None:
    """Raise ``InvalidParameter`` where a run needs credentials that nobody said may be sent."""
    missing = sorted(set(credentials_of(launch, os.environ)) - set(asked))
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise InvalidParameter(
            f"The store wants the credentials {', '.join(missing)}, which all who look at {where} could read. To send them"
            f" nevertheless, give the option environment: [{names}]. Kubernetes has Secrets instead: give the option secret."
        )


def image_of(project: Project, config: Mapping[str, Any]) -> str:
    """The image to run in: the caller's, else the project's; empty where there is none."""
    image = str(config.get("image") or (project.docker.image if project.docker else ""))
    if image and not _IMAGE.fullmatch(image):
        raise InvalidParameter(
            f"{image!r} is no name of an image, such as python:3.12-slim or registry.example/team/train:1."
        )
    return image


def built_name(launch: Launch) -> str:
    """The name of an image that is made for a run: of its commit, else of the run."""
    repository = str(launch.config.get("repository-uri") or "docker-project")
    checkout = read_checkout(launch.folder)
    version = checkout.commit[:7] if checkout else run_of(launch)[:12]
    return image_of(launch.project, {"image": f"{repository}:{version}"})


def environment_of(project: Project, config: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables a project's ``docker_env`` and the caller's ``environment`` ask for.

    A name copies the launcher's variable, a pair (or a mapping) sets one. Raises ``InvalidParameter`` for one that is not set.
    """
    asked = [*(project.docker.environment if project.docker else ()), *_listed(config.get("environment"))]
    found: dict[str, str] = {}
    for each in asked:
        name, value = (each, None) if isinstance(each, str) else (str(each[0]), str(each[1]))
        if not _NAME.fullmatch(name):
            raise InvalidParameter(f"{name!r} is no name of an environment variable.")
        if value is None and name not in environ:
            raise InvalidParameter(f"The project asks for the environment variable {name}, which is not set here.")
        found[name] = environ[name] if value is None else value
    return found


def checked(config: Mapping[str, Any], known: Iterable[str], backend: str) -> None:
    """Raise ``InvalidParameter`` for an option a backend does not have."""
    shared = {"docker_args", "docker_auth", "build_image"}
    for name in config:
        if name not in {*known, *shared}:
            raise InvalidParameter(
                f"The backend {backend} has no option {name!r}. Options: {', '.join(sorted(known))}."
            )


def _listed(told: Any) -> list[Any]:
    if told is None:
        return []
    if isinstance(told, Mapping):
        return list(told.items())
    if isinstance(told, list | tuple) and all(isinstance(each, str) or len(each) == 2 for each in told):
        return list(told)
    raise InvalidParameter(f"environment is {told!r}; write names that are copied, [name, value] pairs, or a mapping.")
