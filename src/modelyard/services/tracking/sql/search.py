"""Searches: a page of ids, then all that belongs to them in a number of statements that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.core.entities import Run, RunData
from modelyard.core.search import (
    EXPERIMENTS,
    LOGGED_MODELS,
    RUNS,
    DatasetFilter,
    OrderObject,
    parse_filter,
    parse_order_by,
    parse_order_objects,
)
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.db import Connection
from modelyard.db.page import Search, page_of_ids
from modelyard.db.search_schema import SearchSchema
from modelyard.services.tracking.sql import experiments, inputs, logged_models, params, run_names, runs, tags
from modelyard.services.tracking.sql.metrics import log
from modelyard.services.tracking.sql.places import Places
from modelyard.services.tracking.sql.schemas import EXPERIMENT_SEARCH, LOGGED_MODEL_SEARCH

Lists = Callable[[Connection, Sequence[int]], Mapping[int, Any]]


def run_pages(request: run.SearchRuns, scope: Sequence[int], schema: SearchSchema) -> Search:
    """The search a request for runs asks for."""
    return Search(
        schema=schema,
        limit=request.max_results,
        predicate=run_names.in_filter(parse_filter(request.filter, RUNS)),
        order=run_names.in_order(parse_order_by(request.order_by, RUNS)),
        scope=tuple(scope),
        view=request.run_view_type,
        token=request.page_token,
    )


def experiment_pages(request: exp.SearchExperiments) -> Search:
    """The search a request for experiments asks for."""
    return Search(
        schema=EXPERIMENT_SEARCH,
        limit=request.max_results,
        predicate=parse_filter(request.filter, EXPERIMENTS),
        order=parse_order_by(request.order_by, EXPERIMENTS),
        view=request.view_type,
        token=request.page_token,
    )


def logged_model_pages(request: lm.SearchLoggedModels, scope: Sequence[int]) -> Search:
    """The search a request for logged models asks for; deleted ones are never found."""
    objects = [
        OrderObject(each.field_name, each.ascending, each.dataset_name, each.dataset_digest)
        for each in request.order_by
    ]
    return Search(
        schema=LOGGED_MODEL_SEARCH,
        limit=request.max_results,
        predicate=parse_filter(request.filter, LOGGED_MODELS),
        order=parse_order_objects(objects, LOGGED_MODELS),
        scope=tuple(scope),
        view="ACTIVE_ONLY",
        token=request.page_token,
        datasets=tuple(DatasetFilter(each.dataset_name, each.dataset_digest or None) for each in request.datasets),
    )


def find_runs(conn: Connection, search: Search, places: Places) -> run.RunsPage:
    """A page of runs with all they logged."""
    ids, token = page_of_ids(conn, search)
    return run.RunsPage(runs=whole_runs(conn, ids, places), next_page_token=token)


def find_runs_json(conn: Connection, search: Search, places: Places) -> bytes:
    """The same as JSON in less time: the database writes the lists of params and tags, half of all there is.

    It could write those of metrics too, but other digits than our encoder: they stay numbers until the reply is made.
    """
    ids, token = page_of_ids(conn, search)
    found = _whole(conn, ids, places, params.page_json, tags.page_json)
    return encode_reply(run.RunsPage(runs=found, next_page_token=token))


def find_experiments(conn: Connection, search: Search, places: Places) -> exp.ExperimentsPage:
    """A page of experiments with their tags."""
    ids, token = page_of_ids(conn, search)
    return exp.ExperimentsPage(experiments=experiments.page(conn, ids, places), next_page_token=token)


def find_logged_models(conn: Connection, search: Search, places: Places) -> lm.LoggedModelsPage:
    """A page of logged models with all that belongs to them."""
    ids, token = page_of_ids(conn, search)
    return lm.LoggedModelsPage(models=logged_models.page(conn, ids, places), next_page_token=token)


def whole_runs(conn: Connection, ids: Sequence[int], places: Places) -> list[Run]:
    """The runs of these numbers, in their order, with all they logged."""
    return _whole(conn, ids, places, params.page, tags.page)


def _whole(conn: Connection, ids: Sequence[int], places: Places, params_of: Lists, tags_of: Lists) -> list[Run]:
    """The runs with their params and tags as lists of entities or, for the encoder alone, as those lists' JSON."""
    if not ids:
        return []
    infos = runs.infos(conn, ids, places)
    there = [number for number in ids if number in infos]
    found_params, found_tags = params_of(conn, there), tags_of(conn, there)
    latest, used = log.latest_of(conn, there), inputs.page(conn, there)
    return [
        Run(
            info=infos[number],
            data=RunData(
                metric_list=latest.get(number, []),
                param_list=found_params.get(number, []),
                tag_list=found_tags.get(number, []),
            ),
            inputs=used[number][0],
            outputs=used[number][1],
        )
        for number in there
    ]
