"""Starting and ending active runs."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

from modelyard.client.active import LAST, PROCESS, STACK, OpenRun
from modelyard.client.connection import Connection
from modelyard.client.exits import status_of
from modelyard.client.replay import AWAY
from modelyard.core.entities import Run, RunData, RunInfo
from modelyard.core.wire.messages.runs import CreateRun, GetRun, RunReply


class ActiveRun(Run, frozen=True):
    """A run that is active; as a context manager it ends with the block.

    The block's end means FINISHED, an exception that leaves it FAILED, an interrupt or SIGTERM KILLED. The object does
    not follow what is logged; ``MlflowClient().get_run`` does.
    """

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if any(opened.run_id == self.info.run_id for opened in STACK.get()):
            end_innermost(status_of(error))


def activate(run: Run, connection: Connection) -> OpenRun:
    """Make a run the innermost active one of this thread or task."""
    active = ActiveRun(info=run.info, data=run.data, inputs=run.inputs, outputs=run.outputs)
    opened = OpenRun(active, connection)
    STACK.set((*STACK.get(), opened))
    PROCESS.open_run(opened)
    connection.sender.begin(opened.run_id)
    return opened


def end_innermost(status: Any) -> None:
    """End the innermost active run; nothing where there is none. A forked child leaves its parent's run alone."""
    stack = STACK.get()
    if not stack:
        return
    opened = stack[-1]
    STACK.set(stack[:-1])
    LAST.set((opened.run_id, opened.connection))
    for variable in ("MODELYARD_RUN_ID", "MLFLOW_RUN_ID"):
        os.environ.pop(variable, None)
    if opened.pid == os.getpid():
        PROCESS.close_run(opened, status)


def create(connection: Connection, request: CreateRun) -> Run:
    """Make a run in the store, or in the journal while the store is away."""
    reply = connection.sender.send("create_run", request)
    if not isinstance(reply, RunReply):
        return _kept(request)
    if reply.run.info.artifact_uri:
        connection.note_artifact_root(reply.run.info.run_id, reply.run.info.artifact_uri)
    return reply.run


def look_up(connection: Connection, run_id: str) -> Run | None:
    """A run that is to be resumed or nested in; None while the store is away."""
    try:
        return connection.quick.get_run(GetRun(run_id=run_id)).run
    except AWAY:
        if not connection.sender.keeps:
            raise
        return None


def _kept(request: CreateRun) -> Run:
    """The run as the store will have it once it has read the journal."""
    info = RunInfo(
        run_id=request.run_id or "",
        experiment_id=request.experiment_id,
        run_name=request.run_name,
        user_id=request.user_id,
        start_time=request.start_time,
    )
    return Run(info=info, data=RunData(tag_list=request.tags))
