"""The verbs of each flavor, a row each: MLflow's word for the model, and the flavor's own options."""

from modelyard.client.flavors.verbs import FlavorVerbs

SKLEARN = FlavorVerbs("sklearn", subject="sk_model", options=("serialization_format", "pyfunc_predict_fn"))
XGBOOST = FlavorVerbs("xgboost", subject="xgb_model", options=("model_format",))
LIGHTGBM = FlavorVerbs("lightgbm", subject="lgb_model", options=("serialization_format",))
CATBOOST = FlavorVerbs("catboost", subject="cb_model", options=("format",))
STATSMODELS = FlavorVerbs("statsmodels", subject="statsmodels_model", options=("remove_data",))
PYTORCH = FlavorVerbs("pytorch", subject="pytorch_model", options=("serialization_format", "input_example"))
KERAS = FlavorVerbs("keras", subject="model", options=("custom_objects",))
TENSORFLOW = FlavorVerbs("tensorflow", subject="model", options=("custom_objects",))
ONNX = FlavorVerbs(
    "onnx",
    subject="onnx_model",
    options=("onnx_execution_providers", "onnx_session_options", "save_as_external_data"),
)
TRANSFORMERS = FlavorVerbs("transformers", subject="transformers_model", options=("task", "model_config"))
PYFUNC = FlavorVerbs(
    "python_function",
    subject="python_model",
    options=("artifacts", "model_config", "loader_module", "data_path"),
    place_first=True,
)
