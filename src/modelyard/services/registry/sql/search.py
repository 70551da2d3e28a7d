"""Searches of the registry, as the search engine takes them."""

from __future__ import annotations

from modelyard.core.search.fields import MODEL_VERSIONS, REGISTERED_MODELS
from modelyard.core.search.order import parse_order_by
from modelyard.core.search.parser import parse_filter
from modelyard.core.search.predicate import Kind
from modelyard.core.wire.messages import registry as reg
from modelyard.db.page import Search
from modelyard.db.search_schema import Column, KeyValues, SearchSchema

HYDRATED_AT_ONCE = 5_000  # versions whose tags are read by one statement

_MODELS = SearchSchema(
    table=REGISTERED_MODELS,
    source="registered_models base",
    attributes={
        "name": Column("base.name", unique=True),
        "creation_timestamp": Column("base.creation_time"),
        "last_updated_timestamp": Column("base.last_updated_time"),
    },
    key_values={Kind.TAG: KeyValues("registered_model_tags", owner="model", interned=False)},
)

_VERSIONS = SearchSchema(
    table=MODEL_VERSIONS,
    source="model_versions base JOIN registered_models m ON m.id = base.model",
    attributes={
        "name": Column("m.name"),
        "version_number": Column("base.version"),
        "run_id": Column("base.run_id"),
        "source_path": Column("base.source"),
        "creation_timestamp": Column("base.creation_time"),
        "last_updated_timestamp": Column("base.last_updated_time"),
    },
    key_values={Kind.TAG: KeyValues("model_version_tags", owner="version", interned=False)},
)


def model_search(request: reg.SearchRegisteredModels) -> Search:
    """A search of registered models."""
    return Search(
        schema=_MODELS,
        limit=request.max_results,
        predicate=parse_filter(request.filter, REGISTERED_MODELS),
        order=parse_order_by(request.order_by, REGISTERED_MODELS),
        token=request.page_token,
    )


def version_search(request: reg.SearchModelVersions) -> Search:
    """A search of model versions."""
    return Search(
        schema=_VERSIONS,
        limit=request.max_results,
        predicate=parse_filter(request.filter, MODEL_VERSIONS),
        order=parse_order_by(request.order_by, MODEL_VERSIONS),
        token=request.page_token,
    )
