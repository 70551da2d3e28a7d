"""What a scoring server can be told when it is started."""

from __future__ import annotations

from typing import Literal

import msgspec

EnvManager = Literal["auto", "local", "uv", "virtualenv", "conda"]
Runtime = Literal["native", "onnx"]

SCRATCH = "modelyard-serve-"
"""What the folders that workers write to are named by."""


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``modelyard models serve``, by the names of the command line. Times are in seconds, sizes in bytes.

    - ``model``: the model's address (``models:/…``, ``runs:/…``) or folder.
    - ``env_manager``: whether workers run in this environment (``local``) or in one made of the model's requirements; ``auto``
      makes one where this one does not meet them. The command line's default is ``auto``.
    - ``runtime``: the model itself, or its ONNX twin, which must carry a parity certificate.
    - ``workers``: processes that hold the model.
    - ``timeout``: how long one request may be predicted, once a worker has begun.
    - ``max_body``, ``max_output``: the largest request and answer.
    - ``batching``: whether requests that wait together are predicted together. ``auto`` does it where the model was seen to
      answer each row the same, bit by bit, alone and among others.
    - ``fast``: answer linear models and ensembles of trees from their numbers, where that was seen to be equal.
    - ``trust``: the digest of a model whose code shall run although nobody this machine trusts signed it.
    - ``allow_unverified``: serve a model that did not pass its own verification.
    - ``network``: let the model's process reach the network, where the system can keep it from that.
    - ``memory``: how much address space a worker may take; 0 sets no limit.
    """

    model: str
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    timeout: float = 60.0
    max_body: int = 32_000_000
    max_output: int = 100_000_000
    env_manager: EnvManager = "local"
    runtime: Runtime = "native"
    batching: Literal["auto", "always", "never"] = "auto"
    fast: bool = True
    trust: str | None = None
    allow_unverified: bool = False
    network: bool = False
    memory: int = 0
    allowed_hosts: tuple[str, ...] = ()
    trusted_origins: tuple[str, ...] = ()
    insecure_no_auth: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    drain_delay: float = 0.5
    drain_limit: float = 20.0
    access_log: bool = False
