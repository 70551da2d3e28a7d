"""``modelyard.pyfunc``: models of any flavor as Python functions, and models of one's own making."""

from modelyard.client.flavors.pyfunc import load_model
from modelyard.client.flavors.table import PYFUNC
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.python_model import PythonModel, PythonModelContext

FLAVOR_NAME = "python_function"

log_model = PYFUNC.log_model
save_model = PYFUNC.save_model

__all__ = [
    "FLAVOR_NAME",
    "PyFuncModel",
    "PythonModel",
    "PythonModelContext",
    "load_model",
    "log_model",
    "save_model",
]
