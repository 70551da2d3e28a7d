"""``modelyard.composite``: one predict function, any number of models, and the code between them, as one model."""

from modelyard.client.flavors.composite import COMPOSITE
from modelyard.models.composite import CompositeModel

FLAVOR_NAME = "composite"

log_model = COMPOSITE.log_model
save_model = save = COMPOSITE.save_model
load_model = load = COMPOSITE.load_model

__all__ = ["FLAVOR_NAME", "CompositeModel", "load", "load_model", "log_model", "save", "save_model"]
