"""Projects as Jobs: the manifest, and what kubectl is told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelyard.core.errors import InvalidParameter, ProjectFailed
from modelyard.projects.backend import Launch
from modelyard.projects.kubernetes import KubernetesBackend
from modelyard.projects.spec import read
from tests.integration.projects.conftest import HARD, RUN
from tests.support.recorded import Recorded

Launches = Callable[..., Launch]
IMAGE = {"image": "registry.example.org/team/wine:1"}
NAME = f"my-project-{RUN[:12]}"
JOB = {"to": ["get", "job"]}
RUNNING_POD = {
    "to": ["get", "pods"],
    "out": json.dumps(
        {"items": [{"status": {"containerStatuses": [{"name": "my-project", "state": {"running": {}}}]}}]}
    ),
}


def waiting_pod(reason: str) -> dict[str, Any]:
    side = {"name": "side", "state": {"running": {}}}  # what runs beside it says nothing of it
    status = {"containerStatuses": [side, {"name": "my-project", "state": {"waiting": {"reason": reason}}}]}
    return {"to": ["get", "pods"], "out": json.dumps({"items": [{"status": status}]})}


def job_is(*conditions: dict[str, str]) -> str:
    return json.dumps({"status": {"conditions": conditions}})


COMPLETE = job_is({"type": "Complete", "status": "True"})
FAILED = job_is({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has failed"})


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A recorded kubectl, the only program on the PATH."""
    program = Recorded(tmp_path / "bin", "kubectl", reads_stdin=True)
    monkeypatch.setenv("PATH", str(program.folder))
    return program


def manifest_of(asked: Launch) -> Any:
    return yaml.safe_load(KubernetesBackend().describe(asked))


def test_the_manifest_is_a_job_that_is_tried_once(launch: Launches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    resources = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
    config = {**IMAGE, "namespace": "science", "resources": resources, "secret": "store", "service-account": "runner"}
    job = manifest_of(launch(config))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert (job["metadata"]["name"], job["metadata"]["namespace"]) == (NAME, "science")
    assert job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"]
    assert job["metadata"]["labels"]["modelyard.run"] == RUN
    assert job["spec"]["backoffLimit"] == 0
    pod = job["spec"]["template"]["spec"]
    assert (pod["restartPolicy"], pod["serviceAccountName"]) == ("Never", "runner")
    (container,) = pod["containers"]
    assert container["image"] == IMAGE["image"]
    assert container["command"] == ["python", "train.py", HARD, "/mlflow/projects/code/data.csv"]
    assert container["workingDir"] == "/mlflow/projects/code"
    assert container["resources"] == resources
    assert container["envFrom"] == [{"secretRef": {"name": "store"}}]
    told = {each["name"]: each["value"] for each in container["env"]}
    assert told["MLFLOW_RUN_ID"] == told["MODELYARD_RUN_ID"] == RUN
    assert (told["GREETING"], told["PASSED_ON"]) == ("hello $HOME", "from here")
    assert "PATH" not in told


@pytest.mark.parametrize(
    "value", ["1e3", "yes", "y", "no", "0o17", "1_000", "null", "~", "12:30", "0x1f", "3.0", "", "a: b", "on"]
)
def test_a_value_is_a_text_to_every_reader_of_the_manifest(launch: Launches, value: str) -> None:
    """YAML's versions disagree on what is a number: what could be one is in quotes."""
    asked = launch({**IMAGE, "environment": {"VALUE": value}}, argv=("echo", value))
    text = KubernetesBackend().describe(asked)
    assert f'- "{value}"' in text
    if value:
        assert f'value: "{value}"' in text


def test_a_template_of_the_caller_is_filled_in(launch: Launches, tmp_path: Path) -> None:
    container = {
        "name": "x",
        "image": "y",
        "env": [{"name": "A", "value": "1"}, {"name": "MLFLOW_RUN_ID", "value": "z"}],
    }
    spec = {
        "ttlSecondsAfterFinished": 100,
        "backoffLimit": 2,
        "template": {"spec": {"containers": [container, {"name": "side"}]}},
    }
    template = {"metadata": {"name": "{replaced}", "namespace": "mlflow", "labels": {"team": "wine"}}, "spec": spec}
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(template))
    job = manifest_of(launch({**IMAGE, "kube-job-template-path": str(tmp_path / "job.yaml")}))
    assert (job["metadata"]["name"], job["metadata"]["namespace"]) == (NAME, "mlflow")
    assert job["metadata"]["labels"]["team"] == "wine"
    assert (job["spec"]["ttlSecondsAfterFinished"], job["spec"]["backoffLimit"]) == (100, 2)
    first, second = job["spec"]["template"]["spec"]["containers"]
    assert second == {"name": "side"}
    assert (first["name"], first["image"]) == ("my-project", IMAGE["image"])
    assert [each["value"] for each in first["env"] if each["name"] in ("A", "MLFLOW_RUN_ID")] == ["1", RUN]
    for text in ("a: [", "kind: Job", "[1]", "kind: Pod\nspec: {template: {spec: {containers: [{}]}}}"):
        (tmp_path / "job.yaml").write_text(text)
        with pytest.raises(InvalidParameter, match=r"is no Job with spec\.template"):
            manifest_of(launch({**IMAGE, "kube-job-template-path": str(tmp_path / "job.yaml")}))


