"""The class of the golden Python models; it travels with them as code."""

import json

import mlflow.pyfunc


class Scale(mlflow.pyfunc.PythonModel):
    """Multiplies by a number that stands in an artifact."""

    def load_context(self, context):
        with open(context.artifacts["factor"], encoding="utf-8") as file:
            self.factor = json.load(file)["factor"]

    def predict(self, context, model_input, params=None):
        return model_input["x"] * self.factor
