"""Models as ONNX files, from memory or from any address."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from modelyard.client.flavors.verbs import fetch_model
from modelyard.models.onnx_files import write_onnx
from modelyard.models.options import PathLike
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.signature import ModelSignature
from modelyard.models.twin import Made, graph_of_folder, graph_of_object
from modelyard.models.twin import load_twin as load_twin_of_folder

_logger = logging.getLogger(__name__)


def export(
    model: Any,
    path: PathLike | None = None,
    *,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    method: str = "predict",
    trust: str | None = None,
) -> Any:
    """A model as an ``onnx.ModelProto``, also written to ``path`` when one is given.

    ``model`` is an object of scikit-learn, PyTorch, Keras, XGBoost or LightGBM, or the address or folder of a saved model. Of an
    object, ``input_example`` or ``signature`` says what it takes, and ``method`` what shall be answered (``predict_proba``, say).
    The graph is compared with the model on the example and on random rows; a difference is a warning in the log. ``trust`` is the
    digest of a saved model whose code shall run although nobody this machine trusts signed it.

    Raises ``InvalidParameter`` naming what cannot be converted, and the way out.
    """
    if isinstance(model, str | os.PathLike):
        made = export_folder(fetch_model(os.fspath(model)), path, trust=trust)
    else:
        made = graph_of_object(model, signature=signature, input_example=input_example, method=method)
        _written(made, path)
    if made.certificate.status == "failed":
        _logger.warning("THE ONNX GRAPH DIFFERS FROM ITS MODEL: %s", made.certificate.message)
    return made.proto


def load_twin(model_uri: PathLike, *, trust: str | None = None) -> PyFuncModel:
    """The ONNX twin of a saved or logged model, as a function of data that answers what the model does.

    It needs neither the model's framework nor trust in its maker: a twin is data. Raises ``InvalidParameter`` when there is none
    or its certificate did not pass, and ``ChangedModel`` when the certificate is about other files.
    """
    return load_twin_of_folder(fetch_model(model_uri), trust=trust)


def export_folder(folder: Path, path: PathLike | None = None, *, trust: str | None = None) -> Made:
    """The graph of the model in a folder and how near it is, also written to ``path``."""
    made = graph_of_folder(folder, trust=trust)
    _written(made, path)
    return made


def _written(made: Made, path: PathLike | None) -> None:
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_onnx(made.proto, Path(path))
