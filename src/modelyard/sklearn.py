"""``modelyard.sklearn``: MLflow's verbs for scikit-learn models."""

from modelyard.client.autolog.verbs import sklearn_autolog as autolog
from modelyard.client.flavors.table import SKLEARN

FLAVOR_NAME = "sklearn"

log_model = SKLEARN.log_model
save_model = SKLEARN.save_model
load_model = SKLEARN.load_model

__all__ = ["FLAVOR_NAME", "autolog", "load_model", "log_model", "save_model"]
