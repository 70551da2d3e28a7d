"""``modelyard.lightgbm``: MLflow's verbs for LightGBM models."""

from modelyard.client.autolog.verbs import lightgbm_autolog as autolog
from modelyard.client.flavors.table import LIGHTGBM

FLAVOR_NAME = "lightgbm"

log_model = LIGHTGBM.log_model
save_model = LIGHTGBM.save_model
load_model = LIGHTGBM.load_model

__all__ = ["FLAVOR_NAME", "autolog", "load_model", "log_model", "save_model"]
