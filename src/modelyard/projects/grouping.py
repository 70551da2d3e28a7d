"""The experiment that a project's own configuration names: ``main.experiment_name`` of its ``config.yaml``.

Pipelines that are put together with Hydra have it there, and their steps go where it says. The run that starts them is made
before their code reads it, so it is read here: all runs of a pipeline are in one experiment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.active import PROCESS
from modelyard.core.extras import optional
from modelyard.core.settings import Settings
from modelyard.projects.command import words_of
from modelyard.projects.parameters import Bound
from modelyard.projects.record import parent_run_id
from modelyard.projects.request import Request
from modelyard.projects.spec import EntryPoint

FILE = "config.yaml"
_LARGEST = 1 << 20
_OVERRIDE = re.compile(r"\+{0,2}main\.experiment_name=(['\"]?)(.+)\1", re.DOTALL)


def grouped(request: Request, folder: Path, point: EntryPoint, bound: Bound) -> Request:
    """A request with the experiment of its project's configuration, where nobody has named one and no run goes on.

    An override among words for Hydra, ``main.experiment_name=prod``, is heard as well.
    """
    settings = Settings.read()
    chosen = request.experiment_name or request.experiment_id or settings.experiment_name or settings.experiment_id
    if chosen or request.run_id or parent_run_id() or PROCESS.experiment_id is not None:
        return request
    name = _overridden(point, bound) or _configured(folder / FILE)
    return msgspec.structs.replace(request, experiment_name=name) if name else request


def _overridden(point: EntryPoint, bound: Bound) -> str:
    words = [word for name in point.command.spliced for word in words_of(bound.values[name])]
    found = [match[2] for word in words if (match := _OVERRIDE.fullmatch(word)) is not None]
    return found[-1] if found and "," not in found[-1] else ""


def _configured(file: Path) -> str:
    yaml = optional("yaml")
    if yaml is None or not file.is_file() or file.stat().st_size > _LARGEST:
        return ""
    try:
        document: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return ""  # it is the project's own affair, which says so itself
    main = document.get("main") if isinstance(document, Mapping) else None
    name = main.get("experiment_name") if isinstance(main, Mapping) else None
    return name if isinstance(name, str) and "${" not in name else ""
