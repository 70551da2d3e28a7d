"""Requests and replies about files and models as people look at them (ours).

A file belongs to a run, a logged model or a model version: one of ``run_id``, ``model_id``, or ``name`` with ``version``.
"""

from __future__ import annotations

from typing import Any, Literal

from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message

MAX_TEXT = 262_144
MAX_TABLE_ROWS = 500
MAX_TABLE_BYTES = 64_000_000
MAX_IMAGE_BYTES = 20_000_000
MAX_IMAGE_PIXELS = 50_000_000


class PreviewFile(Message, frozen=True, kw_only=True):
    """A slice of a text, or the first rows of a CSV or Parquet file. ``length`` is in bytes."""

    run_id: str = ""
    model_id: str = ""
    name: str = ""
    version: str = ""
    path: str
    offset: Int64 = 0
    length: Int64 = 65_536
    rows: Int64 = 100


class FilePreview(Message, frozen=True, kw_only=True, omit_defaults=False):
    """What a file is and some of it. ``kind`` says how to show it; ``bytes`` is the whole file's size.

    Of a text ``text`` begins at the byte ``offset`` and ends before ``next_offset``, 0 at its end. Of a table ``rows`` are
    texts in the order of ``columns``, and ``total_rows`` is there where the file knows it.
    """

    kind: Literal["text", "json", "markdown", "table", "image", "html", "audio", "video", "pdf", "binary"]
    bytes: int
    content_type: str
    text: str = ""
    offset: int = 0
    next_offset: int = 0
    columns: list[str] = []
    rows: list[list[str | None]] = []
    total_rows: int | None = None


class GetThumbnail(Message, frozen=True, kw_only=True):
    """A small copy of an image, as PNG; no side is longer than ``size`` pixels."""

    run_id: str = ""
    model_id: str = ""
    name: str = ""
    version: str = ""
    path: str
    size: Int64 = 256


class GetArchive(Message, frozen=True, kw_only=True):
    """A folder, or everything, as a ZIP archive that is made while it is sent."""

    run_id: str = ""
    model_id: str = ""
    name: str = ""
    version: str = ""
    path: str = ""


class DescribeModel(Message, frozen=True, kw_only=True):
    """What is known of a model: of a version, a logged model, or a folder of a run's artifacts. Nothing of it is run."""

    run_id: str = ""
    model_id: str = ""
    name: str = ""
    version: str = ""
    path: str = ""


class ColumnSpec(Message, frozen=True, kw_only=True, omit_defaults=False):
    """One column, tensor or parameter of a signature."""

    name: str
    type: str
    required: bool = True
    shape: list[int] | None = None
    default: Any = None


class OnnxTwin(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The model's ONNX graph: where it is below the model's folder, its size, and what was compared when it was made."""

    path: str
    bytes: int
    certified: bool
    rows_compared: int = 0
    largest_difference: float | None = None


class ModelCard(Message, frozen=True, kw_only=True, omit_defaults=False):
    """A model as its page shows it. ``trust`` says in a word whether a loader of this machine would load it, and ``reason`` why.

    ``verdict`` is what its verification came to, and is empty where there was none.
    """

    is_model: bool
    path: str
    model_id: str = ""
    run_id: str = ""
    flavors: list[str] = []
    inputs: list[ColumnSpec] = []
    outputs: list[ColumnSpec] = []
    params: list[ColumnSpec] = []
    example: Any = None
    requirements: list[str] = []
    python_version: str = ""
    created: str = ""
    bytes: int = 0
    files: int = 0
    digest: str = ""
    signed_by: str = ""
    trust: Literal["data", "signed", "untrusted", "changed", "unknown"] = "unknown"
    reason: str = ""
    verdict: str = ""
    verdict_detail: str = ""
    onnx: OnnxTwin | None = None
    versions: list[str] = []


class PredictOnce(Message, frozen=True, kw_only=True):
    """Predictions of a model version for some rows, made by a confined process of this server."""

    name: str
    version: str
    rows: list[dict[str, Any]]


class Predicted(Message, frozen=True, kw_only=True, omit_defaults=False):
    """One prediction a row, as the scoring server would answer them."""

    predictions: Any
    model_id: str = ""


class AboutServer(Message, frozen=True, kw_only=True):
    """What the pages say of this server."""


class About(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Its version, its store in a word, and what it can do."""

    version: str
    store: str
    serves_artifacts: bool
    predicts: bool
