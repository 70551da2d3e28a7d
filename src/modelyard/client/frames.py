"""Results of a search as tables: a pandas data frame or an Arrow table, with MLflow's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from modelyard.core.entities import LoggedModel, Run
from modelyard.core.extras import require

_INFO = ("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")
_TIMES = ("start_time", "end_time")
_NAN = float("nan")


def runs_to_pandas(runs: Sequence[Run]) -> Any:
    """One row a run; ``metrics.x``, ``params.y``, ``tags.z`` where any run has them; times in UTC."""
    pandas = require("pandas", what="Results as a data frame", extra="pandas")
    columns = run_columns(runs)
    for name in _TIMES:
        columns[name] = pandas.to_datetime(columns[name], unit="ms", utc=True)
    return pandas.DataFrame(columns)


def runs_to_arrow(runs: Sequence[Run]) -> Any:
    """The same as an Arrow table."""
    arrow = require("pyarrow", what="Results as an Arrow table", extra="arrow")
    times = arrow.timestamp("ms", tz="UTC")
    arrays = {}
    for name, values in run_columns(runs).items():
        kind = times if name in _TIMES else arrow.float64() if name.startswith("metrics.") else arrow.string()
        arrays[name] = arrow.array(values, type=kind)
    return arrow.table(arrays)


def run_columns(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """The columns as lists: what a run lacks is None, for metrics NaN."""
    columns: dict[str, list[Any]] = {name: [getattr(run.info, name) for run in runs] for name in _INFO}
    for prefix, read, missing in (
        ("metrics", lambda run: run.data.metrics, _NAN),
        ("params", lambda run: run.data.params, None),
        ("tags", lambda run: run.data.tags, None),
    ):
        columns.update(_spread(prefix, runs, read, missing))
    return columns


def models_to_pandas(models: Sequence[LoggedModel]) -> Any:
    """One row a logged model, with MLflow's columns."""
    pandas = require("pandas", what="Results as a data frame", extra="pandas")
    names = (
        "experiment_id",
        "model_id",
        "name",
        "artifact_location",
        "creation_timestamp",
        "last_updated_timestamp",
        "model_type",
        "source_run_id",
        "status",
        "status_message",
        "tags",
        "params",
        "metrics",
    )
    return pandas.DataFrame({name: [getattr(model, name) for model in models] for name in names})


def _spread(
    prefix: str, runs: Iterable[Run], read: Callable[[Run], dict[str, Any]], missing: Any
) -> dict[str, list[Any]]:
    rows = [read(run) for run in runs]
    keys = dict.fromkeys(key for row in rows for key in row)
    return {f"{prefix}.{key}": [row.get(key, missing) for row in rows] for key in keys}
