"""Where the files of a model version may lie: the checks of ``source``, and the forms it is kept in.

A source is stored as given and never opened because a client named it. One that lies below the store's own root is
kept relative to it, so that a store that is moved keeps working.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus, urlsplit

from modelyard.core.errors import InvalidParameter
from modelyard.services.registry.contract import SourceResolver

_MODEL_ID = re.compile(r"models:/+(m-[0-9a-f]{32})/?")
_VERSION = re.compile(r"models:/+([^/@]+)/(\d+)/?")
_ALIAS = re.compile(r"models:/+([^/@]+)@([\w\-]+)/?")
_RUN = re.compile(r"runs:/+([0-9a-zA-Z]+)(/.*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PROXY_ROUTE = "/api/2.0/mlflow-artifacts/artifacts"
_MAX_SOURCE = 4_096

ROOT = "yard:/"
"""Stands for the store's root in sources that are kept relative."""


class Source(NamedTuple):
    """A checked source with the run and model it belongs to."""

    uri: str
    run_id: str
    model_id: str | None


class SourceCheck:
    """Judges sources against the runs and models they claim to lie in."""

    def __init__(self, resolver: SourceResolver, *, base: str, pattern: str = "") -> None:
        """``base`` is the URI of the store's artifact root; ``pattern`` an operator's own condition."""
        self._resolver = resolver
        self._base = base.rstrip("/") + "/"
        self._pattern = re.compile(pattern) if pattern else None

    def check(self, source: Source) -> None:
        """Raise ``InvalidParameter`` unless the source may be stored."""
        uri = source.uri
        if len(uri) > _MAX_SOURCE or (self._pattern is not None and not self._pattern.search(uri)):
            raise InvalidParameter(f"Invalid model version source: '{uri[:_MAX_SOURCE]}'.")
        if is_local(uri):
            self._check_local(source)
        else:
            refuse_relative(uri)
            self._check_owner(source)

    def relative(self, uri: str) -> str:
        """The form a source is kept in."""
        return ROOT + uri.removeprefix(self._base) if uri.startswith(self._base) else uri

    def rendered(self, kept: str) -> str:
        """The form a source is answered in."""
        return self._base + kept.removeprefix(ROOT) if kept.startswith(ROOT) else kept

    def _check_local(self, source: Source) -> None:
        owner = "model_id" if source.model_id else "run_id"
        path = local_path(source.uri)
        root = self._owner_root(source)
        inside = root is not None and is_local(root) and _is_inside(path, local_path(root))
        if not inside:
            raise InvalidParameter(
                f"Invalid model version source: '{source.uri}'. To use a local path as a model version source, the "
                f"{owner} request parameter has to be specified and the local path has to be contained within the "
                f"artifact directory of the run specified by the {owner}."
            )

    def _check_owner(self, source: Source) -> None:
        scheme = urlsplit(source.uri).scheme
        if scheme == "runs":
            run = _RUN.fullmatch(source.uri)
            _require(source, "run_id", ok=bool(run and not source.model_id and run[1] == source.run_id))
        elif scheme == "models":
            named = model_id_of(source.uri)
            known = bool(_VERSION.fullmatch(source.uri))
            _require(source, "model_id", ok=named == source.model_id if named else known)
        elif scheme == "mlflow-artifacts" or (scheme in ("http", "https") and _PROXY_ROUTE in source.uri):
            root = self._owner_root(source)
            owner = "model_id" if source.model_id else "run_id"
            _require(source, owner, ok=root is not None and _is_inside(_proxy_path(source.uri), _proxy_path(root)))

    def _owner_root(self, source: Source) -> str | None:
        if source.model_id:
            return self._resolver.model_artifact_uri(source.model_id)
        return self._resolver.run_artifact_uri(source.run_id) if source.run_id else None


def model_id_of(uri: str) -> str | None:
    """The logged model a ``models:/m-…`` source names."""
    match = _MODEL_ID.fullmatch(uri)
    return match[1] if match else None


def version_of(uri: str, by_alias: Callable[[str, str], int]) -> tuple[str, int] | None:
    """The model and version a ``models:/name/version`` or ``models:/name@alias`` source names."""
    if match := _VERSION.fullmatch(uri):
        return unquote(match[1]), int(match[2])
    if match := _ALIAS.fullmatch(uri):
        name = unquote(match[1])
        return name, by_alias(name, match[2])
    return None


def is_local(uri: str) -> bool:
    """Whether a source names a path of this machine."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        if parts.netloc and parts.netloc not in ("localhost", "127.0.0.1"):
            raise InvalidParameter(f"Invalid model version source: '{uri}' is not a valid remote uri.")
        return True
    return parts.scheme == "" or len(parts.scheme) == 1


def local_path(uri: str) -> str:
    """The path of a local source."""
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri


def refuse_relative(uri: str) -> None:
    """Raise for ``..`` and control characters, however often they are encoded."""
    plain = uri
    while (once := unquote_plus(plain)) != plain:
        plain = once
    segments = re.split(r"[/\\]", plain)
    if _CONTROL.search(plain) or ".." in segments or "." in segments[1:]:
        raise InvalidParameter(
            f"Invalid model version source: '{uri}'. If supplying a source as an http, https, local file path, ftp, "
            "objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references "
            "present. Please provide an absolute path."
        )


def _require(source: Source, owner: str, *, ok: bool) -> None:
    if not ok:
        raise InvalidParameter(
            f"Invalid model version source: '{source.uri}'. The {owner} request parameter must identify the resource "
            "that contains the source."
        )


def _proxy_path(uri: str) -> str:
    path = urlsplit(uri).path
    return "/" + path.partition(_PROXY_ROUTE)[2].lstrip("/") if _PROXY_ROUTE in path else path


def _is_inside(path: str, root: str) -> bool:
    """Whether an absolute path without relative references is ``root`` or lies below it."""
    segments = [part for part in path.split("/") if part]
    parents = [part for part in root.split("/") if part]
    if not path.startswith("/") or ".." in segments or not parents or _CONTROL.search(path):
        return False
    return segments[: len(parents)] == parents
