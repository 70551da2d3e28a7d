"""Replaced functions come back as the very objects, and nothing else notices that they were replaced."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any

from modelyard.client.autolog.patches import Patches


class Parent:
    def fit(self, data: int, /, *, twice: bool = False) -> int:
        """Fit."""
        return data * (2 if twice else 1)


class Child(Parent):
    pass


def _adding_one(original: Any, *args: Any, **kwargs: Any) -> Any:
    return original(*args, **kwargs) + 1


def test_a_function_is_replaced_and_given_back_as_the_very_object() -> None:
    original, patches = vars(Parent)["fit"], Patches()
    patches.apply(Parent, "fit", _adding_one)
    assert (Parent().fit(3), Child().fit(3, twice=True)) == (4, 7)
    patches.restore()
    assert vars(Parent)["fit"] is original


def test_replacing_twice_wraps_once() -> None:
    patches = Patches()
    patches.apply(Parent, "fit", _adding_one)
    patches.apply(Parent, "fit", _adding_one)
    assert Parent().fit(3) == 4
    patches.restore()
    assert Parent().fit(3) == 3


def test_an_inherited_attribute_is_left_to_the_class_that_defines_it() -> None:
    patches = Patches()
    patches.apply(Child, "fit", _adding_one)
    assert "fit" not in vars(Child)


def test_signature_name_and_documentation_stay() -> None:
    before, patches = inspect.signature(Parent.fit), Patches()
    patches.apply(Parent, "fit", _adding_one)
    try:
        assert inspect.signature(Parent.fit) == before
        assert (Parent.fit.__name__, Parent.fit.__doc__) == ("fit", "Fit.")
    finally:
        patches.restore()


def test_what_somebody_else_replaced_since_stays_theirs() -> None:
    original, patches = vars(Parent)["fit"], Patches()
    patches.apply(Parent, "fit", _adding_one)
    ours = vars(Parent)["fit"]

    def theirs(self: Parent, data: int) -> int:
        return int(ours(self, data)) * 10

    Parent.fit = theirs  # type: ignore[assignment, method-assign]
    try:
        patches.restore()
        assert vars(Parent)["fit"] is theirs
    finally:
        Parent.fit = original  # type: ignore[method-assign]


def test_a_replaced_function_of_a_module_is_found_by_pickle() -> None:
    module = types.ModuleType("a_module_of_its_own")
    exec(
        "def train(x):\n    return x\n", module.__dict__
    )  # the function says it is defined elsewhere, as re-exports do
    module.__dict__["train"].__module__ = "elsewhere"
    patches = Patches()
    sys.modules[module.__name__] = module
    try:
        patches.apply(module, "train", _adding_one)
        train = module.__dict__["train"]
        assert getattr(sys.modules[train.__module__], train.__qualname__) is train
    finally:
        del sys.modules[module.__name__]


def test_a_method_that_only_some_objects_have_stays_so() -> None:
    class Sometimes:
        """A descriptor as scikit-learn's ``available_if`` makes it."""

        def __init__(self, function: Any) -> None:
            self.function = function

        def __get__(self, obj: Any, owner: type | None = None) -> Any:
            if obj is not None and not obj.able:
                raise AttributeError("not this one")
            return self.function if obj is None else types.MethodType(self.function, obj)

    class Picky:
        def __init__(self, able: bool) -> None:
            self.able = able

        @Sometimes
        def fit(self, data: int) -> int:
            return data

    patches, original = Patches(), vars(Picky)["fit"]
    patches.apply(Picky, "fit", _adding_one)
    assert not hasattr(Picky(False), "fit")
    assert Picky(True).fit(3) == 4
    assert list(inspect.signature(Picky(True).fit).parameters) == ["data"]
    patches.restore()
    assert vars(Picky)["fit"] is original
