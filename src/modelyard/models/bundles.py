"""Telling a sealed bundle from a model folder. Opening one is the room ``sealed``'s, and is loaded when it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from modelyard.core import plugins
from modelyard.models.options import PathLike

MAGIC = b"\x89MYSEAL\n"
SUFFIX = ".sealed"

Key = str | os.PathLike[str] | Any
"""A passphrase, the path of the PEM file a recipient's private key is in, or that key."""

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""


def find_bundle(path: PathLike) -> Path | None:
    """The sealed bundle at a path, or None: a file that begins like one or is called ``….sealed``.

    The only file of a folder counts too: so a bundle looks that was registered with the folder it was logged in.
    """
    place = Path(path)
    if place.is_dir():
        inside = list(islice(place.iterdir(), 2))
        return inside[0] if len(inside) == 1 and inside[0].suffix == SUFFIX and inside[0].is_file() else None
    if not place.is_file():
        return None
    with place.open("rb") as content:
        return place if place.suffix == SUFFIX or content.read(len(MAGIC)) == MAGIC else None


def sealing(verb: str) -> Any:
    """A function of the room ``sealed``; raises ``MissingExtra`` where what the room needs is not installed."""
    return plugins.load("sealing", verb)
