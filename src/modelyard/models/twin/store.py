"""Writing a twin beside its model, while the model folder is made."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from modelyard.models.catalog import PYFUNC
from modelyard.models.flavor import Flavor
from modelyard.models.mlmodel import Model
from modelyard.models.onnx_files import write_onnx
from modelyard.models.options import SaveOptions
from modelyard.models.trust.manifest import scan
from modelyard.models.twin.certificate import CERTIFICATE_FILE, FOLDER, TWIN_FILE
from modelyard.models.twin.make import make, with_files
from modelyard.models.twin.rows import rows

NOTE = "modelyard_onnx"
"""The key in the MLmodel file that says where the twin is. It is no flavor: MLflow loads the model itself."""

_logger = logging.getLogger(__name__)


def store(obj: Any, folder: Path, *, flavor: Flavor, options: SaveOptions, model: Model) -> None:
    """Write the twin and its certificate below ``onnx/``, and a note of it into the model.

    Raises ``InvalidParameter`` when the model cannot be converted. A twin that differs from its model is written with a
    certificate that says so, and a warning: nothing serves it.
    """
    if flavor.name == "onnx":
        _logger.info("The model is ONNX already: it needs no twin.")
        return
    config = {**model.flavors.get(flavor.name, {}), **model.flavors.get(PYFUNC, {})}
    signature = model.signature
    made = make(
        obj,
        flavor=flavor.name,
        schema=None if signature is None else signature.inputs,
        predict=flavor.predictor(obj, config),
        rows=rows(folder, options, signature),
        method=str(config.get("predict_fn", "predict")),
    )
    source = {each.path: each.sha256 for each in scan(folder).files}
    (folder / FOLDER).mkdir()
    write_onnx(made.proto, folder / TWIN_FILE)
    twin = {each.path: each.sha256 for each in scan(folder).files if each.path not in source}
    certificate = with_files(made.certificate, twin=twin, source=source)
    certificate.write(folder)
    model.others[NOTE] = {"data": TWIN_FILE, "certificate": CERTIFICATE_FILE, "parity": certificate.status}
    if certificate.status == "failed":
        _logger.warning(
            "THE ONNX TWIN DIFFERS FROM ITS MODEL: %s It was saved with a failed certificate (%s), and will not be served.",
            certificate.message,
            CERTIFICATE_FILE,
        )
