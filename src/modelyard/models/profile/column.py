"""The profile of one column: as it is written down, and while it is counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy
from modelyard.models.profile import sketches
from modelyard.models.profile.values import Kind, Values

SHARE, ROWS, LENGTH = 0.01, 5, 200
"""A text is written down when it stands in this share of the values, in so many rows, and is no longer than this."""


class Frequent(msgspec.Struct, frozen=True):
    """A text, and how often it stands in the column at least."""

    value: str
    count: int


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one column.

    ``count`` values are there and ``missing`` are not. ``min``, ``max``, ``mean``, ``std`` (of the population) and the
    sketch are those of the finite numbers; dates and times count in seconds since 1970, UTC. ``frequent`` names texts
    that are common; ``distinct`` is about how many different ones there are.
    """

    name: str
    kind: Kind
    count: int
    missing: int = 0
    infinite: int = 0
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    quantile_sketch: str | None = None
    distinct: int | None = None
    distinct_sketch: str | None = None
    frequent: list[Frequent] = []

    def quantiles(self, ranks: Sequence[float]) -> list[float]:
        """The values below which these shares of the numbers are.

        Raises ``InvalidParameter`` for a column without a sketch of numbers, ``MissingExtra`` without datasketches.
        """
        return [float(value) for value in self._numbers().get_quantiles(list(ranks))]

    def histogram(self, edges: Sequence[float]) -> list[float]:
        """The shares of the numbers in the bins between rising edges: one below the first, one above the last.

        A number on an edge is in the bin above it. Raises as ``quantiles`` does.
        """
        if sorted(set(edges)) != list(edges):
            raise InvalidParameter("The edges of a histogram rise from each to the next.")
        return [float(share) for share in self._numbers().get_pmf(list(edges), False)]

    def edges(self, bins: int) -> list[float]:
        """Edges of at most so many bins that hold about as many numbers each, for ``histogram``."""
        return sorted(set(self.quantiles([place / bins for place in range(1, bins)])))

    def shares(self) -> dict[str, float]:
        """The frequent texts with the share of the values that they have at least."""
        return {each.value: each.count / self.count for each in self.frequent}

    def _numbers(self) -> Any:
        if self.quantile_sketch is None:
            raise InvalidParameter(f"The profile has no sketch of numbers for the column {self.name!r} ({self.kind}).")
        return sketches.decode_numbers(self.quantile_sketch)


