"""Measures the tails that tell good houses from bad ones. `python tests/shape/house.py` prints our row of the table.

Standard library only, so that it runs before anything is installed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its path from the repository's root, its text and its tree."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function with its qualified name, methods and nested functions too."""
        yield from _functions(self.tree, "")

    def late_imports(self) -> list[ast.stmt]:
        """Import statements inside functions."""
        return [
            node
            for function in ast.walk(self.tree)
            if isinstance(function, Function)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

    def globals(self) -> list[ast.Global]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Global)]


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if isinstance(child, Function):
                yield name, child
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def function_lines(function: Function) -> int:
    """Lines of the body, without the signature and the docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """How many parameters a caller may give, without `self`, `cls`, `*args` and `**kwargs`."""
    listed = [*function.args.posonlyargs, *function.args.args]
    bound = bool(listed) and listed[0].arg in ("self", "cls")
    return len(listed) - bound + len(function.args.kwonlyargs)


def is_overload(function: Function) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in function.decorator_list)


class House:
    """All modules of the package, and what can be said of them together."""

    def __init__(self, source: Path = SOURCE) -> None:
        self.modules = sorted(_modules(source), key=lambda module: module.name)

    @cached_property
    def kloc(self) -> float:
        return sum(module.lines for module in self.modules) / 1000

    @cached_property
    def functions(self) -> dict[str, Function]:
        """`path:qualified.name` → function."""
        return {
            f"{module.path}:{name}": function
            for module in self.modules
            for name, function in module.functions()
            if not is_overload(function)
        }

    def long_modules(self) -> dict[str, int]:
        return {module.path: module.lines for module in self.modules if module.lines > MODULE_LINES}

    def long_functions(self) -> dict[str, int]:
        lines = {name: function_lines(function) for name, function in self.functions.items()}
        return {name: count for name, count in lines.items() if count > FUNCTION_LINES}

    def wide_functions(self, bar: int = PARAMETERS) -> dict[str, int]:
        counts = {name: parameters(function) for name, function in self.functions.items()}
        return {name: count for name, count in counts.items() if count > bar}

    def late_imports(self) -> dict[str, int]:
        return {module.path: len(late) for module in self.modules if (late := module.late_imports())}

    def global_statements(self) -> dict[str, int]:
        return {module.path: len(found) for module in self.modules if (found := module.globals())}

    def cycles(self) -> list[list[str]]:
        """Groups of modules that import each other in a circle, largest first; type-only imports do not count."""
        known = {module.name for module in self.modules}
        graph = {module.name: set(_imports(module, known)) - {module.name} for module in self.modules}
        return sorted((group for group in _strong_components(graph) if len(group) > 1), key=len, reverse=True)

    def row(self) -> str:
        """Our row of the table in the house style."""
        big, wide = len(self.long_modules()), len(self.wide_functions(10))
        late, found = sum(self.late_imports().values()), sum(self.global_statements().values())
        share = 100 * big / len(self.modules)
        cycle = f"{len(self.cycles()[0])} modules" if self.cycles() else "none"
        cells = (f"{share:.1f}%", f"{late / self.kloc:.1f}", str(found), str(wide), cycle)
        heads = (f"modules > {MODULE_LINES} lines", "late imports per kLOC", "global", "> 10 params", "largest cycle")
        bars = ("≤ 2%", "≤ 1", "0", "0", "none")
        widths = [max(map(len, column)) for column in zip(heads, cells, bars, strict=True)]

        def line(name: str, values: tuple[str, ...]) -> str:
            padded = (value.ljust(width) for value, width in zip(values, widths, strict=True))
            return " | ".join((name.ljust(4), *padded)).rstrip()

        size = f"{len(self.modules)} modules, {self.kloc:.1f} kLOC, {len(self.functions)} functions"
        return "\n".join((line("", heads), line("ours", cells), line("bar", bars), size))


def _modules(source: Path) -> Iterator[Module]:
    for path in source.rglob("*.py"):
        relative = path.relative_to(source)
        if "templates" in relative.parts:
            continue
        parts = relative.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        yield Module(name, (Path(source.name) / relative).as_posix(), text, ast.parse(text))


def _imports(module: Module, known: set[str]) -> Iterator[str]:
    for node in _runtime_nodes(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                target = submodule if submodule in known else node.module
                if target in known:
                    yield target


def _runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _runtime_nodes(child)


def _strong_components(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Kosaraju's two walks: the order of leaving, then the reversed graph in that order."""
    backwards: dict[str, set[str]] = {name: set() for name in graph}
    for name, targets in graph.items():
        for target in targets:
            backwards[target].add(name)
    order: list[str] = []
    seen: set[str] = set()
    for name in graph:
        order.extend(_leaving(name, graph, seen))
    seen.clear()
    return [found for name in reversed(order) if (found := _leaving(name, backwards, seen))]


def _leaving(start: str, graph: Mapping[str, set[str]], seen: set[str]) -> list[str]:
    """Everything newly reached from `start`, in the order a depth-first walk leaves it."""
    if start in seen:
        return []
    left: list[str] = []
    seen.add(start)
    stack = [(start, iter(graph[start]))]
    while stack:
        name, targets = stack[-1]
        following = next((target for target in targets if target not in seen), None)
        if following is None:
            left.append(name)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(graph[following])))
    return left


if __name__ == "__main__":
    sys.stdout.write(House().row() + "\n")
