"""The loader module of the golden models of that kind; it travels with them as code."""

import json


class Scaled:
    """Multiplies by the number in a file."""

    def __init__(self, factor):
        self.factor = factor

    def predict(self, model_input, params=None):
        return model_input["x"] * self.factor


def _load_pyfunc(path):
    with open(path, encoding="utf-8") as file:
        return Scaled(json.load(file)["factor"])
