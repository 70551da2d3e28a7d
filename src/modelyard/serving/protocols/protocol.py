"""The contract of a protocol: bytes of a request to what a model predicts on, and predictions to bytes of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

from modelyard.models.signature import ModelSignature


class Payload(NamedTuple):
    """What one request asks to be predicted.

    ``data`` is what ``PyFuncModel.predict`` takes. ``rows`` is how many rows it has, None where it is not made of rows. ``note``
    is what the protocol wants to know again when it writes the answer, such as the request's own id or names of outputs.
    """

    data: Any
    params: Mapping[str, Any] | None = None
    rows: int | None = None
    note: Any = None


class ScoringProtocol(Protocol):
    """One language.

    Guarantees: pure functions of their arguments, called on any thread of any process; ``read`` raises ``BadRequest``,
    ``InvalidParameter`` or ``UnsupportedMediaType`` in one sentence that names the field or column and holds no data of
    the caller's beyond a short value; ``write`` makes valid JSON, whatever was predicted, and raises ``ModelFailed`` naming
    the type for what is no data at all.
    """

    name: ClassVar[str]

    def read(self, body: bytes, content_type: str, signature: ModelSignature | None) -> Payload:
        """The payload of a request's body. Values are not yet checked against the signature: predicting does that."""
        ...

    def write(self, predictions: Any, payload: Payload, signature: ModelSignature | None) -> bytes:
        """The whole body of the answer, as JSON."""
        ...
