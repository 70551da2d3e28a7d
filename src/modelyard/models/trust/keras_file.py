"""What a ``.keras`` file makes Keras do: classes and functions by name, and what lies beside them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelyard.core.extras import require
from modelyard.models.trust.archives import archive, json_member, refuse
from modelyard.models.trust.frozen import frozen

LIST = "keras_types.txt"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
_BESIDE = frozenset({CONFIG, WEIGHTS, "metadata.json"})
_ASSETS = "assets/"
_WHAT = "a Keras file"
_LARGEST_CONFIG = 256 << 20
_PLAIN = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"})
"""What stands for values in a configuration."""

_FUNCTION = "function"
_PATHS = ("vocabulary", "filepath", "file_path", "url", "origin", "handle")


def outside(file: Path) -> list[str]:
    """What a file holds that is not on the frozen list of Keras's own classes and functions, sorted.

    Raises ``UntrustedModel`` when it is no Keras file at all, such as one in the older HDF5 format.
    """
    with archive(file, _WHAT) as inside:
        names = set(inside.namelist())
        strange = {f"the file {name}" for name in names if name not in _BESIDE and not name.startswith(_ASSETS)}
        if WEIGHTS in names:
            strange.update(_links(inside, file.name))
        return sorted(strange | set(_strange(_config(inside, file.name))))


def _config(inside: zipfile.ZipFile, name: str) -> Any:
    return json_member(
        inside, CONFIG, has="class_name", limit=_LARGEST_CONFIG, name=name, what=_WHAT, lacks="names no model"
    )


def _strange(config: Any) -> Iterator[str]:
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            if "class_name" in value and not _is_listed(value):
                yield _shown(value)
            yield from (f"a file named by {key!r}" for key in _PATHS if isinstance(value.get(key), str))
            waiting.extend(value.values())


def _is_listed(value: dict[str, Any]) -> bool:
    module, name = value.get("module"), str(value["class_name"])
    if module is None:
        return name in _PLAIN
    if name == _FUNCTION:
        return f"{module}.{value.get('config')}" in frozen(LIST)["functions"]
    registered = value.get("registered_name")
    return registered in (None, name) and f"{module}.{name}" in frozen(LIST)["classes"]


def _shown(value: dict[str, Any]) -> str:
    module, name = value.get("module"), value["class_name"]
    name = value.get("config") if name == _FUNCTION else value.get("registered_name") or name
    return str(name if module is None else f"{module}.{name}")


def _links(inside: zipfile.ZipFile, name: str) -> list[str]:
    """What the file of the weights takes from other files: HDF5 can link to them."""
    h5py = require("h5py", what="A Keras file", extra="keras")
    found: list[str] = []

    def look(where: Any) -> None:
        for key in where:
            link = where.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                found.append(f"the link {key} in {WEIGHTS}")
            elif isinstance(where[key], h5py.Group):
                look(where[key])
            elif where[key].external or where[key].is_virtual:
                found.append(f"numbers of another file for {key} in {WEIGHTS}")

    try:
        with inside.open(WEIGHTS) as content, h5py.File(content, "r") as weights:
            look(weights)
    except (OSError, RuntimeError, KeyError, RecursionError) as error:
        refuse(name, _WHAT, f"its {WEIGHTS} cannot be read: {error}")
    return found
