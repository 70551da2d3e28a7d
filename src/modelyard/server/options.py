"""What a server can be told when it is started."""

from __future__ import annotations

from typing import Literal

import msgspec


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``modelyard server``, by the names of the command line. Times are in seconds.

    ``store`` is a folder or a ``postgresql://`` URL, ``artifacts`` a folder (empty: inside the store's folder) and
    ``default_artifact_root`` what runs are told their artifacts are below (empty: this server, ``mlflow-artifacts:/``).
    """

    store: str = "./yard"
    artifacts: str = ""
    default_artifact_root: str = ""
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    static_prefix: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_origins: tuple[str, ...] = ()
    insecure_no_auth: bool = False
    allow_roots: tuple[str, ...] = ()
    serve_artifacts: bool = True
    artifacts_only: bool = False
    predict: bool = True
    """Whether pages may have registered models predict, in confined processes of the server."""
    drain_delay: float = 1.0
    drain_limit: float = 20.0
    accept_data_loss: bool = False
    access_log: bool = False
    compress: Literal["remote", "always", "never"] = "remote"
    """Whom large answers are compressed for: peers on other machines, everybody, nobody."""
