"""Verbs about named datasets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelyard.client.active import STACK
from modelyard.client.client import MlflowClient, StoreClient
from modelyard.client.fluent.runs import current_run
from modelyard.client.paging import PagedList
from modelyard.core.entities.dataset_version import DatasetUse, DatasetVersion, NamedDataset
from modelyard.core.settings import Settings


def log_dataset(
    path_or_frame: Any,
    name: str,
    *,
    type: str = "",  # noqa: A002  # what datasets have, by its usual name
    description: str = "",
    reference: bool = False,
    aliases: Iterable[str] = (),
    tags: Mapping[str, Any] | None = None,
    run_id: str | None = None,
) -> DatasetVersion:
    """Make a version of the dataset ``name``, of a file, a folder, or a data frame (pandas, Polars, Arrow) as Parquet.

    The data go to the artifacts of the active run, which is recorded as producer; one is started where there is none.
    Content that the latest version has already makes no new one and sends nothing. With ``reference`` the data stay where
    they are: their place and digest are recorded, and compared when they are used. ``type`` and ``description`` are the
    dataset's; ``aliases`` and ``tags`` the version's.

    >>> import modelyard as mlflow, pathlib
    >>> _ = pathlib.Path("raw.csv").write_text("id,price")
    >>> with mlflow.start_run():
    ...     first = mlflow.datasets.log_dataset("raw.csv", "raw_data.csv", type="raw_data", description="Data as downloaded")
    ...     again = mlflow.datasets.log_dataset("raw.csv", "raw_data.csv")
    >>> first.reference, again.reference
    ('raw_data.csv:v0', 'raw_data.csv:v0')
    """
    run, client = _target(run_id)
    return client.log_dataset(
        run,
        path_or_frame,
        name,
        type=type,
        description=description,
        reference=reference,
        aliases=aliases,
        tags=tags,
    )


def use_dataset(
    reference: str,
    *,
    to: str | os.PathLike[str] | None = None,
    run_id: str | None = None,
    context: str | None = None,
) -> Path:
    """The file or folder of a version, on this disk, as it was when the version was made: the digest is compared.

    ``reference`` is ``NAME:v0``, ``NAME:latest``, ``NAME:ALIAS``, ``NAME``, or one of these behind ``datasets:/``. The copy is
    put in the folder ``to``, or in a new one; data that stay where they are are not copied, unless ``to`` is given. The
    active run (or ``run_id``) is recorded as a consumer, and the version as its input, ``context`` saying what for.

    Raises ``ChangedDataset`` when the data are not those the version was made of.

    >>> import modelyard as mlflow, pathlib
    >>> _ = pathlib.Path("raw.csv").write_text("id,price")
    >>> with mlflow.start_run():
    ...     _ = mlflow.datasets.log_dataset("raw.csv", "raw_data.csv")
    >>> with mlflow.start_run() as run:
    ...     path = mlflow.datasets.use_dataset("raw_data.csv:latest", context="training")
    >>> path.name, mlflow.get_run(run.info.run_id).inputs.dataset_inputs[0].dataset.name
    ('raw.csv', 'raw_data.csv')
    """
    if run_id is None and not _has_run():
        return MlflowClient().use_dataset(reference, to=to)
    run, client = _target(run_id)
    return client.use_dataset(reference, to=to, run_id=run, context=context)


def get_dataset(reference: str) -> DatasetVersion:
    """The version that ``NAME:v0``, ``NAME:latest``, ``NAME:ALIAS`` or ``NAME`` (the latest) names."""
    return MlflowClient().get_dataset_version(reference).version


def search_datasets(
    contains: str = "",
    *,
    type: str = "",  # noqa: A002  # what datasets have, by its usual name
    max_results: int = 100,
    page_token: str | None = None,
) -> PagedList[NamedDataset]:
    """A page of the datasets whose name holds a text, of a type where one is given; the newest change first."""
    return MlflowClient().search_named_datasets(contains, type=type, max_results=max_results, page_token=page_token)


def list_dataset_versions(
    name: str, max_results: int = 100, page_token: str | None = None
) -> PagedList[DatasetVersion]:
    """A page of the versions of a dataset, the newest first."""
    return MlflowClient().list_dataset_versions(name, max_results, page_token)


def set_dataset_alias(name: str, alias: str, version: int | str) -> None:
    """Let an alias name a version (``3`` or ``"v3"``); an alias that names another one moves."""
    MlflowClient().set_dataset_alias(name, alias, version)


def delete_dataset_alias(name: str, alias: str) -> None:
    """Take an alias away; one that is not there is no error."""
    MlflowClient().delete_dataset_alias(name, alias)


def dataset_lineage(reference: str = "", *, run_id: str = "", max_results: int = 1000) -> list[DatasetUse]:
    """Who made and who used a dataset (``NAME``) or a version (``NAME:v0``); or what a run made and used; oldest first.

    A run that recorded the version by ``log_input`` is one of its consumers too.
    """
    return MlflowClient().get_dataset_lineage(reference, run_id=run_id, max_results=max_results)


def _has_run() -> bool:
    """Whether a run is active here, or was made for this process by whoever launched it."""
    return bool(STACK.get()) or bool(Settings.read().run_id)


def _target(run_id: str | None) -> tuple[str, StoreClient]:
    if run_id is not None:
        return run_id, MlflowClient()
    opened = current_run()
    return opened.run_id, StoreClient(opened.connection, opened.connection)
