"""Looking a model up by its address. How addresses become folders is the client's matter, found by the plug-in door."""

from __future__ import annotations

import os
from pathlib import Path

from modelyard.core import plugins
from modelyard.models.info import ModelInfo
from modelyard.models.mlmodel import Model
from modelyard.models.options import PathLike
from modelyard.models.verdict import Verdict, read_verdict


def fetch(model_uri: PathLike) -> Path:
    """The folder of a model on this disk, from an address (``runs:/…``, ``models:/…``) or a path."""
    folder: Path = plugins.load("model_fetchers", "client")(model_uri)
    return folder


def get_model_info(model_uri: PathLike) -> ModelInfo:
    """What a model says about itself: flavors, signature, run, verdict. Loads no model.

    Raises ``NotFound`` when there is no model at the address.

    >>> import modelyard as mlflow
    >>> def double(model_input):
    ...     return [2 * each for each in model_input]
    >>> mlflow.pyfunc.save_model("doubler", python_model=double, verify=False)
    >>> list(get_model_info("doubler").flavors)
    ['python_function']
    """
    folder = fetch(model_uri)
    verdict = read_verdict(folder) or Verdict(status="skipped", message="The model carries no verdict.")
    return ModelInfo(Model.load(folder), verdict, uri=os.fspath(model_uri))
