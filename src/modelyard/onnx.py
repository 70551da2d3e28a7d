"""``modelyard.onnx``: MLflow's verbs for ONNX models."""

from modelyard.client.flavors.table import ONNX

FLAVOR_NAME = "onnx"

log_model = ONNX.log_model
save_model = ONNX.save_model
load_model = ONNX.load_model

__all__ = ["FLAVOR_NAME", "load_model", "log_model", "save_model"]
