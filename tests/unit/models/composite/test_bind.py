"""Calls of a composite model are calls of its function without the models."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.composite import CompositeModel


def test_models_stand_anywhere_in_the_signature() -> None:
    def predict(a: int, m1: str, b: int = 2, *, m2: str) -> tuple[Any, ...]:
        return a, m1, b, m2

    model = CompositeModel(predict, {"m2": "two", "m1": "one"})
    assert model.predict(a=1) == (1, "one", 2, "two")
    assert model.predict(1, 5) == (1, "one", 5, "two")


def test_all_kinds_of_parameters() -> None:
    def predict(a: int, m: str, /, b: int, *rest: int, k: int, d: int = 7, **more: int) -> tuple[Any, ...]:
        return a, m, b, rest, k, d, more

    model = CompositeModel(predict, {"m": "model"})
    assert model.predict(a=1, b=2, k=3) == (1, "model", 2, (), 3, 7, {})
    assert model.predict(1, 2, 3, 4, k=5, x=6) == (1, "model", 2, (3, 4), 5, 7, {"x": 6})


def test_a_default_before_a_model_by_place_holds() -> None:
    model = CompositeModel(lambda a=1, m=None, /, b=2: (a, m, b), {"m": "model"})
    assert model.predict() == (1, "model", 2)
    assert model.predict(b=3) == (1, "model", 3)


def test_a_mutable_default_is_shared_as_python_shares_it_and_no_more() -> None:
    def predict(m: Any, seen: list[int] = []) -> list[int]:  # noqa: B006 - it is what is asked about
        seen.append(len(seen))
        return seen

    model = CompositeModel(predict, {"m": None})
    assert model.predict() == [0]
    assert model.predict(seen=[]) == [0]
    assert model.predict() == [0, 1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"inptu": 1}, r"no parameter 'inptu'; did you mean 'input'\?"),
        ({"zzz": 1}, r"no parameter 'zzz'\. It has: input, limit\."),
        ({}, "'input'"),
        ({"input": 1, "model": 2}, "'model' is one of its models"),
    ],
)
def test_a_wrong_argument_is_named(given: dict[str, Any], words: str) -> None:
    model = CompositeModel(lambda input, model, limit=1: input, {"model": 1})  # noqa: A006
    with pytest.raises(TypeError, match=words):
        model.predict(**given)
    with pytest.raises(InvalidParameter):
        model.predict(**given)


def test_a_model_cannot_be_given_through_any_name() -> None:
    model = CompositeModel(lambda m, **more: more, {"m": 1})
    assert model.predict(x=2) == {"x": 2}
    with pytest.raises(TypeError, match="'m' is one of its models"):
        model.predict(m=2)


def test_a_model_that_is_no_parameter_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidParameter, match=r"'sentimnt_model'.*did you mean 'sentiment_model'\?"):
        CompositeModel(lambda sentiment_model, text: text, {"sentimnt_model": 1})
    with pytest.raises(InvalidParameter, match="'extra'"):
        CompositeModel(lambda text, **more: text, {"extra": 1})


@pytest.mark.parametrize("name", ["predict", "save", "__predict__", "self", "models"])
def test_awkward_names_are_names(name: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"def function({name}, x): return {name} + x", scope)
    assert CompositeModel(scope["function"], {name: 1}).predict(x=2) == 3
    assert CompositeModel(scope["function"], {"x": 1}).predict(**{name: 2}) == 3


@pytest.mark.parametrize("name", ["class", "x; import os", "", "__import__('os').getcwd()"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="has no parameter of that name"):
        CompositeModel(lambda model: model, {name: 1})


def test_an_exception_of_the_function_arrives_as_it_is() -> None:
    error = ValueError("Invalid input type selected")

    def predict(kind: str) -> None:
        raise error

    with pytest.raises(ValueError, match="Invalid input type selected") as caught:
        CompositeModel(predict).predict(kind="x")
    assert caught.value is error


def test_what_cannot_be_called_or_named_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="cannot be called"):
        CompositeModel("predict")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match="by name, as a dict"):
        CompositeModel(lambda x: x, [1])  # type: ignore[arg-type]


def test_only_addresses_are_followed() -> None:
    assert CompositeModel(lambda m: m, {"m": "models:/wine@champion"}, follow="m").follows("m")
    with pytest.raises(InvalidParameter, match="follow='m'"):
        CompositeModel(lambda m: m, {"m": 1}, follow=["m"])


def test_the_time_of_each_model_is_told_when_asked() -> None:
    class Plain:
        def __init__(self) -> None:
            self.numbers = [1, 2]

        def work(self, x: int) -> int:
            return x + self.numbers[0]

        def __len__(self) -> int:
            return 2

    def predict(x: int, plain: Plain, double: Any, idle: Any) -> list[Any]:
        assert isinstance(plain, Plain)
        return [plain.work(x), double(x), len(plain), plain.numbers, 1 + idle]

    model = CompositeModel(predict, {"plain": Plain(), "double": lambda x: 2 * x, "idle": 5})
    timed = model.predict_timed(x=3)
    assert timed.result == [4, 6, 2, [1, 2], 6]
    assert timed.by_model["plain"] > 0 < timed.by_model["double"]
    assert timed.by_model["idle"] == 0
    assert sum(timed.by_model.values()) <= timed.seconds
