"""``modelyard.xgboost``: MLflow's verbs for XGBoost models."""

from modelyard.client.autolog.verbs import xgboost_autolog as autolog
from modelyard.client.flavors.table import XGBOOST

FLAVOR_NAME = "xgboost"

log_model = XGBOOST.log_model
save_model = XGBOOST.save_model
load_model = XGBOOST.load_model

__all__ = ["FLAVOR_NAME", "autolog", "load_model", "log_model", "save_model"]
