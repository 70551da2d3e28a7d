"""How a model is saved, as far as it is no flavor's own matter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from modelyard.core.errors import InvalidParameter

PathLike = str | os.PathLike[str]


class SaveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say about saving. Names and meanings are MLflow's where it has them.

    - ``signature``: what goes in and comes out; inferred from ``input_example`` when it is None, left out when False.
    - ``input_example``: data the model can predict on, or a pair of data and params; saved with the model.
    - ``pip_requirements``: all requirements, as a list or a file; found from what the model uses when None.
    - ``extra_pip_requirements``: requirements beyond those found.
    - ``conda_env``: a conda environment, as a dictionary or a file; it decides instead of the requirements.
    - ``code_paths``: files and folders of Python code the model imports; they travel with it.
    - ``extra_files``: any other files to keep in the model folder.
    - ``metadata``: any JSON the MLmodel file shall carry.
    - ``training_data``: the data the model was trained on: a table, an array, rows, a dataset, or an iterator of those; a
      profile of it is kept, never the rows.
    - ``profile``: keep that profile, or one of the example where no training data are given. It says ranges,
      distributions and common values of columns; False keeps none.
    - ``onnx``: keep an ONNX twin of the model beside it, with a certificate of how near its predictions are.
    - ``verify``: load the saved folder in a clean process and predict on the example there. ``"environment"`` does it once
      more in a new virtual environment with the folder's own requirements, which proves the list of them; installing
      takes time and asks a package index.
    - ``verify_seconds``: how long that may take; with ``"environment"``, each of the two.
    """

    signature: Any = None
    input_example: Any = None
    pip_requirements: Sequence[str] | PathLike | None = None
    extra_pip_requirements: Sequence[str] | PathLike | None = None
    conda_env: Mapping[str, Any] | PathLike | None = None
    code_paths: Sequence[PathLike] | None = None
    extra_files: Sequence[PathLike] | None = None
    metadata: Mapping[str, Any] | None = None
    training_data: Any = None
    profile: bool = True
    onnx: bool = False
    verify: bool | Literal["environment"] = True
    verify_seconds: float = 600.0

    def __post_init__(self) -> None:
        if self.verify not in (True, False, "environment"):
            raise InvalidParameter(f"verify is True, False or 'environment', not {self.verify!r}.")
