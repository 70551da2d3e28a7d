"""The environment of a reader who has set nothing."""

from __future__ import annotations

import os

from tests.support.processes import ROOT


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without our settings and MLflow's, able to import modelyard, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "MLFLOW_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **more}
