"""Write the wire's types for the pages: ``python ui/wire.py`` (``--check`` only says whether they are stale)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.wire.table import ENDPOINTS

TARGET = Path(__file__).resolve().parent / "src" / "wire" / "types.ts"
_REFERENCE = "#/components/schemas/"
_HEAD = "// Written by `python ui/wire.py` from the endpoint table. Do not edit.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Json = Mapping[str, Any]


def main(words: list[str]) -> int:
    """Write the file, or with ``--check`` compare it; answers the exit code."""
    text = "".join(document())
    if "--check" in words:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("ui/src/wire/types.ts is stale: run python ui/wire.py", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    return 0


def document() -> Iterator[str]:
    """The file, in pieces: every record, then every row of the table with its request and its reply."""
    types = list(dict.fromkeys(kind for row in ENDPOINTS for kind in (row.request, row.reply)))
    _, schemas = msgspec.json.schema_components(types, ref_template=_REFERENCE + "{name}")
    yield _HEAD
    for name, schema in sorted(schemas.items()):
        yield f"\nexport {_declared(name, schema)}\n"
    yield "\nexport interface Wire {\n"
    for row in ENDPOINTS:
        yield f'  "{row.name}": {{ request: {row.request.__name__}; reply: {row.reply.__name__} }};\n'
    yield "}\n\nexport const rows: Record<keyof Wire, { method: string; path: string }> = {\n"
    for row in ENDPOINTS:
        yield f'  "{row.name}": {{ method: "{row.methods[0]}", path: "{row.paths[0]}" }},\n'
    yield "};\n"


def _declared(name: str, schema: Json) -> str:
    if schema.get("type") == "object" and "properties" in schema:
        required = set(schema.get("required", ()))
        fields = "".join(
            f"  {_key(field)}{'' if field in required else '?'}: {_type(each)};\n"
            for field, each in schema["properties"].items()
        )
        return f"interface {name} {{\n{fields}}}"
    return f"type {name} = {_type(schema)};"


def _key(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if "enum" in schema:
        return " | ".join(msgspec.json.encode(each).decode() for each in schema["enum"])
    if "const" in schema:
        return msgspec.json.encode(schema["const"]).decode()
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    kind = schema.get("type")
    if kind == "array":
        inner = _type(schema.get("items") or {})
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, Mapping) else 'unknown'}>"
    return _PLAIN.get(str(kind), "unknown")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
