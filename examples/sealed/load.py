"""Loads the sealed model, where it was sealed to: no key is named, this machine's own opens it.

Usage: python load.py [iris.sealed]
"""

import sys

from sklearn.datasets import load_iris

import modelyard as mlflow
from modelyard.exceptions import MlflowException

features, target = load_iris(return_X_y=True, as_frame=True)
try:
    model = mlflow.pyfunc.load_model(sys.argv[1] if len(sys.argv) > 1 else "iris.sealed")
except MlflowException as error:
    sys.exit(f"not loaded: {error.message}")
print(f"{(model.predict(features) == target).mean():.0%} of the flowers are recognised")
