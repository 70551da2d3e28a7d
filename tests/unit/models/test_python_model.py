"""Models of one's own making, in the process."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.python_model import (
    CODE_MODEL,
    FunctionModel,
    LoadedPythonModel,
    ObjectModel,
    PythonModel,
    PythonModelContext,
    as_model,
    set_model,
)

CONTEXT = PythonModelContext({"weights": "/w"}, {"depth": 3})


class WithContext(PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return context.artifacts, model_input, params


class WithoutContext(PythonModel):
    def predict(self, model_input: Any) -> Any:  # type: ignore[override]
        return model_input


class OtherNames(PythonModel):
    def predict(self, ctx: Any, rows: Any, params: Any = None) -> Any:
        return ctx.model_config, rows, params


class WithSetting(PythonModel):
    def predict(self, model_input: Any, threshold: float = 0.5) -> Any:  # type: ignore[override]
        return model_input, threshold


class Plain:
    def predict(self, rows: Any) -> Any:
        return rows * 2


def loaded(model: Any) -> LoadedPythonModel:
    return LoadedPythonModel(as_model(model), CONTEXT)


def test_predict_is_given_what_its_signature_asks_for() -> None:
    assert loaded(WithContext()).predict(1, {"k": 2}) == ({"weights": "/w"}, 1, {"k": 2})
    assert loaded(WithoutContext()).predict(1, {"k": 2}) == 1
    assert loaded(OtherNames()).predict(1) == ({"depth": 3}, 1, None)
    assert loaded(WithSetting()).predict(1) == (1, 0.5)


def test_functions_get_params_when_they_take_them() -> None:
    assert loaded(lambda model_input: model_input * 2).predict(2, {"k": 3}) == 4
    assert loaded(lambda model_input, params: model_input * params["k"]).predict(2, {"k": 3}) == 6


def test_any_object_that_predicts_is_a_model() -> None:
    model = as_model(Plain())
    assert isinstance(model, ObjectModel)
    assert LoadedPythonModel(model, CONTEXT).predict(2) == 4
    assert model.predict(None, 2) == 4


def test_an_object_may_load_what_it_needs() -> None:
    class Loads(Plain):
        def load_context(self, context: Any) -> None:
            self.place = context.artifacts["weights"]

    model = as_model(Loads())
    model.load_context(CONTEXT)
    assert model.obj.place == "/w"


def test_a_model_stays_itself() -> None:
    model = WithContext()
    assert as_model(model) is model


def test_a_class_is_no_model_and_the_message_says_what_is() -> None:
    with pytest.raises(InvalidParameter, match=r"WithContext is a class; give an instance of it: WithContext\(…\)"):
        as_model(WithContext)


@pytest.mark.parametrize("obj", [None, 3, {"a": 1}])
def test_what_cannot_predict_is_refused(obj: Any) -> None:
    with pytest.raises(InvalidParameter, match="has a 'predict', or is a function"):
        set_model(obj)


def test_what_is_set_is_what_the_file_means() -> None:
    before = CODE_MODEL.set(None)
    try:
        set_model(max)
        assert isinstance(CODE_MODEL.get(), FunctionModel)
    finally:
        CODE_MODEL.reset(before)


def test_a_class_without_predict_says_so() -> None:
    with pytest.raises(NotImplementedError, match="PythonModel has no 'predict' of its own"):
        PythonModel().predict(None, 1)
