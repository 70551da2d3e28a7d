import mlflow
from mlflow.models import set_model


class Add(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["x"] + model_input["z"]


set_model(Add())
