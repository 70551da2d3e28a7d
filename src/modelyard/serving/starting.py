"""What workers are told of a model that may be served."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import NamedTuple

from modelyard.models.verdict import read_verdict
from modelyard.serving.confine import Confinement, secrets
from modelyard.serving.options import ServeOptions
from modelyard.serving.worker.frames import Start


class Model(NamedTuple):
    """A model that may be served: its folder, the digest of its files, and what its card says of where it is from."""

    folder: Path
    digest: str
    facts: dict[str, str]


def start_of(options: ServeOptions, model: Model, *, hidden: tuple[str, ...] = ()) -> Start:
    """What workers are told. ``hidden`` are folders they shall find empty, beside those with credentials."""
    return Start(
        folder=str(model.folder),
        facts=model.facts,
        runtime=options.runtime,
        trust=model.digest,
        batching=options.batching,
        fast=options.fast,
        numpy=_numpy_here(),
        max_output=options.max_output,
        confinement=Confinement(
            scratch="", parent=0, hidden=(*secrets(), *hidden), network=options.network, memory=options.memory
        ),
    )


def failed_verification(folder: Path) -> str:
    """What came of a model's own verification, in a sentence, if it failed; empty where it did not, or there was none."""
    verdict = read_verdict(folder)
    if verdict is None or verdict.status != "failed":
        return ""
    return f"The model did not pass its verification: {verdict.message.rstrip('.')}."


def _numpy_here() -> str:
    try:
        return importlib.metadata.version("numpy")
    except importlib.metadata.PackageNotFoundError:
        return ""
