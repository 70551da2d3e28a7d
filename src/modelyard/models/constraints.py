"""What values a column may have beyond its type: a range, a list of choices, a pattern.

They are ours, and optional: MLflow reads a signature that has them and leaves them alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import kind_of
from modelyard.models.values import as_mapping, is_missing, plain


class Constraint(Struct, frozen=True, dict=True):
    """What the values of a column must be; what is missing passes.

    - ``min``, ``max``: the smallest and largest value; either may be left out.
    - ``choices``: the values there are.
    - ``pattern``: a regular expression the whole text matches.

    >>> Constraint(min=0, max=120)
    Constraint(0 ≤ value ≤ 120)
    """

    min: float | None = None
    max: float | None = None
    choices: Collection[Any] | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.choices is not None:
            force_setattr(self, "choices", tuple(plain(each) for each in self.choices))
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise InvalidParameter(f"The pattern {self.pattern!r} is no regular expression: {error}.") from error
        if self.min is not None and self.max is not None and self.min > self.max:
            raise InvalidParameter(f"The range {self.min}..{self.max} is empty.")

    def __repr__(self) -> str:
        return f"Constraint({', '.join(self.rules)})"

    @property
    def rules(self) -> dict[str, Callable[[Any], bool]]:
        """What is asked for, in words → whether a value breaks it."""
        return self._rules

    @cached_property
    def _rules(self) -> dict[str, Callable[[Any], bool]]:
        low, high, rules = self.min, self.max, dict[str, Callable[[Any], bool]]()
        if low is not None or high is not None:
            words = f"{'' if low is None else f'{low} ≤ '}value{'' if high is None else f' ≤ {high}'}"
            rules[words] = lambda value: (low is not None and value < low) or (high is not None and value > high)
        if self.choices is not None:
            choices = frozenset(self.choices)
            rules[f"one of {_shown(self.choices)}"] = lambda value: value not in choices
        if self.pattern is not None:
            match = re.compile(self.pattern).fullmatch
            rules[f"a text like {self.pattern!r}"] = lambda value: match(value) is None
        return rules

    def to_dict(self) -> dict[str, Any]:
        """Its JSON: what is not None."""
        choices = None if self.choices is None else list(self.choices)
        found = {"min": self.min, "max": self.max, "choices": choices, "pattern": self.pattern}
        return {name: value for name, value in found.items() if value is not None}


def _shown(choices: Collection[Any], most: int = 10) -> str:
    shown = ", ".join(map(repr, list(choices)[:most]))
    return shown if len(choices) <= most else f"{shown} and {len(choices) - most} more"


class Constraints(Struct, frozen=True):
    """The constraints of a schema's columns, by name.

    >>> rules = Constraints({"age": Constraint(min=0, max=120)})
    >>> rules.check([{"age": 31}, {"age": None}])
    """

    columns: Mapping[str, Constraint]

    def __post_init__(self) -> None:
        if not all(isinstance(each, Constraint) for each in self.columns.values()):
            raise InvalidParameter("Constraints are a dict of column name and Constraint.")
        force_setattr(self, "columns", dict(self.columns))

    def __bool__(self) -> bool:
        return bool(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def check(self, data: Any) -> None:
        """``InvalidParameter`` naming the column and the row of the first value that breaks a rule, never the value.

        ``data`` is any table, or a list of dicts; columns without constraints and those the data has not are passed over.
        """
        columns = _columns(data, self.columns)
        for name, values in columns.items():
            for words, breaks in self.columns[name].rules.items():
                _check(name, values, words, breaks)

    def to_dict(self) -> dict[str, Any]:
        """Their JSON."""
        return {name: each.to_dict() for name, each in self.columns.items()}

    def to_json(self) -> str:
        """The text of their JSON, as it stands in an MLmodel file beside the schemas."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Constraints:
        """The constraints that ``to_dict`` wrote; rules of later versions that this one does not know are refused."""
        try:
            return cls({name: Constraint(**each) for name, each in found.items()})
        except (TypeError, AttributeError) as error:
            raise InvalidParameter(f"The constraints of a signature cannot be read: {error}.") from error

    @classmethod
    def from_json(cls, text: str | bytes) -> Constraints:
        """The constraints that ``to_json`` wrote."""
        try:
            return cls.from_dict(json.loads(text))
        except ValueError as error:
            raise InvalidParameter(f"The constraints of a signature are no JSON: {error}.") from error


def _check(name: str, values: Collection[Any], words: str, breaks: Callable[[Any], bool]) -> None:
    try:
        distinct: Collection[Any] = set(values)
    except TypeError:
        distinct = values
    if not any(_broken(value, breaks) for value in distinct):
        return
    for row, value in enumerate(values):
        if _broken(value, breaks):
            raise InvalidParameter(f"Column {name!r}, row {row}: the value ({type(value).__name__}) is not {words}.")


def _broken(value: Any, breaks: Callable[[Any], bool]) -> bool:
    if is_missing(value):
        return False
    try:
        return breaks(value)
    except TypeError:  # a text where a number has to be, or the other way round
        return True


def _columns(data: Any, names: Collection[str]) -> dict[str, list[Any]]:
    match kind_of(data):
        case "pandas":
            present = set(data.columns.tolist())
            return {name: data[name].tolist() for name in names if name in present}
        case "polars":
            present = set(data.columns)
            return {name: data.get_column(name).to_list() for name in names if name in present}
        case "arrow":
            present = set(data.schema.names)
            return {name: data.column(name).to_pylist() for name in names if name in present}
    rows = as_mapping(data)
    if isinstance(rows, Mapping):
        return {name: _listed(rows[name]) for name in names if name in rows}
    if isinstance(rows, list | tuple) and all(isinstance(as_mapping(row), Mapping) for row in rows):
        mappings = [as_mapping(row) for row in rows]
        return {name: [row.get(name) for row in mappings] for name in names}
    return {}


def _listed(value: Any) -> list[Any]:
    found = plain(value)
    return list(found) if isinstance(found, list | tuple) else [found]


def infer_constraints(data: Any) -> Constraints | None:
    """The choices of the categorical columns of a table, or None where there is none.

    A pandas categorical and a Polars ``Enum`` declare all their values; other columns declare nothing.
    """
    found = {}
    match kind_of(data):
        case "pandas":
            for name, dtype in zip(data.columns.tolist(), data.dtypes.tolist(), strict=True):
                if hasattr(dtype, "categories") and isinstance(name, str):
                    found[name] = dtype.categories.tolist()
        case "polars":
            for name, dtype in data.schema.items():
                if str(dtype.base_type()) == "Enum":
                    found[name] = dtype.categories.to_list()
    choices = {name: Constraint(choices=each) for name, each in found.items() if _writable(each)}
    return Constraints(choices) if choices else None


def _writable(choices: Collection[Any]) -> bool:
    return bool(choices) and all(type(each) in (str, int, float, bool) for each in choices)
