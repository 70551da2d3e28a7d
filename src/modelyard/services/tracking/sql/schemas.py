"""The tables of runs, experiments and logged models, as the search sees them."""

from __future__ import annotations

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import EXPERIMENTS, LOGGED_MODELS, RUNS, Kind
from modelyard.db.search_schema import Column, DatasetRows, KeyValues, SearchSchema

_VIEWS = {"ACTIVE_ONLY": "base.lifecycle_stage = 'active'", "DELETED_ONLY": "base.lifecycle_stage = 'deleted'"}

EXPERIMENT_SEARCH = SearchSchema(
    table=EXPERIMENTS,
    source="experiments base",
    attributes={
        "name": Column("base.name", unique=True),
        "experiment_id": Column("CAST(base.id AS TEXT)", order_sql="base.id"),
        "creation_time": Column("base.creation_time"),
        "last_update_time": Column("base.last_update_time"),
    },
    key_values={Kind.TAG: KeyValues(table="experiment_tags", owner="experiment")},
    views=_VIEWS,
)

LOGGED_MODEL_SEARCH = SearchSchema(
    table=LOGGED_MODELS,
    source="logged_models base",
    attributes={
        "name": Column("base.name"),
        "model_id": Column("base.model_id", unique=True),
        "model_type": Column("base.model_type", nullable=True),
        # the words that MLflow's entity has for it
        "status": Column(
            "CASE base.status WHEN 'LOGGED_MODEL_UPLOAD_FAILED' THEN 'FAILED' ELSE substr(base.status, 14) END"
        ),
        "source_run_id": Column("base.source_run_id", nullable=True),
        "creation_timestamp": Column("base.creation_time", sorted=True),
        "last_updated_timestamp": Column("base.last_update_time"),
    },
    scope="base.experiment",
    key_values={
        Kind.METRIC: KeyValues(
            table="logged_model_metrics",
            owner="model",
            scope="experiment",
            least="value",
            greatest="value",
            newest="{t}.timestamp DESC, {t}.step DESC, {t}.run_id",
            dataset_name="dataset_name",
            dataset_digest="dataset_digest",
        ),
        Kind.PARAM: KeyValues(
            table="logged_model_params", owner="model", scope="experiment", index="logged_model_params_by_value"
        ),
        Kind.TAG: KeyValues(
            table="logged_model_tags", owner="model", scope="experiment", index="logged_model_tags_by_value"
        ),
    },
    views=_VIEWS,
)


def run_search(artifact_base: str) -> SearchSchema:
    """The tables of runs, whose artifact URIs follow from the store's base unless a client named the place."""
    return SearchSchema(
        table=RUNS,
        source="runs base",
        attributes={
            "run_id": Column("base.run_id", unique=True),
            "run_name": Column("base.run_name"),
            "status": Column("base.status"),
            "artifact_uri": Column(_artifact_uri(artifact_base)),
            "user_id": Column("base.user_id"),
            "start_time": Column("base.start_time", sorted=True),
            "end_time": Column("base.end_time", nullable=True),
            "experiment_id": Column("CAST(base.experiment AS TEXT)", order_sql="base.experiment"),
        },
        scope="base.experiment",
        key_values={
            Kind.METRIC: KeyValues(table="metric_latest", owner="run", scope="experiment"),
            Kind.PARAM: KeyValues(table="params", owner="run", scope="experiment", index="params_by_value"),
            Kind.TAG: KeyValues(table="tags", owner="run", scope="experiment", index="tags_by_value"),
        },
        datasets=DatasetRows(
            source="inputs i JOIN datasets d ON d.id = i.dataset",
            owner="i.run",
            columns={"name": "d.name", "digest": "d.digest", "context": "i.context"},
            scope="d.experiment",
        ),
        views=_VIEWS,
    )


def _artifact_uri(base: str) -> str:
    """The expression of a run's artifact URI: the operator's base stands in it as a literal."""
    if "{" in base or "}" in base or "\0" in base:
        raise InvalidParameter("The artifact base is a URI: write braces percent-encoded.")
    literal = base.rstrip("/").replace("'", "''")
    minted = f"'{literal}/' || base.experiment || '/' || base.run_id || '/artifacts'"
    return f"COALESCE(base.artifact_uri, {minted})"
