"""A model with its twin, saved once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from modelyard.models.flavor import Flavor
from modelyard.models.flavors.sklearn import SklearnFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from tests.support.frameworks import imported
from tests.support.tables import numbers, quality


def saved(path: Path, model: Any, *, flavor: Flavor | None = None, **options: Any) -> Path:
    """Save a scikit-learn model with a twin."""
    given = {"input_example": numbers().head(3), "onnx": True, "verify": False, **options}
    save_model(model, path, flavor=flavor or SklearnFlavor(), options=SaveOptions(**given))
    return path


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a twin; not to be changed."""
    imported("onnxruntime")
    imported("skl2onnx")
    linear = imported("sklearn.linear_model")
    model = linear.ElasticNet(alpha=0.01).fit(numbers(), quality())
    return saved(tmp_path_factory.mktemp("twin") / "model", model, training_data=numbers())


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(original, tmp_path / "model"))
