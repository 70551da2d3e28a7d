"""Model folders that MLflow 1.x, 2.x and 3.x wrote, as ``tests/golden/make.py`` recorded them, load here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import NotSupported, UntrustedModel
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.trust import digest

pd = pytest.importorskip("pandas", reason="pandas is not installed")
np = pytest.importorskip("numpy", reason="numpy is not installed")

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "models"
RELEASES = sorted(place.name for place in GOLDEN.iterdir() if place.name[0].isdigit())
FOLDERS = sorted(file.parent.relative_to(GOLDEN).as_posix() for file in GOLDEN.glob("*/*/MLmodel"))
FRAME = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "z": [0.5, 0.0, 1.5, 1.0]})
NEEDS = {"sklearn": "sklearn", "xgboost": "xgboost", "pyfunc": "mlflow", "from": "mlflow", "loader": "json"}
DATA = {"xgboost", "sklearn-skops"}
"""Kinds whose files hold data only; ``sklearn-plain`` is one of them since MLflow 3 writes skops."""

BARE = [name for name in FOLDERS if name.endswith("-plain") or name.startswith("1.2.0")]
GONE = "1.2.0/sklearn-plain"
"""Its pickle names a module that scikit-learn has no more."""


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that trusts nobody but itself; no trace of the code that models brought into the process."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in ("golden_scale", "golden_loader"):
        sys.modules.pop(name, None)


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a golden folder, which a clone may have left writable for others."""
    name = str(request.param)
    needed = NEEDS[name.partition("/")[2].partition("-")[0]]
    pytest.importorskip(needed, reason=f"{needed} is not installed")
    return Path(shutil.copytree(GOLDEN / name, tmp_path / "model"))


def _kind(name: str) -> str:
    return name.partition("/")[2]


def _expected(name: str) -> list[float]:
    release, _, kind = name.partition("/")
    found: list[float] = json.loads((GOLDEN / release / "expected.json").read_text())[kind]
    return found


def _is_data(name: str) -> bool:
    return _kind(name) in DATA or name == "3.17.2/sklearn-plain"


def test_the_folders_are_of_three_major_releases_and_small() -> None:
    assert {release.partition(".")[0] for release in RELEASES} == {"1", "2", "3"}
    assert sum(file.stat().st_size for file in GOLDEN.rglob("*") if file.is_file()) < 200_000
    assert all(sorted(json.loads((GOLDEN / each / "expected.json").read_text())) for each in RELEASES)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_mlmodel_file_is_read(name: str) -> None:
    model = Model.load(GOLDEN / name)
    release = name.partition("/")[0]
    assert model.mlflow_version == (release if release > "1.3" else None), "the first releases did not write it"
    assert "python_function" in model.flavors
    assert len(model.model_uuid) == 32
    assert model.modelyard_version is None


@pytest.mark.parametrize("name", [name for name in FOLDERS if name not in BARE])
def test_signature_and_example_are_read(name: str) -> None:
    model = Model.load(GOLDEN / name)
    schema = model.get_input_schema()
    assert schema.input_names() == ["x", "z"]
    assert [str(each.type) for each in schema.inputs] == ["DataType.double", "DataType.double"]
    pd.testing.assert_frame_equal(model.load_input_example(GOLDEN / name), FRAME[:2])


@pytest.mark.parametrize("name", BARE)
def test_a_model_may_have_neither(name: str) -> None:
    model = Model.load(GOLDEN / name)
    assert (model.signature, model.load_input_example(GOLDEN / name)) == (None, None)


@pytest.mark.parametrize(
    ("folder", "name"),
    [(name, name) for name in FOLDERS if not _is_data(name)],
    indirect=["folder"],
    ids=[name for name in FOLDERS if not _is_data(name)],
)
def test_what_can_run_code_is_refused_until_it_is_trusted(folder: Path, name: str) -> None:
    with pytest.raises(UntrustedModel, match="nobody signed it"):
        load_pyfunc(folder)
    with pytest.raises(UntrustedModel, match="Trust was given for"):
        load_pyfunc(folder, trust="sha256:0123")


@pytest.mark.filterwarnings("ignore:Trying to unpickle estimator")
@pytest.mark.filterwarnings("ignore:.*serialized model")
@pytest.mark.parametrize(
    ("folder", "name"),
    [(name, name) for name in FOLDERS if name != GONE],
    indirect=["folder"],
    ids=[name for name in FOLDERS if name != GONE],
)
def test_it_predicts_what_it_predicted(folder: Path, name: str) -> None:
    model = load_pyfunc(folder, trust=None if _is_data(name) else digest(folder))
    assert np.asarray(model.predict(FRAME)) == pytest.approx(_expected(name), rel=1e-6)


@pytest.mark.parametrize("folder", [GONE], indirect=True)
def test_a_pickle_of_another_scikit_learn_says_what_is_missing(folder: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"sklearn\.linear_model\.base"):
        load_pyfunc(folder, trust=digest(folder))


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name.endswith("xgboost")], indirect=True, ids=str)
def test_the_native_object_comes_back(folder: Path) -> None:
    booster: Any = load_native(folder, flavor="xgboost")
    assert booster.num_boosted_rounds() == 3


# ----------------------------------------------------------------------------------------------------------------------
# The first layout, written by hand from the documented format: https://mlflow.org/docs/1.0.0/models.html

FIRST = """\
artifact_path: model
flavors:
  python_function:
    data: model.pkl
    env: conda.yaml
    loader_module: {loader}
    python_version: 3.7.3
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 0.21.2
run_id: 0123456789abcdef0123456789abcdef
utc_time_created: '2019-06-01 10:00:00.123456'
"""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A folder of MLflow 1.0's layout written by hand around an estimator of today."""
    linear_model = pytest.importorskip("sklearn.linear_model", reason="sklearn is not installed")
    pickle = pytest.importorskip("pickle")
    folder = tmp_path / "by hand"
    folder.mkdir()
    (folder / "MLmodel").write_text(FIRST.format(loader="mlflow.sklearn"))
    (folder / "conda.yaml").write_text("name: mlflow-env\ndependencies:\n- python=3.7.3\n- scikit-learn=0.21.2\n")
    (folder / "model.pkl").write_bytes(pickle.dumps(linear_model.LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])))
    return folder


def test_the_first_layout_is_read_and_loads_with_trust(first: Path) -> None:
    model = Model.load(first)
    assert (model.mlflow_version, model.signature, model.saved_input_example_info) == (None, None, None)
    assert model.run_id == "0123456789abcdef0123456789abcdef"
    with pytest.raises(UntrustedModel, match="nobody signed it"):
        load_pyfunc(first)
    loaded = load_pyfunc(first, trust=digest(first))
    assert loaded.predict([[2.0]]) == pytest.approx([5.0])
    assert load_native(first, flavor="sklearn", trust=digest(first)).coef_ == pytest.approx([2.0])


def test_a_loader_module_nobody_knows_is_refused_and_named(first: Path) -> None:
    (first / "MLmodel").write_text(FIRST.format(loader="somebodys.loader"))
    with pytest.raises(NotSupported, match=r"The loader module 'somebodys\.loader' is neither known"):
        load_pyfunc(first, trust=digest(first))
