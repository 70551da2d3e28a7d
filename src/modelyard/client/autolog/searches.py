"""Searches for hyperparameters: the best in the search's run, and a child run for each of the best candidates."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

from modelyard.client.autolog.recorder import AUTOLOGGING, Recorder, param_pairs
from modelyard.client.calls.base import key_values, now_ms
from modelyard.client.context import PARENT, context_tags
from modelyard.core.entities import DatasetInput, InputTag, Metric
from modelyard.core.ids import new_run_name
from modelyard.core.settings import Settings
from modelyard.services.tracking.rules.inputs import CONTEXT_TAG

RESULTS_FILE = "cv_results.csv"
_LEFT_OUT = ("param", "split")
"""Params are logged as such; the scores of each split are told by their mean and deviation."""


def is_search(estimator: Any) -> bool:
    """Whether an estimator tries candidates: it has their results once it is fitted, and a seed before."""
    return hasattr(estimator, "estimator") and any(kind.__name__ == "BaseSearchCV" for kind in type(estimator).__mro__)


def estimator_tags(estimator: Any) -> dict[str, str]:
    """The tags that name an estimator's class."""
    kind = type(estimator)
    return {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__name__}"}


def best_params(search: Any) -> dict[str, Any]:
    """The best candidate's params, by MLflow's names."""
    return {f"best_{name}": value for name, value in getattr(search, "best_params_", {}).items()}


def log_search(recorder: Recorder, search: Any) -> None:
    """Log what a fitted search found."""
    if hasattr(search, "best_params_"):
        recorder.params(best_params(search))
    if hasattr(search, "best_score_"):
        recorder.metrics({"best_cv_score": search.best_score_})
    results = getattr(search, "cv_results_", None)
    if results is None:
        return
    recorder.attempt("the child runs of the search", _log_children, recorder, search, results)
    recorder.attempt("the table of the search", _log_table, recorder, results)


def best_rows(results: Mapping[str, Sequence[Any]], limit: int | None) -> list[int]:
    """The candidates of the best ranks, the best first; all of them, in their order, where ``limit`` is None."""
    rows = range(len(results["params"]))
    ranks = next((results[name] for name in results if name.startswith("rank_test_")), None)
    if limit is None or ranks is None:
        return list(rows)[:limit]
    return sorted(rows, key=lambda row: ranks[row])[:limit]


def _log_children(recorder: Recorder, search: Any, results: Mapping[str, Sequence[Any]]) -> None:
    seed, parent = search.estimator, recorder.run.run.info
    base = seed.get_params(deep=not is_search(seed))
    tags = {
        **context_tags(Settings.read()),
        AUTOLOGGING: recorder.name,
        **(recorder.options.extra_tags or {}),
        PARENT: parent.run_id,
        **estimator_tags(seed),
    }
    for row in best_rows(results, getattr(recorder.options, "max_tuning_runs", None)):
        name = new_run_name()
        child = recorder.client.create_run(parent.experiment_id, parent.start_time, tags, run_name=name).info
        _log_candidate(recorder, child.run_id, {**base, **results["params"][row]}, _scores(results, row))
        recorder.client.set_terminated(child.run_id)


def _log_candidate(recorder: Recorder, run_id: str, params: Mapping[str, Any], scores: Mapping[str, float]) -> None:
    moment = now_ms()
    points = [Metric(name, value, moment, 0) for name, value in scores.items()]
    recorder.client.log_batch(run_id, metrics=points, params=param_pairs(params))
    if recorder.dataset is not None:
        read = DatasetInput(recorder.dataset, key_values(InputTag, {CONTEXT_TAG: "train"}))
        recorder.client.log_inputs(run_id, [read])


def _scores(results: Mapping[str, Sequence[Any]], row: int) -> dict[str, float]:
    cells = {name: column[row] for name, column in results.items() if not name.startswith(_LEFT_OUT)}
    return {
        name: float(value)  # type: ignore[arg-type]
        for name, value in cells.items()
        if isinstance(value, Number) and not isinstance(value, complex)
    }


def _log_table(recorder: Recorder, results: Mapping[str, Sequence[Any]]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(results)
    table.writerows(zip(*results.values(), strict=True))
    recorder.client.log_text(recorder.run.run_id, text.getvalue(), RESULTS_FILE)
