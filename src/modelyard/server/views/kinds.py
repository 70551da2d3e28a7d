"""What a file is: by its ending, as far as its first bytes agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Word = Literal["text", "json", "markdown", "table", "image", "html", "audio", "video", "pdf", "binary"]


class Kind(NamedTuple):
    """How a file is shown, and the type a browser is told when a page of ours hands it the bytes."""

    kind: Word
    content_type: str


HEAD = 8_192
"""So many of a file's first bytes are looked at."""

TEXT = Kind("text", "text/plain; charset=utf-8")
BINARY = Kind("binary", "application/octet-stream")
CSV = Kind("table", "text/csv; charset=utf-8")
PARQUET = Kind("table", "application/vnd.apache.parquet")

# A text is one whatever it is called; what its ending promises beyond that is how to show it.
_TEXTS: Mapping[str, Kind] = {
    "json": Kind("json", "application/json"),
    "ipynb": Kind("json", "application/json"),
    "md": Kind("markdown", "text/markdown; charset=utf-8"),
    "markdown": Kind("markdown", "text/markdown; charset=utf-8"),
    "csv": CSV,
    "tsv": Kind("table", "text/tab-separated-values; charset=utf-8"),
    "html": Kind("html", "text/html; charset=utf-8"),
    "htm": Kind("html", "text/html; charset=utf-8"),
    "svg": Kind("image", "image/svg+xml"),
}

_MARKED = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Kind("image", "image/png")),
    (re.compile(rb"\xff\xd8\xff"), Kind("image", "image/jpeg")),
    (re.compile(rb"GIF8[79]a"), Kind("image", "image/gif")),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Kind("image", "image/webp")),
    (re.compile(rb"%PDF-"), Kind("pdf", "application/pdf")),
    (re.compile(rb"PAR1"), PARQUET),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), Kind("audio", "audio/wav")),
    (re.compile(rb"fLaC"), Kind("audio", "audio/flac")),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), Kind("audio", "audio/mpeg")),
    (re.compile(rb"....ftypM4A", re.DOTALL), Kind("audio", "audio/mp4")),
    (re.compile(rb"....ftyp", re.DOTALL), Kind("video", "video/mp4")),
    (re.compile(rb"\x1aE\xdf\xa3"), Kind("video", "video/webm")),
    (re.compile(rb"OggS"), Kind("audio", "audio/ogg")),
)
# Of these the first bytes are too short a word to believe what the ending does not say.
_BY_ENDING = {
    "audio": frozenset({"mp3", "wav", "flac", "m4a", "ogg", "oga", "opus"}),
    "video": frozenset({"mp4", "m4v", "mov", "webm"}),
}

_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(name: str, head: bytes) -> Kind:
    r"""What a file of a name and with these first bytes is.

    >>> kind_of("notes.md", b"# Wine").kind
    'markdown'
    >>> kind_of("notes.md", b"PK\x03\x04\x00").kind
    'binary'
    >>> kind_of("picture.png", b"<html>").kind
    'text'
    """
    _, dot, ending = name.rpartition("/")[2].rpartition(".")
    ending = ending.lower() if dot else ""
    if is_text(head):
        return _TEXTS.get(ending, TEXT)
    for pattern, kind in _MARKED:
        if pattern.match(head) and ending in _BY_ENDING.get(kind.kind, (ending,)):
            return kind
    return BINARY


def is_text(head: bytes) -> bool:
    """Whether bytes are the beginning of a text in UTF-8."""
    if _CONTROLS.search(head):
        return False
    try:
        (head[: whole(head)] if len(head) >= HEAD else head).decode()
    except UnicodeDecodeError:
        return False
    return not head.startswith(b"%PDF-")


def whole(data: bytes) -> int:
    """How many of the bytes are whole characters of UTF-8, when the last one may have been cut.

    >>> whole("né".encode()[:2])
    1
    """
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:  # where a character begins
            length = 1 if byte < 0x80 else 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4
            return len(data) - back if length > back else len(data)
    return len(data)
