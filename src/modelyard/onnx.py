"""``modelyard.onnx``: MLflow's verbs for ONNX models, and other models as ONNX."""

from modelyard.client.flavors.onnx import export, load_twin
from modelyard.client.flavors.table import ONNX

FLAVOR_NAME = "onnx"

log_model = ONNX.log_model
save_model = ONNX.save_model
load_model = ONNX.load_model

__all__ = ["FLAVOR_NAME", "export", "load_model", "load_twin", "log_model", "save_model"]
