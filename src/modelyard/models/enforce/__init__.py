"""Data made to fit a signature, or refused with the name of the column that does not."""

from modelyard.models.enforce.data import enforce
from modelyard.models.enforce.frames import model_input, to_frame
from modelyard.models.enforce.records import is_numeric, to_array
from modelyard.models.params import enforce_params

__all__ = ["enforce", "enforce_params", "is_numeric", "model_input", "to_array", "to_frame"]
