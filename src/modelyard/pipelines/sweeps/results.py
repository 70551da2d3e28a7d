"""What came of a sweep: its table, the best trial, how much each override mattered, and pictures of both."""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.client import MlflowClient
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.extras import optional
from modelyard.pipelines.sweeps.contract import Direction, Plan, Trial
from modelyard.pipelines.sweeps.grammar import Space
from modelyard.pipelines.sweeps.pictures import by_trial, by_value
from modelyard.pipelines.sweeps.record import Record, best_of
from modelyard.pipelines.sweeps.samplers.tpe import library, study_of

IMPORTANCE = "sweep/importance.json"
_ENOUGH = 4
"""Trials with a value, below which nothing is said about what mattered."""


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """The share of each override in how the metric varied, and how that was computed."""

    method: str
    shares: dict[str, float] = {}


def best(run_id: str, *, metric: str = "", minimize: bool = False) -> Trial:
    """The best trial of a sweep: its run, its values and its metric.

    By the metric the sweep was given, or the one named here. Raises ``NotFound`` when no trial has it.
    """
    record = Record.open(MlflowClient(), run_id)
    known = record.trials()
    if metric:
        direction: Direction = "minimize" if minimize else "maximize"
        record.plan = msgspec.structs.replace(record.plan, metric=metric, direction=direction)
        known = record.valued(known)
    plan = record.plan
    if not plan.metric:
        raise InvalidParameter(f"The sweep {run_id} was given no metric: say which with --metric NAME.")
    found = best_of(plan, known)
    if found is None:
        there = record.metrics(next((trial for trial in record.trials().values() if trial.is_done), None))
        hint = f" Metrics of its trials: {', '.join(there)}." if there else ""
        raise NotFound(f"No trial of the sweep {run_id} has finished with a metric {plan.metric!r}.{hint}")
    return found


def trials(run_id: str) -> list[Trial]:
    """All trials of a sweep, by their numbers, each as it ended last.

    Raises ``NotFound`` for a run that is no sweep.
    """
    return list(Record.open(MlflowClient(), run_id).trials().values())


def stored_importance(record: Record) -> Importance:
    """What a sweep that has ended kept of what mattered; nothing where it did not."""
    client = MlflowClient()
    with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
        try:
            told = json.loads(Path(client.download_artifacts(record.run_id, IMPORTANCE, folder)).read_bytes())
        except NotFound:
            return Importance(method="")
    return Importance(method=str(told["method"]), shares=told["importance"])


def importance(plan: Plan, space: Space, trials: Mapping[int, Trial]) -> Importance:
    """How much each override mattered: Optuna's fANOVA where scikit-learn is installed, else the correlation ratio."""
    known = {number: trial for number, trial in trials.items() if has_value(trial)}
    values = {trial.value for trial in known.values()}
    if len(known) < _ENOUGH or len(values) < 2 or not space.swept:
        return Importance(method="none: too few trials with a value")
    if optional("optuna") is None or optional("sklearn") is None:
        return Importance(method="correlation ratio", shares=_ratios(space, list(known.values())))
    optuna = library()
    study = study_of(space, plan, known)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=plan.seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return Importance(method="fANOVA (Optuna)", shares={key: float(share) for key, share in found.items()})


def files_of(plan: Plan, space: Space, trials: Mapping[int, Trial]) -> dict[str, str]:
    """The files a sweep keeps when it ends: path → text."""
    files = {"sweep/trials.csv": table(space, trials)}
    if not plan.metric:
        return files
    found = importance(plan, space, trials)
    files[IMPORTANCE] = json.dumps(
        {"metric": plan.metric, "method": found.method, "importance": found.shares}, indent=2
    )
    points = [trial for trial in trials.values() if has_value(trial)]
    if points:
        files["sweep/value_by_trial.svg"] = by_trial(plan, points)
        for each in space.swept:
            name = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in each.key.lstrip("+~"))
            files[f"sweep/value_by_{name}.svg"] = by_value(plan, each, points)
    return files


def table(space: Space, trials: Mapping[int, Trial]) -> str:
    """The trials as CSV."""
    keys = [each.key for each in space.swept]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trial", *keys, "state", "value", "seconds", "run_id", "why"])
    for number, trial in sorted(trials.items()):
        value = "" if trial.value is None else repr(trial.value)
        values = [_guarded(trial.values.get(key, "")) for key in keys]
        writer.writerow(
            [number, *values, trial.state, value, f"{trial.seconds:.3f}", trial.run_id, _guarded(trial.why)]
        )
    return out.getvalue()


def has_value(trial: Trial) -> bool:
    """Whether a trial finished with a number that can be compared."""
    return trial.state == "FINISHED" and trial.value is not None and math.isfinite(trial.value)


def _guarded(text: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text; numbers stay."""
    try:
        float(text)
    except ValueError:
        return "'" + text if text[:1] in ("=", "+", "-", "@") else text
    return text


def _ratios(space: Space, trials: Sequence[Trial]) -> dict[str, float]:
    """The part of the variance that lies between the values of an override (an interval in as many parts as its root)."""
    found = {each.key: _ratio([_group(each, trial, len(trials)) for trial in trials], trials) for each in space.swept}
    total = sum(found.values()) or 1.0
    return dict(sorted(((key, ratio / total) for key, ratio in found.items()), key=lambda pair: -pair[1]))


def _group(each: Any, trial: Trial, count: int) -> str:
    text = trial.values.get(each.key, "")
    if each.kind != "interval":
        return text
    parts = max(2, math.isqrt(count))
    return str(min(parts - 1, int((float(text) - each.low) / (each.high - each.low) * parts)))


def _ratio(groups: Sequence[str], trials: Sequence[Trial]) -> float:
    values = [trial.value or 0.0 for trial in trials]
    mean = math.fsum(values) / len(values)
    total = math.fsum((value - mean) ** 2 for value in values)
    between = 0.0
    for group in set(groups):
        inside = [value for value, of in zip(values, groups, strict=True) if of == group]
        between += len(inside) * (math.fsum(inside) / len(inside) - mean) ** 2
    return between / total if total else 0.0
