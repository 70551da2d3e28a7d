"""``modelyard.tensorflow``: MLflow's verbs for TensorFlow models."""

from modelyard.client.flavors.table import TENSORFLOW

FLAVOR_NAME = "tensorflow"

log_model = TENSORFLOW.log_model
save_model = TENSORFLOW.save_model
load_model = TENSORFLOW.load_model

__all__ = ["FLAVOR_NAME", "load_model", "log_model", "save_model"]
