"""``modelyard.pytorch``: MLflow's verbs for PyTorch models."""

from modelyard.client.autolog.verbs import pytorch_autolog as autolog
from modelyard.client.flavors.table import PYTORCH

FLAVOR_NAME = "pytorch"

log_model = PYTORCH.log_model
save_model = PYTORCH.save_model
load_model = PYTORCH.load_model

__all__ = ["FLAVOR_NAME", "autolog", "load_model", "log_model", "save_model"]
