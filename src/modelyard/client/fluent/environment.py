"""Setting up a process in one call."""

from __future__ import annotations

import os

from modelyard.client.fluent.addresses import set_tracking_uri
from modelyard.client.fluent.experiments import set_experiment
from modelyard.core.entities import Experiment


def prepare_env(tracking_uri: str | os.PathLike[str], experiment_id: str) -> Experiment:
    """Track to a folder or a server, in the experiment of a name, which is made if it is not there.

    The name can be given as ``experiment_id`` to ``start_run``. Again is harmless: nothing that is there changes.

    >>> import modelyard as mlflow
    >>> from modelyard import cloudflow
    >>> cloudflow.prepare_env("saved", "sentiment").name
    'sentiment'
    >>> with mlflow.start_run(experiment_id="sentiment"):
    ...     mlflow.log_metric("test_metrics", 0.99)
    """
    set_tracking_uri(tracking_uri)
    return set_experiment(experiment_id)
