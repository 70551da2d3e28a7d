"""``modelyard.models``: model folders, signatures, and what a model says about itself. It knows no server."""

from modelyard.models.addresses import get_model_info
from modelyard.models.constraints import Constraint, Constraints, infer_constraints
from modelyard.models.info import ModelInfo
from modelyard.models.mlmodel import Model
from modelyard.models.python_model import set_model
from modelyard.models.signature import ModelSignature, infer_signature

__all__ = [
    "Constraint",
    "Constraints",
    "Model",
    "ModelInfo",
    "ModelSignature",
    "get_model_info",
    "infer_constraints",
    "infer_signature",
    "set_model",
]
