"""Models of frameworks as parts: each goes by its own flavor, unless code of the author's own is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelyard.models.composite import CompositeModel
from modelyard.models.mlmodel import Model
from tests.support.frameworks import imported
from tests.unit.models.composite.conftest import Project, there_and_back


def flavors(folder: Path) -> dict[str, str]:
    """What each part was saved by."""
    return {name: part["flavor"] for name, part in Model.load(folder).flavors["composite"]["parts"].items()}


def test_torch_modules(project: Project, tmp_path: Path) -> None:
    """S0.7: of torch's own classes, of a class of the script, and of a class of a local module."""
    torch = imported("torch")
    project.write(
        {"layers.py": "import torch\nclass Twice(torch.nn.Module):\n    def forward(self, x): return 2 * x\n"}
    )

    class Own(torch.nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([3.0]))

        def forward(self, x: Any) -> Any:
            return self.weight * x

    plain = torch.nn.Linear(1, 1, bias=False)
    plain.weight.data.fill_(5.0)
    model = CompositeModel(
        lambda x, plain, own, local: [float(each(torch.tensor([x])).detach()) for each in (plain, own, local)],
        {"plain": plain, "own": Own(), "local": project.load("layers").Twice()},
    )
    loaded = there_and_back(model, tmp_path / "model", project)
    assert loaded.predict(x=1.0) == [5.0, 3.0, 2.0]
    assert flavors(tmp_path / "model") == {"plain": "pytorch", "own": "pickle", "local": "pickle"}
    assert "torch==" in (tmp_path / "model" / "requirements.txt").read_text()


def test_a_pipeline_of_transformers(tmp_path: Path) -> None:
    """S0.7: a callable such as a pipeline."""
    imported("transformers")
    from tests.support.pipelines import pipeline

    model = CompositeModel(
        lambda text, sentiment: sentiment(text)[0]["label"], {"sentiment": pipeline("text-classification")}
    )
    expected = model.predict(text="the film was good")
    assert there_and_back(model, tmp_path / "model").predict(text="the film was good") == expected
    assert flavors(tmp_path / "model") == {"sentiment": "transformers"}
