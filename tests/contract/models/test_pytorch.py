"""The flavor contract over PyTorch's modules: pickled, exported, scripted."""

from __future__ import annotations

import functools
import subprocess
import sys
import textwrap
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import modelyard.pytorch
from modelyard.core.errors import InvalidParameter
from modelyard.models.flavors.pytorch import PytorchFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.testing.flavors import FlavorCase, FlavorContract
from tests.support.frameworks import imported
from tests.support.tables import numbers

torch = imported("torch")

# torch.jit is deprecated; models scripted with it are still around
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning", "ignore:`torch.jit:FutureWarning")

UNVERIFIED = SaveOptions(verify=False)


def array() -> Any:
    return np.random.default_rng(3).normal(size=(6, 3)).astype("float32")


@functools.cache
def layers() -> Any:
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2)
    )


@functools.cache
def own_class() -> Any:
    class Own(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Of no file that another process could import."""

        def __init__(self) -> None:
            super().__init__()
            self.weights = torch.nn.Parameter(torch.arange(3.0))

        def forward(self, data: Any, times: float = 1.0) -> Any:
            return data @ self.weights * times

    return Own().eval()


@functools.cache
def scripted() -> Any:
    return torch.jit.script(layers()).eval()


def called(model: Any, data: Any, **params: Any) -> Any:
    """What the framework answers by itself, in evaluation mode, with the modes left as they were."""
    modes = [(part, part.training) for part in model.modules()]
    for part, _ in modes:
        part.training = False
    with torch.no_grad():
        found = model(torch.from_numpy(np.array(data, dtype="float32")), **params)
    for part, mode in modes:
        part.training = mode
    return found.numpy()


class TestPytorch(FlavorContract):
    flavor = "pytorch"
    cases = (
        FlavorCase(name="training", make=layers, data=array, predict=called),
        FlavorCase(name="frame", make=layers, data=numbers, predict=called),
        FlavorCase(
            name="own class",
            make=own_class,
            data=array,
            predict=lambda model, data: called(model, data, times=2.0),
            params={"times": 2.0},
        ),
        FlavorCase(
            name="graph",
            make=layers,
            data=array,
            predict=called,
            options={"serialization_format": "pt2", "input_example": array()},
        ),
        FlavorCase(name="scripted", make=scripted, data=array, predict=called),
    )


@pytest.mark.parametrize("options", [{}, {"serialization_format": "pt2", "input_example": array()}])
def test_torch_is_a_requirement(options: dict[str, Any], tmp_path: Path) -> None:
    save_model(layers(), tmp_path / "m", flavor=PytorchFlavor(**options), options=UNVERIFIED)
    assert (
        f"torch=={version('torch').partition('+')[0]}" in (tmp_path / "m" / "requirements.txt").read_text().splitlines()
    )


def test_each_part_keeps_its_mode(tmp_path: Path) -> None:
    model = layers()
    model.train()
    model[1].eval()
    before = [part.training for part in model.modules()]
    flavor = PytorchFlavor(serialization_format="pt2", input_example=array())
    save_model(model, tmp_path / "graph", flavor=flavor, options=SaveOptions(verify=False, input_example=array()))
    save_model(
        model, tmp_path / "pickle", flavor=PytorchFlavor(), options=SaveOptions(verify=False, input_example=array())
    )
    assert [part.training for part in model.modules()] == before
    assert not load_native(tmp_path / "pickle", flavor="pytorch").training


def test_the_verb_gives_its_example_to_the_graph(tmp_path: Path) -> None:
    given = {"serialization_format": "pt2", "input_example": array(), "verify": False}
    modelyard.pytorch.save_model(layers(), tmp_path / "m", **given)
    assert (tmp_path / "m" / "data" / "model.pt2").is_file()
    assert np.array_equal(load_pyfunc(tmp_path / "m").input_example, array())


def test_a_graph_takes_any_number_of_rows_though_its_example_had_one(tmp_path: Path) -> None:
    flavor = PytorchFlavor(serialization_format="pt2", input_example=array()[:1])
    save_model(layers(), tmp_path / "m", flavor=flavor, options=UNVERIFIED)
    loaded = load_pyfunc(tmp_path / "m")
    for rows in (1, 5):
        assert np.allclose(loaded.predict(array()[:rows]), called(layers(), array()[:rows]), atol=1e-6)


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        (PytorchFlavor(serialization_format="pt2"), "give input_example"),
        (PytorchFlavor(serialization_format="pt2", input_example=[1, 2]), "give input_example"),
        (PytorchFlavor(serialization_format="h5"), "'h5' is no format"),  # type: ignore[arg-type]
    ],
)
def test_a_format_that_cannot_be_is_refused(flavor: PytorchFlavor, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=words):
        save_model(layers(), tmp_path / "m", flavor=flavor, options=UNVERIFIED)
    assert not list(tmp_path.iterdir())


def test_a_module_that_no_graph_can_hold_says_what_to_do(tmp_path: Path) -> None:
    class Branches(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, data: Any) -> Any:
            return data if data.sum().item() > 0 else -data

    flavor = PytorchFlavor(serialization_format="pt2", input_example=array())
    with pytest.raises(InvalidParameter, match="serialization_format='pickle'"):
        save_model(Branches(), tmp_path / "m", flavor=flavor, options=UNVERIFIED)


@pytest.mark.parametrize("held", [threading.Lock, scripted], ids=["lock", "script"])
def test_what_cannot_be_pickled_is_named_and_leaves_nothing(held: Any, tmp_path: Path) -> None:
    class Holder(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, data: Any) -> Any:
            return data

    model = Holder()
    model.part = held()
    with pytest.raises(InvalidParameter, match="Holder cannot be pickled"):
        save_model(model, tmp_path / "m", flavor=PytorchFlavor(), options=UNVERIFIED)
    assert not list(tmp_path.iterdir())


def test_what_a_module_cannot_predict_on_is_named(tmp_path: Path) -> None:
    save_model(layers(), tmp_path / "m", flavor=PytorchFlavor(), options=UNVERIFIED)
    with pytest.raises(InvalidParameter, match="not on a list"):
        load_pyfunc(tmp_path / "m").predict([[1.0, 2.0, 3.0]])


def test_classes_of_the_main_script_and_of_files_beside_it_travel(tmp_path: Path, home: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "heads.py").write_text(
        textwrap.dedent(
            """
            import torch
            from factors import times

            class Head(torch.nn.Module):
                def forward(self, data):
                    return times(data.sum(1))
            """
        )
    )
    (tmp_path / "factors.py").write_text("FACTOR = 3.0\n\ndef times(data):\n    return data * FACTOR\n")
    (tmp_path / "train.py").write_text(
        textwrap.dedent(
            """
            import numpy, torch
            import cloudpickle
            import modelyard.models.flavors.pytorch as pytorch
            from modelyard.models.options import SaveOptions
            from modelyard.models.save import save_model
            from parts.heads import Head

            class Whole(torch.nn.Module):
                def __init__(self):
                    super().__init__()
                    self.head = Head()

                def forward(self, data):
                    return self.head(data) + 1

            if __name__ == "__main__":
                options = SaveOptions(input_example=numpy.ones((2, 3), "float32"))
                saved = save_model(Whole(), "m", flavor=pytorch.PytorchFlavor(), options=options)
                assert saved.verdict.status == "passed", saved.verdict
                assert not cloudpickle.list_registry_pickle_by_value()
            """
        )
    )
    source = Path(__file__).parents[3] / "src"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(source),
        "MODELYARD_HOME": str(home),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert load_pyfunc(tmp_path / "m").predict(np.ones((2, 3), "float32")).tolist() == [10.0, 10.0]
