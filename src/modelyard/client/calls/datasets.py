"""The client's calls about named datasets."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelyard.client.artifacts.references import parse_dataset
from modelyard.client.calls.base import key_values
from modelyard.client.calls.runs import RunCalls
from modelyard.client.dataset_versions.making import About, make_version
from modelyard.client.dataset_versions.tables import path_or_none, written
from modelyard.client.dataset_versions.use import local_copy
from modelyard.client.paging import PagedList
from modelyard.core.entities import Dataset, DatasetInput, InputTag
from modelyard.core.entities.dataset_version import DatasetTag, DatasetUse, DatasetVersion, NamedDataset
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.datasets.rules import check_name
from modelyard.services.tracking.rules.inputs import CONTEXT_TAG


class DatasetCalls(RunCalls):
    """Log, use and look up versions of named datasets."""

    def log_dataset(
        self,
        run_id: str,
        path_or_frame: Any,
        name: str,
        *,
        type: str = "",  # noqa: A002  # what datasets have, by its usual name
        description: str = "",
        reference: bool = False,
        aliases: Iterable[str] = (),
        tags: Mapping[str, Any] | None = None,
    ) -> DatasetVersion:
        """Make a version of a file, a folder or a data frame, unless the latest one is the same; answers it."""
        check_name(name)
        about = About(name, type, description, reference, _texts(aliases), tuple(key_values(DatasetTag, tags)))
        path = path_or_none(path_or_frame)
        if path is not None:
            return make_version(self._tracking, run_id, path, about).version
        if reference:
            raise InvalidParameter("A data frame is in memory: what stays where it is must be a file or a folder.")
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            return make_version(self._tracking, run_id, written(path_or_frame, name, Path(folder)), about).version

    def use_dataset(
        self,
        reference: str,
        *,
        to: str | os.PathLike[str] | None = None,
        run_id: str | None = None,
        context: str | None = None,
    ) -> Path:
        """A version on this disk, its digest compared; the run ``run_id`` is recorded as one of its consumers."""
        version = self.get_dataset_version(reference).version
        path = local_copy(version, self._tracking, to)
        if run_id is not None:
            self._record_use(run_id, version, context)
        return path

    def get_dataset_version(self, reference: str) -> data.DatasetVersionReply:
        """The version that ``NAME:v0``, ``NAME:latest``, ``NAME:ALIAS`` or ``NAME`` names, and the dataset it is of."""
        return self._datasets.get_version(data.GetDatasetVersion(reference=_plain(reference)))

    def search_named_datasets(
        self,
        contains: str = "",
        *,
        type: str = "",  # noqa: A002  # what datasets have, by its usual name
        max_results: int = 100,
        page_token: str | None = None,
    ) -> PagedList[NamedDataset]:
        """A page of datasets whose name holds a text, the newest change first."""
        request = data.SearchNamedDatasets(
            contains=contains, type=type, max_results=max_results, page_token=page_token or ""
        )
        page = self._datasets.search(request)
        return PagedList(page.datasets, page.next_page_token or None)

    def list_dataset_versions(
        self, name: str, max_results: int = 100, page_token: str | None = None
    ) -> PagedList[DatasetVersion]:
        """A page of the versions of a dataset, the newest first."""
        request = data.ListDatasetVersions(name=name, max_results=max_results, page_token=page_token or "")
        page = self._datasets.list_versions(request)
        return PagedList(page.versions, page.next_page_token or None)

    def update_named_dataset(
        self,
        name: str,
        *,
        type: str | None = None,  # noqa: A002  # what datasets have, by its usual name
        description: str | None = None,
    ) -> NamedDataset:
        """Change the type or the description of a dataset."""
        request = data.UpdateNamedDataset(name=name, type=type, description=description)
        return self._datasets.update(request).dataset

    def set_dataset_alias(self, name: str, alias: str, version: int | str) -> None:
        """Let an alias name a version: a number, or ``"v3"``."""
        self._datasets.set_alias(data.SetDatasetAlias(name=name, alias=alias, version=_number(version)))

    def delete_dataset_alias(self, name: str, alias: str) -> None:
        """Take an alias away; one that is not there is no error."""
        self._datasets.delete_alias(data.DeleteDatasetAlias(name=name, alias=alias))

    def get_dataset_lineage(
        self, reference: str = "", *, run_id: str = "", max_results: int = 1000
    ) -> list[DatasetUse]:
        """Who made and who used a dataset or a version, or what a run made and used; the oldest first."""
        if run_id:
            self._flush(run_id)
            run_id = self._tracking.sender.real_id(run_id)
        request = data.GetDatasetLineage(
            reference=_plain(reference) if reference else "", run_id=run_id, max_results=max_results
        )
        return self._datasets.lineage(request).uses

    @property
    def _datasets(self) -> DatasetStore:
        return self._tracking.datasets

    def _record_use(self, run_id: str, version: DatasetVersion, context: str | None) -> None:
        self._flush(run_id)
        real = self._tracking.sender.real_id(run_id)
        self._datasets.record_use(data.RecordDatasetUse(reference=version.reference, run_id=real))
        read = Dataset(
            name=version.name,
            digest=version.input_digest,
            source_type="datasets",
            source=json.dumps({"uri": f"datasets:/{version.reference}"}),
            profile=json.dumps({"version": f"v{version.version}", "bytes": version.size}),
        )
        self.log_inputs(run_id, [DatasetInput(read, [InputTag(CONTEXT_TAG, context)] if context else [])])


def _plain(reference: str) -> str:
    """A reference from an address of a dataset, or from itself."""
    return parse_dataset(reference) or reference


def _texts(aliases: Iterable[str]) -> tuple[str, ...]:
    return (aliases,) if isinstance(aliases, str) else tuple(aliases)


def _number(version: int | str) -> int:
    text = str(version).removeprefix("v")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidParameter(f"{version!r} is no version of a dataset: write a number, or v and a number.")
    return int(text)