def test_what_a_cluster_does_not_reach_is_refused(
    launch: Launches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uri in (str(tmp_path / "yard"), "http://localhost:5000", "http://[::1]:5000"):
        with pytest.raises(InvalidParameter, match="of this machine, which a cluster does not reach"):
            manifest_of(launch(IMAGE, uri=uri))
        told = manifest_of(launch({**IMAGE, "tracking-uri": "https://yard.example.org"}, uri=uri))
        assert "yard.example.org" in json.dumps(told)
    monkeypatch.setenv("KUBE_MLFLOW_TRACKING_URI", "http://mlflow.science:5000")  # MLflow's name
    assert "http://mlflow.science:5000" in KubernetesBackend().describe(launch(IMAGE, uri="http://localhost:5000"))
    with pytest.raises(InvalidParameter, match="does not find it"):
        manifest_of(launch(IMAGE, paths=(tmp_path / "data.csv",)))


def test_credentials_are_written_into_no_manifest(launch: Launches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "s3cr3t")
    with pytest.raises(InvalidParameter, match="MLFLOW_TRACKING_TOKEN, which all who look at the Job could read"):
        manifest_of(launch(IMAGE))
    assert "s3cr3t" not in KubernetesBackend().describe(launch({**IMAGE, "secret": "store"}))
    named = {**IMAGE, "environment": ["MLFLOW_TRACKING_TOKEN"]}
    assert "s3cr3t" in KubernetesBackend().describe(launch(named))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "needs an image that has the project in it"),
        ({**IMAGE, "namespace": "--all"}, "namespace is '--all', which is no name"),
        ({**IMAGE, "kube-context": "-x"}, "kube-context"),
        ({**IMAGE, "resources": "big"}, "resources"),
        ({**IMAGE, "start-timeout": "soon"}, "start-timeout"),
        ({**IMAGE, "replicas": 2}, "no option 'replicas'"),
    ],
)
def test_options_that_cannot_be_understood(launch: Launches, project: Path, config: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        KubernetesBackend().check(read(project), config)


def test_a_job_is_applied_followed_and_told(kubectl: Recorded, launch: Launches) -> None:
    kubectl.answer(
        {"to": ["apply", "-f", "-"], "out": "job created\n"},
        {**JOB, "times": 3, "out": job_is()},
        {**JOB, "out": COMPLETE},
        {**waiting_pod("ContainerCreating"), "times": 1},
        RUNNING_POD,
        {"to": ["logs", "--follow", "--container=my-project"], "out": "trained\n"},
    )
    asked = launch({**IMAGE, "kube-context": "lab", "namespace": "science"})
    job = KubernetesBackend().submit(asked)
    assert (job.wait(), job.explain()) == ("FINISHED", "")
    assert launch.said == ["trained\n"]  # type: ignore[attr-defined]
    (applied,) = kubectl.calls("apply")
    assert applied.words == ["--context=lab", "--namespace=science", "apply", "-f", "-"]
    name = kubectl.calls("logs")[0].words[-1].removeprefix("job/")
    assert re.fullmatch(rf"{NAME}-[0-9a-z]{{6}}", name)
    assert applied.stdin.replace(name, NAME) == KubernetesBackend().describe(asked)
    assert kubectl.calls("delete") == []
    assert all(call.words[:2] == ["--context=lab", "--namespace=science"] for call in kubectl.calls())


def test_a_job_that_failed_says_why(kubectl: Recorded, launch: Launches) -> None:
    kubectl.answer({"to": ["apply"]}, {**JOB, "out": FAILED}, RUNNING_POD, {"to": ["logs"], "out": "Traceback\n"})
    job = KubernetesBackend().submit(launch(IMAGE))
    assert (job.wait(), job.explain()) == ("FAILED", "its Job failed: BackoffLimitExceeded Job has failed")
    assert launch.said == ["Traceback\n"]  # type: ignore[attr-defined]


def test_a_job_that_never_starts_ends_by_itself(kubectl: Recorded, launch: Launches) -> None:
    kubectl.answer({"to": ["apply"]}, {**JOB, "out": job_is()}, waiting_pod("ImagePullBackOff"), {"to": ["delete"]})
    job = KubernetesBackend().submit(launch({**IMAGE, "start-timeout": 0.3}))
    assert (job.wait(), job.explain()) == ("FAILED", "its container did not start: ImagePullBackOff")
    assert len(kubectl.calls("delete")) == 1


def test_a_job_that_somebody_deletes(kubectl: Recorded, launch: Launches) -> None:
    kubectl.answer(
        {"to": ["apply"]},
        {**JOB, "err": 'Error from server (NotFound): jobs "x" not found\n', "code": 1},
        {"to": ["get"], "out": "{}"},
        {"to": ["logs"]},
    )
    job = KubernetesBackend().submit(launch(IMAGE))
    assert (job.wait(), job.explain()) == ("FAILED", "its Job failed: somebody deleted it")


def test_cancelling_deletes_the_job(kubectl: Recorded, launch: Launches) -> None:
    kubectl.answer(
        {"to": ["apply"]},
        {**JOB, "out": job_is()},
        RUNNING_POD,
        {"to": ["logs"], "out": "started\n", "until": "deleted"},
        {"to": ["delete", "job"], "makes": "deleted"},
    )
    started = threading.Event()
    job = KubernetesBackend().submit(launch(IMAGE, output=lambda text: started.set()))
    assert started.wait(60)
    job.cancel()
    assert (job.wait(), job.explain()) == ("KILLED", "it was cancelled")
    assert len(kubectl.calls("delete")) == 1


def test_no_kubectl_no_cluster_and_a_refusal_are_told_apart(
    kubectl: Recorded, launch: Launches, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = KubernetesBackend()
    kubectl.answer({"to": ["version"], "out": "{}"}, {"to": ["apply"], "err": "error: forbidden\n", "code": 1})
    backend.check(read(project), IMAGE)
    with pytest.raises(ProjectFailed, match="did not take the Job: error: forbidden"):
        backend.submit(launch(IMAGE))
    kubectl.answer({"to": ["version"], "err": "The connection was refused\n", "code": 1})
    with pytest.raises(InvalidParameter, match="No Kubernetes cluster answers kubectl: The connection was refused"):
        backend.check(read(project), IMAGE)
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(InvalidParameter, match="There is no kubectl on PATH"):
        backend.check(read(project), IMAGE)


def test_an_image_is_built_sent_and_named_by_its_digest(kubectl: Recorded, launch: Launches, tmp_path: Path) -> None:
    docker = Recorded(tmp_path / "bin", "docker")
    digest = f"registry.example.org:5000/me/wine@sha256:{'a' * 64}"
    docker.answer(
        {"to": ["build"], "writes": {"--iidfile": "sha256:abc"}},
        {"to": ["push"]},
        {"to": ["inspect"], "out": f"other/wine@sha256:{'b' * 64}\n{digest}\n"},
    )
    kubectl.answer({"to": ["apply"]}, {**JOB, "out": COMPLETE}, RUNNING_POD, {"to": ["logs"]})
    job = KubernetesBackend().submit(launch({"repository-uri": "registry.example.org:5000/me/wine"}))
    assert job.wait() == "FINISHED"
    applied = yaml.safe_load(kubectl.calls("apply")[0].stdin)
    assert applied["spec"]["template"]["spec"]["containers"][0]["image"] == digest
    assert docker.calls("push")[0].words[-1] == f"registry.example.org:5000/me/wine:{RUN[:12]}"
