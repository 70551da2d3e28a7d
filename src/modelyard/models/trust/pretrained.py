"""What a folder in the layout of Hugging Face's libraries holds: numbers, settings and texts, or code."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelyard.models.trust.archives import refuse

_DATA = frozenset({".safetensors", ".json", ".txt", ".model", ".md", ".jinja"})
_CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "trust_remote_code", "custom_generate", "quantization_config"})
_PLACES = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal")
"""Settings that may name a place on the network to take compiled code from."""

_WHAT = "a safetensors file"
_LARGEST_HEADER = 100 << 20
_LARGEST_JSON = 128 << 20


def outside(folder: Path) -> list[str]:
    """What a folder holds that is not data, sorted.

    Raises ``UntrustedModel`` for a safetensors file that is none.
    """
    return sorted(set(_strange(folder)))


def check_safetensors(file: Path) -> None:
    """Raise ``UntrustedModel`` when a file is not what safetensors writes: a length, a header in JSON, and numbers."""
    size = file.stat().st_size
    with open(file, "rb") as content:
        start = content.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(size - 8, _LARGEST_HEADER):
            refuse(file.name, _WHAT, f"its header would be {length} bytes long")
        header = content.read(length)
    try:
        tensors = json.loads(header)
        ends = [each["data_offsets"] for name, each in tensors.items() if name != "__metadata__"]
        inside = all(0 <= begin <= end <= size - 8 - length for begin, end in ends)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        refuse(file.name, _WHAT, "its header cannot be understood")
    if not inside:
        refuse(file.name, _WHAT, "it names numbers beyond its end")


def _strange(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.is_dir():
            continue
        name = file.relative_to(folder).as_posix()
        if file.suffix not in _DATA:
            yield f"the file {name}"
        elif file.suffix == ".safetensors":
            check_safetensors(file)
        elif file.suffix == ".json":
            yield from (f"{key!r} in {name}" for key in _keys(file))


def _keys(file: Path) -> Iterator[str]:
    try:
        if file.stat().st_size > _LARGEST_JSON:
            refuse(file.name, "a settings file", "it is too large")
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        refuse(file.name, "a JSON file", "it cannot be understood")
    yield from keys_to_code(content)


def keys_to_code(settings: Any) -> Iterator[str]:
    """The keys of settings, wherever they stand, that make the libraries fetch or run code."""
    waiting = [settings]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            yield from _CODE_KEYS & value.keys()
            yield from (key for key in _PLACES if "/" in str(value.get(key)))
            waiting.extend(value.values())
