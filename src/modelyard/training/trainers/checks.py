"""Params of networks, checked by a table: what each may be, and what it is otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter

OPTIMIZERS = ("sgd", "adam", "adamw")
MOST_EPOCHS = 100_000
MOST_LAYERS, MOST_WIDTH = 16, 4096
_MOST_BATCH = 1_000_000


class Param(NamedTuple):
    """One param: its value by default, whether a value is one, and in words what it must be."""

    default: Any
    fits: Callable[[Any], bool]
    words: str


def whole(low: int, high: int, default: int) -> Param:
    """A whole number in a range."""
    return Param(
        default, lambda value: _is_whole(value) and low <= value <= high, f"a whole number from {low} to {high}"
    )


def number(default: float, *, above: float, below: float = math.inf, words: str) -> Param:
    """A number strictly between two others."""
    return Param(default, lambda value: _is_number(value) and above < value < below, words)


NETWORK: Mapping[str, Param] = {
    "hidden": Param(
        [64, 32],
        lambda value: (
            isinstance(value, list | tuple)
            and len(value) <= MOST_LAYERS
            and all(_is_whole(each) and 1 <= each <= MOST_WIDTH for each in value)
        ),
        f"a list of at most {MOST_LAYERS} widths of layers from 1 to {MOST_WIDTH}, such as [64, 32]",
    ),
    "optimizer": Param("adam", lambda value: value in OPTIMIZERS, f"one of {', '.join(OPTIMIZERS)}"),
    "learning_rate": number(0.005, above=0, words="a number above 0"),
    "batch_size": whole(1, _MOST_BATCH, 64),
    "epochs": whole(1, MOST_EPOCHS, 60),
    "validation": number(0.15, above=0, below=1, words="a share of the training rows between 0 and 1, such as 0.15"),
}
"""What every network takes."""


def checked(name: str, table: Mapping[str, Param], params: Mapping[str, Any]) -> dict[str, Any]:
    """All params of a table, those given over the defaults. Raises ``InvalidParameter`` naming the one that does not fit.

    >>> checked("Net", {"epochs": whole(1, 100, 20)}, {"epochs": 3})
    {'epochs': 3}
    """
    for key in params:
        if key not in table:
            raise InvalidParameter(f"{name} has no param {key!r}. It has: {', '.join(table)}.")
    found = {key: params.get(key, param.default) for key, param in table.items()}
    for key, param in table.items():
        if not param.fits(found[key]):
            raise InvalidParameter(f"{key} {str(found[key])[:100]!r}: {param.words}.")
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
