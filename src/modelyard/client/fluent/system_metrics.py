"""Verbs about system metrics."""

from __future__ import annotations

import os

from modelyard.client.active import PROCESS

_SWITCH = "MODELYARD_ENABLE_SYSTEM_METRICS_LOGGING"


def enable_system_metrics_logging() -> None:
    """Log system metrics of every run that starts from now on, unless it says ``log_system_metrics=False``."""
    os.environ[_SWITCH] = "true"


def disable_system_metrics_logging() -> None:
    """Log no system metrics of runs that start from now on, unless one says ``log_system_metrics=True``."""
    os.environ[_SWITCH] = "false"


def set_system_metrics_sampling_interval(interval: float | None) -> None:
    """Seconds between two samples, for runs that start from now on; None is the setting's default."""
    _set("system_metrics_sampling_interval", interval)


def set_system_metrics_samples_before_logging(samples: int | None) -> None:
    """How many samples make one point."""
    _set("samples_before_logging", samples)


def set_system_metrics_node_id(node_id: str | None) -> None:
    """A name of this machine that goes into the names of its metrics, where several train one model."""
    _set("node_id", node_id)


def _set(name: str, value: object) -> None:
    if value is None:
        PROCESS.system_metrics.pop(name, None)
    else:
        PROCESS.system_metrics[name] = value
