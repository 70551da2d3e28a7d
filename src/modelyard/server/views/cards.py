"""What is known of a model that nobody loads: a process of its own looks at it, and its answer is good for a while."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from time import monotonic

import msgspec

from modelyard.core.errors import UserError
from modelyard.core.wire.messages import previews as pre
from modelyard.core.wire.messages.logged_models import GetLoggedModel
from modelyard.core.wire.messages.registry import GetModelVersionDownloadUri, SearchModelVersions
from modelyard.server.views.children import Children
from modelyard.server.views.copies import copy, is_model, is_sealed
from modelyard.server.views.places import Folder, Item, Places
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.tracking.contract import TrackingStore

MAX_FILES = 2_000
MAX_BYTES = 1_000_000_000
"""A model of more is described by its small files alone."""
MAX_SMALL = 1_000_000
MAX_FOLDER_BYTES = 1 << 50
MAX_VERSIONS = 100
REMEMBERED = 64
FRESH = 60.0
"""Seconds for which a card is the answer again: what this machine trusts may change without any change of the files."""
_VERSIONS_TAG = "mlflow.modelVersions"


class Cards:
    """Answers ``GET …/views/model``. Any thread may use it."""

    def __init__(self, places: Places, children: Children, tracking: TrackingStore, registry: RegistryStore) -> None:
        self._places = places
        self._children = children
        self._tracking = tracking
        self._registry = registry
        self._known: OrderedDict[str, tuple[float, pre.ModelCard]] = OrderedDict()
        self._lock = threading.Lock()

    def describe_model(self, request: pre.DescribeModel) -> pre.ModelCard:
        """The card of a folder; of one that is no model it says only that."""
        folder = self._places.find(request).below(request.path)
        if not any(info.path.rpartition("/")[2] in ("MLmodel", "MLModel") for info in folder.inside()):
            return self._no_model(folder, request)
        items = folder.walk(most=MAX_FILES, largest=MAX_FOLDER_BYTES)
        card = self._looked_at(folder, items)
        return msgspec.structs.replace(
            card,
            path=request.path,
            model_id=request.model_id or card.model_id,
            bytes=sum(item.size for item in items),
            files=sum(not item.is_dir for item in items),
            versions=self._versions(request, card),
        )

    def _no_model(self, folder: Folder, request: pre.DescribeModel) -> pre.ModelCard:
        files = [Item(info.path.rpartition("/")[2], info.file_size or 0, info.is_dir) for info in folder.inside()]
        if not is_sealed(files):
            return pre.ModelCard(is_model=False, path=request.path)
        return pre.ModelCard(
            is_model=True,
            path=request.path,
            bytes=files[0].size,
            files=1,
            reason="It is a sealed bundle: only who has its key sees what is in it.",
            versions=self._versions(request, None),
        )

    def _looked_at(self, folder: Folder, items: list[Item]) -> pre.ModelCard:
        mark = _mark(folder, items)
        with self._lock:
            known = self._known.get(mark) if mark else None
        if known is not None and monotonic() - known[0] < FRESH:
            return known[1]
        whole = sum(item.size for item in items) <= MAX_BYTES
        wanted = items if whole else [item for item in items if "/" not in item.path and item.size <= MAX_SMALL]
        if not is_model(wanted):
            return pre.ModelCard(is_model=True, path="", reason="Its MLmodel file is too large to be one.")
        with tempfile.TemporaryDirectory(prefix="modelyard-look-", ignore_cleanup_errors=True) as place:
            copy(folder, wanted, Path(place))
            card = self._children.model(Path(place), whole=whole)
        if mark:
            with self._lock:
                self._known[mark] = (monotonic(), card)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return card

    def _versions(self, request: pre.DescribeModel, card: pre.ModelCard | None) -> list[str]:
        """Registered versions of these files, as ``name/version``."""
        found = [f"{request.name}/{request.version}"] if request.name else []
        model_id = request.model_id or (card.model_id if card is not None else "")
        if model_id and self._is_here(model_id, request):
            found += self._versions_of_model(model_id)
        if request.run_id:
            found += self._versions_of_run(request)
        return list(dict.fromkeys(found))[:MAX_VERSIONS]

    def _is_here(self, model_id: str, request: pre.DescribeModel) -> bool:
        """Whether a model's files are those looked at: an MLmodel file may name any model."""
        with suppress(UserError):
            return self._places.uri(pre.DescribeModel(model_id=model_id)).rstrip("/") == self._here(request)
        return False

    def _here(self, request: pre.DescribeModel) -> str:
        return f"{self._places.uri(request)}/{request.path}".rstrip("/")

    def _versions_of_model(self, model_id: str) -> list[str]:
        with suppress(UserError, ValueError, TypeError, KeyError):  # a tag is what somebody wrote
            text = self._tracking.get_logged_model(GetLoggedModel(model_id=model_id)).model.tags.get(
                _VERSIONS_TAG, "[]"
            )
            return [f"{each['name']}/{each['version']}" for each in json.loads(text)[:MAX_VERSIONS]]
        return []

    def _versions_of_run(self, request: pre.DescribeModel) -> list[str]:
        """Those that were registered from this very folder."""
        here = self._here(request)
        search = SearchModelVersions(filter=f"run_id = '{request.run_id}'", max_results=MAX_VERSIONS)
        found = []
        for each in self._registry.search_model_versions(search).model_versions:
            asked = GetModelVersionDownloadUri(name=each.name, version=each.version)
            if self._registry.get_model_version_download_uri(asked).artifact_uri.rstrip("/") == here:
                found.append(f"{each.name}/{each.version}")
        return found


def _mark(folder: Folder, items: list[Item]) -> str:
    """What changes with any file of a folder; empty where the store does not tell."""
    told = hashlib.sha256(folder.key.encode())
    for item in items:
        if item.is_dir:
            continue
        with folder.open(item.path) as download:
            descriptor = download.fileno()
            if descriptor is None:
                return ""
            facts = os.fstat(descriptor)
        told.update(f"\0{item.path}\0{facts.st_ino} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}".encode())
    return told.hexdigest()
