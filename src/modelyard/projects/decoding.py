"""The bytes of a pipe as text, as they come."""

from __future__ import annotations

import codecs

from modelyard.projects.backend import Told


class Decoding:
    """Tells what it takes, in UTF-8: a character that was cut in two waits for its rest, what is no UTF-8 is told as U+FFFD."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def take(self, data: bytes) -> None:
        """Tell these bytes."""
        self._tell(self._decoder.decode(data))

    def end(self) -> None:
        """No more bytes come."""
        self._tell(self._decoder.decode(b"", final=True))

    def _tell(self, text: str) -> None:
        if text:
            self._told(text)
