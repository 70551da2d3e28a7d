"""What the front and a worker say to each other: messages with a length before them, over a socket pair.

The front sends ``Start`` once and ``Score`` any number of times; the worker answers ``Started`` or ``Refused``, before it
``Foretold`` if it was asked for and can be, then an ``Answer`` for each job of each ``Score``, in any order; of several jobs,
``Began`` says which ones it predicts now. Neither trusts the other's lengths beyond the limit it was given.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from modelyard.serving.card import Card
from modelyard.serving.confine import Confinement

HEAD = struct.Struct("<I")
MAX_FRAME = 1 << 31


class Job(msgspec.Struct, frozen=True, array_like=True):
    """One request: its number, the protocol it is written in, its content type, its body, and what logs call it.

    A body the front has already made a matrix of has the content type ``matrix``: float64, little-endian, row by row.
    """

    id: int
    protocol: str
    content_type: str
    body: bytes
    request: str = ""


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Load the model in a folder. ``facts`` are the fields of the card that the front knows: name, version, uri.

    ``confinement`` is what the worker keeps; it gives up the rest before it looks at the folder. ``numpy`` is the release
    the front would compute a fast path with; what was certified with another one is not certified for it. To ``foretell``
    is to say before the model is loaded what its files tell of it.
    """

    folder: str
    facts: dict[str, str] = {}
    runtime: str = "native"
    trust: str | None = None
    batching: str = "auto"
    fast: bool = True
    numpy: str = ""
    max_output: int = 100_000_000
    foretell: bool = False
    confinement: Confinement = Confinement(scratch="", parent=0)


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The model is loaded. ``kernel`` holds the arrays of its fast path in numpy's own format, without pickles, or nothing."""

    card: Card
    kernel: bytes = b""


class Foretold(msgspec.Struct, frozen=True, tag="foretold"):
    """The model is being loaded, and this will be told of it; its ``load_seconds`` are not known yet."""

    started: Started


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The model cannot be loaded: the error's code and its one sentence."""

    error_code: str
    message: str


class Score(msgspec.Struct, frozen=True, tag="score"):
    """Requests that waited together. Whether they are predicted together is the worker's to decide."""

    jobs: list[Job]


class Began(msgspec.Struct, frozen=True, tag="began"):
    """The jobs of a ``Score`` that are predicted now: if the worker dies or hangs, one of them is why."""

    ids: list[int]


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """What became of a job: the body of its answer, or an error's status, code and sentence."""

    id: int
    body: bytes = b""
    status: int = 200
    error_code: str = ""
    message: str = ""


Message = Start | Foretold | Started | Refused | Score | Began | Answer

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """A message with its length before it."""
    body = _ENCODER.encode(message)
    return HEAD.pack(len(body)) + body


def decode(body: bytes | bytearray | memoryview) -> Any:
    """The message in a frame, without its length; raises ``msgspec.DecodeError`` for anything else."""
    return _DECODER.decode(body)
