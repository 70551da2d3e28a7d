"""The values of an entry point's parameters: given or default, of their types, before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.projects.command import words_of
from modelyard.projects.spec import EntryPoint, Parameter

Fetch = Callable[[str], Path]
"""Brings what a URI names to this disk."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class Bound:
    """Values by name, and the further arguments for parameters nobody declared (``--name value``).

    ``origins`` has the URIs of values that were fetched.
    """

    def __init__(
        self, values: Mapping[str, str], undeclared: Mapping[str, str], origins: Mapping[str, str] | None = None
    ) -> None:
        self.values = dict(values)
        self.undeclared = dict(undeclared)
        self.origins = dict(origins or {})

    @property
    def logged(self) -> dict[str, str]:
        """The params of the run: what was fetched is where it came from, not where it is now."""
        return {**self.values, **self.undeclared, **self.origins}

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words the undeclared ones add to a command."""
        return tuple(word for name, value in self.undeclared.items() for word in (f"--{name}", value))


def bind(point: EntryPoint, given: Mapping[str, Any], *, base: Path, project: Path, fetch: Fetch) -> Bound:
    """The values an entry point runs with.

    A ``path`` is found from the folder ``base``, else from the project's, and is made absolute; a URI given for one is fetched.
    Raises ``InvalidParameter`` naming the parameter that is missing or not of its type.

    >>> point = EntryPoint(name="main", command=None, parameters={"rate": Parameter(name="rate", type="float")})
    >>> bind(point, {"rate": "abc"}, base=Path(), project=Path(), fetch=Path)
    Traceback (most recent call last):
    modelyard.core.errors.InvalidParameter: Parameter 'rate' of the entry point 'main' must be a float, not 'abc'.
    """
    texts = {str(name): _text(point, str(name), value) for name, value in given.items()}
    missing = [name for name, told in point.parameters.items() if name not in texts and told.default is None]
    if missing:
        names = ", ".join(missing)
        raise InvalidParameter(
            f"The entry point {point.name!r} needs the missing parameter{'s' if len(missing) > 1 else ''} {names}: give"
            f" -P {missing[0]}=…"
        )
    undeclared = {name: text for name, text in texts.items() if name not in point.parameters}
    for name in undeclared:
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"{name!r} is no name of a parameter: letters, digits, '_' and '-', at most 64, a letter first."
            )
    places = _Places(base, project, fetch)
    found: dict[str, str] = {}
    for told in sorted(point.parameters.values(), key=lambda each: each.type == "path"):  # nothing is fetched in vain
        found[told.name] = _value(point, told, texts.get(told.name, told.default or ""), places)
    values = {name: found[name] for name in point.parameters}
    for name in point.command.spliced:
        words_of(values[name])
    return Bound(values, undeclared, places.origins(values))


def parse_pairs(words: Iterable[str]) -> dict[str, str]:
    """``name=value`` each, as ``-P`` takes them; raises ``InvalidParameter`` for one without ``=`` and one given twice.

    >>> parse_pairs(["alpha=0.5", "options=a=1"])
    {'alpha': '0.5', 'options': 'a=1'}
    """
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise InvalidParameter(f"-P {word}: write name=value, such as -P alpha=0.5.")
        _once("-P", name, value, pairs)
    return pairs


def parse_flags(words: Iterable[str]) -> dict[str, str | bool]:
    """``name=value`` or ``name`` each, as ``-A`` takes them; raises ``InvalidParameter`` for one given twice."""
    flags: dict[str, str | bool] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise InvalidParameter(f"-A {word}: write name=value or name, such as -A gpus=all.")
        _once("-A", name, value if equals else True, flags)
    return flags


def _once(flag: str, name: str, value: Any, found: dict[str, Any]) -> None:
    if name in found:
        raise InvalidParameter(f"{flag} {name} is given twice: {found[name]!r} and {value!r}.")
    found[name] = value


def _text(point: EntryPoint, name: str, value: Any) -> str:
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if "\x00" in text:
        raise InvalidParameter(f"Parameter {name!r} of the entry point {point.name!r} has a NUL character.")
    return text


class _Places:
    """Where a path is looked for; URIs are fetched last, when everything else is known to be right."""

    def __init__(self, base: Path, project: Path, fetch: Fetch) -> None:
        self.base = base
        self._folders = (base, project)
        self._fetch = fetch
        self._fetched: dict[str, str] = {}  # where it is → its URI

    def find(self, text: str) -> Path | None:
        """An existing file or folder of this disk."""
        path = text.removeprefix("file://") if text.startswith("file:///") else text
        if not path:
            return None
        candidates = (Path(os.path.abspath(folder / os.path.expanduser(path))) for folder in self._folders)
        return next((each for each in candidates if each.exists()), None)

    def fetch(self, uri: str) -> str:
        """Bring what a URI names to this disk."""
        path = os.fspath(self._fetch(uri))
        self._fetched[path] = uri
        return path

    def origins(self, values: Mapping[str, str]) -> dict[str, str]:
        """Name → URI, of the values that were fetched."""
        return {name: self._fetched[value] for name, value in values.items() if value in self._fetched}


def _value(point: EntryPoint, told: Parameter, text: str, places: _Places) -> str:
    if told.type in ("float", "int"):
        number = text.strip()
        try:
            if "_" in number:  # Python's own way to write them
                raise ValueError
            float(number) if told.type == "float" else int(number)
        except ValueError:
            raise _mistyped(point, told, "a float" if told.type == "float" else "an int", text) from None
        return number
    if told.type == "path":
        return _path(point, told, text, places)
    if told.type == "uri" and not _URI.match(text):
        found = places.find(text)
        if found is None:
            raise _mistyped(point, told, "a URI or an existing path", text)
        return str(found)
    return text


def _path(point: EntryPoint, told: Parameter, text: str, places: _Places) -> str:
    found = places.find(text)
    if found is not None:
        return str(found)
    if _URI.match(text):
        return places.fetch(text)
    raise InvalidParameter(
        f"Parameter {told.name!r} of the entry point {point.name!r} must be an existing path: there is no {text!r} in"
        f" {os.fspath(places.base)!r} or in the project."
    )


def _mistyped(point: EntryPoint, told: Parameter, wanted: str, text: str) -> InvalidParameter:
    return InvalidParameter(
        f"Parameter {told.name!r} of the entry point {point.name!r} must be {wanted}, not {text!r}."
    )
