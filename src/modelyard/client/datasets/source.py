"""Where a dataset came from."""

from __future__ import annotations

import json
import os
import re
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from modelyard.client.context import context_tags
from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.core.settings import Settings

_CLOUD = {"s3": "s3", "s3a": "s3", "gs": "gs", "abfss": "abfss", "wasbs": "wasbs", "hdfs": "hdfs", "dbfs": "dbfs"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


class DatasetSource:
    """Where a dataset came from: a kind, and what is known of it."""

    kind = ""

    def to_dict(self) -> dict[str, Any]:
        """What is known, as plain values."""
        raise NotImplementedError

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict())

    def load(self, dst_path: str | None = None) -> str:
        """Bring the data to this disk and answer where it is."""
        raise NotSupported(f"Data from a source of the kind {self.kind!r} cannot be fetched from here.")

    def _get_source_type(self) -> str:
        """MLflow's name for the kind, so that its functions take our sources."""
        return self.kind


class CodeSource(DatasetSource):
    """Made by a program: its script, user and commit."""

    kind = "code"

    def __init__(self, tags: dict[str, str]) -> None:
        self.tags = tags

    def to_dict(self) -> dict[str, Any]:
        """The tags of the program."""
        return {"tags": self.tags}


class HttpSource(DatasetSource):
    """A file behind an http(s) address."""

    kind = "http"

    def __init__(self, url: str) -> None:
        self.url = url

    def to_dict(self) -> dict[str, Any]:
        """The address."""
        return {"url": self.url}

    def load(self, dst_path: str | None = None) -> str:
        """Download the file."""
        name = unquote(urlsplit(self.url).path).rstrip("/").rpartition("/")[2] or "dataset_source"
        target = Path(dst_path or tempfile.mkdtemp(prefix="modelyard-")) / Path(name).name
        # The scheme was checked when the source was made.
        with urllib.request.urlopen(self.url, timeout=60) as response, open(target, "wb") as file:  # noqa: S310
            while block := response.read(1 << 20):
                file.write(block)
        return str(target)


class UriSource(DatasetSource):
    """A file or folder, on this disk or in an object store."""

    def __init__(self, uri: str, kind: str) -> None:
        self.uri = uri
        self.kind = kind

    def to_dict(self) -> dict[str, Any]:
        """The address."""
        return {"uri": self.uri}

    def load(self, dst_path: str | None = None) -> str:
        """The path, where it is on this disk."""
        if self.kind != "local":
            return super().load(dst_path)
        return unquote(urlsplit(self.uri).path) if self.uri.startswith("file:") else self.uri


def resolve_source(source: Any) -> DatasetSource:
    """A source from a path, an address or a source of ours or MLflow's; without one, the program that runs.

    >>> resolve_source("https://host/wine.csv").to_json()
    '{"url": "https://host/wine.csv"}'
    """
    if source is None:
        return CodeSource(context_tags(Settings.read()))
    if isinstance(source, DatasetSource):
        return source
    if hasattr(source, "to_json") and hasattr(source, "_get_source_type"):
        return _Foreign(source)
    if not isinstance(source, str | os.PathLike):
        raise InvalidParameter(
            f"Could not find a source information resolver for the specified dataset source: {source}."
        )
    text = os.fspath(source)
    if text.startswith(("http://", "https://")):
        return HttpSource(text)
    if not _SCHEME.match(text) or text.startswith("file:"):
        return UriSource(text, "local")
    scheme = text.partition(":")[0].lower()
    return UriSource(text, _CLOUD.get(scheme, scheme))


class _Foreign(DatasetSource):
    """A source of MLflow's own."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.kind = source._get_source_type()

    def to_dict(self) -> dict[str, Any]:
        """What it says of itself."""
        told: dict[str, Any] = json.loads(self._source.to_json())
        return told

    def load(self, dst_path: str | None = None) -> str:
        """As it does."""
        return str(self._source.load(dst_path) if dst_path else self._source.load())
