"""PyTorch modules as ONNX graphs."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert import graphs
from modelyard.models.infer import infer_schema
from modelyard.models.schema import Schema, TensorSpec
from modelyard.models.twin import Binding, predictor
from tests.support.frameworks import imported
from tests.support.graphs import furthest, graph
from tests.support.tables import numbers

torch = imported("torch")
imported("onnxscript")
imported("onnxruntime")


class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Layers that behave otherwise in training."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.layers = torch.nn.Sequential(
            torch.nn.BatchNorm1d(3),
            torch.nn.Linear(3, 8),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(8, 1),
        )

    def forward(self, given: Any) -> Any:
        return self.layers(given)


class Deciding(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Goes another way by what it is given."""

    def forward(self, given: Any) -> Any:
        return given if given.sum() > 0 else -given


class Padded(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Takes sequences of any length."""

    def forward(self, given: Any) -> Any:
        return given.sum(dim=1)


def answers(module: Any, rows: Any) -> Any:
    module.eval()
    with torch.no_grad():
        return module(torch.tensor(rows)).numpy()


def rows() -> Any:
    return numbers().to_numpy("float32")


class Exported(NamedTuple):
    """A module, whether each of its parts was training before and after, and its graph."""

    module: Any
    before: list[bool]
    after: list[bool]
    graph: Any


@pytest.fixture(scope="module")
def exported() -> Exported:
    """Converting takes seconds: once is enough."""
    net = Net()
    net.train()
    net.layers[0].eval()
    before = [part.training for part in net.modules()]
    found = next(graphs(net, flavor="pytorch", schema=infer_schema(rows()[:1])))
    return Exported(net, before, [part.training for part in net.modules()], found)


def test_a_module_and_its_graph_agree_on_any_number_of_rows(exported: Exported) -> None:
    found = exported.graph
    predict = predictor(found.proto, Binding(inputs=found.inputs, output=found.output))
    for count in (1, 2, 7, len(rows())):
        assert furthest(answers(exported.module, rows()[:count]), predict(rows()[:count])) < 1e-4


def test_a_module_stays_in_the_mode_it_was_in(exported: Exported) -> None:
    assert exported.before == exported.after
    assert True in exported.after and False in exported.after


def test_the_graph_says_nothing_of_the_files_it_was_made_from(exported: Exported) -> None:
    assert b"test_pytorch" not in exported.graph.proto.SerializeToString()


def test_a_table_goes_into_a_module_as_its_numbers() -> None:
    table = numbers()
    net = Net()
    assert furthest(answers(net, table.to_numpy("float32")), graph(net, table)(table)) < 1e-3


def test_a_size_that_the_signature_leaves_open_stays_open() -> None:
    schema = Schema([TensorSpec("float32", (-1, -1, 2), "given")])
    found = next(graphs(Padded(), flavor="pytorch", schema=schema))
    assert found.inputs[0].shape == [-1, -1, 2]
    session = imported("onnxruntime").InferenceSession(found.proto.SerializeToString())
    for length in (1, 4, 9):
        given = np.ones((2, length, 2), "float32")
        assert furthest(given.sum(axis=1), session.run(None, {"given": given})[0]) < 1e-6


def test_a_scripted_module_has_a_graph() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch has newer ways
        net = torch.jit.trace(Net().eval(), torch.ones((2, 3)))
    assert furthest(answers(net, rows()), graph(net, rows())(rows())) < 1e-4


def test_a_decision_on_the_data_is_refused_with_the_way_out(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidParameter, match=r"Deciding cannot be converted to ONNX: .*write its forward\(\)"):
        graph(Deciding(), rows())
    assert "Traceback" not in capfd.readouterr().err


def test_texts_are_no_input_of_a_module() -> None:
    with pytest.raises(InvalidParameter, match="takes numbers; its signature has columns of texts"):
        graph(Net(), numbers().assign(color="red"))


def test_without_a_signature_it_is_not_known_what_a_module_takes() -> None:
    with pytest.raises(InvalidParameter, match="Give an input_example or a signature"):
        next(graphs(Net(), flavor="pytorch", schema=None))
