"""Three rows that servers of these tests are asked for, and what the machine remembers of their models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from modelyard.core.settings import user_folder
from tests.support.moody import MoodyServer

LOADED = "has loaded the model"
ROWS = numpy.random.default_rng(3).normal(size=(40, 3))


def predicted(server: MoodyServer) -> Any:
    """The predictions for the first three rows, by the fast path where there is one."""
    return server.request("POST", "/invocations", {"inputs": ROWS[:3].tolist()}).json["predictions"]


def predicted_by_worker(server: MoodyServer) -> Any:
    """The same for a body that only a worker reads."""
    csv = "\n".join(",".join(map(repr, row)) for row in ROWS[:3].tolist()).encode()
    return server.request("POST", "/invocations", b"0,1,2\n" + csv, {"content-type": "text/csv"}).json["predictions"]


def starts() -> list[Path]:
    """The files of fast paths that are remembered."""
    return sorted((user_folder() / "starts").glob("*.start"))
