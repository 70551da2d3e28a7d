"""Hydra's override grammar, by Hydra's own parser: which values a sweep goes through, and in which order.

The semantics are those of Hydra's basic sweeper: the last override varies fastest, ``range`` excludes its end, quoted commas
are one value. What is random there (``shuffle``) is drawn from the sweep's seed here, so that a sweep can be resumed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require

MOST_VALUES = 1_000_000
"""Of one override: a grid of more is a mistake, and would not fit."""

Options = Callable[[str], list[str]]
"""The options of a config group, for ``glob``."""


class Words(msgspec.Struct, frozen=True):
    """A Hydra command line: its flags with their values, and its overrides. ``multirun`` is ``-m``."""

    flags: list[str] = []
    overrides: list[str] = []
    multirun: bool = False

    @property
    def is_left_to_hydra(self) -> bool:
        """Whether it asks for what only Hydra does: a sweeper or launcher of its own, or to show something."""
        asks = any(flag.partition("=")[0] in _SHOWING for flag in self.flags)
        return asks or any(word.lstrip("+~").startswith("hydra/") for word in self.overrides)


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """One override: the values it takes. ``values`` are texts or numbers, ``None`` for a deletion; an interval has bounds.

    ``swept`` is false for an override with one value that nothing varies.
    """

    key: str
    kind: Literal["choice", "steps", "interval"] = "choice"
    values: Sequence[Any] = ()
    low: float = 0.0
    high: float = 0.0
    integer: bool = False
    log: bool = False
    swept: bool = True

    @property
    def size(self) -> int | None:
        """How many values there are; None for an interval."""
        return None if self.kind == "interval" else len(self.values)

    def some(self, most: int) -> list[str]:
        """The first so many values; of an interval its ends, one at least."""
        if self.kind == "interval":
            return [str(int(end)) if self.integer else repr(end) for end in (self.low, self.high)]
        return [self.text(index) for index in range(min(len(self.values), most))]

    def text(self, index: int) -> str:
        """A value as an override has it."""
        value = self.values[index]
        return "" if value is None else str(value)


class Space(msgspec.Struct, frozen=True):
    """All overrides of a sweep, in Hydra's order: a key given twice keeps its first place and its last value."""

    dimensions: tuple[Dimension, ...] = ()

    @property
    def swept(self) -> tuple[Dimension, ...]:
        """Those that vary."""
        return tuple(each for each in self.dimensions if each.swept)

    @property
    def size(self) -> int | None:
        """How many combinations there are; None with an interval."""
        sizes = [each.size for each in self.swept]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    def at(self, number: int) -> dict[str, str]:
        """The combination of a number, the last override varying fastest."""
        values: dict[str, str] = {}
        for each in reversed(self.swept):
            number, index = divmod(number, len(each.values))
            values[each.key] = each.text(index)
        return dict(reversed(values.items()))

    def overrides(self, values: Mapping[str, str]) -> list[str]:
        """The overrides of a trial, those that do not vary among them."""
        return [_override(each, values.get(each.key)) for each in self.dimensions]


def words_of_option(words: Sequence[str]) -> Words:
    """The parts of a Hydra command line; nothing is imported for it.

    >>> words_of_option(["a=1,2", "-cn", "other", "b=3", "-m"])
    Words(flags=['-cn', 'other'], overrides=['a=1,2', 'b=3'], multirun=True)
    """
    flags: list[str] = []
    overrides: list[str] = []
    multirun = False
    left = iter(words)
    for word in left:
        if word in ("-m", "--multirun"):
            multirun = True
        elif word.startswith("-"):
            flags.append(word)
            if word in _WITH_VALUE:
                flags += [value for value in [next(left, None)] if value is not None]
        else:
            overrides.append(word)
    return Words(flags, overrides, multirun)


_WITH_VALUE = frozenset(
    "-cn --config-name -cp --config-path -cd --config-dir -p --package --experimental-rerun".split()
)
_SHOWING = frozenset("-c --cfg -i --info -h --help --hydra-help --version -sc --shell-completion --resolve".split())


def space_of(overrides: Sequence[str], *, plain: bool = False, seed: int = 42) -> Space:
    """The search space of overrides as they are written.

    With ``plain`` the texts are values of parameters: without the quotes an override needs. Raises ``InvalidParameter`` with
    what Hydra says, on one line.

    >>> space = space_of(["a=1,2", "b=range(1,6,2)", "c='x,y'"])
    >>> space.size, space.at(3), space.overrides(space.at(3))
    (6, {'a': '2', 'b': '1'}, ['a=2', 'b=1', "c='x,y'"])
    """
    found: dict[str, Dimension] = {}
    for override in parsed(overrides):
        key = str(override.get_key_element())
        found[key] = _dimension(override, key, plain, seed)
    return Space(tuple(found.values()))


