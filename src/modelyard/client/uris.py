"""What a tracking URI names: a server, or a folder whose store runs in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from modelyard.core.errors import InvalidParameter

DEFAULT_STORE = "./yard"

_DATABASES = {"sqlite", "mysql", "mssql", "postgresql", "postgres"}
_OTHERS_SERVICES = {"databricks", "databricks-uc", "uc", "azureml", "sagemaker"}


class Address(NamedTuple):
    """A store: ``location`` is an address without user info and trailing slash, or an absolute folder."""

    kind: Literal["http", "folder"]
    location: str
    username: str = ""
    password: str = ""


def parse_address(uri: str | os.PathLike[str]) -> Address:
    """The store a URI names.

    Raises ``InvalidParameter`` with the way out for a URI that is neither a server nor a folder.

    >>> parse_address("http://127.0.0.1:5000/").location
    'http://127.0.0.1:5000'
    >>> parse_address("sqlite:///mlflow.db")
    Traceback (most recent call last):
    modelyard.core.errors.InvalidParameter: 'sqlite:///mlflow.db' is a database. ...
    """
    text = os.fspath(uri)
    scheme = _scheme(text)
    if scheme in ("http", "https"):
        return _server(text)
    if scheme in ("", "file"):
        return Address("folder", str(folder_of(text)))
    raise InvalidParameter(_refusal(text, scheme))


def folder_of(uri: str) -> Path:
    """The folder of a ``file:`` URI or a path, absolute.

    >>> str(folder_of("file:///data/a%20b"))
    '/data/a b'
    """
    if _scheme(uri) != "file":
        return Path(os.path.abspath(os.path.expanduser(uri or DEFAULT_STORE)))
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise InvalidParameter(
            f"{uri!r} names the machine {parts.netloc!r}; a file URI has none: write file:///{parts.netloc}… or a path."
        )
    return Path(os.path.abspath(unquote(parts.path)))


def server_at(named: str, ours: str) -> str:
    """The address of a server that is named relative to ours, with its port.

    Nothing is ours, ``//host:port`` another host with our scheme and path, anything else stands for itself.

    >>> server_at("//files.example", "https://yard.example/base")
    'https://files.example:443/base'
    """
    base = urlsplit(ours)
    if named.startswith("//"):
        named = f"{base.scheme}:{named}{base.path}"
    parts = urlsplit(_server(named or ours).location)
    port = "" if parts.port is not None else ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc}{port}{parts.path}"


def _scheme(uri: str) -> str:
    head, colon, _ = uri.partition(":")
    # One letter is a drive, and a slash before the colon makes it a path.
    if not colon or len(head) < 2 or not head.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return "databricks" if uri in _OTHERS_SERVICES else ""
    return head.lower()


def _server(text: str) -> Address:
    parts = urlsplit(text)
    try:
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise InvalidParameter(f"{text!r} has no valid port.") from None
    host = parts.hostname or ""
    if not host:
        raise InvalidParameter(f"{text!r} names no host: write http://host:port.")
    shown = f"[{host}]" if ":" in host else host
    return Address(
        "http",
        f"{parts.scheme.lower()}://{shown}{port}{parts.path.rstrip('/')}",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _refusal(uri: str, scheme: str) -> str:
    base = scheme.partition("+")[0]
    if base in _DATABASES:
        serve = uri if base.startswith("postgres") else "FOLDER"
        return (
            f"{uri!r} is a database. A client tracks to a folder or to a server: give the path of a folder, or run"
            f" 'modelyard server --store {serve}' and give its http address."
        )
    if base in _OTHERS_SERVICES:
        return (
            f"{uri!r} is another company's service, which modelyard does not talk to. Give the path of a folder or the"
            " http address of a modelyard or MLflow server."
        )
    return f"{uri!r} is no place to track to: give the path of a folder or an http(s) address."
