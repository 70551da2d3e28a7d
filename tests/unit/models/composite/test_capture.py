"""Which modules are found, and that finding them runs nothing."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.composite import CompositeModel
from modelyard.models.composite.capture import capture, is_local
from tests.unit.models.composite.conftest import Project, there_and_back

Make = Callable[[], Project]
TREE = {
    "top.py": """
        import utils
        from a.b.y import name as deep
        import a.c.z as z
        from d import w
        def predict(x):
            return [deep(), z.name(), w.name(), utils.name(), x]
    """,
    "utils.py": "def name(): return __name__",
    "a/b/y.py": "from ..c import z\ndef name(): return (__name__, z.name())",
    "a/c/z.py": "def name(): return __name__",
    "d/w.py": "def name(): return __name__",
    "evil.py": "import sys; open(MARKER, 'w'); sys.exit(3)",
    "venv/lib/evil_too.py": "import sys; sys.exit(3)",
}
PACKAGES = {f"{folder}/__init__.py": "" for folder in ("a", "a/b", "a/c", "d")}


@pytest.mark.parametrize("packages", [{}, PACKAGES], ids=["folders", "packages"])
def test_modules_in_nested_folders_keep_their_names(project: Project, packages: dict[str, str], tmp_path: Path) -> None:
    project.write({**TREE, **packages})
    model = CompositeModel(project.load("top").predict)
    loaded = there_and_back(model, tmp_path / "model", project)
    assert loaded.predict(x=1) == [("a.b.y", "a.c.z"), "a.c.z", "d.w", "utils", 1]
    assert not any(name in sys.modules for name in ("top", "utils", "a", "a.b", "a.b.y", "d", "d.w"))


def test_only_what_is_needed_is_found_and_nothing_runs(project: Project) -> None:
    project.write(TREE)
    project.load("top")
    found = capture(["top.predict"])
    assert sorted(found.modules) == ["a", "a.b", "a.b.y", "a.c", "a.c.z", "d", "d.w", "top", "utils"]
    assert "evil" not in sys.modules


def test_imports_inside_functions_are_found_without_running_them(project: Project, tmp_path: Path) -> None:
    project.write(
        {
            "late.py": """
                def predict(x):
                    from pkg import helper as h
                    import pkg.other
                    return h.double(x) + pkg.other.ONE
            """,
            "pkg/__init__.py": f"open({str(tmp_path / 'marker')!r}, 'w').close()",
            "pkg/helper.py": "from . import deeper\ndef double(x): return deeper.times(x, 2)",
            "pkg/deeper/__init__.py": "from .work import *",
            "pkg/deeper/work.py": "__all__ = ['times']\ndef times(x, y): return x * y",
            "pkg/other.py": "ONE = 1",
        }
    )
    model = CompositeModel(project.load("late").predict)
    folder = tmp_path / "model"
    loaded = there_and_back(model, folder, project)
    assert not (tmp_path / "marker").exists(), "saving and loading run no module"
    assert loaded.predict(x=4) == 9
    assert (tmp_path / "marker").exists()


def test_aliases_relative_imports_and_code_in_init(project: Project, tmp_path: Path) -> None:
    project.write(
        {
            "pkg/__init__.py": "from .x import y as z\nimport pkg.sub.deep as q\ndef predict(n): return z(n) + q.more(n)",
            "pkg/x.py": "def y(n): return n + 1",
            "pkg/sub/__init__.py": "from .. import x\nfrom ..x import y\nHERE = y(1)",
            "pkg/sub/deep.py": "from . import HERE\nfrom .. import sub\ndef more(n): return n * HERE * sub.x.y(0)",
        }
    )
    loaded = there_and_back(CompositeModel(project.load("pkg").predict), tmp_path / "model", project)
    assert loaded.predict(n=10) == 31


def test_modules_that_import_each_other(project: Project, tmp_path: Path) -> None:
    project.write(
        {
            "pkg/__init__.py": "",
            "pkg/one.py": "from pkg import two\ndef predict(x): return two.back(x)\ndef half(x): return x / 2",
            "pkg/two.py": "from pkg import one\ndef back(x): return one.half(x)",
        }
    )
    loaded = there_and_back(CompositeModel(project.load("pkg.one").predict), tmp_path / "model", project)
    assert loaded.predict(x=4) == 2


def test_what_is_installed_is_named_and_left_alone(project: Project) -> None:
    project.write(
        {"needs.py": "import json, msgspec\ntry:\n    import not_there_at_all\nexcept ImportError:\n    pass\n"}
    )
    project.load("needs")
    found = capture(["needs", "modelyard.tracking"])
    assert (sorted(found.modules), found.others) == (["needs"], {"msgspec"})
    assert not is_local("json") and not is_local("msgspec") and not is_local("modelyard") and is_local("needs")


def test_two_models_and_a_program_with_modules_of_one_name(make_project: Make, tmp_path: Path) -> None:
    loaded = []
    for number in (1, 2):
        project = make_project()
        project.write(
            {
                "helpers.py": f"class Box:\n    number = {number}\n    def __eq__(self, other): return type(other) is Box\n",
                "main.py": "import helpers\ndef predict(box):\n    import helpers as late\n"
                "    return box.number, helpers.Box.number, late is helpers, box == helpers.Box()",
            }
        )
        model = CompositeModel(project.load("main").predict, {"box": project.load("helpers").Box()})
        loaded.append(there_and_back(model, tmp_path / str(number), project))
    own = make_project()
    own.write({"helpers.py": "NAME = 'the program'"})
    helpers = own.load("helpers")
    assert [model.predict() for model in loaded] == [(1, 1, True, True), (2, 2, True, True)]
    assert sys.modules["helpers"] is helpers and own.load("helpers").NAME == "the program"


def test_a_dataclass_with_deferred_annotations(project: Project, tmp_path: Path) -> None:
    project.write(
        {
            "shapes.py": """
                from __future__ import annotations
                from dataclasses import dataclass, field, fields
                import enum, typing
                class Kind(enum.Enum):
                    ROUND = 1
                @dataclass
                class Shape:
                    kind: Kind = Kind.ROUND
                    sides: list[int] = field(default_factory=list)
                    count: typing.ClassVar[int] = 0
                def predict(shape): return [shape == Shape(), shape.kind is Kind.ROUND, len(fields(shape))]
            """
        }
    )
    module = project.load("shapes")
    loaded = there_and_back(CompositeModel(module.predict, {"shape": module.Shape()}), tmp_path / "model", project)
    assert loaded.predict() == [True, True, 2]
    assert "shapes" not in sys.modules


def test_a_module_finds_the_files_beside_it(project: Project, tmp_path: Path) -> None:
    project.write(
        {
            "pkg/__init__.py": "",
            "pkg/reader.py": """
                import pathlib
                def predict(): return (pathlib.Path(__file__).parent / "words" / "first.txt").read_text()
            """,
            "pkg/words/first.txt": "a word",
        }
    )
    model = CompositeModel(project.load("pkg.reader").predict, extra_files=[project.folder / "pkg" / "words"])
    loaded = there_and_back(model, tmp_path / "model", project)
    (project.folder / "pkg" / "words" / "first.txt").unlink()
    assert loaded.predict() == "a word"


def test_what_is_no_python_code_is_refused_by_name(project: Project, tmp_path: Path) -> None:
    suffix = __import__("importlib.machinery").machinery.EXTENSION_SUFFIXES[0]
    project.write({"uses.py": "def predict():\n    import compiled_thing\n", f"compiled_thing{suffix}": ""})
    model = CompositeModel(project.load("uses").predict)
    with pytest.raises(InvalidParameter, match="'compiled_thing' is not Python code"):
        there_and_back(model, tmp_path / "model", project)
    assert list(tmp_path.iterdir()) == []


def test_the_process_is_left_as_it_was(project: Project, tmp_path: Path) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    project.write({**TREE, "kinds.py": "class Kind: pass"})
    top, kind = project.load("top"), project.load("kinds").Kind
    made = kind()

    def state() -> tuple[object, ...]:
        root = logging.getLogger()
        registered = set(cloudpickle.list_registry_pickle_by_value())
        return dict(sys.modules), list(sys.path), root.level, list(root.handlers), os.getcwd(), registered

    def predict(x: int, made: object, late: object) -> object:
        return top.predict(x)

    folder = tmp_path / "warm"
    there_and_back(CompositeModel(predict, {"made": made, "late": lambda: None}), folder)  # imports our own modules
    before = state()
    there_and_back(CompositeModel(predict, {"made": made, "late": lambda: None}), tmp_path / "model")
    assert state() == before
    assert isinstance(made, sys.modules["kinds"].Kind)


@pytest.mark.parametrize("name", ["msgspec", "calendar"])
def test_where_a_module_is_found_decides_whether_it_is_local(project: Project, tmp_path: Path, name: str) -> None:
    """A file of the project may be called as a distribution or a standard module is."""
    theirs = {each: sys.modules.pop(each) for each in list(sys.modules) if each.partition(".")[0] == name}
    project.write({f"{name}.py": "OWN = 'own'", "uses.py": f"import {name}\ndef predict(): return {name}.OWN"})
    try:
        assert is_local(name)
        found = capture([project.load("uses").predict.__module__])
        assert sorted(found.modules) == sorted([name, "uses"]) and not found.others
    finally:
        project.forget()
        sys.modules.update(theirs)
    assert not is_local(name)
