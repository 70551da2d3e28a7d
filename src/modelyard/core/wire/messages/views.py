"""Requests and replies of the pages: tables of experiments and runs, with the columns asked for and true totals (ours).

A column is named as a filter names it: ``attributes.run_name``, ``params.alpha``, ``metrics.rmse``, ``tags.team``; the last
value of a metric has its plain name, and ``min(metrics.rmse)`` and ``max(metrics.rmse)`` its extremes over all steps.
A number that JSON cannot hold is one of the texts ``NaN``, ``Infinity`` and ``-Infinity``.
"""

from __future__ import annotations

from typing import Literal

from modelyard.core.entities import ExperimentTag, RunTag, ViewTypeName
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message

Cell = str | int | float | bool | None

MAX_ROWS = 1000
MAX_RUN_IDS = 1000
MAX_COLUMNS = 300


class ListExperiments(Message, frozen=True, kw_only=True):
    """Experiments whose name holds a text, with what is in them; latest activity first."""

    contains: str = ""
    view_type: ViewTypeName = "ACTIVE_ONLY"
    offset: Int64 = 0
    limit: Int64 = 1000


class ExperimentRow(Message, frozen=True, kw_only=True):
    """An experiment, how many active runs it has, and when anything last happened in it (ms since 1970)."""

    experiment_id: str
    name: str
    lifecycle_stage: str
    creation_time: int
    last_activity: int
    runs: int
    tags: list[ExperimentTag] = []


class ExperimentRows(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some of them, and how many there are in all."""

    total: int
    experiments: list[ExperimentRow]


class ListRuns(Message, frozen=True, kw_only=True):
    """Runs of one or many experiments, or the runs of some ids, with the columns asked for.

    ``roots_only`` leaves out runs that have a parent; ``parent_run_id`` gives one run's children. With ``run_ids``, in
    whose order they come, ``params.*``, ``metrics.*`` and ``tags.*`` stand for all keys there are.
    """

    experiment_ids: list[str] = []
    run_ids: list[str] = []
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewTypeName = "ACTIVE_ONLY"
    columns: list[str] = []
    roots_only: bool = False
    parent_run_id: str = ""
    offset: Int64 = 0
    limit: Int64 = 200


class RunRows(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some runs, by column, and how many there are in all; ``children`` counts each run's direct children."""

    total: int
    run_ids: list[str]
    children: list[int]
    columns: dict[str, list[Cell]]


class FindKeys(Message, frozen=True, kw_only=True):
    """The distinct keys of some experiments, or of some runs, that hold a text; most used first."""

    experiment_ids: list[str] = []
    run_ids: list[str] = []
    kind: Literal["params", "metrics", "tags"]
    contains: str = ""
    limit: Int64 = 100


class KeyCount(Message, frozen=True, kw_only=True, omit_defaults=False):
    """A key, or a value, and how many runs have it."""

    key: str
    runs: int


class KeysFound(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some of them, and how many there are in all."""

    total: int
    keys: list[KeyCount]


class FindValues(Message, frozen=True, kw_only=True):
    """The distinct values of a param, a tag or an attribute that hold a text; most used first."""

    experiment_ids: list[str] = []
    column: str
    contains: str = ""
    limit: Int64 = 50


class FindVarying(Message, frozen=True, kw_only=True):
    """What tells the runs of a search apart: the params with more than one value, and the metrics most runs have."""

    experiment_ids: list[str] = []
    filter: str = ""
    limit: Int64 = 50


class VaryingFound(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Params by the number of their distinct values' runs, metrics by the number of runs."""

    params: list[KeyCount]
    metrics: list[KeyCount]


class GroupRuns(Message, frozen=True, kw_only=True):
    """Runs in groups of equal values of some params, tags or attributes, with aggregates of metrics.

    An aggregate is ``mean``, ``min``, ``max``, ``stddev`` or ``count`` of a column: ``mean(metrics.rmse)``.
    """

    experiment_ids: list[str] = []
    filter: str = ""
    view_type: ViewTypeName = "ACTIVE_ONLY"
    by: list[str]
    aggregates: list[str] = []
    order_by: list[str] = []
    offset: Int64 = 0
    limit: Int64 = 200


class RunGroup(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The values a group has in common, in the order they were asked for, and the aggregates in theirs."""

    values: list[str | None]
    runs: int
    aggregates: list[Cell]


class RunGroups(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some groups, and how many there are in all."""

    total: int
    groups: list[RunGroup]


class ExportRuns(Message, frozen=True, kw_only=True):
    """All runs of a search as one file, streamed; without ``columns`` all that they have."""

    experiment_id: list[str] = []
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewTypeName = "ACTIVE_ONLY"
    column: list[str] = []
    format: Literal["csv", "parquet"] = "csv"


class ChangeRuns(Message, frozen=True, kw_only=True):
    """Delete, restore, tag or untag many runs: all or nothing."""

    run_ids: list[str]
    action: Literal["delete", "restore", "tag", "untag"]
    tags: list[RunTag] = []
    keys: list[str] = []


class ChangeExperiments(Message, frozen=True, kw_only=True):
    """Delete or restore many experiments: all or nothing."""

    experiment_ids: list[str]
    action: Literal["delete", "restore"]


class PurgeDeleted(Message, frozen=True, kw_only=True):
    """Remove deleted runs and experiments for good, with their artifacts; refused when one of them is not deleted."""

    run_ids: list[str] = []
    experiment_ids: list[str] = []


class Changed(Message, frozen=True, kw_only=True, omit_defaults=False):
    """How many it were."""

    count: int


class KeepView(Message, frozen=True, kw_only=True):
    """Keep the state of a page that is too long for an address. The same state has the same id."""

    state: str


class ViewKept(Message, frozen=True, kw_only=True):
    """What the state can be asked for with."""

    view_id: str


class GetView(Message, frozen=True, kw_only=True):
    """Look a kept state up."""

    view_id: str
