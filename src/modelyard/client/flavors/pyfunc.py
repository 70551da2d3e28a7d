"""Loading a model of any flavor as a Python function, by address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.client.flavors.verbs import fetch_model
from modelyard.models.bundles import Key
from modelyard.models.load import load_pyfunc
from modelyard.models.options import PathLike
from modelyard.models.pyfunc import PyFuncModel


def load_model(
    model_uri: PathLike,
    suppress_warnings: bool = False,  # noqa: ARG001 - an argument of MLflow's
    dst_path: PathLike | None = None,
    model_config: Mapping[str, Any] | None = None,
    *,
    trust: str | None = None,
    unseal: Key | None = None,
) -> PyFuncModel:
    """A model of any flavor as a function of data.

    ``model_uri`` is ``runs:/<run>/<name>``, ``models:/<name>/<version>``, ``models:/<name>@<alias>``,
    ``models:/<model id>``, ``mlflow-artifacts:/…`` or a path. ``trust`` is the digest of a model whose code shall run
    although nobody this machine trusts signed it. ``suppress_warnings`` is MLflow's and changes nothing.

    A sealed bundle (``….sealed``) is opened with this machine's own key, or with ``unseal``: a passphrase, the ``Path`` of
    a key's file, or a key.

    Raises ``NotFound`` when there is no model, and ``UntrustedModel`` or ``ChangedModel`` before anything of it runs.
    """
    return load_pyfunc(fetch_model(model_uri, dst_path), model_config=model_config, trust=trust, unseal=unseal)
