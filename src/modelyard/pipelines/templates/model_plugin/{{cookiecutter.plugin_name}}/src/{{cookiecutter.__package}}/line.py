"""A model to begin with: a straight line. The models of a framework stand in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """Predicts `slope * x + start`."""

    slope: float
    start: float

    def predict(self, table: Any) -> Any:
        """A number for each row, from the column `x`."""
        return table["x"] * self.slope + self.start
