"""The model's card: what its worker tells the front about it, once it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.models.example import load_serving_request
from modelyard.models.mlmodel import Model
from modelyard.models.verdict import read_verdict

EACH_ALONE = "The fast path answers each row for itself."
"""Why rows of several requests are not predicted together by a model with a fast path."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded model, as far as clients may know it. The worker makes it; it crosses to the front as JSON.

    - ``name`` and ``version`` name the registered model where it was addressed as one; else the logged model's name and
      an empty version.
    - ``signature`` is the signature as the MLmodel file has it (``inputs``, ``outputs``, ``params`` as JSON texts).
    - ``example`` is a body for ``/invocations`` that is known to work, or None.
    - ``columns`` are the names of the inputs when every one is a required number and the model takes plain rows of them,
      so that a request can become a matrix in the front; empty otherwise. ``integers`` are the places of those that
      take whole numbers only.
    - ``batches`` says whether rows of several requests may be predicted together, ``batches_reason`` why not.
    - ``kernel`` is the kind of the fast path, empty where there is none, and then ``kernel_reason`` says why.
    """

    name: str
    version: str = ""
    uri: str = ""
    model_id: str = ""
    run_id: str = ""
    digest: str = ""
    flavor: str = ""
    runtime: str = "native"
    signature: dict[str, Any] | None = None
    example: Any = None
    columns: tuple[str, ...] = ()
    integers: tuple[int, ...] = ()
    batches: bool = False
    batches_reason: str = ""
    kernel: str = ""
    kernel_reason: str = ""
    verification: str = ""
    load_seconds: float = 0.0
    python: str = ""


def told_by_files(folder: Path, model: Model, digest: str, facts: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a card that say which model this is: what its files say, their digest, and what its address tells."""
    verdict = read_verdict(folder)
    info = model.saved_input_example_info
    named = {
        "name": folder.name,
        "model_id": model.model_id or "",
        "run_id": model.run_id or "",
        "digest": digest,
        "signature": model.signature.to_dict() if model.signature is not None else None,
        "example": load_serving_request(folder, info) if info else None,
        "verification": verdict.status if verdict is not None else "",
    }
    return {**named, **facts}
