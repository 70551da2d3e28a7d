"""The parity certificate: how near a twin's predictions are to those of its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert import GraphInput, GraphOutput

FOLDER = "onnx"
TWIN_FILE = f"{FOLDER}/model.onnx"
WEIGHTS_FILE = f"{FOLDER}/model.onnx.data"
CERTIFICATE_FILE = f"{FOLDER}/parity.json"
FORMAT = 1
_LARGEST = 8 << 20


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How the model's predictions look: numpy's type and the number of dimensions; the columns when it answers a data frame."""

    type: str
    dimensions: int
    columns: list[Any] | None = None


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """How a model's data goes into the graph and its predictions come out."""

    inputs: list[GraphInput]
    output: GraphOutput
    form: Form | None = None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and what came of it.

    ``rows`` counts the rows of each source: the example, the training data, and rows drawn at random from the profile or the
    signature. ``crossed`` counts the rows whose class differs, or whose number differs by more than
    ``absolute_tolerance + relative_tolerance * |number|``; a twin passes when there is none. ``ties`` counts rows whose
    class differs where the graph holds two classes for equally likely: their order is chance in the model too. ``twin`` and
    ``source`` are the SHA-256 of the twin's files and of the model's, by path.
    """

    format: int = FORMAT
    status: Literal["passed", "failed"]
    message: str
    method: str = "predict"
    rows: dict[str, int]
    crossed: int
    ties: int = 0
    largest_absolute: float | None = None
    largest_relative: float | None = None
    absolute_tolerance: float
    relative_tolerance: float
    versions: dict[str, str]
    binding: Binding
    twin: dict[str, str] = {}
    source: dict[str, str] = {}

    def write(self, folder: Path) -> None:
        """Write it into a model folder."""
        (folder / CERTIFICATE_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))


def read_certificate(folder: Path) -> Certificate | None:
    """The certificate in a model folder, or None where there is none.

    Raises ``InvalidParameter`` for a file that is no certificate, or one of a format this release does not know.
    """
    file = folder / CERTIFICATE_FILE
    if not file.is_file():
        return None
    if file.stat().st_size > _LARGEST:
        raise InvalidParameter(f"{CERTIFICATE_FILE} has more than {_LARGEST >> 20} MiB: that is no parity certificate.")
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Certificate)
    except msgspec.MsgspecError as error:
        raise InvalidParameter(f"{CERTIFICATE_FILE} is no parity certificate: {error}") from None
    if found.format != FORMAT:
        raise InvalidParameter(f"{CERTIFICATE_FILE} is of format {found.format}; this release reads {FORMAT}.")
    return found
