"""A model behind BentoML, as its documentation has it for scikit-learn."""

from __future__ import annotations

from pathlib import Path

import bentoml
import joblib
import numpy as np


@bentoml.service
class Wine:
    """Holds the model and predicts."""

    def __init__(self) -> None:
        self.model = joblib.load(Path(__file__).with_name("model.joblib"))

    @bentoml.api
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Rows to predictions."""
        found: np.ndarray = self.model.predict(rows)
        return found
