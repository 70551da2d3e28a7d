"""A folder's files while a server writes them, renames them and takes them away."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def files_in(folder: Path, *without: Path) -> dict[Path, int]:
    """The files below it and their sizes, each once, whatever names it has. What goes away meanwhile is not among them."""
    found: dict[int, tuple[Path, int]] = {}
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(facts.st_mode) and path not in without:
                found[facts.st_ino] = path, facts.st_size
    return dict(found.values())
