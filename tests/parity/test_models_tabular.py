"""Model folders of tabular frameworks: ours read by the real mlflow, and mlflow's by us."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from modelyard.models import catalog
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest
from tests.support.tables import categorical, good, graded, grades, mixed, numbers, quality

REQUIREMENTS = ["numpy"]  # spares mlflow a process that finds them out


class Kind(NamedTuple):
    """A model, what it predicts on, and how it is saved by us (options) and by mlflow (options of its own)."""

    flavor: str
    make: Callable[[], Any]
    data: Callable[[], Any]
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}


def _sklearn_linear() -> Any:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    return linear.ElasticNet(alpha=0.1).fit(numbers(), quality())


def _sklearn_probabilities() -> Any:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    return linear.LogisticRegression().fit(numbers(), good())


def _sklearn_pipeline() -> Any:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns = make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough")
    return make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(mixed(), grades())


def _xgboost(name: str, *target: Any, **more: Any) -> Any:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    return getattr(xgboost, name)(n_estimators=4, max_depth=3, n_jobs=1, **more).fit(*target)


def _lightgbm(name: str, *target: Any, **more: Any) -> Any:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    return getattr(lightgbm, name)(n_estimators=4, num_leaves=5, n_jobs=1, verbose=-1, **more).fit(*target)


def _catboost(name: str, *target: Any, **more: Any) -> Any:
    catboost = pytest.importorskip("catboost", reason="catboost is not installed")
    settings = {"iterations": 4, "depth": 3, "thread_count": 1, "verbose": False, "allow_writing_files": False}
    return getattr(catboost, name)(**settings, **more).fit(*target)


def _statsmodels(formula: bool) -> Any:
    pytest.importorskip("statsmodels", reason="statsmodels is not installed")
    import statsmodels.api as sm
    import statsmodels.formula.api as formulas

    if formula:
        return formulas.ols("graded ~ acid + C(colour)", mixed().assign(graded=graded())).fit()
    return sm.OLS(quality(), numbers()).fit()


KINDS = {
    "sklearn": Kind("sklearn", _sklearn_linear, numbers, {}, {"serialization_format": "cloudpickle"}),
    "sklearn pickle": Kind(
        "sklearn",
        _sklearn_linear,
        numbers,
        {"serialization_format": "pickle"},
        {"serialization_format": "pickle"},
    ),
    "sklearn probabilities": Kind(
        "sklearn",
        _sklearn_probabilities,
        numbers,
        {"pyfunc_predict_fn": "predict_proba"},
        {"pyfunc_predict_fn": "predict_proba", "serialization_format": "cloudpickle"},
    ),
    "sklearn pipeline": Kind("sklearn", _sklearn_pipeline, mixed, {}, {"serialization_format": "skops"}),
    "xgboost booster": Kind("xgboost", lambda: _xgboost("XGBRegressor", numbers(), quality()).get_booster(), numbers),
    "xgboost json": Kind(
        "xgboost",
        lambda: _xgboost("XGBRegressor", numbers(), quality()),
        numbers,
        {"model_format": "json"},
        {"model_format": "json"},
    ),
    "xgboost classifier": Kind("xgboost", lambda: _xgboost("XGBClassifier", numbers(), good()), numbers),
    "xgboost forest": Kind("xgboost", lambda: _xgboost("XGBRFRegressor", numbers(), quality()), numbers),
    "lightgbm booster": Kind("lightgbm", lambda: _lightgbm("LGBMRegressor", numbers(), quality()).booster_, numbers),
    "lightgbm regressor": Kind("lightgbm", lambda: _lightgbm("LGBMRegressor", numbers(), quality()), numbers),
    "lightgbm classifier": Kind("lightgbm", lambda: _lightgbm("LGBMClassifier", numbers(), grades()), numbers),
    "lightgbm pickle": Kind(
        "lightgbm",
        lambda: _lightgbm("LGBMRegressor", numbers(), quality()),
        numbers,
        {"serialization_format": "cloudpickle"},
        {"serialization_format": "cloudpickle"},
    ),
    "lightgbm categories": Kind(
        "lightgbm", lambda: _lightgbm("LGBMRegressor", categorical(), graded(), min_child_samples=2), categorical
    ),
    "catboost regressor": Kind("catboost", lambda: _catboost("CatBoostRegressor", numbers(), quality()), numbers),
    "catboost classifier": Kind("catboost", lambda: _catboost("CatBoostClassifier", numbers(), grades()), numbers),
    "catboost json": Kind(
        "catboost",
        lambda: _catboost("CatBoostRegressor", numbers(), quality()),
        numbers,
        {"format": "json"},
        {"format": "json"},
    ),
    "catboost categories": Kind(
        "catboost", lambda: _catboost("CatBoostRegressor", mixed(), graded(), cat_features=["colour"]), mixed
    ),
    "statsmodels": Kind("statsmodels", lambda: _statsmodels(formula=False), numbers),
    "statsmodels formula": Kind("statsmodels", lambda: _statsmodels(formula=True), mixed),
}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine key of the test's own; no trace of code that models brought into the process."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    path = list(sys.path)
    yield
    sys.path[:] = path


@pytest.fixture(scope="module")
def theirs() -> Any:
    """The mlflow package."""
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")


def predicted(model: Any, data: Any) -> Any:
    """What a native object predicts."""
    if type(model).__name__ == "Booster" and type(model).__module__.startswith("xgboost"):
        import xgboost

        return model.predict(xgboost.DMatrix(data))
    return model.predict(data)


def expected(kind: Kind, model: Any, data: Any) -> Any:
    """What the model predicts as a Python function."""
    name = kind.ours.get("pyfunc_predict_fn")
    return getattr(model, name)(data) if name else predicted(model, data)


def same(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype.kind == "f":
        return bool(np.allclose(one, other, rtol=1e-12, atol=1e-12))
    return bool(np.array_equal(one, other))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_mlflow_loads_and_predicts_with_what_we_save(theirs: Any, kind: Kind, tmp_path: Path) -> None:
    model, data = kind.make(), kind.data()
    flavor = catalog.flavor(kind.flavor, **kind.ours)
    signature = None if kind.data is not categorical else False  # mlflow refuses categories where texts are expected
    options = SaveOptions(verify=False, input_example=data.head(5), signature=signature)
    save_model(model, tmp_path / "m", flavor=flavor, options=options)
    theirs_native = getattr(theirs, kind.flavor).load_model(str(tmp_path / "m"))
    assert type(theirs_native) is type(model)
    assert same(predicted(theirs_native, data), predicted(model, data))
    loaded = theirs.pyfunc.load_model(str(tmp_path / "m"))
    assert same(loaded.predict(data), expected(kind, model, data))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_we_load_and_predict_with_what_mlflow_saves(theirs: Any, kind: Kind, tmp_path: Path) -> None:
    model, data = kind.make(), kind.data()
    save = getattr(theirs, kind.flavor).save_model
    save(model, str(tmp_path / "m"), input_example=data.head(5), pip_requirements=REQUIREMENTS, **kind.theirs)
    trust = digest(tmp_path / "m")
    native = load_native(tmp_path / "m", flavor=kind.flavor, trust=trust)
    assert type(native) is type(model)
    assert same(predicted(native, data), predicted(model, data))
    loaded = load_pyfunc(tmp_path / "m", trust=trust)
    assert same(loaded.predict(data), expected(kind, model, data))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_entries_have_mlflows_keys(theirs: Any, kind: Kind, tmp_path: Path) -> None:
    model = kind.make()
    getattr(theirs, kind.flavor).save_model(
        model, str(tmp_path / "theirs"), pip_requirements=REQUIREMENTS, **{**kind.theirs, **_comparable(kind)}
    )
    save_model(
        model,
        tmp_path / "ours",
        flavor=catalog.flavor(kind.flavor, **{**kind.ours, **_comparable(kind)}),
        options=SaveOptions(verify=False),
    )
    ours, mlflows = _entries(tmp_path / "ours"), _entries(tmp_path / "theirs")
    for name in (kind.flavor, "python_function"):
        missing = {key: value for key, value in mlflows[name].items() if key not in ours[name] and value is not None}
        assert missing.keys() <= _MEANINGLESS, missing
        other = {
            key: (ours[name][key], value) for key, value in mlflows[name].items() if ours[name].get(key, value) != value
        }
        assert other.keys() <= {"skops_trusted_types", "python_version"}, other


_MEANINGLESS = {"serialization_format", "skops_trusted_types"}
"""Keys that mlflow writes for boosters too, which it stores as text."""


def _comparable(kind: Kind) -> dict[str, Any]:
    return {"serialization_format": "skops"} if kind.flavor == "sklearn" else {}


def _entries(folder: Path) -> dict[str, dict[str, Any]]:
    import yaml

    return dict(yaml.safe_load((folder / "MLmodel").read_text())["flavors"])
