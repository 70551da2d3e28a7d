"""The verdict on a model that was verified, which its folder carries."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.reference import Reference

VERDICT_FILE = "verification.json"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the clean process found. Times are seconds, memory is bytes at the process's peak."""

    status: Literal["passed", "failed", "skipped"]
    message: str = ""
    predicted: bool = False
    load_seconds: float | None = None
    predict_seconds: float | None = None
    peak_memory: int | None = None
    python: str = ""
    modules: list[str] = []
    """Top-level modules that the model's own code and files imported in the clean process."""
    environment: Literal["same", "fresh"] = "same"
    """Whether the process had the packages of this environment, or only those of the model's requirements."""
    reference: Reference | None = None
    """What the model answered to a few rows, if it takes plain rows of numbers."""

    @classmethod
    def skipped(cls) -> Verdict:
        """The verdict on a model nobody verified."""
        return cls(status="skipped", message="The model was saved with verify=False.")


def read_verdict(folder: Path) -> Verdict | None:
    """The verdict a model folder carries, or None. Raises ``InvalidParameter`` for a file that is none."""
    file = folder / VERDICT_FILE
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Verdict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidParameter(f"The model's {VERDICT_FILE} cannot be understood: {error}.") from error
