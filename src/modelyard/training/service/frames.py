"""What the front and its processes say to each other: a job and its answer, one at a time, each with its length before it."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from modelyard.training.request import TrainRequest

HEAD = struct.Struct("<I")
MAX_FRAME = 1_000_000_000


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """A version: by registered name with a number or an alias, or by a logged model's id. None of it: the default."""

    name: str = ""
    version: str = ""
    alias: str = ""
    model_id: str = ""


class Train(msgspec.Struct, frozen=True, kw_only=True, tag="train"):
    """Train on a file; ``name`` is what whoever sent the file called it, empty for a file of the service's own."""

    request: TrainRequest
    file: str
    name: str = ""


class Predict(msgspec.Struct, frozen=True, kw_only=True, tag="predict"):
    """Predict the rows in a body. Where ``which`` names no model, it is a network or is none, and best predicts ``target``."""

    which: Which
    body: bytes
    kind: str
    full: bool = False
    probabilities: bool = False
    network: bool = False
    target: str = ""


class Prove(msgspec.Struct, frozen=True, kw_only=True, tag="prove"):
    """Load a version that was just trained, and predict its example; its verification is noted."""

    name: str
    version: str


class Describe(msgspec.Struct, frozen=True, kw_only=True, tag="describe"):
    """Tell what is known of one version."""

    which: Which


class ListModels(msgspec.Struct, frozen=True, tag="list"):
    """Tell which versions there are."""


class WarmUp(msgspec.Struct, frozen=True, tag="warm"):
    """Import what trainings and predictions need; one of the processes opens, and perhaps makes, the store."""

    store: bool = False


Job = Train | Predict | Prove | Describe | ListModels | WarmUp


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The job's result as JSON, and headers for the answer."""

    body: bytes
    headers: dict[str, str] = {}


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The job failed: the class of the error in ``core.errors``, its message, and for debugging where it came from."""

    error: str
    message: str
    traceback: str = ""


Reply = Done | Failed

_ENCODER = msgspec.msgpack.Encoder()
_JOBS: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
_REPLIES: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(message: Any) -> bytes:
    """A message with its length before it."""
    body = _ENCODER.encode(message)
    return HEAD.pack(len(body)) + body


def read_job(body: bytes) -> Job:
    """The job of a frame."""
    return _JOBS.decode(body)


def read_reply(body: bytes) -> Reply:
    """The reply of a frame."""
    return _REPLIES.decode(body)
