"""The profile of the predictions, made while they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.batch.arrow import arrow, as_numpy
from modelyard.models.profile import Profile
from modelyard.models.profile.chunks import chunks
from modelyard.models.profile.column import Tally

SOURCE = "predictions"


class Profiling:
    """Counts columns chunk by chunk, and goes on where an earlier run left off."""

    def __init__(self, before: Profile) -> None:
        self._rows = before.rows
        self._tallies = {each.name: Tally.of(each) for each in before.columns}

    def add(self, outputs: Mapping[str, Any]) -> None:
        """Count a chunk's predictions."""
        if not outputs:
            return
        for chunk in chunks({name: _quick(column) for name, column in outputs.items()}):
            for name, values in chunk.columns:
                if name not in self._tallies:
                    self._tallies[name] = Tally(name)
                self._tallies[name].add(values)
            self._rows += chunk.rows

    def result(self) -> Profile:
        """The profile so far."""
        return Profile(source=SOURCE, rows=self._rows, columns=[tally.result() for tally in self._tallies.values()])


def _quick(column: Any) -> Any:
    """Numbers as numpy has them, anything else as a list."""
    types = arrow().types
    numeric = types.is_floating(column.type) or types.is_integer(column.type)
    return as_numpy(column) if numeric and not column.null_count else column.to_pylist()
