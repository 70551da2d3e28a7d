"""Named artifacts: what one step makes and another one reads. A parameter names one, such as `raw_data.parquet:latest`.

`modelyard pipeline run` looks after artifacts itself and hands over the absolute path of a file instead.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelyard
import pandas as pd


def fetch(reference: str) -> Path:
    """The file or folder that an artifact is, on this disk; the run is noted as one that uses it."""
    return Path(reference) if os.path.isabs(reference) else Path(modelyard.datasets.use_dataset(reference))


def publish(write: Callable[[Path], Any], artifact: str, *, kind: str, description: str) -> None:
    """Make an artifact, or a new version of one unless nothing changed: `write` is handed the path to write."""
    if os.path.isabs(artifact):
        write(Path(artifact))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / artifact
        write(path)
        modelyard.datasets.log_dataset(path, artifact, type=kind, description=description)


def read_table(reference: str) -> pd.DataFrame:
    """A table that is an artifact."""
    return pd.read_parquet(fetch(reference))


def write_table(table: pd.DataFrame, artifact: str, *, kind: str, description: str) -> None:
    """Make a table an artifact."""
    publish(lambda path: table.to_parquet(path, index=False), artifact, kind=kind, description=description)
