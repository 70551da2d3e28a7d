"""``modelyard.catboost``: MLflow's verbs for CatBoost models."""

from modelyard.client.flavors.table import CATBOOST

FLAVOR_NAME = "catboost"

log_model = CATBOOST.log_model
save_model = CATBOOST.save_model
load_model = CATBOOST.load_model

__all__ = ["FLAVOR_NAME", "load_model", "log_model", "save_model"]
