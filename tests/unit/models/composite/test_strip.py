"""Compiled code keeps what it does and loses what only its author needs."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from modelyard.models.composite.stored import bytes_of
from modelyard.models.composite.strip import compiled, stripped

SOURCE = '''
"""DOCMARK of a module."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import only_types
else:
    CHECKED = False

class Box:
    """DOCMARK of a class."""
    kind = "box"
    def open(self) -> str:
        """DOCMARK of a method."""
        return self.kind

class Empty:
    """DOCMARK alone."""

async def later():
    """DOCMARK of a coroutine."""

def fail(x):
    # COMMENTMARK
    assert x, "an assertion stays"
    return {each: "a" for each in "ab"}
'''


def run(code: Any) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "m"}
    exec(code, scope)
    return scope


def test_a_module_has_no_docstrings_and_no_file() -> None:
    code = compiled(SOURCE)
    content = bytes_of(code)
    assert b"DOCMARK" not in content and b"COMMENTMARK" not in content and b"only_types" not in content
    scope = run(code)
    assert scope["Box"]().open() == "box"
    assert scope["Box"].__doc__ is scope["Box"].open.__doc__ is scope["Empty"].__doc__ is scope["later"].__doc__ is None
    assert scope["fail"](1) == {"a": "a", "b": "a"} and scope["CHECKED"] is False
    with pytest.raises(AssertionError, match="an assertion stays"):
        scope["fail"](0)


def test_code_without_source_is_stripped_as_well() -> None:
    scope = run(compile(SOURCE, "/home/author/secret.py", "exec"))

    def outer() -> Any:
        """DOCMARK outside."""

        class Inner:
            """DOCMARK inside."""

            text = "DOCMARK?"

        return Inner, [text + "" for text in ("kept", "kept too")], lambda: "kept"

    code = stripped(outer.__code__)
    content = bytes_of(code) + bytes_of(stripped(scope["fail"].__code__))
    assert b"DOCMARK outside" not in content and b"DOCMARK inside" not in content
    assert b"secret.py" not in content and __file__.encode() not in content
    outer.__code__ = code
    inner, texts, function = outer()
    assert inner.__doc__ is None and inner.text == "DOCMARK?"
    assert texts == ["kept", "kept too"] and function() == "kept"


def test_a_text_that_is_used_stays_though_it_comes_first() -> None:
    code = compile("def f(): return 'used'\n", "x", "exec")
    scope = run(stripped(code))
    assert scope["f"]() == "used"


def test_a_traceback_names_the_function_and_no_line_of_the_author() -> None:
    lines = "\n" * 40
    scope = run(compiled(f"{lines}def f(x):\n    y = x\n    return 1 / y\n"))
    with pytest.raises(ZeroDivisionError) as caught:
        scope["f"](0)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.name) == ("<model>", 1, "f")


def test_exceptions_are_handled_as_before() -> None:
    scope = run(
        compiled("def f(x):\n    try:\n        return 1 / x\n    except ZeroDivisionError:\n        return 'none'\n")
    )
    assert (scope["f"](0), scope["f"](1)) == ("none", 1.0)
