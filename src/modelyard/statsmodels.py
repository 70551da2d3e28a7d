"""``modelyard.statsmodels``: MLflow's verbs for statsmodels models."""

from modelyard.client.flavors.table import STATSMODELS

FLAVOR_NAME = "statsmodels"

log_model = STATSMODELS.log_model
save_model = STATSMODELS.save_model
load_model = STATSMODELS.load_model

__all__ = ["FLAVOR_NAME", "load_model", "log_model", "save_model"]
