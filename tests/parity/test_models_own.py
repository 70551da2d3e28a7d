"""Models of one's own making: ours read by the real mlflow, and mlflow's by us."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelyard.models import catalog
from modelyard.models.load import load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.python_model import PythonModel
from modelyard.models.save import save_model
from modelyard.models.trust import digest

DATA = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]})
REQUIREMENTS = ["numpy"]  # spares mlflow a process that finds them out


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


@pytest.fixture
def factor(tmp_path: Path) -> str:
    """A file that models take along."""
    (tmp_path / "factor.json").write_text('{"factor": 3}')
    return str(tmp_path / "factor.json")


@pytest.fixture
def module(tmp_path: Path) -> Iterator[str]:
    """A module for ``code_paths``, of a name nobody used yet, that can load a model; its name."""
    name = f"own_{uuid.uuid4().hex[:8]}"
    (tmp_path / f"{name}.py").write_text(
        textwrap.dedent(
            """
            import json, os

            def scaled(table, factor):
                return table * factor

            class Loaded:
                def __init__(self, factor):
                    self.factor = factor

                def predict(self, table, params=None):
                    return scaled(table, self.factor)

            def _load_pyfunc(path):
                if os.path.isdir(path):
                    path = os.path.join(path, "factor.json")
                with open(path) as file:
                    return Loaded(json.load(file)["factor"])
            """
        )
    )
    yield name
    sys.modules.pop(name, None)


def own_model(base: Any) -> Any:
    """A model of each kind of base class, that reads an artifact and its settings."""

    class Scaled(base):  # type: ignore[misc]
        def load_context(self, context: Any) -> None:
            with open(context.artifacts["factor"], encoding="utf-8") as file:
                self.factor = json.load(file)["factor"]

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            more = (context.model_config or {}).get("more", 1) * (params or {}).get("times", 1)
            return model_input * self.factor * more

    return Scaled()


def ours(obj: Any, path: Path, *, example: Any = DATA, code_paths: Any = None, **options: Any) -> Path:
    """Save with us."""
    flavor = catalog.flavor("python_function", **options)
    save_model(
        obj, path, flavor=flavor, options=SaveOptions(verify=False, input_example=example, code_paths=code_paths)
    )
    return path


def by_us(path: Path, **options: Any) -> Any:
    """Load with us what somebody else made."""
    return load_pyfunc(path, trust=digest(path), **options)


def is_times(answer: Any, factor: float) -> bool:
    return bool(pd.DataFrame(answer).equals(DATA * factor))


def test_mlflow_loads_our_class_with_artifacts_settings_and_params(theirs: Any, factor: str, tmp_path: Path) -> None:
    example = (DATA, {"times": 1})
    options = {"artifacts": {"factor": factor}, "model_config": {"more": 2}}
    path = ours(own_model(PythonModel), tmp_path / "m", example=example, **options)
    loaded = theirs.pyfunc.load_model(str(path))
    assert is_times(loaded.predict(DATA), 6)
    assert is_times(loaded.predict(DATA, {"times": 10}), 60)
    assert is_times(theirs.pyfunc.load_model(str(path), model_config={"more": 5}).predict(DATA), 15)


def test_we_load_mlflows_class_with_artifacts_settings_and_params(theirs: Any, factor: str, tmp_path: Path) -> None:
    theirs.pyfunc.save_model(
        str(tmp_path / "m"),
        python_model=own_model(theirs.pyfunc.PythonModel),
        artifacts={"factor": factor},
        model_config={"more": 2},
        input_example=(DATA, {"times": 1}),
        pip_requirements=REQUIREMENTS,
    )
    loaded = by_us(tmp_path / "m")
    assert is_times(loaded.predict(DATA), 6)
    assert is_times(loaded.predict(DATA, {"times": 10}), 60)
    assert is_times(by_us(tmp_path / "m", model_config={"more": 5}).predict(DATA), 15)
    assert type(loaded.unwrap_python_model()).__name__ == "Scaled"


def test_our_flavor_saves_mlflows_class(theirs: Any, factor: str, tmp_path: Path) -> None:
    path = ours(own_model(theirs.pyfunc.PythonModel), tmp_path / "m", artifacts={"factor": factor})
    assert is_times(load_pyfunc(path).predict(DATA), 3)
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 3)


@pytest.mark.parametrize("compression", ["lzma", "bzip2", "gzip"])
def test_we_load_what_mlflow_compressed(
    theirs: Any, compression: str, factor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_LOG_MODEL_COMPRESSION", compression)
    model = own_model(theirs.pyfunc.PythonModel)
    theirs.pyfunc.save_model(
        str(tmp_path / "m"), python_model=model, artifacts={"factor": factor}, pip_requirements=REQUIREMENTS
    )
    assert (tmp_path / "m" / "MLmodel").read_text().count(compression) == 1
    assert is_times(by_us(tmp_path / "m").predict(DATA), 3)


def test_functions_go_both_ways(theirs: Any, tmp_path: Path) -> None:
    def doubled(model_input):  # type: ignore[no-untyped-def]
        return model_input * 2

    path = ours(doubled, tmp_path / "ours")
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 2)
    theirs.pyfunc.save_model(
        str(tmp_path / "theirs"), python_model=doubled, input_example=DATA, pip_requirements=REQUIREMENTS
    )
    assert is_times(by_us(tmp_path / "theirs").predict(DATA), 2)


def test_mlflow_gives_params_to_our_functions(theirs: Any, tmp_path: Path) -> None:
    def multiplied(model_input, params=None):  # type: ignore[no-untyped-def]
        return model_input * (params or {}).get("factor", 1)

    path = ours(multiplied, tmp_path / "m", example=(DATA, {"factor": 2}))
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 2)
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA, {"factor": 7}), 7)


def test_mlflow_loads_any_object_that_predicts(theirs: Any, tmp_path: Path) -> None:
    class Doubler:
        def predict(self, table: Any) -> Any:
            return table * 2

    path = ours(Doubler(), tmp_path / "m")
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 2)


CODE = {
    "function": """
        from {package}.models import set_model

        def tripled(model_input):
            return model_input * 3

        set_model(tripled)
        """,
    "class": """
        from {package}.models import set_model
        from {package}.pyfunc import PythonModel

        class Tripled(PythonModel):
            def predict(self, context, model_input, params=None):
                return model_input * 3

        set_model(Tripled())
        """,
}


@pytest.mark.parametrize("kind", CODE)
@pytest.mark.parametrize("package", ["mlflow", "modelyard"])
def test_files_of_code_are_loaded_by_both(theirs: Any, package: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(textwrap.dedent(CODE[kind].format(package=package)))
    path = ours(str(tmp_path / "code.py"), tmp_path / "ours")
    assert is_times(load_pyfunc(path).predict(DATA), 3)
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 3)


@pytest.mark.parametrize("kind", CODE)
def test_we_load_files_of_code_that_mlflow_saved(theirs: Any, kind: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(textwrap.dedent(CODE[kind].format(package="mlflow")))
    theirs.pyfunc.save_model(
        str(tmp_path / "m"), python_model=str(tmp_path / "code.py"), input_example=DATA, pip_requirements=REQUIREMENTS
    )
    assert is_times(by_us(tmp_path / "m").predict(DATA), 3)


def test_what_one_file_of_code_set_is_not_the_next_ones(theirs: Any, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(textwrap.dedent(CODE["function"].format(package="mlflow")))
    (tmp_path / "empty.py").write_text("import mlflow\n")
    first = ours(str(tmp_path / "code.py"), tmp_path / "first")
    second = ours(str(tmp_path / "empty.py"), tmp_path / "second", example=None)
    assert is_times(load_pyfunc(first).predict(DATA), 3)
    with pytest.raises(Exception, match="names no model"):
        load_pyfunc(second)


@pytest.mark.parametrize("whole_folder", [False, True])
def test_own_loaders_go_both_ways(theirs: Any, module: str, factor: str, whole_folder: bool, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    Path(factor).rename(data / "factor.json")
    options = {"loader_module": module, "data_path": str(data if whole_folder else data / "factor.json")}
    code_paths = [str(tmp_path / f"{module}.py")]
    path = ours(None, tmp_path / "ours", example=None, code_paths=code_paths, **options)
    assert is_times(theirs.pyfunc.load_model(str(path)).predict(DATA), 3)
    sys.modules.pop(module)
    assert is_times(load_pyfunc(path).predict(DATA), 3)
    sys.modules.pop(module)
    theirs.pyfunc.save_model(str(tmp_path / "m"), code_paths=code_paths, pip_requirements=REQUIREMENTS, **options)
    assert is_times(by_us(tmp_path / "m").predict(DATA), 3)


def test_code_travels_with_a_function_both_ways(
    theirs: Any, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    own = __import__(module)
    scale = own.scaled

    def scaled_by_own_code(model_input):  # type: ignore[no-untyped-def]
        return scale(model_input, 4)

    code_paths = [str(tmp_path / f"{module}.py")]
    path = ours(scaled_by_own_code, tmp_path / "ours", code_paths=code_paths)
    theirs.pyfunc.save_model(
        str(tmp_path / "theirs"), python_model=scaled_by_own_code, code_paths=code_paths, pip_requirements=REQUIREMENTS
    )
    sys.path.remove(str(tmp_path))
    for load, folder in ((theirs.pyfunc.load_model, path), (by_us, path), (by_us, tmp_path / "theirs")):
        sys.modules.pop(module, None)
        sys.path[:] = [place for place in sys.path if not place.startswith(str(tmp_path))]
        assert is_times(load(folder if load is by_us else str(folder)).predict(DATA), 4)
