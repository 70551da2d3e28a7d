"""Rows of numbers the front has read already, as the table or tensor the model takes."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import BadRequest
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.signature import ModelSignature
from modelyard.models.types import DataType
from modelyard.serving.protocols.protocol import Payload

MATRIX = "matrix"
"""The content type of a body that is a matrix already."""


class Matrices:
    """Turns the bytes of a matrix into what the signature of a model with plain columns asks for."""

    def __init__(self, signature: ModelSignature | None, width: int) -> None:
        self.width = width
        """How many numbers a row has; 0 where the front reads none."""
        self._tensor: Any = None
        self._names: list[Any] = []
        self._whole: dict[Any, Any] = {}
        if not width or signature is None:
            return
        schema = signature.inputs
        if schema.is_tensor_spec():
            self._tensor = schema.inputs[0].type
        else:
            self._names = schema.input_names()
            types = dict(zip(self._names, schema.inputs, strict=True))
            self._whole = {name: of.type.to_numpy() for name, of in types.items() if of.type is not DataType.double}

    def payload(self, body: bytes) -> Payload:
        """The rows as the front sent them, for ``table``. Raises ``BadRequest`` for what is no whole number of rows."""
        count, rest = divmod(len(body), 8 * self.width) if self.width else (0, 1)
        if rest:
            raise BadRequest("This is no matrix of the model's columns.")
        return Payload(numpy().frombuffer(body, "<f8").reshape(count, self.width), rows=count)

    def table(self, rows: Any) -> Any:
        """What to predict on, of a matrix."""
        if self._tensor is not None:
            return rows.astype(self._tensor)
        frame = pandas().DataFrame(rows, columns=self._names)
        return frame.astype(self._whole) if self._whole else frame

    def rows_of(self, data: Any) -> Any:
        """A table or tensor the model takes as a matrix of the same columns, or None for what is none."""
        if self._tensor is None and kind_of(data) == "pandas":
            known = all(name in data.columns for name in self._names)
            data = data[self._names].to_numpy("float64") if known else None
        if kind_of(data) != "ndarray" or data.ndim != 2 or data.shape[1] != self.width or data.dtype.kind not in "iuf":
            return None
        return data
