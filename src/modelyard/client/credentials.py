"""Whom the client says it is: user name and password, or a token."""

from __future__ import annotations

import base64
import configparser
import os
from typing import NamedTuple

from modelyard.client.uris import Address
from modelyard.core.settings import Settings

FILE = "~/.mlflow/credentials"


class Credentials(NamedTuple):
    """User name and password, or a token; any of them may be empty."""

    username: str = ""
    password: str = ""
    token: str = ""

    def header(self) -> str:
        """The value of the ``Authorization`` header, empty for nobody. Basic wins, as in MLflow.

        >>> Credentials(username="a", password="b", token="t").header()
        'Basic YTpi'
        """
        if self.username and self.password:
            return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return f"Bearer {self.token}" if self.token else ""


def read_credentials(settings: Settings, address: Address | None = None) -> Credentials:
    """From the address itself, the environment and ``~/.mlflow/credentials``, in this order."""
    if address is not None and address.username:
        return Credentials(address.username, address.password, settings.tracking_token)
    username, password = settings.tracking_username, settings.tracking_password
    if not (username and password):
        from_file = _read_file()
        username, password = username or from_file.username, password or from_file.password
    return Credentials(username, password, settings.tracking_token)


def _read_file() -> Credentials:
    path = os.path.expanduser(FILE)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return Credentials()
    if not parser.has_section("mlflow"):
        return Credentials()
    section = parser["mlflow"]
    return Credentials(section.get("mlflow_tracking_username", ""), section.get("mlflow_tracking_password", ""))
