"""The files that a model's code reads: where they are saved, so that the code finds them beside itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from modelyard.core.errors import InvalidParameter
from modelyard.models.options import PathLike


def copy_files(paths: Sequence[PathLike], roots: Iterable[Path], place: Path) -> None:
    """Copy files and folders to where they stand relative to the code's root, or to the top when they stand elsewhere.

    Raises ``InvalidParameter`` for one that is not there.
    """
    known = sorted({*roots, *_main()}, key=lambda root: len(root.parts))
    for path in paths:
        source = Path(path).resolve()
        above = next((root for root in known if root in source.parents), source.parent)
        target = place / source.relative_to(above)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.pyc"), dirs_exist_ok=True
            )
        elif source.is_file():
            shutil.copyfile(source, target)
        else:
            raise InvalidParameter(f"extra_files: there is no file or folder {os.fspath(path)!r}.")


def _main() -> list[Path]:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return [Path(file).resolve().parent] if file else []
