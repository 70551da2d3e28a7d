"""Frameworks that tests use where they are installed, quietly."""

from __future__ import annotations

import contextlib
import importlib
import os
import warnings
from typing import Any

import pytest

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow tells of each processor it finds
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its other kernels round in another order
    "HF_HUB_OFFLINE": "1",  # tests need no network
}


def imported(module: str, **environment: str) -> Any:
    """The module; the test, or file of tests, is skipped where it is missing. What it warns of is its own to mend.

    ``environment`` holds variables that it is imported with, where they are not set yet.
    """
    for name, value in {**QUIET, **environment}.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if module == "tensorflow":
            _import_before()
        return pytest.importorskip(module, reason=f"{module} is not installed")


def _import_before() -> None:
    """Torch's compiler, where it is installed: imported after TensorFlow it ends the process, as both bring an LLVM."""
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("triton")
