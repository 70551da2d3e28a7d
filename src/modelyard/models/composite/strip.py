"""Compiled code without what only its author needs: docstrings, file names, lines."""

from __future__ import annotations

import ast
import dis
from collections import Counter
from itertools import pairwise
from types import CodeType
from typing import TypeVar

FILE_NAME = "<model>"
_NO_COLUMNS = 0x80 | 13 << 3
"""An entry of a line table: no columns, the line follows. https://github.com/python/cpython/blob/main/Objects/locations.md"""

_Documented = TypeVar("_Documented", ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

_MOST = 8  # code units that one entry speaks of


def compiled(source: str) -> CodeType:
    """A module's code, stripped. ``if TYPE_CHECKING`` is left out: it never runs.

    >>> compiled('"A secret."').co_consts
    (None,)
    """
    tree = _Without().visit(ast.parse(source))
    return stripped(compile(ast.fix_missing_locations(tree), FILE_NAME, "exec", dont_inherit=True))


def stripped(code: CodeType) -> CodeType:
    """The same code, of no file, all on its first line, without docstrings; so is the code in it."""
    documents = _documents(code)
    consts = tuple(
        stripped(value) if isinstance(value, CodeType) else None if place in documents else value
        for place, value in enumerate(code.co_consts)
    )
    return code.replace(
        co_filename=FILE_NAME, co_firstlineno=1, co_linetable=_one_line(len(code.co_code) // 2), co_consts=consts
    )


def without_docstrings(source: str) -> str:
    """Source that means the same, without comments and docstrings."""
    return ast.unparse(ast.fix_missing_locations(_Without().visit(ast.parse(source))))


def _one_line(units: int) -> bytes:
    full, rest = divmod(units, _MOST)
    sizes = [_MOST] * full + [rest] * bool(rest)
    return b"".join(bytes((_NO_COLUMNS | size - 1, 0)) for size in sizes)


def _documents(code: CodeType) -> set[int]:
    """Where docstrings are among the constants: the first one that nothing reads, and what a class calls ``__doc__``."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("EXTENDED_ARG", "NOP")]
    read = Counter(step.arg for step in steps if step.opcode in dis.hasconst)
    found = {
        load.arg
        for load, store in pairwise(steps)
        if store.opname == "STORE_NAME" and store.argval == "__doc__" and load.opcode in dis.hasconst
    }
    places = {place for place in found if place is not None and read[place] == 1}
    if code.co_consts and isinstance(code.co_consts[0], str) and not read[0]:
        places.add(0)
    return places


class _Without(ast.NodeTransformer):
    """Takes docstrings and blocks for type checkers out of a tree."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """A module."""
        return self._undocumented(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """A class."""
        return self._undocumented(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """A function."""
        return self._undocumented(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """A coroutine."""
        return self._undocumented(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """A condition: that of type checkers is false."""
        self.generic_visit(node)
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return node.orelse or ast.Pass()
        return node

    def _undocumented(self, node: _Documented) -> _Documented:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        if not node.body and not isinstance(node, ast.Module):
            node.body = [ast.Pass()]
        return node
