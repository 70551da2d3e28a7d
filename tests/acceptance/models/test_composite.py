"""Composite models from programs of all sorts, each a process of its own, loaded in another one that knows no project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.environment import clean_environment

pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")

SAVE = "from modelyard import composite\nimport sys\n"
LOAD = "import json, sys\nfrom modelyard import composite\nmodel = composite.load(sys.argv[1])\n"


class Machine:
    """A folder for a project, one for models, one for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.project, self.temporary, self.model = folder / "project", folder / "temporary", folder / "saved" / "model"
        self._elsewhere = folder / "elsewhere"
        self._home = str(folder / "home")
        for each in (self.project, self.temporary, self._elsewhere):
            each.mkdir()

    def write(self, **modules: str) -> None:
        """Put modules into the project; ``a__b`` is ``a/b.py``."""
        for name, text in modules.items():
            file = self.project / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def save(self, *command: str, stdin: str | None = None, code: int = 0) -> str:
        """Run a program in the project; what it said on stderr."""
        return self._run(self.project, *command, stdin=stdin, code=code).stderr

    def load(self, script: str) -> Any:
        """Move the project away, and run a program elsewhere; the JSON it printed."""
        self.project.rename(self.project.with_name("gone"))
        return json.loads(self._run(self._elsewhere, "-c", LOAD + script, str(self.model)).stdout)

    def _run(
        self, folder: Path, *command: str, stdin: str | None = None, code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=clean_environment(MODELYARD_HOME=self._home, TMPDIR=str(self.temporary)),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of the test's own."""
    return Machine(tmp_path)


def test_a_program_that_is_a_module_of_a_package(machine: Machine) -> None:
    machine.write(
        pkg__train=SAVE
        + """
from . import helper as top
def predict(x):
    from .deep.late import double
    return [double(x), top.NAME, __name__]
composite.save(predict, sys.argv[1])
""",
        pkg__helper="NAME = __name__\n",
        pkg__deep__late="from ..helper import NAME\ndef double(x): return [2 * x, NAME]\n",
    )
    machine.save("-m", "pkg.train", str(machine.model))
    assert machine.load("print(json.dumps(model.predict(x=2)))") == [[4, "pkg.helper"], "pkg.helper", "__main__"]


def test_code_that_is_typed_in(machine: Machine) -> None:
    machine.write(helper="def double(x): return 2 * x\n")
    script = SAVE + "def predict(x, m): import helper; return m(helper.double(x))\n"
    machine.save(
        "-", str(machine.model), stdin=script + "composite.save(predict, sys.argv[1], models={'m': lambda x: x + 1})\n"
    )
    assert machine.load("print(model.predict(x=2))") == 5


@pytest.mark.parametrize("source", [False, True], ids=["compiled", "source"])
def test_classes_and_functions_that_need_each_other(machine: Machine, source: bool) -> None:
    machine.write(
        train=SAVE
        + f"""
import enum
from functools import lru_cache, partial
class Color(enum.Enum):
    RED = "red"
class Base:
    def __init__(self, factor): self.factor = factor
    def go(self, x): return even(x)
class Model(Base):
    def go(self, x): return [super().go(x), x * self.factor, Color.RED.value]
def even(x): return True if x == 0 else odd(x - 1)
def odd(x): return False if x == 0 else even(x - 1)
def predict(x, model, add, *, color=Color.RED): return [model.go(x), add(x), color is Color.RED, isinstance(model, Base)]
composite.save(predict, sys.argv[1], models={{"model": Model(3), "add": partial(max, 5)}}, source={source})
"""
    )
    machine.save("train.py", str(machine.model))
    assert machine.load("print(json.dumps(model.predict(x=3)))") == [[False, 9, "red"], 5, True, True]


def test_a_failed_save_leaves_nothing(machine: Machine) -> None:
    machine.write(
        train=SAVE
        + "import threading\ncomposite.save(lambda m: m, sys.argv[1], models={'m': threading.Lock()}, verify=False)\n"
    )
    machine.model.parent.mkdir()
    told = machine.save("train.py", str(machine.model), code=1)
    assert "The model 'm' cannot be saved" in told
    assert not list(machine.model.parent.iterdir()) and not list(machine.temporary.iterdir())


def test_what_a_model_does_wrong_elsewhere_is_told_when_it_is_saved(machine: Machine) -> None:
    machine.write(helper="VALUE = 1\n")
    machine.write(
        train=SAVE
        + """
def predict(x):
    import importlib
    return importlib.import_module("hel" + "per").VALUE
composite.save(predict, sys.argv[1], input_example={"x": 1.5})
"""
    )
    told = machine.save("train.py", str(machine.model))
    assert "THE MODEL DOES NOT VERIFY" in told and "No module named 'helper'" in told


def test_threads_load_and_predict_at_once(machine: Machine) -> None:
    machine.write(
        train=SAVE
        + "def predict(x):\n    import one, two\n    return one.f(x) + two.f(x)\ncomposite.save(predict, sys.argv[1])\n",
        one="import time\ntime.sleep(0.05)\nimport two\ndef f(x): return two.f(x)\n",
        two="import time\ntime.sleep(0.05)\nimport one\ndef f(x): return x\n",
    )
    machine.save("train.py", str(machine.model))
    script = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    one_model = list(pool.map(lambda x: model.predict(x=x), range(16)))
    many = list(pool.map(lambda x: composite.load(sys.argv[1]).predict(x=x), range(8)))
print(json.dumps([one_model, many, sorted({"one", "two", "train"} & set(sys.modules))]))
"""
    assert machine.load(script) == [[2 * x for x in range(16)], [2 * x for x in range(8)], []]
