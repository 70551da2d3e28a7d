"""The heads of answers, with the model and its version in them."""

from __future__ import annotations

from urllib.parse import quote

from modelyard.serving.card import Card
from modelyard.web.replies import Heads

_SAFE = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"


class ScoringHeads(Heads):
    """Says in every answer which model gave it."""

    __slots__ = ("_model",)

    def __init__(self, card: Card) -> None:
        version = card.version or card.model_id or card.digest
        self._model = b"x-modelyard-model: %s\r\nx-modelyard-version: %s\r\n" % (_plain(card.name), _plain(version))
        super().__init__()

    def of(self, status: int) -> bytes:
        """The status line, the date, the headers of all answers and those of the model."""
        return super().of(status) + self._model


def _plain(text: str) -> bytes:
    """A text as the value of a header: what is not printable ASCII is escaped as in an address."""
    return quote(text, safe=_SAFE).encode()
