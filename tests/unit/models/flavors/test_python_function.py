"""The Python function's flavor: artifacts, settings, files of code, and loaders of one's own."""

from __future__ import annotations

import sys
import textwrap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.models.flavors.python_function import PythonFunctionFlavor, run_code
from modelyard.models.load import load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.python_model import PythonModel
from modelyard.models.save import save_model

UNVERIFIED = SaveOptions(verify=False)


class Reader(PythonModel):
    """A model that answers what its artifacts hold."""

    def load_context(self, context: Any) -> None:
        self.texts = {name: Path(path).read_text() for name, path in context.artifacts.items()}

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return self.texts, context.model_config


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine key of the test's own; no trace of code that models brought into the process."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("own_", "modelyard_code_")):
            del sys.modules[name]


def file(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return str(path)


def loader(folder: Path, name: str, answer: str) -> str:
    """A module that loads a model which answers ``answer``."""
    return file(
        folder / f"{name}.py",
        f"""
        class Answer:
            def predict(self, data):
                return {answer!r}

        def _load_pyfunc(path):
            return Answer()
        """,
    )


def test_artifacts_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    artifacts = {"a": file(tmp_path / "a" / "words.txt", "first"), "b": file(tmp_path / "b" / "words.txt", "second")}
    save_model(Reader(), tmp_path / "m", flavor=PythonFunctionFlavor(artifacts=artifacts), options=UNVERIFIED)
    texts, _ = load_pyfunc(tmp_path / "m").predict(None)
    assert texts == {"a": "first", "b": "second"}


def test_settings_are_a_map_or_a_file_and_are_set_over_at_loading(tmp_path: Path) -> None:
    settings = file(tmp_path / "settings.yaml", "depth: 3\nwidth: 4\n")
    for number, given in enumerate((settings, {"depth": 3, "width": 4})):
        place = tmp_path / str(number)
        save_model(Reader(), place, flavor=PythonFunctionFlavor(model_config=given), options=UNVERIFIED)  # type: ignore[arg-type]
        assert load_pyfunc(place).predict(None)[1] == {"depth": 3, "width": 4}
        assert load_pyfunc(place, model_config={"depth": 9}).predict(None)[1] == {"depth": 9, "width": 4}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"artifacts": {"a": "nowhere.txt"}}, "no file or folder 'nowhere.txt' to save"),
        ({"model_config": "nowhere.yaml"}, "no file of settings 'nowhere.yaml'"),
        ({"model_config": ["depth"]}, "model_config is a map of settings, not a list"),
        ({"loader_module": "own", "data_path": "nowhere"}, "no file or folder 'nowhere' to save"),
    ],
)
def test_what_is_not_there_is_named(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=message):
        save_model(Reader(), tmp_path / "m", flavor=PythonFunctionFlavor(**options), options=UNVERIFIED)
    assert not list(tmp_path.iterdir())


def test_a_file_of_code_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"no file of code 'nowhere\.py'"):
        save_model("nowhere.py", tmp_path / "m", flavor=PythonFunctionFlavor(), options=UNVERIFIED)


def test_a_file_of_code_must_name_a_model(tmp_path: Path) -> None:
    silent = file(tmp_path / "silent.py", "x = 1")
    with pytest.raises(
        InvalidParameter, match=r"'silent\.py' names no model: it must call modelyard\.models\.set_model"
    ):
        run_code(Path(silent))


def test_a_file_of_code_that_fails_leaves_no_module(tmp_path: Path) -> None:
    before = set(sys.modules)
    broken = file(tmp_path / "broken.py", "raise RuntimeError('broken')")
    with pytest.raises(RuntimeError, match="broken"):
        run_code(Path(broken))
    assert not {name for name in set(sys.modules) - before if name.startswith("modelyard_code_")}


