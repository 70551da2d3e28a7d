"""What is in the folder of a composite model, and what comes out of it again."""

from __future__ import annotations

import abc
import dataclasses
import enum
import json
import logging
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import ChangedModel, InvalidParameter, UntrustedModel
from modelyard.models.composite import CompositeModel
from modelyard.models.composite.flavor import CompositeFlavor
from modelyard.models.composite.parts import PARTS
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import FILE, Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest, sign
from tests.support.frameworks import imported
from tests.unit.models.composite.conftest import Project, there_and_back

UNVERIFIED = SaveOptions(verify=False)


def save(model: CompositeModel, folder: Path) -> None:
    save_model(model, folder, flavor=CompositeFlavor(), options=UNVERIFIED)


def edit(folder: Path, **fields: Any) -> None:
    """Change the composite entry of MLmodel, and sign the folder again."""
    model = Model.load(folder)
    model.flavors["composite"].update(fields)
    model.save(folder / FILE)
    sign(folder)


def simple() -> CompositeModel:
    number = 3

    def predict(x: int, double: Callable[[int], int], *, plus: int = number) -> int:
        """DOCMARK of the function."""
        return double(x) + plus

    return CompositeModel(predict, {"double": lambda x: 2 * x})


def test_all_sorts_of_things_are_models(tmp_path: Path, project: Project) -> None:
    project.write({"mine.py": "class Mine:\n    def __init__(self, n): self.n = n\n    def go(self): return self.n"})

    def make(n: int) -> Callable[[int], int]:
        def add(x: int) -> int:
            return x + n

        return add

    class Local:
        """DOCMARK of a class."""

        kept = "DOCMARK?"

        def __call__(self, x: int) -> Any:
            return self

        @property
        def one(self) -> int:
            """DOCMARK of a property."""
            return 1

    def predict(x: int, closure: Any, obj: Any, own: Any, text: Any, none: Any, builtin: Any) -> Any:
        """DOCMARK of a function."""
        return [closure(x), obj(x) is obj and obj.one, own.go(), text, none, builtin([x])]

    models = {"closure": make(5), "obj": Local(), "own": project.load("mine").Mine(7)}
    model = CompositeModel(predict, {**models, "text": "a text", "none": None, "builtin": len})
    loaded = there_and_back(model, tmp_path / "model", project)
    assert loaded.predict(x=1) == [6, 1, 7, "a text", None, 1]
    content = b"".join(file.read_bytes() for file in (tmp_path / "model").rglob("*") if file.is_file())
    assert b"DOCMARK of" not in content and __file__.encode() not in content and b"test_flavor.py" not in content
    assert Local.__doc__ == "DOCMARK of a class." and type(loaded.models["obj"]) is not Local


def test_a_scikit_learn_model_is_saved_by_its_own_flavor(tmp_path: Path, project: Project) -> None:
    imported("skops")
    linear = imported("sklearn.linear_model").LinearRegression().fit([[0], [1]], [0, 2])
    preprocessing, pipeline = imported("sklearn.preprocessing"), imported("sklearn.pipeline")
    project.write({"steps.py": "def double(x): return [[2 * each for each in row] for row in x]"})
    own = pipeline.make_pipeline(preprocessing.FunctionTransformer(project.load("steps").double), linear)
    model = CompositeModel(lambda x, a, b: [a.predict([[x]])[0], b.predict([[x]])[0]], {"a": linear, "b": own})
    loaded = there_and_back(model, tmp_path / "model", project)
    assert loaded.predict(x=1) == pytest.approx([2, 4])
    parts = Model.load(tmp_path / "model").flavors["composite"]["parts"]
    assert (parts["a"]["flavor"], parts["b"]["flavor"]) == ("sklearn", "pickle"), "own code goes with our own pickles"


def test_equal_models_are_kept_once_and_the_same_one_stays_the_same(tmp_path: Path) -> None:
    shared = [1, 2]
    model = CompositeModel(
        lambda a, b, c, d: (a is b, a is c, c == d), {"b": shared, "a": shared, "c": [1, 2], "d": [1, 2]}
    )
    loaded = there_and_back(model, tmp_path / "model")
    assert loaded.predict() == (True, False, True)
    (part,) = (tmp_path / "model" / PARTS).iterdir()
    assert digest(part) == f"sha256:{part.name}"


def test_classes_are_shared_between_the_function_and_the_models(tmp_path: Path) -> None:
    class Local:
        pass

    model = CompositeModel(lambda a, b: isinstance(a, Local) and type(a) is type(b), {"a": Local(), "b": Local()})
    assert there_and_back(model, tmp_path / "model").predict() is True


def test_a_composite_model_can_be_part_of_another(tmp_path: Path) -> None:
    model = CompositeModel(lambda x, inner: inner.predict(x=x, plus=0), {"inner": simple()})
    assert there_and_back(model, tmp_path / "model").predict(x=4) == 8


