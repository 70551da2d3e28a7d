"""Where MLflow's own loader comes in: ``mlflow.pyfunc.load_model`` calls this module for a composite model."""

from __future__ import annotations

from modelyard.models.load import load_pyfunc
from modelyard.models.options import PathLike
from modelyard.models.pyfunc import PyFuncModel


def _load_pyfunc(path: PathLike) -> PyFuncModel:
    """The model in a folder, if this machine trusts it: the same decision as everywhere."""
    return load_pyfunc(path)
