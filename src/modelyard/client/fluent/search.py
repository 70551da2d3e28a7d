"""Verbs that search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, overload

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient
from modelyard.client.fluent.experiments import default_experiment_id, search_experiments
from modelyard.client.frames import models_to_pandas, runs_to_arrow, runs_to_pandas
from modelyard.client.paging import gather
from modelyard.core.entities import LoggedModel, ModelVersion, RegisteredModel, Run, ViewType
from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import optional

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped, unused-ignore]  # typed where pandas-stubs are installed
    import pyarrow  # type: ignore[import-untyped, unused-ignore]  # typed where pyarrow-stubs are installed

_logger = logging.getLogger(__name__)

MOST = 100_000
_PAGE = 10_000
_MODELS_PAGE = 1000


@overload
def search_runs(
    experiment_ids: list[str] | None = ...,
    filter_string: str = ...,
    run_view_type: int = ...,
    max_results: int = ...,
    order_by: list[str] | None = ...,
    output_format: Literal["pandas"] = ...,
    search_all_experiments: bool = ...,
    experiment_names: list[str] | None = ...,
) -> pandas.DataFrame: ...


@overload
def search_runs(
    experiment_ids: list[str] | None = ...,
    filter_string: str = ...,
    run_view_type: int = ...,
    max_results: int = ...,
    order_by: list[str] | None = ...,
    *,
    output_format: Literal["list"],
    search_all_experiments: bool = ...,
    experiment_names: list[str] | None = ...,
) -> list[Run]: ...


@overload
def search_runs(
    experiment_ids: list[str] | None = ...,
    filter_string: str = ...,
    run_view_type: int = ...,
    max_results: int = ...,
    order_by: list[str] | None = ...,
    *,
    output_format: Literal["arrow"],
    search_all_experiments: bool = ...,
    experiment_names: list[str] | None = ...,
) -> pyarrow.Table: ...


def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = MOST,
    order_by: list[str] | None = None,
    output_format: Literal["pandas", "list", "arrow"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> Any:
    """Runs by filter and in an order, of the active experiment unless others are named.

    ``"pandas"`` (a list of runs where pandas is not installed) has a column for each of ``metrics.x``, ``params.y`` and
    ``tags.z``; ``"arrow"`` has the same; ``"list"`` is a list of runs.

    >>> import modelyard as mlflow
    >>> _ = mlflow.set_experiment("sweep")
    >>> for depth in (2, 4):
    ...     with mlflow.start_run():
    ...         mlflow.log_params({"depth": depth})
    ...         mlflow.log_metric("loss", 1 / depth)
    >>> best = mlflow.search_runs(order_by=["metrics.loss"], max_results=1, output_format="list")[0]
    >>> best.data.params
    {'depth': '4'}
    """
    if output_format not in ("pandas", "list", "arrow"):
        raise InvalidParameter(
            f"Unsupported output format: {output_format}. Supported string values are 'pandas', 'list' and 'arrow'"
        )
    ids = _experiments(experiment_ids or [], experiment_names or [], everywhere=search_all_experiments)
    client = MlflowClient()
    runs = gather(
        lambda size, token: client.search_runs(ids, filter_string, run_view_type, size, order_by, token),
        max_results if ids else 0,
        _PAGE,
    )
    if output_format == "arrow":
        return runs_to_arrow(runs)
    if output_format == "list" or optional("pandas") is None:
        return runs
    return runs_to_pandas(runs)


def search_logged_models(
    experiment_ids: list[str] | None = None,
    filter_string: str | None = None,
    datasets: list[dict[str, str]] | None = None,
    max_results: int | None = None,
    order_by: list[dict[str, Any]] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
) -> Any:
    """Logged models by filter and in an order, of the active experiment unless others are named."""
    if output_format not in ("pandas", "list"):
        raise InvalidParameter(f"Unsupported output format: {output_format!r}. Supported are 'pandas' and 'list'.")
    ids = [str(each) for each in experiment_ids] if experiment_ids else [default_experiment_id(PROCESS.connect())]
    client = MlflowClient()
    models: list[LoggedModel] = gather(
        lambda size, token: client.search_logged_models(ids, filter_string, datasets, size, order_by, token),
        max_results,
        100,
    )
    if output_format == "list" or optional("pandas") is None:
        return models
    return models_to_pandas(models)


def search_registered_models(
    max_results: int | None = None, filter_string: str | None = None, order_by: list[str] | None = None
) -> list[RegisteredModel]:
    """Registered models by filter and in an order; all of them without ``max_results``."""
    client = MlflowClient()
    return gather(
        lambda size, token: client.search_registered_models(filter_string, size, order_by, token),
        max_results,
        _MODELS_PAGE,
    )


def search_model_versions(
    max_results: int | None = None, filter_string: str | None = None, order_by: list[str] | None = None
) -> list[ModelVersion]:
    """Model versions by filter and in an order; all of them without ``max_results``."""
    client = MlflowClient()
    return gather(
        lambda size, token: client.search_model_versions(filter_string, size, order_by, token), max_results, _PAGE
    )


def _experiments(ids: list[str], names: list[str], *, everywhere: bool) -> list[str]:
    if ids and names:
        raise InvalidParameter("Only experiment_ids or experiment_names can be used, but not both")
    if ids:
        return [str(each) for each in ids]
    if names:
        found = {name: MlflowClient().get_experiment_by_name(name) for name in names}
        for name in (name for name, experiment in found.items() if experiment is None):
            _logger.warning("Cannot retrieve experiment by name %s", name)
        return [experiment.experiment_id for experiment in found.values() if experiment is not None]
    if everywhere:
        return [experiment.experiment_id for experiment in search_experiments(view_type=ViewType.ACTIVE_ONLY)]
    return [default_experiment_id(PROCESS.connect())]
