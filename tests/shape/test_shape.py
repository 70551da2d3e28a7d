"""The shape of the house, kept by a test: sizes, late imports, globals, cycles, names, docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from modelyard.core.plugins import EXTRAS
from modelyard.core.settings import SETTINGS
from tests.shape import exceptions, house

HOUSE = house.House()
PYPROJECT = house.ROOT / "pyproject.toml"


def _compare(found: dict[str, int], excused: dict[str, str], what: str, way_out: str) -> None:
    new = {name: count for name, count in found.items() if name not in excused}
    stale = [name for name in excused if name not in found]
    assert not new, f"{what}, and no reason is given: {new}. {way_out}"
    assert not stale, f"tests/shape/exceptions.py excuses what needs no excuse: {stale}"
    assert all(len(reason.split()) >= 4 for reason in excused.values()), "each exception says why, in a sentence"


def test_modules_stay_under_400_lines() -> None:
    _compare(HOUSE.long_modules(), exceptions.LONG_MODULES, "too long", "Split by noun.")
    assert len(exceptions.LONG_MODULES) <= 0.02 * len(HOUSE.modules)


def test_functions_stay_under_40_lines() -> None:
    _compare(HOUSE.long_functions(), exceptions.LONG_FUNCTIONS, "too long", "Give a part of it a name.")
    assert len(exceptions.LONG_FUNCTIONS) <= 0.02 * len(HOUSE.functions)


def test_functions_take_at_most_8_parameters() -> None:
    _compare(HOUSE.wide_functions(), exceptions.WIDE_FUNCTIONS, "too wide", "Pass one Struct.")


def test_no_function_takes_more_than_10_parameters_but_mlflows_own_signatures() -> None:
    assert set(HOUSE.wide_functions(10)) <= set(exceptions.WIDE_FUNCTIONS)


def test_there_is_no_global_statement() -> None:
    assert HOUSE.global_statements() == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert HOUSE.cycles() == []


def test_no_module_is_called_util() -> None:
    names = [module.name for module in HOUSE.modules]
    assert [name for name in names if re.search(r"util|helper|common|misc", name.rsplit(".", 1)[-1])] == []


def test_late_imports_stand_in_the_files_that_pyproject_lists_and_nowhere_else() -> None:
    excused = {path for path, codes in _per_file_ignores().items() if "PLC0415" in codes and path.startswith("src/")}
    found = set(HOUSE.late_imports())
    unlisted = {path for path in found if not any(Path(path).match(entry) for entry in excused)}
    stale = {entry for entry in excused if not any(Path(path).match(entry) for path in found)}
    assert not unlisted, f"imports inside functions in {sorted(unlisted)}; imports stand at the top"
    assert not stale, f"pyproject.toml excuses late imports where there are none: {sorted(stale)}"


def test_late_imports_are_at_most_one_in_a_thousand_lines() -> None:
    assert sum(HOUSE.late_imports().values()) <= HOUSE.kloc


def test_every_silenced_rule_gives_its_reason() -> None:
    section = PYPROJECT.read_text(encoding="utf-8").split("[tool.ruff.lint.per-file-ignores]")[1].split("\n[")[0]
    lines = [line for line in section.splitlines() if re.match(r'\s*"', line)]
    entries = {line.split("=")[0].strip().strip('"') for line in lines if "=" in line.split("#")[0]}
    bare = [line for line in lines if "src/" in line and "#" not in line and not line.rstrip().endswith("[")]
    assert entries == set(_per_file_ignores())
    assert bare == [], "an entry ends with `# why`"


def test_package_files_only_re_export() -> None:
    found = [
        f"{module.path}:{node.lineno}"
        for module in HOUSE.modules
        if module.is_package
        for node in module.tree.body
        if not _is_re_export(node, module.name)
    ]
    assert found == [], "logic belongs in a module with a name"


def _is_re_export(node: ast.stmt, package: str) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # the docstring
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return _is_literal(node.value)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    # The public door looks its names up when they are asked for (PEP 562), so that importing it loads nothing.
    return package == "modelyard" and isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__dir__")


def _is_literal(value: ast.expr | None) -> bool:
    """Tables of names and sorted or merged tables of names, such as `__all__` and the door's list of modules."""
    plain = (ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Dict, ast.Load, ast.Starred, ast.BinOp, ast.BitOr)
    calls = (ast.Add, ast.Call, ast.Attribute)
    return value is None or all(isinstance(node, plain + calls) for node in ast.walk(value))


FACADES = [
    module.name
    for module in HOUSE.modules
    if module.name.count(".") <= 1
    and any(
        isinstance(node, ast.Assign | ast.AnnAssign) and "__all__" in ast.unparse(node).split("=")[0]
        for node in module.tree.body
    )
]


@pytest.mark.parametrize("name", FACADES)
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"
    assert list(_undocumented(module.__name__, module.__all__, vars_of=module)) == []


def _undocumented(name: str, public: Iterable[str], vars_of: object) -> Iterable[str]:
    for member in public:
        value = getattr(vars_of, member)
        describable = inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)
        if describable and not (getattr(value, "__doc__", None) or "").strip():
            yield f"{name}.{member}"


def test_every_extra_that_an_error_names_can_be_installed() -> None:
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        keyword.value.value
        for module in HOUSE.modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Constant)
    }
    assert named | set(EXTRAS.values()) <= set(extras)


def test_every_setting_is_read_by_somebody() -> None:
    nodes = [node for module in HOUSE.modules if "settings" not in module.name for node in ast.walk(module.tree)]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [setting.name for setting in SETTINGS if setting.name not in read | named] == []


def test_there_is_a_public_door() -> None:
    assert "modelyard" in FACADES


def _per_file_ignores() -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["ruff"]["lint"][
        "per-file-ignores"
    ]
    return found
