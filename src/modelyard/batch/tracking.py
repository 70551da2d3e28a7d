"""The tracked run of a batch: what was scored with what, how many rows, how fast, and how the predictions are distributed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from modelyard.batch.manifest import Manifest
from modelyard.client.artifacts.references import parse_model
from modelyard.client.client import MlflowClient
from modelyard.client.fluent.artifacts import log_artifact, log_dict
from modelyard.client.fluent.metrics import log_metrics
from modelyard.client.fluent.recording import log_input, log_params, set_tags
from modelyard.client.fluent.runs import start_run
from modelyard.core.entities import Dataset

_MOST_LOGGED = 10 << 20
_DIGEST_LENGTH = 36
_TYPE = "batch"


class Tracked(Protocol):
    """What is told to a tracked run."""

    @property
    def run_id(self) -> str:
        """The run's id, empty without a run."""
        ...

    def begin(self, manifest: Manifest, told: dict[str, Any]) -> None:
        """Say what is scored."""
        ...

    def at(self, manifest: Manifest) -> None:
        """Say how far it is."""
        ...

    def end(self, manifest: Manifest, told: dict[str, Any], rejected: Path) -> None:
        """Say what came out."""
        ...


class NotTracked:
    """No run."""

    run_id = ""

    def begin(self, manifest: Manifest, told: dict[str, Any]) -> None:
        """Nothing."""

    def at(self, manifest: Manifest) -> None:
        """Nothing."""

    def end(self, manifest: Manifest, told: dict[str, Any], rejected: Path) -> None:
        """Nothing."""


class TrackedRun:
    """The active run."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id

    def begin(self, manifest: Manifest, told: dict[str, Any]) -> None:
        """Params, tags, and the input as a dataset."""
        subject = manifest.subject
        names = ("model", "model_version", "model_digest", "input", "output", "engine")
        params = {name: told[name] for name in names if told.get(name)}
        params |= {"input_format": subject.input_format, "output_format": subject.output_format}
        log_params(
            params
            | {name: json.dumps(value) if isinstance(value, dict) else value for name, value in subject.options.items()}
        )
        set_tags({"modelyard.kind": _TYPE, "modelyard.input_digest": subject.input_digest})
        digest = subject.input_digest.partition(":")[2][:_DIGEST_LENGTH]
        kind = "s3" if told["input"].startswith("s3://") else "local"
        source = json.dumps({"uri": told["input"]})
        log_input(Dataset(Path(told["input"]).name or "input", digest, kind, source), context="batch")

    def at(self, manifest: Manifest) -> None:
        """Counts, one step for each chunk."""
        step = len(manifest.parts)
        log_metrics({"rows": manifest.rows, "rows_scored": manifest.scored}, step=step)

    def end(self, manifest: Manifest, told: dict[str, Any], rejected: Path) -> None:
        """Counts, throughput, the profile of the predictions, and the rows that were left out."""
        seconds = max(manifest.seconds, 1e-9)
        log_metrics(
            {
                "rows": manifest.rows,
                "rows_scored": manifest.scored,
                "rows_rejected": manifest.rows - manifest.scored,
                "seconds": manifest.seconds,
                "rows_per_second": manifest.rows / seconds,
            },
            step=len(manifest.parts),
        )
        log_dict(msgspec.to_builtins(manifest.profile), "profile.json")
        log_dict(told, "batch.json")
        if rejected.is_file() and rejected.stat().st_size <= _MOST_LOGGED:
            log_artifact(str(rejected))


@contextmanager
def tracked(manifest: Manifest, *, wanted: bool, experiment: str, name: str) -> Iterator[Tracked]:
    """The run of a batch while the block lasts: the one it had before, when it goes on."""
    if not wanted:
        yield NotTracked()
        return
    with _started(manifest.run_id, experiment, name) as run:
        yield TrackedRun(run.info.run_id)


def _started(run_id: str, experiment: str, name: str) -> Any:
    if run_id:
        return start_run(run_id=run_id, nested=True)
    return start_run(experiment_id=_experiment(experiment), run_name=name, nested=True)


def _experiment(named: str) -> str | None:
    """The id of an experiment, by name or id; one of a new name is made."""
    if not named:
        return None
    client = MlflowClient()
    found = client.get_experiment_by_name(named)
    if found is not None:
        return found.experiment_id
    return named if named.isdigit() else client.create_experiment(named)


def model_name(address: str) -> str:
    """A short name of a model, for its runs."""
    reference = parse_model(address)
    return reference.name or reference.model_id if reference is not None else Path(address).name
