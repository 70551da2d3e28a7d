"""What the tracking suite does and asks over and over."""

from __future__ import annotations

import re

from modelyard.core.entities import Experiment, LoggedModel, Metric, Param, Run, RunTag
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore

UNKNOWN_RUN = "0123456789abcdef0123456789abcdef"


def exactly(text: str) -> str:
    """A pattern for ``pytest.raises(match=…)`` that means this text, from its beginning."""
    return f"^{re.escape(text)}"


def make_experiment(store: TrackingStore, name: str = "wine", **fields: object) -> str:
    """A new experiment's id."""
    request = exp.CreateExperiment(name=name, **fields)  # type: ignore[arg-type]
    return store.create_experiment(request).experiment_id


def get_experiment(store: TrackingStore, experiment_id: str) -> Experiment:
    """An experiment."""
    return store.get_experiment(exp.GetExperiment(experiment_id=experiment_id)).experiment


def delete_experiment(store: TrackingStore, experiment_id: str) -> None:
    """Mark an experiment deleted."""
    store.delete_experiment(exp.DeleteExperiment(experiment_id=experiment_id))


def make_run(store: TrackingStore, experiment_id: str = "0", **fields: object) -> str:
    """A new run's id."""
    request = run.CreateRun(experiment_id=experiment_id, **fields)  # type: ignore[arg-type]
    return store.create_run(request).run.info.run_id


def get_run(store: TrackingStore, run_id: str) -> Run:
    """A run with all it logged."""
    return store.get_run(run.GetRun(run_id=run_id)).run


def delete_run(store: TrackingStore, run_id: str) -> None:
    """Mark a run deleted."""
    store.delete_run(run.DeleteRun(run_id=run_id))


def log(
    store: TrackingStore,
    run_id: str,
    *,
    metrics: dict[str, float] | None = None,
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    """Log a batch: metrics as their first points."""
    store.log_batch(
        run.LogBatch(
            run_id=run_id,
            metrics=[Metric(key, value, 1) for key, value in (metrics or {}).items()],
            params=[Param(key, value) for key, value in (params or {}).items()],
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
        )
    )


def log_metric(store: TrackingStore, run_id: str, key: str, value: float, *, timestamp: int = 1, step: int = 0) -> None:
    """Log one point."""
    store.log_metric(run.LogMetric(run_id=run_id, key=key, value=value, timestamp=timestamp, step=step))


def history(store: TrackingStore, run_id: str, key: str) -> list[tuple[int, int, float]]:
    """The points of a series as timestamp, step and value."""
    page = store.get_metric_history(met.GetMetricHistory(run_id=run_id, metric_key=key))
    return [(point.timestamp, point.step, point.value) for point in page.metrics]


def found(store: TrackingStore, *experiment_ids: str, **search: object) -> list[str]:
    """The names of the runs a search finds, in its order."""
    request = run.SearchRuns(experiment_ids=list(experiment_ids or ("0",)), **search)  # type: ignore[arg-type]
    return [each.info.run_name or "" for each in store.search_runs(request).runs]


def found_experiments(store: TrackingStore, **search: object) -> list[str]:
    """The names of the experiments a search finds, in its order."""
    page = store.search_experiments(exp.SearchExperiments(**search))  # type: ignore[arg-type]
    return [each.name for each in page.experiments]


def make_model(store: TrackingStore, experiment_id: str = "0", **fields: object) -> LoggedModel:
    """A new logged model."""
    request = lm.CreateLoggedModel(experiment_id=experiment_id, **fields)  # type: ignore[arg-type]
    return store.create_logged_model(request).model


def get_model(store: TrackingStore, model_id: str) -> LoggedModel:
    """A logged model."""
    return store.get_logged_model(lm.GetLoggedModel(model_id=model_id)).model


def found_models(store: TrackingStore, *experiment_ids: str, **search: object) -> list[str]:
    """The names of the logged models a search finds, in its order."""
    request = lm.SearchLoggedModels(experiment_ids=list(experiment_ids or ("0",)), **search)  # type: ignore[arg-type]
    return [each.name for each in store.search_logged_models(request).models]
