"""The client's calls about artifacts: files, texts, figures and streams."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from modelyard.client.artifacts.locate import Found, model_location, model_names_of_run, models_of_run, of_run, place_at
from modelyard.client.artifacts.references import ModelReference, RunReference
from modelyard.client.artifacts.transfer import fetch_below, files_below, files_of
from modelyard.client.calls.base import Calls
from modelyard.client.figures import save_figure
from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.extras import optional

_BLOCK = 1 << 20


class ArtifactCalls(Calls):
    """Log, list and download the files of runs and logged models."""

    def log_artifact(self, run_id: str, local_path: str, artifact_path: str | None = None) -> None:
        """Log a file, or a folder under its own name, below ``artifact_path``."""
        self._send(run_id, files_of(local_path, artifact_path))

    def log_artifacts(self, run_id: str, local_dir: str, artifact_path: str | None = None) -> None:
        """Log the contents of a folder below ``artifact_path``."""
        self._send(run_id, files_below(local_dir, artifact_path))

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Log a text as a file."""
        with self._new_file(run_id, artifact_file) as path:
            path.write_text(text, encoding="utf-8")

    def log_dict(self, run_id: str, dictionary: Mapping[str, Any], artifact_file: str) -> None:
        """Log a dictionary as JSON, or YAML where the file's name says so; what JSON does not know becomes a text."""
        with self._new_file(run_id, artifact_file) as path:
            yaml = optional("yaml") if path.suffix in (".yml", ".yaml") else None
            # JSON is YAML too, where the library that writes it prettier is missing.
            plain = json.dumps(dictionary, indent=2, default=str)
            text = yaml.safe_dump(json.loads(plain), indent=2, default_flow_style=False) if yaml else plain
            path.write_text(text, encoding="utf-8")

    def log_stream(self, run_id: str, stream: BinaryIO, artifact_file: str) -> None:
        """Log what a binary stream holds as a file, in pieces of bounded size."""
        with self._new_file(run_id, artifact_file) as path, open(path, "wb") as file:
            while block := stream.read(_BLOCK):
                if not isinstance(block, bytes | bytearray | memoryview):
                    raise InvalidParameter(f"The stream must give bytes, not {type(block).__name__}.")
                file.write(block)

    def log_figure(
        self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Log a matplotlib or plotly figure as a file."""
        with self._new_file(run_id, artifact_file) as path:
            save_figure(figure, path, dict(save_kwargs or {}))

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """The files and folders below a folder of a run's artifacts, and of the models it logged."""
        found = self._root(run_id)
        folder = _folder(path)
        listed = _relative(found, found.place.list(keys.join(found.key, folder)))
        if not folder:
            return _with_folders(listed, model_names_of_run(run_id, self._tracking))
        return listed or self._model_files(run_id, folder)

    def download_artifacts(self, run_id: str, path: str, dst_path: str | None = None) -> str:
        """Download a file or folder of a run, or of a model it logged; answers where it is now."""
        folder = _folder(path)
        found = of_run(RunReference(run_id, folder), self._tracking)
        return fetch_below(found.place, found.key, dst_path, folder)

    def log_model_artifact(self, model_id: str, local_path: str, artifact_path: str | None = None) -> None:
        """Add a file to a logged model."""
        self._send_to_model(model_id, files_of(local_path, artifact_path))

    def log_model_artifacts(self, model_id: str, local_dir: str, artifact_path: str | None = None) -> None:
        """Add the contents of a folder to a logged model."""
        self._send_to_model(model_id, files_below(local_dir, artifact_path))

    def list_logged_model_artifacts(self, model_id: str, path: str | None = None) -> list[FileInfo]:
        """The files and folders below a folder of a logged model."""
        found = self._model_root(model_id)
        return _relative(found, found.place.list(keys.join(found.key, _folder(path))))

    def _send(self, run_id: str, files: Iterable[tuple[Path, str]]) -> None:
        for local, key in self._without_the_store(files):
            self._tracking.sender.send_file(run_id, key, local)

    def _send_to_model(self, model_id: str, files: Iterable[tuple[Path, str]]) -> None:
        found = self._model_root(model_id)
        for local, key in self._without_the_store(files):
            found.place.upload(local, keys.join(found.key, key))

    def _without_the_store(self, files: Iterable[tuple[Path, str]]) -> list[tuple[Path, str]]:
        """All files before the first is sent; a store in the folder that is logged does not log itself."""
        if self._tracking.address.kind != "folder":
            return list(files)
        store = Path(self._tracking.location).resolve()
        return [(local, key) for local, key in files if not local.resolve().is_relative_to(store)]

    @contextmanager
    def _new_file(self, run_id: str, artifact_file: str) -> Iterator[Path]:
        """A path to write a file to that is logged as ``artifact_file`` when the block ends well."""
        key = os.fspath(artifact_file)
        if not keys.is_allowed(key):
            raise InvalidParameter(f"Invalid path: {key!r} cannot be the name of an artifact.")
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            path = Path(folder) / key.rpartition("/")[2]
            yield path
            self._tracking.sender.send_file(run_id, key, path)

    def _root(self, run_id: str) -> Found:
        return place_at(self._tracking.artifact_root(run_id), self._tracking)

    def _model_root(self, model_id: str) -> Found:
        return place_at(model_location(ModelReference(model_id=model_id), self._tracking), self._tracking)

    def _model_files(self, run_id: str, folder: str) -> list[FileInfo]:
        """MLflow 3 keeps a run's models apart; they are listed as if they were among its artifacts."""
        name, _, inside = folder.partition("/")
        try:
            models = models_of_run(run_id, name, self._tracking)
        except NotFound:
            return []
        if not models:
            return []
        files = self.list_logged_model_artifacts(models[0], inside)
        return [FileInfo(keys.join(name, info.path), info.is_dir, info.file_size) for info in files]


def _folder(path: str | None) -> str:
    folder = (path or "").strip("/") if path != "." else ""
    keys.check_folder(folder)
    return folder


def _with_folders(listed: list[FileInfo], names: Iterable[str]) -> list[FileInfo]:
    there = {info.path for info in listed}
    more = [FileInfo(name, True) for name in names if name not in there]
    return sorted([*listed, *more], key=lambda info: info.path) if more else listed


def _relative(found: Found, listed: list[FileInfo]) -> list[FileInfo]:
    if not found.key:
        return listed
    start = len(found.key) + 1
    return [FileInfo(info.path[start:], info.is_dir, info.file_size) for info in listed]
