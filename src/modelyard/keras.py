"""``modelyard.keras``: MLflow's verbs for Keras models."""

from modelyard.client.autolog.keras import callback as MlflowCallback  # noqa: N812 - MLflow's name
from modelyard.client.autolog.verbs import keras_autolog as autolog
from modelyard.client.flavors.table import KERAS

FLAVOR_NAME = "keras"

log_model = KERAS.log_model
save_model = KERAS.save_model
load_model = KERAS.load_model

__all__ = ["FLAVOR_NAME", "MlflowCallback", "autolog", "load_model", "log_model", "save_model"]
