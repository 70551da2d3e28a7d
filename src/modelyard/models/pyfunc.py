"""A model of any flavor, seen as a Python function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.models.catalog import PYFUNC
from modelyard.models.enforce import enforce_params, model_input
from modelyard.models.flavor import Predictor
from modelyard.models.mlmodel import Model


class PyFuncModel:
    """A loaded model that predicts. What goes in is checked against the model's signature.

    Any number of threads may predict when the framework behind it allows that.
    """

    def __init__(
        self, *, model: Model, folder: Path, obj: Any, predict: Predictor, model_config: Mapping[str, Any]
    ) -> None:
        self._model = model
        self._folder = folder
        self._obj = obj
        self._predict = predict
        self._config = dict(model_config)

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Predictions for ``data``: a DataFrame, array, table or list, one row each, in the order of the rows.

        Raises ``InvalidParameter`` naming the column when the data does not fit the signature.
        """
        signature = self._model.signature
        if signature is not None:
            if signature.inputs is not None:
                data = model_input(signature.inputs, data, constraints=signature.constraints)
            params = enforce_params(signature.params, params)
        return self._predict(data, params)

    @property
    def metadata(self) -> Model:
        """What the model's MLmodel file says."""
        return self._model

    @property
    def model_id(self) -> str | None:
        """The id of the logged model, when it is one."""
        return self._model.model_id

    @property
    def model_config(self) -> dict[str, Any]:
        """The settings the model was loaded with."""
        return dict(self._config)

    @property
    def loader_module(self) -> str | None:
        """The module MLflow would load the model with."""
        return self._model.flavors[PYFUNC].get("loader_module")

    @property
    def input_example(self) -> Any:
        """The example that was saved with the model, or None."""
        return self._model.load_input_example(self._folder)

    def get_raw_model(self) -> Any:
        """The object behind the function."""
        return self._obj

    def unwrap_python_model(self) -> Any:
        """The ``PythonModel`` behind the function; of another flavor, the object itself."""
        return getattr(self._obj, "python_model", self._obj)

    def __repr__(self) -> str:
        return f"<PyFuncModel flavors={list(self._model.flavors)} run_id={self._model.run_id!r}>"
