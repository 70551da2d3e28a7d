"""Files that make a canary appear when they are loaded, or would: pickles, and skops, ONNX and Keras files made by hand."""

from __future__ import annotations

import io
import json
import os
import pickle  # noqa: TID251 - the payload
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BOMB_BYTES = 80 << 20


class Bomb:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._canary),)


def pickled(canary: Path, protocol: int = 4) -> bytes:
    """A pickle that makes the canary."""
    return pickle.dumps(Bomb(canary), protocol)


# ----------------------------------------------------------------------------------------------------------------------
# skops


def node(loader: str, name: str, **more: Any) -> dict[str, Any]:
    """A node of a skops file."""
    module, _, kind = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": kind, **more}


def text(value: object) -> dict[str, Any]:
    """A node that holds a text or a number."""
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def called(function: dict[str, Any], key: str) -> dict[str, Any]:
    """A dictionary whose one key is made by calling a function with a text."""
    types = node("ListNode", "builtins.list", content=[function])
    return node("DictNode", "builtins.dict", content={key: text(1)}, key_types=types)


def tuple_of(*nodes: dict[str, Any]) -> dict[str, Any]:
    """A tuple."""
    return node("TupleNode", "builtins.tuple", content=list(nodes))


def made(name: str, *arguments: dict[str, Any]) -> dict[str, Any]:
    """An object made by calling what has a name."""
    return node("ConstructorFromReduceNode", name, content=tuple_of(*arguments))


def skops(schema: Mapping[str, Any], *, protocol: object = 2, **members: bytes) -> bytes:
    """A skops file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("schema.json", json.dumps({**schema, "protocol": protocol, "_skops_version": "0.16"}))
        for name, content in members.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return out.getvalue()


def by_constructor(canary: Path) -> bytes:
    return skops(made("os.mkdir", text(str(canary))))


def by_key_type(canary: Path) -> bytes:
    return skops(called(node("TypeNode", "os.mkdir"), str(canary)))


def by_function(canary: Path) -> bytes:
    return skops(called(node("FunctionNode", "os.mkdir"), str(canary)))


def by_old_function(canary: Path) -> bytes:
    function = node("FunctionNode", "builtins.function", content={"module_path": "os", "function": "mkdir"})
    return skops(called(function, str(canary)), protocol=0)


def by_method(canary: Path) -> bytes:
    owner = made("pathlib.PosixPath", text(str(canary)))
    return skops(called(node("MethodNode", "pathlib.PosixPath", content={"obj": owner, "func": "write_text"}), "key"))


def by_partial(canary: Path) -> bytes:
    parts = {
        "func": node("TypeNode", "os.mkdir"),
        "args": tuple_of(),
        "kwds": node("DictNode", "builtins.dict", content={}, key_types=node("ListNode", "builtins.list", content=[])),
        "namespace": text(None),
    }
    return skops(called(node("PartialNode", "functools.partial", content=parts), str(canary)))


def by_operator(canary: Path) -> bytes:
    caller = node("OperatorFuncNode", "operator.methodcaller", attrs=tuple_of(text("upper")))
    return skops(tuple_of(node("ListNode", "builtins.list", content=[caller]), made("os.mkdir", text(str(canary)))))


def by_array(canary: Path) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    array = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + pickled(canary)
    return skops(node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy"), **{"1.npy": array})


def bomb(_canary: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", json.dumps({**text("x"), "protocol": 2}))
        archive.writestr("1.bin", bytes(BOMB_BYTES))
    return out.getvalue()


def with_link(_canary: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("schema.json", json.dumps({**text("x"), "protocol": 2}))
        link = zipfile.ZipInfo("1.npy")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def climbing(_canary: Path) -> bytes:
    return skops(text("x"), **{"../../1.npy": b""})


# ----------------------------------------------------------------------------------------------------------------------
# ONNX and Keras


def protobuf(*fields: tuple[int, bytes | str | int]) -> bytes:
    """A protocol buffer of these fields."""

    def varint(value: int) -> bytes:
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
        return bytes(out)

    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(content)) + content
    return out


def onnx_model(node: bytes = b"", tensor: bytes = b"") -> bytes:
    """An ONNX model of one node and one tensor."""
    graph = protobuf((1, node), (2, "g"), (5, tensor))
    return protobuf((1, 10), (7, graph), (8, protobuf((1, ""), (2, 21))))


def external(location: str) -> bytes:
    """A tensor whose numbers are in another file."""
    entry = protobuf((1, "location"), (2, location))
    return protobuf((1, 4), (2, 1), (8, "w"), (13, entry), (14, 1))


def keras_file(config: Mapping[str, Any], **members: bytes) -> bytes:
    """A Keras file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(config))
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()