def test_a_loaded_model_is_not_saved_again(tmp_path: Path) -> None:
    loaded = there_and_back(simple(), tmp_path / "model")
    with pytest.raises(InvalidParameter, match="is saved already: register the address"):
        save(loaded, tmp_path / "again")
    with pytest.raises(InvalidParameter, match="The model 'inner' cannot be saved: This composite model was loaded"):
        save(CompositeModel(lambda inner: inner, {"inner": loaded}), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_model_that_cannot_be_saved_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    model = CompositeModel(lambda good, bad: None, {"good": 1, "bad": threading.Lock()})
    with pytest.raises(InvalidParameter, match=r"The model 'bad' cannot be saved: .*lock"):
        save(model, tmp_path / "model")
    lock = threading.Lock()
    with pytest.raises(InvalidParameter, match=r"The predict function '<lambda>' cannot be saved"):
        save(CompositeModel(lambda: lock), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_another_python_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    save(simple(), tmp_path / "model")
    (tmp_path / "model" / "composite" / "function.pkl").write_bytes(b"not a pickle")
    edit(tmp_path / "model", python="3.6")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(InvalidParameter, match=rf"compiled for Python 3\.6, and this is Python {here}.*source=True"):
        load_native(tmp_path / "model", flavor="composite")
    edit(tmp_path / "model", format=2)
    with pytest.raises(InvalidParameter, match="format 2; this release reads 1"):
        load_native(tmp_path / "model", flavor="composite")


def test_missing_and_other_packages_are_told_before_loading(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "model"
    save(simple(), folder)
    (folder / "requirements.txt").write_text("msgspec==0.0.1\nnot-there-at-all==2\nmodelyard[models]==0.0.0\n")
    sign(folder)
    with caplog.at_level(logging.WARNING, "modelyard.models.composite.packages"):
        assert load_native(folder, flavor="composite").predict(x=1) == 5
    (told,) = caplog.messages
    assert "msgspec is " in told and "not 0.0.1" in told and "not-there-at-all 2 is not installed" in told
    assert "modelyard is" not in told


def test_source_mode_keeps_source_and_loads_on_any_python(project: Project, tmp_path: Path) -> None:
    project.write(
        {"pkg/__init__.py": "", "pkg/code.py": "# COMMENTMARK\nfrom . import two\ndef predict(x): return two.f(x)"}
    )
    project.write({"pkg/two.py": "def f(x): return x + 2"})
    model = CompositeModel(project.load("pkg.code").predict, source=True)
    assert there_and_back(model, tmp_path / "model", project).predict(x=1) == 3
    assert "COMMENTMARK" in (tmp_path / "model" / "composite" / "files" / "pkg" / "code.py").read_text()
    edit(tmp_path / "model", python="3.6")
    assert load_native(tmp_path / "model", flavor="composite").predict(x=1) == 3


def test_source_mode_keeps_functions_of_the_script_as_source(tmp_path: Path) -> None:
    number = 3

    class Base:
        def go(self, x: int) -> int:
            """Words."""
            return x

    class Box(Base):
        def go(self, x: int) -> int:
            return super().go(x) * number

    def with_default(x: int, *, plus: int = number) -> list[int]:
        return [each + plus for each in range(x)]

    parts = {
        "box": Box(),
        "one": lambda x: x + 1,
        "two": lambda x: max([x], key=lambda y: -y) + number,
    }  # two on one line

    def predict(x: int, box: Any, one: Any, two: Any) -> list[Any]:
        return [box.go(x), one(x), two(x), with_default(2)]

    loaded = there_and_back(CompositeModel(predict, parts, source=True), tmp_path / "model")
    assert loaded.predict(x=1) == [3, 2, 4, [3, 4]]
    assert (
        b"return [box.go(x), one(x), two(x), with_default(2)]"
        in (tmp_path / "model" / "composite" / "function.pkl").read_bytes()
    )
    edit(tmp_path / "model", python="3.6")
    assert load_native(tmp_path / "model", flavor="composite").predict(x=1) == [3, 2, 4, [3, 4]]


def test_source_mode_refuses_what_has_no_source(tmp_path: Path) -> None:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("def predict(x): return x", scope)
    with pytest.raises(
        InvalidParameter, match="'predict' cannot be saved: source=True keeps source, and that of predict"
    ):
        save(CompositeModel(scope["predict"], source=True), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_whose_model_it_is_decides_whether_it_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    save(simple(), folder)
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "somebody else"))
    with pytest.raises(UntrustedModel):
        load_native(folder, flavor="composite")
    from modelyard.models.composite.loader import _load_pyfunc

    with pytest.raises(UntrustedModel):
        _load_pyfunc(folder)
    assert load_native(folder, flavor="composite", trust=digest(folder)).predict(x=1) == 5
    with open(folder / "composite" / "function.pkl", "ab") as file:
        file.write(b"\0")
    with pytest.raises(ChangedModel, match=r"composite/function\.pkl"):
        load_native(folder, flavor="composite", trust=digest(folder))


def test_paths_in_the_entry_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save(simple(), folder)
    shutil.copy(folder / "composite" / "function.pkl", tmp_path / "outside.pkl")
    edit(folder, function="../outside.pkl")
    with pytest.raises(InvalidParameter, match="outside the model folder"):
        load_native(folder, flavor="composite")


def test_requirements_are_those_of_the_code_and_of_the_models(tmp_path: Path) -> None:
    try:
        from sklearn.linear_model import LinearRegression
    except ImportError:
        pytest.skip("sklearn is not installed")
    model = CompositeModel(lambda x, m: m.predict(x), {"m": LinearRegression().fit([[0], [1]], [0, 1])})
    save(model, tmp_path / "model")
    lines = (tmp_path / "model" / "requirements.txt").read_text().splitlines()
    named = {line.partition("==")[0] for line in lines}
    assert {"scikit-learn", "cloudpickle", "modelyard[models]"} <= named
    assert not named & {"sklearn", "tests", "json", "pytest"}


def test_as_a_function_of_data(tmp_path: Path) -> None:
    save(simple(), tmp_path / "model")
    loaded = load_pyfunc(tmp_path / "model")
    assert loaded.predict({"x": 2}) == 7
    assert loaded.predict([{"x": 2}]) == 7
    assert loaded.predict([{"x": 2}, {"x": 3}]) == [7, 9]
    assert loaded.predict({"x": 2}, {"plus": 1}) == 5
    with pytest.raises(TypeError, match="no parameter 'y'"):
        loaded.predict({"y": 2, "plus": 3})


def test_tables_are_a_call_for_each_row(tmp_path: Path) -> None:
    pandas = imported("pandas")
    save(CompositeModel(lambda x, text="t": [type(x).__name__, text]), tmp_path / "model")
    loaded = load_pyfunc(tmp_path / "model")
    assert loaded.predict(pandas.DataFrame({"x": [1]})) == ["int", "t"]
    assert loaded.predict(pandas.DataFrame({"x": [1, 2], "text": ["a", "b"]})) == [["int", "a"], ["int", "b"]]
    whole = CompositeFlavor().predictor(CompositeModel(lambda table: list(table.columns)), {})
    assert whole(pandas.DataFrame({"a": [1], "b": [2]}), None) == ["a", "b"]
    with pytest.raises(TypeError, match="Send x, text by name"):
        loaded.predict([1, 2])


def test_an_example_gives_a_signature_and_a_verdict(tmp_path: Path) -> None:
    prepared = save_model(
        simple(), tmp_path / "model", flavor=CompositeFlavor(), options=SaveOptions(input_example={"x": 2.5})
    )
    assert (prepared.verdict.status, prepared.verdict.predicted) == ("passed", True), prepared.verdict.message
    assert prepared.model.signature is not None
    assert json.loads((tmp_path / "model" / "verification.json").read_text())["status"] == "passed"


def test_enumerations_and_generic_classes_of_the_script(tmp_path: Path) -> None:
    class Color(enum.Enum):
        RED = 1

    class Base(abc.ABC):
        @abc.abstractmethod
        def go(self) -> Any: ...

    @dataclasses.dataclass
    class Painter(Base):
        color: Color = Color.RED

        def go(self) -> Any:
            return self.color is Color.RED and super().__init_subclass__() is None

    model = CompositeModel(
        lambda painter, color: [painter.go(), painter.color is color], {"painter": Painter(), "color": Color.RED}
    )
    loaded = there_and_back(model, tmp_path / "model")
    assert loaded.predict() == [True, True]
    assert loaded.models["color"] is not Color.RED and Color.RED is Color(1)


def test_a_signature_has_the_parameters_an_example_leaves_out(tmp_path: Path) -> None:
    options = SaveOptions(verify=False, input_example=({"x": 2.5}, {"plus": 1}))
    save_model(simple(), tmp_path / "model", flavor=CompositeFlavor(), options=options)
    loaded = load_pyfunc(tmp_path / "model")
    inputs = loaded.metadata.get_input_schema()
    assert [(each.name, each.required) for each in inputs.inputs] == [("x", True), ("plus", False)]
    assert loaded.predict({"x": 2.0}) == 5.0, "a parameter of the signature has its default"
    assert loaded.predict({"x": 2.0, "plus": 2}) == loaded.predict({"x": 2.0}, {"plus": 2}) == 6.0
    any_name = CompositeModel(lambda x, **more: [x, more])
    prepared = save_model(any_name, tmp_path / "any", flavor=CompositeFlavor(), options=options)
    assert prepared.model.signature is None
    assert load_pyfunc(tmp_path / "any").predict({"x": 1, "y": 2}) == [1, {"y": 2}]


def test_an_empty_cell_is_a_parameter_that_was_not_given(tmp_path: Path) -> None:
    pandas = imported("pandas")
    save(CompositeModel(lambda x, by=3, *, words=None: [x, by, words]), tmp_path / "model")
    table = pandas.DataFrame({"x": [1.0, float("nan")], "by": [float("nan"), 2.0], "words": [["a"], None]})
    first, second = load_pyfunc(tmp_path / "model").predict(table)
    assert first == [1.0, 3, ["a"]]
    assert second[0] != second[0] and second[1:] == [2.0, None], "what has no default is given as it is"