def test_a_file_of_code_may_run_another(tmp_path: Path) -> None:
    file(
        tmp_path / "inner.py", "from modelyard.models import set_model\nset_model(lambda model_input: model_input + 1)"
    )
    outer = file(
        tmp_path / "outer.py",
        f"""
        from pathlib import Path
        from modelyard.models import set_model
        from modelyard.models.flavors.python_function import run_code

        inner = run_code(Path({str(tmp_path / "inner.py")!r}))
        set_model(lambda model_input: 10 * inner.predict(None, model_input))
        """,
    )
    assert run_code(Path(outer)).predict(None, 1) == 20


def test_a_loader_of_ones_own_is_found_in_the_models_code(tmp_path: Path) -> None:
    name = f"own_{uuid.uuid4().hex[:8]}"
    code = loader(tmp_path, name, "mine")
    options = SaveOptions(verify=False, code_paths=[code])
    save_model(None, tmp_path / "m", flavor=PythonFunctionFlavor(loader_module=name), options=options)
    assert load_pyfunc(tmp_path / "m").predict(None) == "mine"


def test_a_loader_in_a_package_is_found(tmp_path: Path) -> None:
    name = f"own_{uuid.uuid4().hex[:8]}"
    file(tmp_path / name / "__init__.py", "")
    loader(tmp_path / name, "inside", "deep")
    options = SaveOptions(verify=False, code_paths=[tmp_path / name])
    save_model(None, tmp_path / "m", flavor=PythonFunctionFlavor(loader_module=f"{name}.inside"), options=options)
    assert load_pyfunc(tmp_path / "m").predict(None) == "deep"


@pytest.mark.parametrize("module", ["os", "subprocess", "modelyard.models.pickles", "not a module", "..up", ""])
def test_no_module_but_the_models_own_is_asked(module: str, tmp_path: Path) -> None:
    options = SaveOptions(verify=False, code_paths=[loader(tmp_path, "own_other", "x")])
    save_model(None, tmp_path / "m", flavor=PythonFunctionFlavor(loader_module=module), options=options)
    with pytest.raises(NotSupported, match="neither known nor in the model's own code"):
        load_pyfunc(tmp_path / "m")


def test_a_module_of_the_same_name_from_elsewhere_is_not_taken_for_the_models(tmp_path: Path) -> None:
    name = f"own_{uuid.uuid4().hex[:8]}"
    for place in ("first", "second"):
        options = SaveOptions(verify=False, code_paths=[loader(tmp_path / place, name, place)])
        save_model(None, tmp_path / f"m {place}", flavor=PythonFunctionFlavor(loader_module=name), options=options)
    assert load_pyfunc(tmp_path / "m first").predict(None) == "first"
    with pytest.raises(NotSupported, match="another module of that name"):
        load_pyfunc(tmp_path / "m second")


def test_loading_a_model_leaves_its_folder_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    name = f"own_{uuid.uuid4().hex[:8]}"
    options = SaveOptions(verify=False, code_paths=[loader(tmp_path, name, "mine")])
    save_model(None, tmp_path / "m", flavor=PythonFunctionFlavor(loader_module=name), options=options)
    code = file(
        tmp_path / "code.py", "from modelyard.models import set_model\nset_model(lambda model_input: model_input)"
    )
    save_model(code, tmp_path / "c", flavor=PythonFunctionFlavor(), options=UNVERIFIED)
    for _ in range(2):  # a folder with one file more would be refused the second time
        assert load_pyfunc(tmp_path / "m").predict(None) == "mine"
        assert load_pyfunc(tmp_path / "c").predict(1) == 1
    assert not list((tmp_path / "m").rglob("*.pyc"))
    assert not list((tmp_path / "c").rglob("*.pyc"))


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd"])
def test_no_file_outside_the_folder_is_an_artifact(path: str, tmp_path: Path) -> None:
    config = PythonFunctionFlavor().save(Reader(), tmp_path)["python_function"]
    with pytest.raises(InvalidParameter, match="outside the model folder"):
        PythonFunctionFlavor().load(tmp_path, {**config, "artifacts": {"a": {"path": path}}})


def test_a_class_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"give an instance of it: Reader\(…\)"):
        save_model(Reader, tmp_path / "m", flavor=PythonFunctionFlavor(), options=UNVERIFIED)
    assert not list(tmp_path.iterdir())
