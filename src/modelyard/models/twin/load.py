"""Loading a twin: only with a certificate that passed, and only the very files that the certificate is about."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from modelyard.core.errors import ChangedModel, InvalidParameter
from modelyard.models.catalog import PYFUNC
from modelyard.models.load import Opened, load_pyfunc, open_folder
from modelyard.models.mlmodel import Model
from modelyard.models.onnx_files import read_onnx
from modelyard.models.options import PathLike
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.trust import admit
from modelyard.models.trust.manifest import scan
from modelyard.models.twin.certificate import CERTIFICATE_FILE, TWIN_FILE, Certificate, read_certificate
from modelyard.models.twin.predictor import predictor

_AGAIN = "Log the model again with onnx=True, or use it without its twin (--runtime native)."


class Twin(NamedTuple):
    """A twin's graph (an ``onnx.ModelProto``), its certificate, and the folder it is in."""

    proto: Any
    certificate: Certificate
    opened: Opened


def load_twin(path: PathLike, *, trust: str | None = None, held: bool = False) -> PyFuncModel:
    """A model folder's ONNX twin as a Python function: it takes and answers what the model does, without its framework.

    A twin holds data only, so that one of a model whose own format can run code loads without trust. A model that is ONNX
    itself is its own twin. ``trust`` is the digest of the folder, where the caller insists on one; ``held`` is as for
    ``open_folder``.

    Raises ``InvalidParameter`` when there is no twin or its certificate did not pass, and ``ChangedModel`` when the twin or the
    model is not the one the certificate is about.

    Example: ``load_twin(folder).predict(data)``
    """
    opened = open_folder(path, trust=trust, held=held)
    if is_onnx(opened.model):
        return load_pyfunc(path, trust=trust, held=held)
    twin = open_twin(opened, trust=trust)
    return PyFuncModel(
        model=opened.model,
        folder=opened.folder,
        obj=twin.proto,
        predict=predictor(twin.proto, twin.certificate.binding),
        model_config={},
    )


def is_onnx(model: Model) -> bool:
    """Whether a model is ONNX itself, and needs no twin."""
    return "onnx" in model.flavors


def open_twin(opened: Opened, *, trust: str | None = None) -> Twin:
    """The twin of a folder that was opened; raises as ``load_twin`` does."""
    certificate = admit_twin(opened, trust=trust)
    return Twin(read_onnx(opened.folder / TWIN_FILE), certificate, opened)


def admit_twin(opened: Opened, *, trust: str | None = None) -> Certificate:
    """Decide whether the twin of a folder may be loaded; loads nothing. Raises as ``load_twin`` does."""
    certificate = read_certificate(opened.folder)
    if certificate is None:
        raise InvalidParameter(f"The model in {os.fspath(opened.folder)!r} has no ONNX twin. {_AGAIN}")
    admit(opened.folder, _as_onnx(), flavor="onnx", trust=trust or opened.vouched)
    if certificate.status != "passed":
        raise InvalidParameter(f"The ONNX twin differs from its model: {certificate.message} {_AGAIN}")
    _check_files(opened, certificate)
    return certificate


def _as_onnx() -> Model:
    """The model as trust shall judge it: what is loaded is an ONNX file, and none of the model's own code."""
    return Model(flavors={"onnx": {"data": TWIN_FILE}, PYFUNC: {"loader_module": "mlflow.onnx", "data": TWIN_FILE}})


def _check_files(opened: Opened, certificate: Certificate) -> None:
    there = {each.path: each.sha256 for each in scan(opened.folder).files}
    if TWIN_FILE not in certificate.twin:
        raise ChangedModel(f"{CERTIFICATE_FILE} is not about {TWIN_FILE}. {_AGAIN}")
    for path, digest in {**certificate.source, **certificate.twin}.items():
        if there.get(path) != digest:
            raise ChangedModel(
                f"The certificate of the ONNX twin is about another {path!r} than the one in the folder. {_AGAIN}"
            )
