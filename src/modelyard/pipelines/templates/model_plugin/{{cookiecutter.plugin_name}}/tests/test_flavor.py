"""All that a flavor promises, and what is this one's own."""

from __future__ import annotations

from pathlib import Path

import modelyard
import pandas as pd
from modelyard.testing.flavors import FlavorCase, FlavorContract

import {{ cookiecutter.__package }}
from {{ cookiecutter.__package }} import Line


def points() -> pd.DataFrame:
    return pd.DataFrame({"x": [0.0, 1.0, 2.5]})


class Test{{ cookiecutter.__class }}(FlavorContract):
    """The suite of every flavor, over the models named here."""

    flavor = "{{ cookiecutter.__package }}"
    cases = (
        FlavorCase(
            name="line",
            make=lambda: Line(slope=2.0, start=1.0),
            data=points,
            predict=lambda model, data: model.predict(data),
        ),
    )


def test_a_logged_model_comes_back(tmp_path: Path) -> None:
    modelyard.set_tracking_uri(str(tmp_path / "yard"))
    with modelyard.start_run():
        logged = {{ cookiecutter.__package }}.log_model(Line(slope=2.0, start=1.0), name="model", input_example=points())
    assert {{ cookiecutter.__package }}.load_model(logged.model_uri) == Line(slope=2.0, start=1.0)
    assert modelyard.pyfunc.load_model(logged.model_uri).predict(points()).tolist() == [1.0, 3.0, 6.0]
