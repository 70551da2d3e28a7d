"""Distributions by name: what a requirement asks for, what is here, and what this package's own extras need."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any

OWN = "modelyard"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\s*\[([^]]*)\]")
_OF_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")


def installed() -> Any:
    """The module that knows what is installed; it draws in much that a run in this environment does not need."""
    return importlib.import_module("importlib.metadata")


def canonical(name: str) -> str:
    """A distribution's name in the one spelling that can be compared.

    >>> canonical("Scikit_Learn")
    'scikit-learn'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def named(line: str) -> str:
    """The distribution a requirement names, in the spelling that can be compared; empty for anything else."""
    match = _NAME.match(line)
    return canonical(match.group()) if match else ""


def version_here(name: str) -> str:
    """The version of a distribution here, without the label of a local build; empty where it is not installed."""
    try:
        return str(installed().version(name)).partition("+")[0]
    except installed().PackageNotFoundError:
        return ""


def extras_of(lines: Iterable[str]) -> set[str]:
    """The extras of this package that requirements ask for.

    >>> sorted(extras_of(["modelyard[models, s3]==1", "pandas[excel]"]))
    ['models', 's3']
    """
    found = (_EXTRAS.match(line[len(OWN) :]) for line in lines if named(line) == OWN)
    return {extra.strip() for match in found if match for extra in match.group(1).split(",")}


def needs_of(extras: Iterable[str]) -> list[str]:
    """What extras of this package need, as far as its metadata are installed; sorted. The extra ``""`` is the package itself."""
    try:
        told = installed().requires(OWN) or []
    except installed().PackageNotFoundError:
        return []
    waiting, seen, found = list(extras), set[str](), set[str]()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        needs = [line.partition(";")[0].strip() for line in told if _extra_of(line) == extra]
        waiting += [more for line in needs if named(line) == OWN for more in extras_of([line])]
        found.update(line for line in needs if named(line) != OWN)
    return sorted(found)


def _extra_of(line: str) -> str | None:
    """The extra a line of the metadata belongs to, or None where it is one of several."""
    found = _OF_EXTRA.findall(line)
    return None if len(found) > 1 else found[0] if found else ""
