"""Addresses of artifacts (``runs:/``, ``models:/``, ``datasets:/``, ``mlflow-artifacts:/``) and what they name."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from modelyard.core.errors import InvalidParameter

_ENDPOINT = "api/2.0/mlflow-artifacts/artifacts"  # MLflow takes it for the root
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


class RunReference(NamedTuple):
    """``runs:/<run id>/<path>``."""

    run_id: str
    path: str


class ModelReference(NamedTuple):
    """``models:/…``: a logged model, or a version by number, alias, stage or ``latest``; then a path inside it."""

    model_id: str = ""
    name: str = ""
    version: str = ""
    alias: str = ""
    stage: str = ""
    path: str = ""

    @property
    def is_latest(self) -> bool:
        """Whether the newest version is meant."""
        return self.stage.lower() == "latest"


class ProxyReference(NamedTuple):
    """``mlflow-artifacts:/<key>``, at times with a host."""

    host: str
    key: str


def parse_run(uri: str) -> RunReference | None:
    """The run a URI names, or None for another kind of URI.

    >>> parse_run("runs:/0123/model/MLmodel")
    RunReference(run_id='0123', path='model/MLmodel')
    """
    if not uri.startswith("runs:/"):
        return None
    run_id, _, path = uri.removeprefix("runs:").lstrip("/").partition("/")
    if not run_id:
        raise InvalidParameter(f"{uri!r} names no run: write runs:/<run id>/<path>.")
    return RunReference(run_id, path.strip("/"))


def parse_model(uri: str) -> ModelReference | None:
    """The model a URI names, or None for another kind of URI.

    >>> parse_model("models:/wine@champion").alias
    'champion'
    >>> parse_model("models:/wine/2/MLmodel")
    ModelReference(model_id='', name='wine', version='2', alias='', stage='', path='MLmodel')
    """
    if not uri.startswith("models:/"):
        return None
    rest = unquote(uri.removeprefix("models:").lstrip("/")).rstrip("/")
    first, _, tail = rest.partition("/")
    if _MODEL_ID.fullmatch(first):
        return ModelReference(model_id=first, path=tail)
    name, at, alias = first.partition("@")
    if at:
        if not name or not alias:
            raise _bad_model(uri)
        return ModelReference(name=name, alias=alias, path=tail)
    which, _, path = tail.partition("/")
    if not first or not which:
        raise _bad_model(uri)
    if which.isdigit():
        return ModelReference(name=first, version=str(int(which)), path=path)
    return ModelReference(name=first, stage=which, path=path)


def parse_dataset(uri: str) -> str | None:
    """What a URI says of a version of a dataset, or None for another kind of URI.

    >>> parse_dataset("datasets:/raw_data.parquet:v0")
    'raw_data.parquet:v0'
    """
    if not uri.startswith("datasets:/"):
        return None
    reference = unquote(uri.removeprefix("datasets:").strip("/"))
    if not reference or "/" in reference:
        raise InvalidParameter(
            f"{uri!r} names no dataset: write datasets:/<name>:latest, datasets:/<name>:v<number> or datasets:/<name>:<alias>."
        )
    return reference


def parse_proxy(uri: str) -> ProxyReference | None:
    """The key below a server's artifact root that a URI names, or None for another kind of URI.

    >>> parse_proxy("mlflow-artifacts:/1/ab/artifacts")
    ProxyReference(host='', key='1/ab/artifacts')
    >>> parse_proxy("mlflow-artifacts://files.example:5000/1")
    ProxyReference(host='files.example:5000', key='1')
    """
    parts = urlsplit(uri)
    if parts.scheme != "mlflow-artifacts":
        return None
    if parts.netloc.isdigit():
        raise InvalidParameter(
            f"{uri!r} names the port {parts.netloc} and no host: write mlflow-artifacts://host:{parts.netloc}/<path>."
        )
    path = parts.path.strip("/")
    return ProxyReference(parts.netloc, "" if path == _ENDPOINT else path)


def _bad_model(uri: str) -> InvalidParameter:
    return InvalidParameter(
        f"{uri!r} names no model: write models:/<name>/<version>, models:/<name>@<alias>, models:/<name>/<stage>,"
        " models:/<name>/latest or models:/<model id>."
    )
