"""What running a twin needs that its model does not: the runtime, in the version the certificate was made with."""

from __future__ import annotations

import re
from pathlib import Path

from modelyard.environments.requirements import named, needs_of
from modelyard.models.environments import needed
from modelyard.models.mlmodel import Model
from modelyard.models.twin.certificate import read_certificate
from modelyard.models.twin.load import is_onnx

_PACKAGES = ("onnx", "onnxruntime")
_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?")


def twin_needs(folder: Path) -> list[str]:
    """The requirements a model folder's twin adds to those of the model; none for a model that is ONNX itself.

    A package is pinned to the version the certificate records, else it is asked for as this package's own extra does. What
    the model's list names already stays as it is there, such as a runtime built for other processors.

    Raises ``InvalidParameter`` for a certificate that cannot be read.
    """
    if is_onnx(Model.load(folder)):
        return []
    listed = {named(line) for line in needed(folder)}
    certificate = read_certificate(folder)
    recorded = {} if certificate is None else certificate.versions
    own = {named(line): line for line in needs_of(("onnx",))}
    missing = [name for name in _PACKAGES if name not in listed]
    if any(name.startswith("onnxruntime-") for name in listed):
        missing = [name for name in missing if name != "onnxruntime"]
    return [_pinned(name, recorded.get(name, "")) or own.get(name, name) for name in missing]


def _pinned(name: str, recorded: str) -> str:
    """Nothing where a version is not recorded, or is one that no index has."""
    version = recorded.partition("+")[0]
    return f"{name}=={version}" if _VERSION.fullmatch(version) else ""
