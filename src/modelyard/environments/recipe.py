"""What an environment is made of, and the key that follows from it."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from typing import Literal

import msgspec

Manager = Literal["uv", "virtualenv", "conda"]
"""What makes environments: uv, Python's own ``venv`` with pip, or conda and what stands in for it."""

_FORMAT = 2


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """All that an environment is made of. Equal recipes are one environment, whoever asks.

    ``base`` is the interpreter it is made with, as its manager takes it; ``python`` is the version, as far as it is known.
    ``requirements`` are lines as pip reads them, below ``constraints``; ``beside`` are what runs it needs, one set with them;
    ``build`` are installed before both. ``conda`` is an ``environment.yml`` without packages of pip.
    """

    manager: Manager
    base: str = ""
    python: str = ""
    requirements: list[str] = []
    constraints: list[str] = []
    beside: list[str] = []
    build: list[str] = []
    conda: dict[str, object] = {}
    subject: Literal["model", "project"] = "model"

    @property
    def count(self) -> int:
        """How many packages its subject asks for; what else it takes to run a model is not counted."""
        listed = [line for line in self.requirements if not line.startswith("-c ")]
        packages = self.conda.get("dependencies")
        others = len(packages) if isinstance(packages, list) else 0
        return len(listed) + others + (len(self.beside) if self.subject == "project" else 0)

    @property
    def key(self) -> str:
        """16 hexadecimal digits.

        This interpreter counts, whichever environment lends it. Another one counts by its version: it may be found in one place
        today, and have been fetched to another before.
        """
        here = os.path.realpath(sys.executable)
        told = msgspec.structs.replace(self, base=here if os.path.realpath(self.base) == here else "")
        return hashlib.sha256(msgspec.json.encode([_FORMAT, platform.machine(), told])).hexdigest()[:16]
