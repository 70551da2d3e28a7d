"""Projects as Jobs of a Kubernetes cluster: a manifest that can be looked at, and kubectl to apply and follow it."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter, ProjectFailed
from modelyard.projects import elsewhere
from modelyard.projects.backend import Launch, State
from modelyard.projects.engine import find_engine
from modelyard.projects.followed import FollowedJob
from modelyard.projects.manifest import manifest, template_of, written
from modelyard.projects.programs import Child, Said, ask
from modelyard.projects.spec import Project

_OPTIONS = (
    *("kube-context", "repository-uri", "kube-job-template-path", "namespace", "image", "engine", "environment"),
    *("resources", "secret", "service-account", "start-timeout", "tracking-uri"),
)
_MLFLOWS_URI = "KUBE_MLFLOW_TRACKING_URI"
_QUICK = 60.0
_START_SECONDS = 600.0
_PAUSE, _LONGEST_PAUSE = 0.2, 3.0
_LOST = 20
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_DELETED: dict[str, Any] = {
    "status": {"conditions": [{"type": "Failed", "status": "True", "message": "somebody deleted it"}]}
}
_HOPELESS = ("InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull")


class KubernetesBackend:
    """Applies a Job and follows it. Options, of which the first three are MLflow's: ``kube-context``, ``repository-uri``,
    ``kube-job-template-path``, ``namespace``, ``image``, ``resources``, ``secret``, ``service-account``, ``environment``,
    ``start-timeout``, ``tracking-uri``, ``engine``.
    """

    def check(self, project: Project, config: Mapping[str, Any]) -> None:
        """Options that can be understood, an image that has the project, and kubectl with a cluster that answers."""
        understood(project, config)
        _cluster(config).check()
        if config.get("repository-uri"):
            find_engine(config).check()

    def describe(self, launch: Launch) -> str:
        """The manifest, as it is applied; the digest of an image that is built is not known yet."""
        understood(launch.project, launch.config)
        return written(manifest(_reaching(launch), _image(launch)))

    def submit(self, launch: Launch) -> KubernetesJob:
        """Build and send the image where there is a ``repository-uri``, and apply the manifest."""
        reaching = _reaching(launch)
        image = _image(launch)
        if not launch.config.get("image"):
            engine = find_engine(launch.config)
            engine.login(launch.config.get("docker_auth") or {})
            base = elsewhere.image_of(launch.project, {})
            engine.build(base, elsewhere.root_of(launch), image, launch.output)
            image = engine.push(image, launch.output)
        job = manifest(reaching, image, ending=elsewhere.new_ending())
        cluster = _cluster(launch.config)
        said = cluster.ask("apply", "-f", "-", text=written(job))
        if said.code:
            raise ProjectFailed(f"The cluster did not take the Job: {said.reason}")
        return KubernetesJob(cluster, job, launch)


class Cluster(NamedTuple):
    """kubectl with the cluster and the namespace it speaks to."""

    program: str
    context: str = ""
    namespace: str = ""

    def words(self, *words: str) -> list[str]:
        """A command line."""
        where = [f"--context={self.context}"] if self.context else []
        return [self.program, *where, *([f"--namespace={self.namespace}"] if self.namespace else []), *words]

    def ask(self, *words: str, text: str = "") -> Said:
        """Run it to its end."""
        return ask(self.words(*words), seconds=_QUICK, text=text)

    def check(self) -> None:
        """Raise ``InvalidParameter`` when no cluster answers."""
        said = self.ask("version", "--output=json", "--request-timeout=15s")
        if said.code:
            raise InvalidParameter(
                f"No Kubernetes cluster answers kubectl: {said.reason} --dry-run prints the manifest without one."
            )


class KubernetesJob(FollowedJob):
    """A Job that was applied; its log is told as it comes. It stays in the cluster when it has ended."""

    def __init__(self, cluster: Cluster, job: Mapping[str, Any], launch: Launch) -> None:
        super().__init__(job["metadata"]["name"])
        self._cluster = cluster._replace(namespace=job["metadata"]["namespace"])
        self._container: str = job["spec"]["template"]["spec"]["containers"][0]["name"]
        self._launch = launch
        self._cancelled = threading.Event()
        self._logs: Child | None = None
        self.follow()

    def _stop(self) -> None:
        self._cancelled.set()
        self._delete()  # with its pods, which are asked to end first
        if self._logs is not None:
            self._logs.end()

    def _outcome(self) -> tuple[State, str]:
        until = time.monotonic() + float(self._launch.config.get("start-timeout") or _START_SECONDS)
        pause, lost = _PAUSE, 0
        while not self._cancelled.is_set():
            job = self._look("get", "job", self._name)
            if job is None:
                lost += 1
                if lost > _LOST:
                    return "FAILED", f"the cluster does not tell any more how the Job {self._name} stands"
            else:
                lost = 0
                ended = _ended(job)
                if self._logs is None:
                    waiting, why = self._waiting()
                    if not waiting or ended:
                        self._tell_logs()
                        continue
                    if why in _HOPELESS or time.monotonic() > until:
                        self._delete()
                        return "FAILED", f"its container did not start: {why or 'no pod was scheduled in time'}"
                if ended is not None:
                    return ended
            self._cancelled.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return "KILLED", "it was cancelled"

    def _tell_logs(self) -> None:
        words = self._cluster.words("logs", "--follow", f"--container={self._container}", f"job/{self._name}")
        self._logs = Child(words, output=self._launch.output)
        self._logs.wait()

    def _waiting(self) -> tuple[bool, str]:
        """Whether the Job's container has not run yet, and what it waits for."""
        pods = self._look("get", "pods", f"--selector=job-name={self._name}") or {}
        listed = [each for pod in pods.get("items", ()) for each in pod.get("status", {}).get("containerStatuses", ())]
        statuses = [each for each in listed if each.get("name") == self._container]
        for status in statuses:
            if set(status.get("state", {})) & {"running", "terminated"}:
                return False, ""
        reasons = [str(each.get("state", {}).get("waiting", {}).get("reason", "")) for each in statuses]
        return True, next(filter(None, reasons), "")

    def _look(self, *words: str) -> dict[str, Any] | None:
        try:
            said = self._cluster.ask(*words, "--output=json")
        except ProjectFailed:  # it took too long
            return None
        if "(NotFound)" in said.err:
            return _DELETED
        if said.code:
            return None
        told: dict[str, Any] = json.loads(said.out)
        return told

    def _delete(self) -> None:
        words = ("delete", "job", self._name, "--ignore-not-found", "--wait=false", "--cascade=foreground")
        self._cluster.ask(*words)


