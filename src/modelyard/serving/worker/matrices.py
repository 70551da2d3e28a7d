"""Rows of numbers the front has read already, as the table or tensor the model takes."""

from __future__ import annotations

from modelyard.core.errors import BadRequest
from modelyard.models.libraries import numpy
from modelyard.models.plain import PlainRows
from modelyard.serving.protocols.protocol import Payload

MATRIX = "matrix"
"""The content type of a body that is a matrix already."""


class Matrices(PlainRows):
    """The rows of one model, from the bytes of a matrix too."""

    def payload(self, body: bytes) -> Payload:
        """The rows as the front sent them, for ``table``. Raises ``BadRequest`` for what is no whole number of rows."""
        count, rest = divmod(len(body), 8 * self.width) if self.width else (0, 1)
        if rest:
            raise BadRequest("This is no matrix of the model's columns.")
        return Payload(numpy().frombuffer(body, "<f8").reshape(count, self.width), rows=count)
