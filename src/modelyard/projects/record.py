"""The run of a project in the store: made when all is checked, and ended as its process did."""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.client.active import PROCESS, STACK
from modelyard.client.client import MlflowClient
from modelyard.client.context import ENTRY_POINT, PARENT, SOURCE_TYPE, USER, user_name
from modelyard.client.replay import AWAY
from modelyard.core.entities import Param, RunInfo
from modelyard.core.errors import InvalidState, ModelyardError
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.runs import GetRun
from modelyard.projects.backend import State
from modelyard.projects.experiments import check_experiment, experiment_of
from modelyard.projects.request import Request

BACKEND = "mlflow.project.backend"
ENVIRONMENT = "mlflow.project.env"
VERSION = "modelyard.project.version"
"""The version that was asked for: a branch, a tag or a commit. The commit it stood for is ``mlflow.source.git.commit``."""

FAILURE = "modelyard.failure"
"""Why a run did not succeed, in one line."""

_LONGEST_REASON = 1_000


def check(request: Request) -> None:
    """Raise for a request whose run could not be made or gone on with."""
    check_experiment(request)
    if request.run_id:
        info = MlflowClient().get_run(request.run_id).info
        if info.lifecycle_stage == "deleted":
            raise InvalidState(f"The run {request.run_id} is deleted; restore it, or leave run_id out.")


def create(request: Request, name: str, tags: Mapping[str, str], params: Mapping[str, str]) -> RunInfo:
    """A new run with the parameters it runs with; or the one the request names, which keeps what it has."""
    client = MlflowClient()
    if request.run_id:
        client.update_run(request.run_id, status="RUNNING", name=request.run_name)
        return client.get_run(request.run_id).info
    parent = parent_run_id()
    all_tags = {
        USER: user_name(Settings.read()),
        SOURCE_TYPE: "PROJECT",
        ENTRY_POINT: request.entry_point,
        BACKEND: request.backend,
        **({VERSION: request.version} if request.version else {}),
        **tags,
        **({PARENT: parent} if parent else {}),
        **request.tags,
    }
    info = client.create_run(experiment_of(request), tags=all_tags, run_name=request.run_name or name).info
    if params:
        try:
            client.log_batch(info.run_id, params=[Param(key, value) for key, value in params.items()])
        except ModelyardError as error:
            end(info.run_id, "FAILED", error.message)
            raise
    PROCESS.connect().sender.begin(info.run_id)
    return info


def parent_run_id() -> str:
    """The run this process is in: the active one, or the one a launcher made for it."""
    stack = STACK.get()
    return stack[-1].run_id if stack else Settings.read().run_id


def end(run_id: str, state: State, why: str) -> None:
    """Mark a run as its process ended.

    A process that failed has a failed run, whatever it said itself; one that succeeded may have said otherwise of its run.
    """
    client = MlflowClient()
    if why and state != "FINISHED":
        client.set_tag(run_id, FAILURE, why[:_LONGEST_REASON])
    connection = PROCESS.connect()
    try:
        stands = connection.quick.get_run(GetRun(run_id=run_id)).run.info.status
    except AWAY:  # the journal will tell it
        stands = "RUNNING"
    if stands == state or (state == "FINISHED" and stands in ("FAILED", "KILLED")):
        connection.sender.end(run_id)
        return
    client.set_terminated(run_id, state)
