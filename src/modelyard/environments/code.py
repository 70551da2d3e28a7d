"""This package for other interpreters: folders that hold a link to it, and nothing that is installed beside it."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import modelyard
from modelyard.core.errors import InvalidParameter
from modelyard.environments.requirements import OWN, installed

PROGRAMS = "bin"
_PROGRAM = f'#!/bin/sh\nexec python -m {OWN} "$@"\n'


def package_home() -> str:
    """The folder this package is imported from; in an installation that is on the clean process's path anyway."""
    return os.path.dirname(os.path.dirname(os.path.abspath(modelyard.__file__)))


@contextmanager
def code_alone() -> Iterator[str]:
    """A folder with nothing but a link to this package: beside it may lie all that is installed here."""
    with tempfile.TemporaryDirectory(prefix="modelyard-code-") as home:
        os.symlink(os.path.join(package_home(), OWN), os.path.join(home, OWN))
        yield home


def linked(place: Path, *, installed: bool = False) -> str:
    """A folder below ``place`` with a link to this package, the same one for all that run this installation.

    With ``installed`` it is another that looks installed: it has the package's metadata, which tell what its extras need,
    and the program ``modelyard`` in the folder ``bin``, which runs with the ``python`` of the path.
    """
    package = os.path.join(package_home(), OWN)
    name = hashlib.sha256(package.encode()).hexdigest()[:16]
    home = place / (f"{name}-installed" if installed else name)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.symlink(package, home / OWN)
    except FileExistsError:
        if os.readlink(home / OWN) != package:
            raise InvalidParameter(f"{os.fspath(home / OWN)} is not what it should be: delete it.") from None
    if installed:
        _complete(home)
    return os.fspath(home)


def dangling(place: Path) -> list[Path]:
    """The folders that ``linked`` made for installations that are gone."""
    links = (home / OWN for home in place.glob("*") if not home.is_symlink())
    return [link.parent for link in links if link.is_symlink() and not link.exists()]


def _complete(home: Path) -> None:
    program = home / PROGRAMS / OWN
    if not program.is_file():
        program.parent.mkdir(mode=0o700, exist_ok=True)
        _write(program, _PROGRAM)
        program.chmod(stat.S_IRWXU)
    try:
        here = installed().distribution(OWN)
    except installed().PackageNotFoundError:  # the bare source tree
        return
    metadata = home / f"{OWN}-{here.version}.dist-info" / "METADATA"
    told = here.read_text("METADATA") or ""
    if metadata.is_file() and metadata.read_text(encoding="utf-8") == told:
        return
    metadata.parent.mkdir(mode=0o700, exist_ok=True)
    _write(metadata, told)


def _write(file: Path, text: str) -> None:
    descriptor, partial = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(partial, file)