def understood(project: Project, config: Mapping[str, Any]) -> None:
    """Raise ``InvalidParameter`` for options that are not, and where no image would have the project in it."""
    elsewhere.checked(config, _OPTIONS, "kubernetes")
    for name in ("kube-context", "namespace", "secret", "service-account"):
        if config.get(name) and not _WORD.fullmatch(str(config[name])):
            raise InvalidParameter(f"{name} is {config[name]!r}, which is no name.")
    if not isinstance(config.get("resources") or {}, Mapping):
        raise InvalidParameter(
            f"resources is {config['resources']!r}; write requests and limits, as a container has them."
        )
    if not isinstance(config.get("start-timeout") or 1, int | float):
        raise InvalidParameter(f"start-timeout is {config['start-timeout']!r}; write seconds.")
    elsewhere.image_of(project, config)
    elsewhere.environment_of(project, config, os.environ)
    template_of(config)
    if not config.get("image") and not (config.get("repository-uri") and project.docker):
        raise InvalidParameter(
            "A cluster needs an image that has the project in it. Give its name as the option image; or name a base image in"
            " docker_env of the MLproject, and as the option repository-uri where the image made of both is sent."
        )


def _image(launch: Launch) -> str:
    given = launch.config.get("image")
    return elsewhere.image_of(launch.project, launch.config) if given else elsewhere.built_name(launch)


def _reaching(launch: Launch) -> Launch:
    """The launch with a store that the cluster reaches: another address of it, where the caller gives one."""
    other = str(launch.config.get("tracking-uri") or os.environ.get(_MLFLOWS_URI) or "")
    if other:
        environ = {**launch.environ, **dict.fromkeys(elsewhere.TRACKING_URIS, other)}
        launch = msgspec.structs.replace(launch, environ=environ)
    elsewhere.refuse_near(launch, "a cluster")
    if not launch.config.get("secret"):
        asked = elsewhere.environment_of(launch.project, launch.config, os.environ)
        elsewhere.refuse_credentials(launch, asked, "the Job")
    return launch


def _cluster(config: Mapping[str, Any]) -> Cluster:
    found = shutil.which("kubectl")
    if found is None:
        raise InvalidParameter("There is no kubectl on PATH. --dry-run prints the manifest without it.")
    return Cluster(os.fspath(Path(found)), str(config.get("kube-context") or ""), str(config.get("namespace") or ""))


def _ended(job: Mapping[str, Any]) -> tuple[State, str] | None:
    for condition in job.get("status", {}).get("conditions", ()):
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            if condition["type"] == "Complete":
                return "FINISHED", ""
            said = " ".join(filter(None, (str(condition.get("reason", "")), str(condition.get("message", "")))))
            return "FAILED", f"its Job failed: {said}" if said else "its Job failed"
    return None
