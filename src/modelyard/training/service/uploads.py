"""Forms with files (multipart/form-data): fields in memory, files on disk, both within limits, as they arrive."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, Any

from modelyard.core.errors import BadRequest, InvalidParameter, TooLarge
from modelyard.core.extras import require

_multipart: Any = require("python_multipart.multipart", what="The train/predict service", extra="training")

MULTIPART = b"multipart/form-data"
MAX_PARTS = 100
MAX_FIELD = 100_000


class Form:
    """A form while it arrives. ``fields`` are texts, ``files`` are paths in ``folder`` with the names they were sent under.

    ``write`` and ``finish`` are called by one thread at a time.
    """

    def __init__(self, content_type: bytes, folder: Path, *, most: int) -> None:
        _, options = _multipart.parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise BadRequest("The form has no boundary: its Content-Type must say one, as curl -F does.")
        self.fields: dict[str, str] = {}
        self.files: dict[str, tuple[Path, str]] = {}
        self._folder = folder
        self._most = most
        self.size = 0  # bytes that have arrived
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._header = self._value = b""
        self._name = ""
        self._file: IO[bytes] | None = None
        self._field = bytearray()
        self._ended = False
        self._parser = self._begin(boundary)

    def write(self, data: bytes) -> None:
        """A piece arrived."""
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge(f"The upload is larger than {self._most:,} bytes, the most this service takes.")
        try:
            self._parser.write(data)
        except _multipart.FormParserError as error:
            raise BadRequest(f"The form cannot be read: {error}") from None

    def finish(self) -> None:
        """All of it has arrived."""
        if not self._ended:
            raise BadRequest("The form is not whole: its end is missing.")

    def close(self) -> None:
        """Let go of a file that did not arrive whole."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # what the parser calls

    def _begin(self, boundary: bytes) -> Any:
        try:
            return _multipart.MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except _multipart.FormParserError as error:
            raise BadRequest(f"The form cannot be read: {error}") from None

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidParameter(f"The form has more than {MAX_PARTS} fields.")
        self._headers = {}
        self._header = self._value = b""
        self._field = bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = _multipart.parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if not self._name:
            raise BadRequest("A part of the form has no name.")
        if b"filename" in options:
            sent = options[b"filename"].decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
            number, path = tempfile.mkstemp(dir=self._folder)
            self._file = os.fdopen(number, "wb")
            self.files[self._name] = (Path(path), sent or "upload")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > MAX_FIELD:
            raise TooLarge(f"The field {self._name[:100]!r} is longer than {MAX_FIELD:,} bytes.")

    def _on_part_end(self) -> None:
        if self._file is not None:
            self.close()
            return
        try:
            self.fields[self._name] = self._field.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidParameter(f"The field {self._name[:100]!r} is no text in UTF-8.") from None

    def _on_end(self) -> None:
        self._ended = True
