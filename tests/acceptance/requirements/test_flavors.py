"""Requirements S1.53 and S4.24 to S4.26: every flavor is a Python function, and own flavors and classes are as good."""

from __future__ import annotations

import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.acceptance.requirements.conftest import Session

TABLE = """
import numpy as np, pandas as pd
table = pd.DataFrame({"x": np.arange(40.0), "y": np.arange(40.0) ** 2 % 7})
target = (2 * table["x"] - table["y"]).to_numpy()
"""

# flavor → a script that leaves `model`, what it predicts `on`, and what it must predict, `expected`
MODELS = {
    "sklearn": """
from sklearn.linear_model import LinearRegression
model, on = LinearRegression().fit(table, target), table
expected = model.predict(on)
""",
    "xgboost": """
import xgboost
model, on = xgboost.XGBRegressor(n_estimators=3).fit(table, target), table
expected = model.predict(on)
""",
    "lightgbm": """
import lightgbm
model, on = lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(table, target), table
expected = model.predict(on)
""",
    "catboost": """
import catboost
model, on = catboost.CatBoostRegressor(iterations=3, verbose=False, allow_writing_files=False).fit(table, target), table
expected = model.predict(on)
""",
    "statsmodels": """
import statsmodels.api as sm
model, on = sm.OLS(target, table).fit(), table
expected = model.predict(on)
""",
    "pytorch": """
import torch
model, on = torch.nn.Linear(2, 1), table.to_numpy(dtype="float32")
expected = model(torch.from_numpy(on)).detach().numpy()
""",
    "keras": """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
model, on = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), table.to_numpy(dtype="float32")
expected = model.predict(on, verbose=0)
""",
    "tensorflow": """
import tensorflow as tf

class Doubled(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, x):
        return 2 * x

model, on = Doubled(), table.to_numpy(dtype="float32")
expected = model(on).numpy()
""",
    "onnx": """
import onnx
from onnx import TensorProto, helper
inputs, outputs = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in "io")
graph = helper.make_graph([helper.make_node("Neg", ["i"], ["o"])], "negative", [inputs], [outputs])
model, on = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), table.to_numpy(dtype="float32")
expected = {"o": -on}
""",
    "pyfunc": """
def doubled(model_input):
    return model_input * 2
model, on = doubled, table
expected = table * 2
""",
}
MODULES = {"pytorch": "torch", "pyfunc": "pandas"}


@pytest.fixture
def home(tmp_path: Path) -> str:
    """The folder of a machine's key."""
    return str(tmp_path / "home")


@pytest.fixture
def local(tmp_path: Path) -> Session:
    """A folder in which scripts run, tracking to a store without a server."""
    (tmp_path / "project").mkdir()
    return Session(str(tmp_path / "yard"), tmp_path / "project", tmp_path / "yard")


@pytest.mark.parametrize("flavor", MODELS)
def test_every_flavor_is_a_python_function(local: Session, home: str, flavor: str) -> None:
    """S1.53: log, load generically in another process, predict, compare."""
    if find_spec(MODULES.get(flavor, flavor)) is None:
        pytest.skip(f"{flavor} is not installed")
    script = f"""{TABLE}{MODELS[flavor]}
import pickle
with mlflow.start_run():
    given = {{"python_model": model}} if {flavor!r} == "pyfunc" else {{}}
    subject = () if given else (model,)
    info = mlflow.{flavor}.log_model(*subject, name="model", input_example=on[:5], verify=False, **given)
with open("expected.bin", "wb") as file:
    pickle.dump((on, expected), file)
tell([info.model_uri, sorted(info.flavors)])
"""
    uri, flavors = local.run(script, MODELYARD_HOME=home)
    assert flavors == sorted({"python_function", "python_function" if flavor == "pyfunc" else flavor})
    same = local.run(
        f"""
import pickle
import numpy as np
on, expected = pickle.load(open("expected.bin", "rb"))
found = mlflow.pyfunc.load_model({uri!r}).predict(on)
pairs = [(found[key], expected[key]) for key in expected] if isinstance(expected, dict) else [(found, expected)]
tell(bool(pairs) and all(np.allclose(np.asarray(one).ravel(), np.asarray(two).ravel(), rtol=1e-5) for one, two in pairs))
""",
        MODELYARD_HOME=home,
    )
    assert same is True


def test_a_model_lists_its_flavors_with_their_libraries_version(session: Session, home: str) -> None:
    """S4.24: the MLmodel file of a scikit-learn model has two, in a map."""
    flavors, version = session.run(
        f"""{TABLE}{MODELS["sklearn"]}
import sklearn
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(model, "model", verify=False)
folder = mlflow.artifacts.download_artifacts(f"runs:/{{run.info.run_id}}/model")
tell([mlflow.models.Model.load(folder).flavors, sklearn.__version__])
""",
        MODELYARD_HOME=home,
    )
    assert set(flavors) == {"sklearn", "python_function"}
    assert flavors["sklearn"]["sklearn_version"] == version
    assert flavors["python_function"]["loader_module"] == "mlflow.sklearn"


