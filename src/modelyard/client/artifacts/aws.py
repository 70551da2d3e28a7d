"""How a bucket of S3 is reached: endpoint, credentials and TLS, from where MLflow and the AWS tools take them."""

from __future__ import annotations

import configparser
import functools
import os
import re
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelyard.core.errors import InvalidParameter, ModelyardError, Unauthenticated
from modelyard.core.extras import require
from modelyard.core.settings import Settings

# The obstore library's own names for what its constructor takes, beside the environment variables that it reads itself.
_ENDPOINT, _ENDPOINTS = "aws_endpoint_url_s3", ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_PROFILE_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}
_OTHER_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
_METADATA = "http://169.254.169.254"
_METADATA_TIMEOUT = 1.0

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_ADDRESS = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


def open_bucket(bucket: str) -> Any:
    """The library's store of a bucket, with its connections; the same one while the environment says the same.

    Raises ``InvalidParameter`` for a bucket or an endpoint that cannot be one and ``Unauthenticated`` where there are
    no credentials. Any thread may call; a forked child may not, for the library's threads stay behind in its parent.
    """
    if not _BUCKET.fullmatch(bucket):
        raise InvalidParameter(f"{bucket!r} cannot be the name of a bucket.")
    if _first_process() != os.getpid():
        raise ModelyardError("S3 was used before this process was forked; start processes with the method 'spawn'.")
    settings = Settings.read()
    said = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name, value in said.items():
        if not value.isprintable():  # the library would panic
            raise InvalidParameter(f"The variable {name} holds a line break or another character that cannot be sent.")
    endpoint = settings.s3_endpoint_url or next((said[name] for name in _ENDPOINTS if said.get(name)), "")
    config = _config(endpoint, said)
    if "access_key_id" not in config and not any(map(said.get, _OTHER_CREDENTIALS)):
        _check_metadata_service(bucket, said)
    client: dict[str, Any] = {
        "allow_http": endpoint.startswith("http:"),
        "allow_invalid_certificates": settings.s3_ignore_tls,
        "timeout": timedelta(days=1),  # of a whole download, which may be long; a stalled one ends by the next
        "read_timeout": timedelta(seconds=settings.http_request_timeout),
    }
    if said.get("AWS_CA_BUNDLE"):
        client["root_certificate"] = _read(Path(said["AWS_CA_BUNDLE"]))
    retries = settings.http_request_max_retries, settings.http_request_timeout
    return _opened(bucket, _frozen(config), _frozen(client), retries, _frozen(said))


def no_credentials(bucket: str) -> Unauthenticated:
    """The error for a machine that has no credentials."""
    return Unauthenticated(
        f"There are no credentials for s3://{bucket}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run"
        " 'aws configure'; AWS_SKIP_SIGNATURE=true reads public buckets without."
    )


@functools.lru_cache(maxsize=1)
def _first_process() -> int:
    return os.getpid()


@functools.lru_cache(maxsize=16)
def _opened(bucket: str, config: Any, client: Any, retries: tuple[int, float], said: Any) -> Any:  # noqa: ARG001 - in the cache's key
    """The library reads the variables in ``said`` when a store is made: other values make another store."""
    s3 = require("obstore.store", what=f"The address s3://{bucket}", extra="s3").S3Store
    return s3(
        bucket,
        config=dict(config),
        client_options=dict(client),
        retry_config={"max_retries": retries[0], "retry_timeout": timedelta(seconds=retries[1])},
    )


def _frozen(options: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(options.items()))


def _config(endpoint: str, said: Mapping[str, str]) -> dict[str, str]:
    profile = _profile(said)
    config = {}
    if not any(map(said.get, _OTHER_CREDENTIALS)):
        config = {ours: profile[name] for name, ours in _PROFILE_KEYS.items() if name in profile}
    if "region" in profile and not (said.get("AWS_REGION") or said.get("AWS_DEFAULT_REGION")):
        config["region"] = profile["region"]
    if endpoint:
        if not _ADDRESS.fullmatch(endpoint):
            raise InvalidParameter(f"The S3 endpoint {endpoint!r} is no address such as https://host:9000.")
        config[_ENDPOINT] = endpoint.rstrip("/")
    return config


def _profile(said: Mapping[str, str]) -> dict[str, str]:
    """What the files of the ``aws`` command say of the profile in use."""
    name, home = said.get("AWS_PROFILE") or "default", Path.home() / ".aws"
    found: dict[str, str] = {}
    for path, section in (
        (said.get("AWS_CONFIG_FILE") or home / "config", name if name == "default" else f"profile {name}"),
        (said.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials", name),
    ):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(Path(path).expanduser(), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            raise InvalidParameter(f"The file {os.fspath(path)!r} is not as the 'aws' command writes it.") from None
        found |= dict(parser[section]) if parser.has_section(section) else {}
    return found


def _read(bundle: Path) -> bytes:
    try:
        return bundle.expanduser().read_bytes()
    except OSError as error:
        raise InvalidParameter(f"AWS_CA_BUNDLE={os.fspath(bundle)!r} cannot be read: {error.strerror}.") from None


def _check_metadata_service(bucket: str, said: Mapping[str, str]) -> None:
    """Only a machine of Amazon's has credentials that nobody gave it; any other is told at once, not after retries."""
    if said.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise no_credentials(bucket)
    try:
        service = urlsplit(said.get("AWS_METADATA_ENDPOINT") or _METADATA)
        socket.create_connection((service.hostname or "", service.port or 80), _METADATA_TIMEOUT).close()
    except (OSError, ValueError):  # the latter for an address that is none
        raise no_credentials(bucket) from None
