"""What code imports, read from the code: nothing runs."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

_BESIDE = ("EXTENDED_ARG", "NOP", "CACHE", "PUSH_NULL")


def imported(code: CodeType, package: str) -> Iterator[str]:
    r"""The dotted names that code in ``package`` imports, at its top and inside its functions.

    Of ``from a import b`` both ``a`` and ``a.b`` are named: ``b`` may be a module.

    >>> sorted(imported(compile("import x.y\nfrom . import z", "", "exec"), "pkg"))
    ['pkg', 'pkg.z', 'x.y']
    """
    before: list[object] = [None, None]
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            level, names = before
            yield from _names(str(step.argval or ""), int(str(level or 0)), names, package)
        if step.opname not in _BESIDE:
            before = [before[1], step.argval]
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from imported(value, package)


def resolved(name: str, level: int, package: str) -> str | None:
    """The absolute name of a module imported relatively from ``package``; None when that is outside of everything.

    >>> resolved("x", 2, "a.b")
    'a.x'
    """
    if not level:
        return name
    parents = package.split(".") if package else []
    if level > len(parents):
        return None
    return ".".join([*parents[: len(parents) - level + 1], *([name] if name else [])])


def _names(name: str, level: int, names: object, package: str) -> Iterator[str]:
    module = resolved(name, level, package)
    if module is None:
        return
    yield module
    if isinstance(names, tuple):
        for each in names:
            yield f"{module}.{each}"
