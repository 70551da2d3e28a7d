"""Statements about what runs read and write: datasets and models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from modelyard.core.entities import (
    Dataset,
    DatasetInput,
    DatasetSummary,
    InputTag,
    ModelInput,
    ModelOutput,
    RunInputs,
    RunOutputs,
)
from modelyard.db import Connection
from modelyard.services.tracking.rules.inputs import context_of
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.runs import RunState


def add_datasets(conn: Connection, run: RunState, used: Sequence[DatasetInput]) -> None:
    """Record datasets a run reads; one it read before keeps the tags of then."""
    for each in used:
        number = _dataset(conn, run.experiment, each.dataset)
        row = conn.row(
            "INSERT INTO inputs (run, dataset, context) VALUES (?, ?, ?)"
            " ON CONFLICT (run, dataset) DO NOTHING RETURNING id",
            (run.id, number, context_of(each.tags)),
        )
        if row is not None and each.tags:
            tags = {tag.key: tag.value for tag in each.tags}
            conn.many(
                "INSERT INTO input_tags (input, key, value) VALUES (?, ?, ?)",
                [(row[0], key, value) for key, value in tags.items()],
            )


def _dataset(conn: Connection, experiment: int, dataset: Dataset) -> int:
    """The number of a dataset, unique by experiment, name and digest; what was recorded first stays."""
    identity = (experiment, dataset.name, dataset.digest)
    rest = (dataset.source_type, dataset.source, dataset.schema, dataset.profile)
    row = conn.row(
        "INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (experiment, name, digest) DO NOTHING RETURNING id",
        (*identity, *rest),
    ) or conn.row("SELECT id FROM datasets WHERE experiment = ? AND name = ? AND digest = ?", identity)
    assert row is not None, "a dataset is there or was just added"
    number: int = row[0]
    return number


def add_models(conn: Connection, run: RunState, models: Sequence[ModelInput]) -> None:
    """Record models a run reads."""
    conn.many(
        "INSERT INTO model_inputs (run, model_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(run.id, model.model_id) for model in models],
    )


def add_outputs(conn: Connection, run: RunState, models: Sequence[ModelOutput]) -> None:
    """Record models a run writes."""
    conn.many(
        "INSERT INTO model_outputs (run, model_id, step) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(run.id, model.model_id, model.step) for model in models],
    )


def page(conn: Connection, runs: Sequence[int]) -> dict[int, tuple[RunInputs, RunOutputs]]:
    """What several runs read and write: three statements however many they are."""
    datasets = _dataset_inputs(conn, runs)
    read: dict[int, list[ModelInput]] = defaultdict(list)
    written: dict[int, list[ModelOutput]] = defaultdict(list)
    rows = rows_in(
        conn,
        "SELECT run, model_id, NULL FROM model_inputs WHERE run IN (?*)"
        " UNION ALL SELECT run, model_id, step FROM model_outputs WHERE run IN (?*) ORDER BY 1, 3, 2",
        runs,
    )
    for run, model_id, step in rows:
        if step is None:
            read[run].append(ModelInput(model_id))
        else:
            written[run].append(ModelOutput(model_id, step))
    return {
        run: (
            RunInputs(dataset_inputs=datasets.get(run, []), model_inputs=read.get(run, [])),
            RunOutputs(model_outputs=written.get(run, [])),
        )
        for run in runs
    }


def _dataset_inputs(conn: Connection, runs: Sequence[int]) -> dict[int, list[DatasetInput]]:
    used = rows_in(
        conn,
        "SELECT i.id, i.run, d.name, d.digest, d.source_type, d.source, d.schema, d.profile FROM inputs i"
        " JOIN datasets d ON d.id = i.dataset WHERE i.run IN (?*) ORDER BY i.id",
        runs,
    )
    if not used:
        return {}
    tags: dict[int, list[InputTag]] = defaultdict(list)
    tag_rows = rows_in(
        conn,
        "SELECT input, key, value FROM input_tags WHERE input IN (?*) ORDER BY input, key",
        [row[0] for row in used],
    )
    for number, key, value in tag_rows:
        tags[number].append(InputTag(key, value))
    found: dict[int, list[DatasetInput]] = defaultdict(list)
    for number, run, *columns in used:
        found[run].append(DatasetInput(dataset=Dataset(*columns), tags=tags[number]))
    return found


def summaries(conn: Connection, experiments: Sequence[int]) -> list[DatasetSummary]:
    """The datasets that the runs of some experiments read, with what for: at most 1,000."""
    rows = rows_in(
        conn,
        "SELECT DISTINCT d.experiment, d.name, d.digest, i.context FROM datasets d JOIN inputs i ON i.dataset = d.id"
        " WHERE d.experiment IN (?*) ORDER BY 1, 2, 3, 4 NULLS FIRST LIMIT 1000",
        experiments,
    )
    return [
        DatasetSummary(experiment_id=str(experiment), name=name, digest=digest, context=context)
        for experiment, name, digest, context in rows
    ]
