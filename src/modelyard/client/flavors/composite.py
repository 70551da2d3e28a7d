"""The verbs of composite models, and the object with the names ``cloudflow`` gave them."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from modelyard.client.client import MlflowClient
from modelyard.client.flavors.log import DEFAULT_NAME, LogOptions, log_model
from modelyard.client.flavors.verbs import FlavorVerbs, fetch_model
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.models.composite.flavor import CompositeFlavor
from modelyard.models.composite.model import CompositeModel
from modelyard.models.info import ModelInfo
from modelyard.models.load import load_native
from modelyard.models.options import PathLike, SaveOptions

COMPOSITE = FlavorVerbs("composite", subject="predict_fn", options=("models", "extra_files", "source", "follow"))

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LOGGER = "modelyard.cloudflow"


class cloudflow_model:  # noqa: N801 - the name callers know
    """A predict function with its models: saved under a run, loaded by the run, called by the names of its parameters.

    ``log_level`` is this object's own: what it does is told on stderr from that level on, and what goes into a
    prediction or comes out of it is never told.

    Raises ``InvalidParameter`` for a level of another name.
    """

    def __init__(self, log_level: str = "WARNING") -> None:
        self._log = _logger(log_level)
        self._loaded: CompositeModel | None = None

    def save(
        self,
        tracking_uri: PathLike,
        experiment_id: str,
        run_id: str,
        predict_function: Callable[..., Any],
        models: Mapping[str, Any],
    ) -> ModelInfo:
        """Save a predict function and its models as the model of a run, finished or not, active or not.

        ``experiment_id`` is the experiment's name or id, and the run must be one of it. ``models`` is by the names of
        the function's parameters. A model that cannot be saved is named, and nothing is left behind.
        """
        client = MlflowClient(os.fspath(tracking_uri))
        self._check_run(client, experiment_id, run_id)
        model = CompositeModel(predict_function, models)
        self._log.debug("Saving %r under the run %s.", model, run_id)
        info = log_model(
            model,
            flavor=CompositeFlavor(),
            log=LogOptions(run_id=run_id, name=DEFAULT_NAME),
            save=SaveOptions(),
            client=client,
        )
        self._log.info("Saved %r as %s.", model, info.model_uri)
        return info

    def load_model(
        self, tracking_uri: PathLike, experiment_id: str, run_id: str | None = None, *, model_id: str | None = None
    ) -> CompositeModel:
        """Load the model that was saved under a run; answers it, and keeps it for ``predict``.

        ``model_id`` is an older word for ``run_id``. Raises ``NotFound`` when the run has no such model.
        """
        run = run_id or model_id
        if run is None:
            raise InvalidParameter("load_model needs the run_id of the run the model was saved under.")
        uri = os.fspath(tracking_uri)
        self._check_run(MlflowClient(uri), experiment_id, run)
        self._log.debug("Loading the model of the run %s.", run)
        folder = fetch_model(f"runs:/{run}/{DEFAULT_NAME}", tracking_uri=uri)
        self._loaded = load_native(folder, flavor=CompositeFlavor.name)
        self._log.info("Loaded %r.", self._loaded)
        return self._loaded

    def predict(self, /, **params: Any) -> Any:
        """What the saved predict function answers for its parameters, models left out."""
        if self._loaded is None:
            raise InvalidParameter("There is nothing to predict with yet: call load_model first.")
        self._log.debug("Predicting with %d parameters.", len(params))
        return self._loaded.predict(**params)

    def _check_run(self, client: MlflowClient, experiment: str, run_id: str) -> None:
        of_run = client.get_run(run_id).info.experiment_id
        if of_run == str(experiment):
            return
        named = client.get_experiment_by_name(str(experiment))
        if named is None:
            raise NotFound(f"There is no experiment {str(experiment)!r}, and the run {run_id} is not of it.")
        if named.experiment_id != of_run:
            raise InvalidParameter(f"The run {run_id} is of the experiment {of_run}, not of {str(experiment)!r}.")


def _logger(level: str) -> logging.Logger:
    if str(level).upper() not in _LEVELS:
        raise InvalidParameter(f"{level!r} is no log level. Known: {', '.join(_LEVELS)}.")
    # one of this object alone, which getLogger cannot give: no level and no handler of anybody else's is changed or used
    logger = logging.Logger(_LOGGER, level.upper())  # noqa: LOG001
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s modelyard.cloudflow: %(message)s"))
    logger.addHandler(handler)
    return logger
