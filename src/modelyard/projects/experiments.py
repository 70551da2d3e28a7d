"""The experiment that a request's run goes to."""

from __future__ import annotations

from modelyard.client.client import MlflowClient
from modelyard.client.fluent.experiments import current_experiment_id
from modelyard.core.errors import InvalidParameter
from modelyard.projects.request import Request


def check_experiment(request: Request) -> None:
    """Raise ``InvalidParameter`` for a request that names two."""
    if request.experiment_name and request.experiment_id:
        raise InvalidParameter("Give experiment_name or experiment_id, not both.")


def experiment_of(request: Request) -> str:
    """The id of the experiment that is asked for, made where its name is new; else that of the active run, or the active one."""
    check_experiment(request)
    if request.experiment_name:
        client = MlflowClient()
        found = client.get_experiment_by_name(request.experiment_name)
        return found.experiment_id if found else client.create_experiment(request.experiment_name)
    return str(request.experiment_id) if request.experiment_id else current_experiment_id()
