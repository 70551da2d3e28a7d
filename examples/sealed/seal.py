"""Seals a model for one other machine: what it writes can be sent by any way, and opens there and nowhere else.

Usage: python seal.py RECIPIENT, where RECIPIENT is what `modelyard models keys` prints on the other machine.
"""

import sys

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import modelyard as mlflow
from modelyard.sealed import machine_keys, seal

features, target = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=500).fit(features, target)
mlflow.sklearn.save_model(model, "iris", input_example=features.head(2))

sealed = seal("iris", "iris.sealed", recipients=sys.argv[1:])
print(f"{sealed.path} holds {sealed.digest}, in {sealed.size} bytes")
print(f"there, once: modelyard trust add {machine_keys().signing} --name 'who sealed iris'")
