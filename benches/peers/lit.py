"""A model behind LitServe, as its documentation has it for scikit-learn."""

import sys
from pathlib import Path
from typing import Any

import joblib
import litserve
import numpy as np


class Wine(litserve.LitAPI):
    """Holds the model and predicts."""

    def setup(self, device: str) -> None:
        """Load the model."""
        self.model = joblib.load(Path(__file__).with_name("model.joblib"))

    def decode_request(self, request):  # type: ignore[no-untyped-def]  # LitServe takes its annotation for a schema
        """JSON to rows."""
        return np.array([request["input"]])

    def predict(self, x: Any) -> Any:
        """Rows to predictions."""
        return self.model.predict(x)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Predictions to JSON."""
        return {"output": float(output[0])}


if __name__ == "__main__":
    server = litserve.LitServer(Wine(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
