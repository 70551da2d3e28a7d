"""Which of a model's requirements this environment does not meet, without installing anything or asking an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from modelyard.environments.requirements import named, version_here

_LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^]]*\])?\s*\(?(?P<rules>[^;@)]*)\)?\s*(?P<more>[;@].*)?")
_RULE = re.compile(r"(?P<sign>===|==|~=|!=|<=|>=|<|>)\s*(?P<version>[^\s,]+)")
_VERSION = re.compile(r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)(?P<rest>[^+]*)(?:\+.*)?", re.IGNORECASE)
_AFTER = re.compile(r"[._-]?(post|rev|r\b|\d)", re.IGNORECASE)

_Key = tuple[int, tuple[int, ...], int, str]


def unmet(lines: Iterable[str]) -> list[str]:
    """A few words on each requirement that does not hold here; none of them means that they all do.

    What cannot be compared by name and version alone (addresses, files, conditions) counts as not met. Lines that only
    say where packages come from ask for nothing.

    >>> unmet(["msgspec>=0.1", "--index-url https://packages.example/simple"])
    []
    >>> unmet(["msgspec==0.1", "no-such-package"])[1]
    'no-such-package: it is not installed'
    """
    return [told for line in lines if (told := _look(line.strip()))]


def broken(constraints: Iterable[str]) -> list[str]:
    """The same for constraints, which ask for nothing that is not installed."""
    return unmet(line for line in constraints if version_here(named(line) or "-"))


def _look(line: str) -> str:
    if line.startswith(("-r", "--requirement", "-e", "--editable")):
        return f"{line}: it cannot be compared"
    if not line or line.startswith("-"):
        return ""
    match = _LINE.fullmatch(line)
    if match is None or match["more"]:
        return f"{line}: it cannot be compared"
    here = version_here(named(line))
    if not here:
        return f"{line}: it is not installed"
    rules = [rule.strip() for rule in match["rules"].split(",") if rule.strip()]
    return "" if all(_holds(rule, here) for rule in rules) else f"{line}: {here} is here"


def _holds(rule: str, here: str) -> bool:
    match = _RULE.fullmatch(rule)
    if match is None:
        return False
    sign, wanted = match["sign"], match["version"]
    if sign == "===":
        return here == wanted
    if sign in ("==", "!=") and wanted.endswith(".*"):
        return _begins(here, wanted[:-2]) == (sign == "==")
    if sign == "~=":
        return _compare(">=", here, wanted) and _begins(here, wanted.rpartition(".")[0])
    return _compare(sign, here, wanted)


_SIGNS: Mapping[str, Callable[[_Key, _Key], bool]] = MappingProxyType(
    {
        "==": lambda here, wanted: here == wanted,
        "!=": lambda here, wanted: here != wanted,
        "<": lambda here, wanted: here < wanted,
        "<=": lambda here, wanted: here <= wanted,
        ">": lambda here, wanted: here > wanted,
        ">=": lambda here, wanted: here >= wanted,
    }
)


def _compare(sign: str, here: str, wanted: str) -> bool:
    keys = _key(here), _key(wanted)
    return keys[0] is not None and keys[1] is not None and _SIGNS[sign](keys[0], keys[1])


def _begins(here: str, with_: str) -> bool:
    key, start = _key(here), _key(with_)
    if key is None or start is None or not with_:
        return False
    parts = [int(part) for part in re.findall(r"\d+", with_)]
    return list((*key[1], *[0] * len(parts))[: len(parts)]) == parts


def _key(version: str) -> _Key | None:
    """What versions are put in order by: the numbers, then before a release, the release itself, after it."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    release = [int(part) for part in match["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    rest = match["rest"].lower()
    order = 0 if not rest else 1 if _AFTER.match(rest) else -1
    return int(match["epoch"] or 0), tuple(release), order, rest
