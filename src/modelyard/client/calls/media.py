"""The client's calls about images and tables."""

from __future__ import annotations

import json
import logging
import re
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.client.calls.artifacts import ArtifactCalls
from modelyard.client.calls.base import now_ms
from modelyard.client.calls.runs import RunCalls
from modelyard.client.images import small_copy, to_pil
from modelyard.client.paging import gather
from modelyard.client.replay import AWAY
from modelyard.client.tables import check_file_name, join_tables, read_table, write_table
from modelyard.core.entities import Run
from modelyard.core.errors import NotFound

LOGGED_IMAGES = "mlflow.loggedImages"
LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
_IMAGE_KEY = re.compile(r"[a-zA-Z0-9_\-./ ]+")
_logger = logging.getLogger(__name__)


class MediaCalls(ArtifactCalls, RunCalls):
    """Log images, and log and load tables."""

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Log an image as a file, or under ``key`` as one of a series over steps, then with a small copy of it."""
        if artifact_file is not None and any(given is not None for given in (key, step, timestamp)):
            raise TypeError(
                "The `artifact_file` parameter cannot be used in conjunction with `key`, `step`, or `timestamp`."
            )
        if artifact_file is None and key is None:
            raise TypeError("Invalid arguments: Please specify exactly one of `artifact_file` or `key`.")
        picture = to_pil(image)
        if artifact_file is not None:
            self._save(run_id, picture, artifact_file)
            return
        name = _series_name(key or "", step or 0, timestamp or now_ms())
        self._save(run_id, picture, f"{name}.png")
        self._save(run_id, small_copy(picture), f"{name}+compressed.webp")
        self.set_tag(run_id, LOGGED_IMAGES, True, synchronous)

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Log a dictionary of columns or a data frame as a table; to one that is there, its rows are added."""
        check_file_name(artifact_file)

        def save_image(image: Any) -> dict[str, str]:
            base = f"table_images/{artifact_file.rpartition('.')[0]}/{uuid.uuid4()}"
            self._save(run_id, image, f"{base}.png")
            self._save(run_id, small_copy(image), f"{base}.webp")
            return {"type": "image", "filepath": f"{base}.png", "compressed_filepath": f"{base}.webp"}

        with (
            tempfile.TemporaryDirectory(prefix="modelyard-") as folder,
            self._new_file(run_id, artifact_file) as target,
        ):
            write_table(data, target, self._existing_table(run_id, artifact_file, folder), save_image)
        self._note_table(run_id, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: list[str] | None = None,
        extra_columns: list[str] | None = None,
    ) -> Any:
        """A table of all runs of an experiment that logged it, or of some runs, as one pandas data frame."""
        check_file_name(artifact_file)
        condition = f'tags.{LOGGED_ARTIFACTS} LIKE \'%"path"%:%"{artifact_file}",%"type"%:%"table"%\''
        if run_ids:
            condition += f" and attributes.run_id IN ({','.join(map(repr, run_ids))})"
        runs = gather(
            lambda size, token: self.search_runs([experiment_id], condition, max_results=size, page_token=token),
            None,
            1000,
        )
        if run_ids and len(run_ids) != len(runs):
            _logger.warning("Not all runs have the specified table artifact. Some runs will be skipped.")
        return join_tables([self._table_of(run, artifact_file, extra_columns or []) for run in runs])

    def _table_of(self, run: Run, artifact_file: str, extra_columns: list[str]) -> Any:
        run_id = run.info.run_id
        if not self._has_file(run_id, artifact_file):
            raise NotFound(f"Artifact {artifact_file} not found for run {run_id}.")
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            table = read_table(Path(self.download_artifacts(run_id, artifact_file, folder)))
        for column in extra_columns:
            table[f"{column}_" if column in table else column] = _column_of(run, column)
        return table

    def _has_file(self, run_id: str, artifact_file: str) -> bool:
        folder = artifact_file.rpartition("/")[0]
        return any(info.path == artifact_file and not info.is_dir for info in self.list_artifacts(run_id, folder))

    def _existing_table(self, run_id: str, artifact_file: str, folder: str) -> Path | None:
        """The table as it is; while the store is away there is none to be seen."""
        if self._tracking.sender.is_away:
            return None
        try:
            there = self._has_file(run_id, artifact_file)
            return Path(self.download_artifacts(run_id, artifact_file, folder)) if there else None
        except AWAY:
            if not self._tracking.sender.keeps:
                raise
            return None

    def _note_table(self, run_id: str, artifact_file: str) -> None:
        listed = self._tracking.logged_tables.setdefault(run_id, [])
        if not self._tracking.sender.is_away:
            told = json.loads(self.get_run(run_id).data.tags.get(LOGGED_ARTIFACTS, "[]"))
            listed[:] = told + [entry for entry in listed if entry not in told]
        entry = {"path": artifact_file, "type": "table"}
        if entry not in listed:
            listed.append(entry)
            self.set_tag(run_id, LOGGED_ARTIFACTS, json.dumps(listed))

    def _save(self, run_id: str, image: Any, artifact_file: str) -> None:
        with self._new_file(run_id, artifact_file) as path:
            image.save(str(path))


def _series_name(key: str, step: int, timestamp: int) -> str:
    if not _IMAGE_KEY.fullmatch(key):
        raise ValueError(
            "The `key` parameter may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ),"
            f" and slashes (/). The provided key `{key}` contains invalid characters."
        )
    return f"images/{key.replace('/', '~')}+step+{step}+timestamp+{timestamp}+{uuid.uuid4()}"


def _column_of(run: Run, column: str) -> Any:
    """A value of a run by the name of its column in ``search_runs``."""
    kind, _, name = column.partition(".")
    tables: Mapping[str, Mapping[str, Any]] = {
        "params": run.data.params,
        "metrics": run.data.metrics,
        "tags": run.data.tags,
    }
    return tables[kind].get(name) if name and kind in tables else getattr(run.info, column, None)
