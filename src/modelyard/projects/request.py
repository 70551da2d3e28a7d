"""What a caller asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.projects.environment import Manager


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What shall run. ``parameters`` are values by name; ``run_id`` is a run that exists already and takes what is logged.

    ``tags`` and ``environ`` are added to those every launched run and process has. ``jobs`` and ``new_sweep`` are for a
    request that turns out to be a sweep.
    """

    uri: str
    entry_point: str = "main"
    version: str | None = None
    parameters: Mapping[str, Any] = {}
    experiment_name: str | None = None
    experiment_id: str | None = None
    run_name: str | None = None
    run_id: str | None = None
    env_manager: Manager | None = None
    allow_urls: bool = False
    backend: str = "local"
    backend_config: Mapping[str, Any] = {}
    docker_args: Mapping[str, str | bool] = {}
    docker_auth: Mapping[str, str] = {}
    build_image: bool = False
    storage_dir: str | None = None
    tags: Mapping[str, str] = {}
    environ: Mapping[str, str] = {}
    jobs: int | None = None
    new_sweep: bool = False
    dry_run: bool = False
    quiet: bool = False
