"""The manifest of a project's Job, and how it is written."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.extras import require
from modelyard.projects import elsewhere
from modelyard.projects.backend import Launch

_WHAT = "A manifest for Kubernetes"
_NAMESPACE = "default"
_ODD = re.compile(r"[^a-z0-9]+")


def manifest(launch: Launch, image: str, *, ending: str = "") -> dict[str, Any]:
    """The Job of a launch: the caller's template, or ours, with MLflow's five places filled in; its name has an ``ending``.

    It is tried once: a run that failed is not repeated behind the user's back.
    """
    config = launch.config
    job = template_of(config) or _plain(config)
    meta, pod = job.setdefault("metadata", {}), job["spec"]["template"]
    labels = {"app.kubernetes.io/managed-by": "modelyard", "modelyard.run": elsewhere.run_of(launch)}
    meta["name"] = f"{_slug(launch.project.name)}-{elsewhere.run_of(launch)[:12]}{ending}"
    meta["namespace"] = str(config.get("namespace") or meta.get("namespace") or _NAMESPACE)
    for each in (meta, pod.setdefault("metadata", {})):
        each["labels"] = {**each.get("labels", {}), **labels}
    job["spec"].setdefault("backoffLimit", 0)
    pod["spec"].setdefault("restartPolicy", "Never")
    container = pod["spec"]["containers"][0]
    container["name"] = _slug(launch.project.name)
    container["image"] = image
    container["command"] = list(elsewhere.words_of(launch))
    container.setdefault("workingDir", elsewhere.folder_of(launch))
    told = {
        **elsewhere.environment_of(launch.project, config, os.environ),
        **elsewhere.variables_of(launch),
    }
    others = [each for each in container.get("env") or () if each.get("name") not in told]
    container["env"] = [*others, *({"name": name, "value": value} for name, value in told.items())]
    return job


def template_of(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The caller's template: the file ``kube-job-template-path``; raises ``InvalidParameter`` for one that is no Job."""
    path = config.get("kube-job-template-path")
    if not path:
        return None
    file = Path(str(path)).expanduser()
    yaml = require("yaml", what=_WHAT, extra="projects")
    try:
        job = yaml.safe_load(file.read_text(encoding="utf-8"))
        containers = job["spec"]["template"]["spec"]["containers"]
    except OSError as error:
        raise NotFound(f"kube-job-template-path: {file}: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        containers = None
    if not isinstance(containers, list) or not containers or job.get("kind", "Job") != "Job":
        raise InvalidParameter(f"kube-job-template-path: {file} is no Job with spec.template.spec.containers.")
    found: dict[str, Any] = copy.deepcopy(job)
    return {"apiVersion": "batch/v1", "kind": "Job", **found}


def written(job: Mapping[str, Any]) -> str:
    """The manifest as YAML. Texts that another reader could take for numbers or for yes and no are in quotes."""
    yaml = require("yaml", what=_WHAT, extra="projects")

    class Dumper(yaml.SafeDumper):  # type: ignore[misc,name-defined] # the module comes at run time
        """Quotes all texts but plain words."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        plain = re.fullmatch(r"[A-Za-z][A-Za-z./-]{3,}", value) and value.lower() not in ("true", "false", "null")
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')

    Dumper.add_representer(str, text)
    told: str = yaml.dump(dict(job), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
    return told


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "", "image": ""}
    if config.get("resources"):
        container["resources"] = config["resources"]
    if config.get("secret"):
        container["envFrom"] = [{"secretRef": {"name": str(config["secret"])}}]
    pod: dict[str, Any] = {}
    if config.get("service-account"):
        pod["serviceAccountName"] = str(config["service-account"])
    spec = {"template": {"spec": {**pod, "containers": [container]}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "spec": spec}


def _slug(name: str) -> str:
    """A name as Kubernetes takes them.

    >>> _slug("My Project")
    'my-project'
    """
    return _ODD.sub("-", name.lower()).strip("-")[:40].strip("-") or "project"
