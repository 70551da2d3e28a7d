"""Functions of the main script as source: text that compiles to exactly the code that ran."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Iterator, Sequence
from types import CodeType

from modelyard.core.errors import InvalidParameter

_KINDS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def source_of(code: CodeType) -> str:
    """The source of a function's code, without its decorators.

    It is looked for in the file the code came from, and what it compiles to is compared with the code. Raises
    ``InvalidParameter`` naming the function when there is no such source: the file changed, or there is none.
    """
    text = "".join(linecache.getlines(code.co_filename))
    for found in _candidates(text, code):
        try:
            if _same(compiled_from(found, code.co_name, code.co_freevars), code):
                return found
        except (SyntaxError, LookupError):
            continue
    raise InvalidParameter(
        f"source=True keeps source, and that of {code.co_qualname} cannot be found: put it into a file, or save without"
        " source=True."
    )


def compiled_from(source: str, name: str, free: Sequence[str]) -> CodeType:
    """The code of a function from its source; ``free`` are the names it takes from a function around it.

    Nothing of it runs. Raises ``LookupError`` when there is no function of that name.

    >>> compiled_from("lambda x: x + n", "<lambda>", ["n"]).co_freevars
    ('n',)
    """
    around = ast.parse("def around():\n    pass\n")
    (function,) = around.body
    assert isinstance(function, ast.FunctionDef)
    function.body = [*ast.parse("".join(f"{each} = None\n" for each in free)).body, *ast.parse(source).body]
    module = compile(ast.fix_missing_locations(around), "<model>", "exec", dont_inherit=True)
    (outer,) = (each for each in module.co_consts if isinstance(each, CodeType))
    for each in outer.co_consts:
        if isinstance(each, CodeType) and each.co_name == name:
            return each
    raise LookupError(name)


def _candidates(text: str, code: CodeType) -> Iterator[str]:
    """Functions that begin where the code does: as they are written, else as they would be."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    lines = text.splitlines(keepends=True)
    for node in ast.walk(tree):
        if not isinstance(node, _Function) or code.co_name != getattr(node, "name", "<lambda>"):
            continue
        if isinstance(node, ast.Lambda):
            if node.lineno == code.co_firstlineno:
                yield f"({ast.get_source_segment(text, node)})"
        elif code.co_firstlineno in (node.lineno, *(each.lineno for each in node.decorator_list)):
            yield textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno]))
            node.decorator_list = []
            yield ast.unparse(node)


def _same(one: CodeType, other: CodeType) -> bool:
    return (
        _shape(one) == _shape(other)
        and len(one.co_consts) == len(other.co_consts)
        and all(
            _same(mine, theirs)
            if isinstance(mine, CodeType) and isinstance(theirs, CodeType)
            else (type(mine), mine) == (type(theirs), theirs)
            for mine, theirs in zip(one.co_consts, other.co_consts, strict=True)
        )
    )


def _shape(code: CodeType) -> tuple[object, ...]:
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (
        code.co_code,
        names,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_posonlyargcount,
        code.co_flags & _KINDS,
    )
