"""The contract of a kernel: a model as arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol


class Kernel(Protocol):
    """A model as arrays, which predicts without its framework; ``ndarray`` stands for numpy's.

    Guarantees: ``predict`` takes a C-contiguous ``float64`` matrix (rows, columns), changes nothing, may be called from any
    thread, and answers for each row, bit by bit, what the model it was made of answers for that row alone, whatever
    other rows are beside it. ``certify`` sees to that before a kernel is used.
    """

    kind: ClassVar[str]
    """The name of the fast path, such as ``linear`` or ``forest``."""

    @property
    def columns(self) -> int:
        """How many columns a row has."""
        ...

    def predict(self, rows: Any) -> Any:
        """Predictions as an array: (rows,) or (rows, outputs), of the type the model's own predictions have."""
        ...

    def arrays(self) -> Mapping[str, Any]:
        """The arrays it is made of, by name, none of them of objects; ``open_kernel(kind, arrays)`` makes it again."""
        ...
