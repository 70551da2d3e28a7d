"""``modelyard.transformers``: MLflow's verbs for Transformers models."""

from modelyard.client.flavors.table import TRANSFORMERS

FLAVOR_NAME = "transformers"

log_model = TRANSFORMERS.log_model
save_model = TRANSFORMERS.save_model
load_model = TRANSFORMERS.load_model

__all__ = ["FLAVOR_NAME", "load_model", "log_model", "save_model"]
