"""The variables a launched process has beside those of its launcher: how it finds its run, its store and its project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from modelyard.client.active import PROCESS
from modelyard.client.uris import parse_address
from modelyard.core.entities import RunInfo
from modelyard.core.settings import Settings
from modelyard.projects.environment import Manager
from modelyard.projects.spec import FILES

SHARED = "src"
"""The folder of a project whose modules its components import: ``from _utils import …`` finds ``src/_utils``."""


def of_run(info: RunInfo, lent: str = "") -> dict[str, str]:
    """What names the run and its store, to our client and to MLflow's. ``lent`` is the store's address while it is lent.

    What the launcher's own environment says of another experiment is taken back.
    """
    address = PROCESS.connect().address
    told = {
        "RUN_ID": info.run_id,
        "EXPERIMENT_ID": info.experiment_id,
        "TRACKING_URI": lent or address.location,
    }
    if address.username:
        told |= {"TRACKING_USERNAME": address.username, "TRACKING_PASSWORD": address.password}
    registry = PROCESS.registry_uri or Settings.read().registry_uri
    if registry:
        found = parse_address(registry).location
        told["REGISTRY_URI"] = lent if lent and found == address.location else found
    named = [name for name in ("MLFLOW_EXPERIMENT_NAME", "MODELYARD_EXPERIMENT_NAME") if os.environ.get(name)]
    return {
        **{f"{prefix}_{name}": value for prefix in ("MLFLOW", "MODELYARD") for name, value in told.items()},
        **dict.fromkeys(named, ""),
    }


def of_project(folder: Path, manager: Manager | None, *, allow_urls: bool = False) -> dict[str, str]:
    """What names the outermost project, lets its components import what they share, and hands the chosen manager on."""
    settings = Settings.read()
    own = _project_above(folder)
    root = Path(settings.project_root or own)
    shared = list(dict.fromkeys(os.fspath(each / SHARED) for each in (own, root) if (each / SHARED).is_dir()))
    told = {"MODELYARD_PROJECT_ROOT": os.fspath(root)}
    if manager or settings.project_env_manager:
        told["MODELYARD_PROJECT_ENV_MANAGER"] = manager or settings.project_env_manager
    if allow_urls:
        told["MODELYARD_PROJECT_ALLOW_URLS"] = "true"
    if shared:
        told["PYTHONPATH"] = os.pathsep.join(shared)
    return told


def together(environment: Mapping[str, str], *others: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment and all others; in ``PYTHONPATH`` the environment's come first.

    An environment that says nothing of that is the one that runs this, whose paths a process of it has too.
    """
    told = dict(environment)
    paths = list(_paths(environment if "PYTHONPATH" in environment else os.environ))
    for other in others:
        told |= other
        paths += [path for path in _paths(other) if path not in paths]
    if "PYTHONPATH" in told:
        told["PYTHONPATH"] = os.pathsep.join(paths)
    return told


def of_this_environment() -> dict[str, str]:
    """Lets the scripts that a project starts find the programs of the environment that runs this, though it is not active."""
    programs = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath)
    if sys.prefix == sys.base_prefix or programs in path.split(os.pathsep):
        return {}
    return {"PATH": os.pathsep.join((programs, path))}


def _paths(variables: Mapping[str, str]) -> Iterator[str]:
    return (path for path in variables.get("PYTHONPATH", "").split(os.pathsep) if path)


def _project_above(folder: Path) -> Path:
    """The project whose component a folder is: one further up that has it below ``src``; else the folder itself."""
    for above in folder.parents:
        if above / SHARED in folder.parents and any((above / name).is_file() for name in FILES):
            return above
    return folder