def unglobbed(overrides: Sequence[str], options: Options | None) -> list[str]:
    """The overrides with each ``glob`` as the choice it is: what a sweep goes through does not change under it.

    ``options`` lists the options of a config group. Raises ``InvalidParameter`` for a glob that matches nothing.
    """
    if not any("glob" in override for override in overrides):
        return list(overrides)
    return [
        f"{each.get_key_element()}=choice({','.join(map(each._get_value_element_as_str, _globbed(each, options)))})"
        if hasattr(each.value(), "include")
        else text
        for text, each in zip(overrides, parsed(overrides), strict=True)
    ]


def parsed(overrides: Sequence[str]) -> list[Any]:
    """Hydra's own objects for overrides."""
    parser = require("hydra.core.override_parser.overrides_parser", what=_WHAT, extra="pipelines")
    errors = require("hydra.errors", what=_WHAT, extra="pipelines")
    try:
        found: list[Any] = parser.OverridesParser.create().parse_overrides(list(overrides))
    except errors.HydraException as error:
        raise InvalidParameter(one_line(error)) from None
    for override in found:
        if override.is_sweep_override() and override.is_hydra_override():
            raise InvalidParameter(f"Sweeping over Hydra's configuration is not supported: {override.input_line!r}.")
    return found


_WHAT = "A sweep in Hydra's grammar"


def one_line(error: BaseException) -> str:
    """What Hydra says over several lines, on one."""
    text = str(error).partition("Config search path:")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip() and "https://" not in line]
    told = "; ".join(line.rstrip(".") for line in lines) or type(error).__name__
    about = getattr(error, "override", None)
    return f"{told}." if not about or about in told else f"{about}: {told}."


def _override(each: Dimension, text: str | None) -> str:
    if text is not None:
        return f"{each.key}={text}"
    return each.key if each.values[0] is None else f"{each.key}={each.text(0)}"


def _dimension(override: Any, key: str, plain: bool, seed: int) -> Dimension:
    show = _plain if plain else override._get_value_element_as_str
    if not override.is_sweep_override():
        deletes = override.value_type is None
        return Dimension(key=key, values=[None if deletes else show(override._value)], swept=False)
    value = override.value()
    log = "log" in getattr(value, "tags", ())
    if override.is_interval_sweep():
        return _interval(override, key, log=log)
    if override.is_range_sweep():
        steps = _steps(override)
        return Dimension(
            key=key, kind="steps", values=_shuffled(steps, value, key, seed) if value.shuffle else steps, log=log
        )
    if hasattr(value, "include"):
        _globbed(override, None)
    listed = _shuffled(value.list, value, key, seed) if value.shuffle else value.list
    return Dimension(key=key, values=[show(each) for each in listed], log=log)


def _interval(override: Any, key: str, *, log: bool) -> Dimension:
    low, high = override.value().start, override.value().end
    if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)):
        wanted = "bounds above 0, the lower one first" if log else "two numbers, the lower one first"
        raise InvalidParameter(f"{override.input_line!r}: an interval takes {wanted}.")
    integer = isinstance(low, int) and isinstance(high, int)
    return Dimension(key=key, kind="interval", low=low, high=high, integer=integer, log=log)


def _steps(override: Any) -> Sequence[Any]:
    value = override.value()
    if not value.step:
        raise InvalidParameter(f"{override.input_line!r}: the step of a range must not be 0.")
    count = math.ceil((float(value.stop) - float(value.start)) / float(value.step))
    if count <= 0:
        raise InvalidParameter(f"{override.input_line!r} has no values.")
    if count > MOST_VALUES:
        raise InvalidParameter(f"{override.input_line!r} has {count:,} values; the most are {MOST_VALUES:,}.")
    steps = value.range()
    return steps if isinstance(steps, range) else list(steps)


def _shuffled(values: Sequence[Any], sweep: Any, key: str, seed: int) -> list[Any]:
    mixed = list(values)
    random.Random(f"{seed} {key} {type(sweep).__name__}").shuffle(mixed)  # noqa: S311 - an order, no secret
    return mixed


def _globbed(override: Any, options: Options | None) -> list[str]:
    if options is None:
        raise InvalidParameter(
            f"{override.input_line!r}: glob needs the groups of a configuration, and the folder of it was not found:"
            " the entry script names it as @hydra.main(config_path=…)."
        )
    group = override.key_or_group
    there = options(group)
    found = override.value().filter(there)
    if not found:
        known = ", ".join(there) or "nothing"
        raise InvalidParameter(f"{override.input_line!r} matches nothing in the group {group!r}, which has {known}.")
    return list(found)


def _plain(value: Any) -> str:
    """A value as a program wants it: a text without its quotes."""
    if hasattr(value, "with_quotes"):
        return str(value.text)
    if value is None:
        return ""
    if isinstance(value, list):
        return "[" + ",".join(map(_plain, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_plain(key)}:{_plain(each)}" for key, each in value.items()) + "}"
    return str(value)
