"""The client: every call of the tracking store and the model registry, by MLflow's names."""

from __future__ import annotations

from modelyard.client.active import PROCESS
from modelyard.client.calls.datasets import DatasetCalls
from modelyard.client.calls.experiments import ExperimentCalls
from modelyard.client.calls.liveness import LivenessCalls
from modelyard.client.calls.logged_models import LoggedModelCalls
from modelyard.client.calls.media import MediaCalls
from modelyard.client.calls.registry import RegistryCalls


class StoreClient(ExperimentCalls, MediaCalls, LivenessCalls, LoggedModelCalls, RegistryCalls, DatasetCalls):
    """Every call over two connections, one for runs and one for the registry."""


class MlflowClient(StoreClient):
    """A client of one store: a server, or a folder whose store runs in the process.

    Without arguments it is the store the verbs of the package log to. Any thread may use it. Points of
    metrics go through the background sender of the process; every read of a run sends them first.

    >>> from modelyard import MlflowClient
    >>> client = MlflowClient()
    >>> run = client.create_run("0", run_name="by hand")
    >>> client.log_metric(run.info.run_id, "loss", 0.5, step=1)
    >>> client.set_terminated(run.info.run_id)
    >>> client.get_run(run.info.run_id).data.metrics
    {'loss': 0.5}
    """

    def __init__(self, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        self._tracking_uri = tracking_uri or PROCESS.current_tracking_uri()
        registry = registry_uri or PROCESS.current_registry_uri(tracking_uri=tracking_uri)
        super().__init__(PROCESS.connect(self._tracking_uri), PROCESS.connect(registry))

    @property
    def tracking_uri(self) -> str:
        """The address this client tracks to."""
        return self._tracking_uri
