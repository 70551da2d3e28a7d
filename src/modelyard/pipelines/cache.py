"""Which steps need not run again: what a step's result depends on, as a key, and the runs whose results still stand.

The key is a tag of the step's run, so that any server that keeps runs keeps the cache. What the key was made of is an artifact of
the run, ``cache.json``, for ``explain`` to compare with.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from modelyard.client.client import MlflowClient
from modelyard.client.dataset_versions.content import content_of
from modelyard.core.entities import Run
from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.pipelines.component import Component
from modelyard.pipelines.shelf import Made, Shelf

KIND = "modelyard.kind"
PIPELINE = "modelyard.pipeline"
STEP = "modelyard.step"
KEY = "modelyard.cache.key"
OUTPUTS = "modelyard.outputs"
RECORD = "cache.json"

FORMAT = 1
_LONGEST = 1024  # characters of a parameter that may be a path
_LOOKED_AT = 5  # runs of one key: the newest ones, should somebody have removed what the newest made


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a step's result depends on. ``inputs`` and ``files`` are digests of contents, ``code`` of its files."""

    format: int = FORMAT
    step: str
    command: str
    code: dict[str, str]
    parameters: dict[str, str] = {}
    inputs: dict[str, str] = {}
    files: dict[str, str] = {}
    outputs: dict[str, str] = {}
    environment: dict[str, str] = {}

    def key(self) -> str:
        """The digest of all of them."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What ``cache.json`` has: the parts of the key, and which versions the inputs were."""

    parts: Parts
    inputs: dict[str, str] = {}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier run of a step and what it made; ``lost`` says which of that is gone or changed, and is empty when all stands."""

    run_id: str
    outputs: dict[str, Made]
    lost: str = ""


class Cache:
    """The earlier runs of one pipeline's steps in one experiment."""

    def __init__(self, client: MlflowClient, experiment_id: str, pipeline: str, shelf: Shelf) -> None:
        self._client = client
        self._experiment_id = experiment_id
        self._pipeline = pipeline
        self._shelf = shelf

    def find(self, key: str) -> Kept | None:
        """The newest run of a key whose outputs still stand; else the newest with what it lost; None when there is none."""
        first: Kept | None = None
        for run in self._search(f"tags.`{KEY}` = '{key}'", _LOOKED_AT):
            kept = self.kept(run)
            if not kept.lost:
                return kept
            first = first or kept
        return first

    def kept(self, run: Run) -> Kept:
        """What a run made, and whether that still stands."""
        outputs = outputs_of(run)
        lost = next((why for made in outputs.values() if (why := self._shelf.lost(made.reference, made.digest))), "")
        return Kept(run_id=run.info.run_id, outputs=outputs, lost=lost)

    def last(self, step: str) -> tuple[str, Record] | None:
        """The newest run of a step that ended well, and what its key was made of."""
        condition = f"tags.`{PIPELINE}` = {quoted(self._pipeline)} AND tags.`{STEP}` = {quoted(step)}"
        for run in self._search(condition, _LOOKED_AT):
            record = self._record(run.info.run_id)
            if record is not None:
                return run.info.run_id, record
        return None

    def finished(self, parent: str) -> dict[str, Run]:
        """The steps that ended well in an earlier run of the pipeline, by name."""
        found = self._search(f"tags.`mlflow.parentRunId` = {quoted(parent)}", 1000)
        return {run.data.tags[STEP]: run for run in found if STEP in run.data.tags}

    def _search(self, condition: str, most: int) -> Iterator[Run]:
        if not self._experiment_id:
            return
        yield from self._client.search_runs(
            [self._experiment_id],
            f"{condition} AND attributes.status = 'FINISHED'",
            max_results=most,
            order_by=["attributes.start_time DESC"],
        )

    def _record(self, run_id: str) -> Record | None:
        try:
            with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
                file = self._client.download_artifacts(run_id, RECORD, folder)
                return msgspec.json.decode(Path(file).read_bytes(), type=Record)
        except (
            ModelyardError,
            OSError,
            msgspec.DecodeError,
        ):  # removed, or of another release: there is nothing to compare with
            return None


def outputs_of(run: Run) -> dict[str, Made]:
    """What the tag of a step's run says that it made."""
    try:
        return msgspec.json.decode(run.data.tags.get(OUTPUTS, "{}"), type=dict[str, Made])
    except msgspec.DecodeError:
        return {}


def parts_of(
    component: Component, code: Mapping[str, str], inputs: Mapping[str, str], environment: Mapping[str, str]
) -> Parts:
    """The parts of a step's key. ``inputs`` are ``NAME DIGEST`` by the parameter that is handed them."""
    step = component.step
    parameters = component.all_parameters()
    return Parts(
        step=step.name,
        command=_command(component),
        code=dict(code),
        parameters=parameters,
        inputs=dict(inputs),
        files=dict(_files(component)),
        outputs={
            name: " ".join(filter(None, (output.dataset, output.path, "reference" if output.reference else "")))
            for name, output in step.outputs.items()
        },
        environment=dict(environment),
    )


def quoted(text: str) -> str:
    """A text in a filter."""
    return "'" + text.replace("'", "''") + "'"


def _command(component: Component) -> str:
    """The entry point's command, with the names of its parameters."""
    words = (
        "".join(f"{{{part.parameter}}}" if part.parameter else part.text for part in word.parts) + "…" * word.spliced
        for word in component.entry_point.command.words
    )
    folder = str(component.project.folder)
    return msgspec.json.encode([word.replace(folder, ".") for word in words]).decode()


def _files(component: Component) -> Iterator[tuple[str, str]]:
    """What parameters name on this machine, and the digest of what is in it: files, and folders that are named as paths."""
    for name, text in component.parameters().items():
        path = text.removeprefix("file://")
        if not path or "\x00" in path or len(path) > _LONGEST:
            continue
        declared = component.entry_point.parameters.get(name)
        is_path = "/" in path or (declared is not None and declared.type in ("path", "uri"))
        for base in (component.root, component.project.folder):
            place = base / os.path.expanduser(path)
            if place.is_file() or (place.is_dir() and is_path):
                yield path, _content(place)
                break


def _content(place: Path) -> str:
    try:
        return content_of(place).digest
    except InvalidParameter:  # a folder without files, or with names that no dataset has
        return ""