class Tally:
    """A column while it is counted. Not safe for several threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind: Kind = "empty"
        self.count = self.missing = self.infinite = 0
        self.low, self.high, self.mean, self.squares = math.inf, -math.inf, 0.0, 0.0
        self.numbers: Any = None
        self.items: Any = None
        self.different: Any = None
        self.sketched = sketches.available()

    @classmethod
    def of(cls, column: ColumnProfile) -> Tally:
        """The tally that goes on from a column that was written down."""
        tally = cls(column.name)
        tally.kind, tally.count = column.kind, column.count
        tally.missing, tally.infinite = column.missing, column.infinite
        if column.min is not None and column.max is not None:
            tally.low, tally.high, tally.mean = column.min, column.max, column.mean or 0.0
            tally.squares = (column.std or 0.0) * (column.std or 0.0) * tally.finite
        tally.sketched = tally.sketched and tally._has_sketches(column)
        if tally.sketched and column.quantile_sketch:
            tally.numbers = sketches.decode_numbers(column.quantile_sketch)
        if tally.sketched and column.distinct_sketch:
            tally.different, tally.items = sketches.decode_distinct(column.distinct_sketch), sketches.new_items()
            for each in column.frequent:
                tally.items.update(each.value, each.count)
        return tally

    def _has_sketches(self, column: ColumnProfile) -> bool:
        return bool(column.quantile_sketch or column.distinct_sketch) or not (
            self.kind == "category" or (self.kind in ("number", "datetime") and self.finite)
        )

    @property
    def finite(self) -> int:
        """How many finite numbers there are."""
        return self.count - self.infinite

    def add(self, values: Values) -> None:
        """Count a chunk."""
        before, self.missing = self._join(values.kind), self.missing + values.missing
        self.count += values.present
        if self.kind in ("number", "datetime") and values.numbers is not None:
            self._add_numbers(values.numbers, before)
        elif self.kind == "category" and self.sketched:
            self._add_texts(values)

    def _add_numbers(self, numbers: Any, before: int) -> None:
        library = numpy("A profile")
        finite = numbers[library.isfinite(numbers)]
        self.infinite += numbers.size - finite.size
        if not finite.size:
            return
        with library.errstate(all="ignore"):  # numbers whose sum is beyond a float's range have no mean
            mean = float(finite.mean())
            self._add_moments(before, finite.size, mean, float(((finite - mean) ** 2).sum()))
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        if self.sketched:
            self.numbers = self.numbers or sketches.new_numbers()
            self.numbers.update(finite)

    def _add_moments(self, before: int, more: int, mean: float, squares: float) -> None:
        """Mean and sum of squared differences of two parts, without the loss that sums of squares have."""
        total, gap = before + more, mean - self.mean
        self.mean += gap * more / total
        self.squares += squares + gap * gap * before * more / total

    def _add_texts(self, values: Values) -> None:
        self.items = self.items or sketches.new_items()
        self.different = self.different or sketches.new_distinct()
        for text, times in values.texts.items():
            self.different.update(text)
            if len(text) <= LENGTH:
                self.items.update(text, times)

    def merge(self, other: Tally) -> None:
        """Count what another tally of the same column has counted."""
        before = self._join(other.kind)
        self.count, self.missing = self.count + other.count, self.missing + other.missing
        self.sketched = self.sketched and other.sketched
        if self.kind in ("number", "datetime"):
            self.infinite += other.infinite
            if other.finite:
                self._add_moments(before, other.finite, other.mean, other.squares)
            self.low, self.high = min(self.low, other.low), max(self.high, other.high)
            self._merge_numbers(other)
        elif self.kind == "category":
            self._merge_texts(other)

    def _merge_numbers(self, other: Tally) -> None:
        if not self.sketched:
            self.numbers = None
        elif other.numbers is not None:
            self.numbers = self.numbers or sketches.new_numbers()
            self.numbers.merge(other.numbers)

    def _merge_texts(self, other: Tally) -> None:
        if not self.sketched:
            self.items = self.different = None
        elif other.items is not None:
            self.items = self.items or sketches.new_items()
            self.items.merge(other.items)
            self.different = sketches.merge_distinct(self.different or sketches.new_distinct(), other.different)

    def _join(self, kind: Kind) -> int:
        """Take the kind of what is added into account; answers how many finite numbers there were before."""
        before = self.finite
        if kind not in ("empty", self.kind):
            self.kind = kind if self.kind == "empty" else "other"
        if self.kind == "other":
            self.infinite, self.numbers, self.items, self.different = 0, None, None, None
            self.low, self.high = math.inf, -math.inf
        return before

    def result(self) -> ColumnProfile:
        """What is written down."""
        found: dict[str, Any] = {}
        if self.low <= self.high:
            std = math.sqrt(self.squares / self.finite)
            found = {"min": self.low, "max": self.high, "mean": self.mean, "std": std}
        if self.numbers is not None:
            found["quantile_sketch"] = sketches.encode_numbers(self.numbers)
        if self.different is not None:
            found["distinct"] = round(self.different.get_estimate())
            found["distinct_sketch"] = sketches.encode_distinct(self.different)
            found["frequent"] = self._frequent()
        return ColumnProfile(
            name=self.name, kind=self.kind, count=self.count, missing=self.missing, infinite=self.infinite, **found
        )

    def _frequent(self) -> list[Frequent]:
        enough = max(SHARE * self.count, ROWS)
        return [Frequent(text, count) for text, count in sketches.most_frequent(self.items) if count >= enough]
