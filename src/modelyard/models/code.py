"""A model's own code, where Python may import it without changing the model's folder."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from modelyard.models.trust import digest
from modelyard.models.trust.folders import lasting_folder
from modelyard.models.trust.manifest import COMPILED


def importable(place: Path) -> Path:
    """A copy of a folder of code, which lasts as long as this process: Python leaves compiled files beside what it imports.

    Those that another loader left there are not taken over: no manifest vouches for them. It is the same copy each time,
    unless the code has changed.
    """
    return _copied(place.resolve(), digest(place))


@cache
def _copied(place: Path, of: str) -> Path:  # noqa: ARG001 - it is a part of the key
    """``of``, the digest of the code, tells apart what was in the folder at different times."""
    copy = lasting_folder("modelyard-code-")
    shutil.copytree(place, copy, ignore=shutil.ignore_patterns(COMPILED), dirs_exist_ok=True)
    return copy.resolve()