def test_a_flavor_of_ones_own_stays_as_it_was_added(session: Session) -> None:
    """S4.25: `add_flavor` with keys and values, saved and read again, and saved and read once more."""
    first, second, others = session.run(
        """
from modelyard.models import Model
model = Model(run_id="0123").add_flavor("myflavor", data="model.bin", depth=3, nested={"a": [1, 2.5, None, True]})
model.add_flavor("other")
model.save("MLmodel")
again = Model.load("MLmodel")
again.save("again.yaml")
tell([again.flavors["myflavor"], Model.load("again.yaml").flavors["myflavor"], again.flavors["other"]])
"""
    )
    assert first == second == {"data": "model.bin", "depth": 3, "nested": {"a": [1, 2.5, None, True]}}
    assert others == {}


def test_a_plugged_in_flavor_is_as_good_as_a_built_in_one(session: Session, home: str) -> None:
    """S4.25: an entry point in the group `modelyard.flavors` is asked first, saves, loads and predicts."""
    plug_in(session.folder)
    name, entry, native, predicted, refused = session.run(
        """
import sys
sys.path.insert(0, ".")
import modelyard.models
from constant_flavor import Constant
from modelyard.core.errors import UntrustedModel
from modelyard.models.catalog import flavor_of
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model

flavor = flavor_of(Constant(7))
save_model(Constant(7), "saved", flavor=flavor, options=SaveOptions(verify=False, input_example=[[1.0], [2.0]]))
entry = modelyard.models.Model.load("saved").flavors["constant"]
native = load_native("saved", flavor="constant").value
predicted = load_pyfunc("saved").predict([[1.0], [2.0], [3.0]])
import os
os.remove("saved/manifest.sig")
try:
    load_pyfunc("saved")
except UntrustedModel as error:
    refused = str(error)
tell([flavor.name, entry, native, predicted, refused])
""",
        MODELYARD_HOME=home,
    )
    assert name == "constant"
    assert (entry["data"], entry["version"]) == ("constant.txt", 1)
    assert native == 7
    assert predicted == [7, 7, 7]
    assert "a constant model is code" in refused


def plug_in(folder: Path) -> None:
    """What installing a package with a flavor leaves behind."""
    (folder / "constant_flavor.py").write_text(
        textwrap.dedent(
            """
            from typing import ClassVar, NamedTuple


            class Constant(NamedTuple):
                value: int

                def predict(self, data):
                    return [self.value] * len(data)


            class ConstantFlavor:
                name: ClassVar[str] = "constant"
                loader_module: ClassVar[str] = "constant_flavor"

                def handles(self, obj):
                    return isinstance(obj, Constant)

                def save(self, obj, folder):
                    (folder / "constant.txt").write_text(str(obj.value))
                    pyfunc = {"loader_module": self.loader_module, "data": "constant.txt"}
                    return {self.name: {"data": "constant.txt", "version": 1}, "python_function": pyfunc}

                def load(self, folder, config):
                    return Constant(int((folder / config["data"]).read_text()))

                def predictor(self, obj, config):
                    return lambda data, params=None: obj.predict(data)
            """
        )
    )
    about = folder / "constant_flavor-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: constant-flavor\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[modelyard.flavors]\nconstant = constant_flavor:ConstantFlavor\n")


def test_a_class_of_ones_own_predicts_where_its_script_is_not(session: Session, home: str) -> None:
    """S4.26: a class with its own methods is logged by the script that defines it, and used by one that does not."""
    uri, status = session.run(
        """
import pandas as pd

class Cellar(mlflow.pyfunc.PythonModel):
    def __init__(self, offset):
        self.offset = offset

    def load_context(self, context):
        self.words = open(context.artifacts["words"]).read().split()

    def rank(self, value):
        return self.words[int(value + self.offset) % len(self.words)]

    def predict(self, context, model_input, params=None):
        return [self.rank(value) + (params or {}).get("mark", "") for value in model_input["quality"]]

open("words.txt", "w").write("poor fair good")
table = pd.DataFrame({"quality": [0.0, 1.0, 2.0]})
with mlflow.start_run():
    info = mlflow.pyfunc.log_model(
        name="cellar",
        python_model=Cellar(1),
        artifacts={"words": "words.txt"},
        input_example=(table, {"mark": "!"}),
        registered_model_name="cellar",
    )
tell([info.model_uri, info.verdict.status])
""",
        MODELYARD_HOME=home,
    )
    assert status == "passed"
    (session.folder / "train.py").unlink()
    (session.folder / "words.txt").unlink()
    plain, marked = session.run(
        f"""
import pandas as pd
model = mlflow.pyfunc.load_model({uri!r})
table = pd.DataFrame({{"quality": [0.0, 1.0, 2.0]}})
tell([model.predict(table, {{"mark": ""}}), model.predict(table)])
""",
        MODELYARD_HOME=home,
    )
    assert plain == ["fair", "good", "poor"]
    assert marked == ["fair!", "good!", "poor!"]
