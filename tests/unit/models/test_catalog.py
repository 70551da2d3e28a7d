"""Which flavor is meant: built in, or plugged in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import LOADERS, flavor, flavor_loading, flavor_of


def test_options_are_the_flavors_own() -> None:
    assert flavor("sklearn", pyfunc_predict_fn="predict_proba").pyfunc_predict_fn == "predict_proba"  # type: ignore[attr-defined]
    with pytest.raises(InvalidParameter, match=r"sklearn models are not saved like that: .*'depth'"):
        flavor("sklearn", depth=3)


def test_an_unknown_flavor_is_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidParameter, match=r"'nonesuch' among flavors\. Known: .*sklearn"):
        flavor("nonesuch")


@pytest.mark.parametrize(("module", "name"), LOADERS.items())
def test_each_loader_of_mlflow_is_a_flavor(module: str, name: str) -> None:
    assert flavor_loading(module) == name


def test_any_other_loader_is_the_models_own() -> None:
    assert flavor_loading("somebodys.own") == "python_function"


def test_an_object_no_flavor_handles_is_named_with_a_way_out() -> None:
    with pytest.raises(InvalidParameter, match=r"objects of the type types\.SimpleNamespace.*Wrap it in a PythonModel"):
        flavor_of(SimpleNamespace())
