"""Messages to bytes and back: the same for the server's requests and the client's replies.

What is usual is decoded by msgspec in one step. What is not (camelCase, unknown fields, nulls, ``run_uuid``, JSON in a
JSON string, bare ``NaN``) fails that step and takes the lenient way, which accepts what MLflow accepts, refuses what it
refuses and says so in MLflow's words. Nothing that is sent can cause any other error than a ``UserError``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote_to_bytes, urlencode

import msgspec

from modelyard.core.checks import SEE_DOCS
from modelyard.core.checks import missing as missing_value
from modelyard.core.errors import BadRequest, InvalidParameter, ModelyardError
from modelyard.core.wire.bounds import MAX_VALUES, check_bounds
from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.shape import check_texts, shape_of

MAX_DIGITS = 20
_SHOWN = 1_000

_MISSING = re.compile(r"Object missing required field `(.+?)`(?: - at `\$\.?(.*)`)?$")
_AT = re.compile(r" - at `\$\.?(.*)`$")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_SMALL = 4_096
# Inside a text the quotes would be escaped, so that these match names and nothing else.
_OLD_NAME = b'"run_uuid"'
_OLD_PAIR = re.compile(rb'"run_uuid"\s*:\s*"\w*"\s*,\s*|,\s*"run_uuid"\s*:\s*"\w*"')
_ESCAPED_NUL = b"\\u0000"
_NULL_VALUE = b'"value":null'  # msgspec's way to write a number that is not finite

M = TypeVar("M", bound=msgspec.Struct)

_encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


class Reader(Generic[M]):
    """Decodes messages of one type. Any thread may use it."""

    __slots__ = ("_decode", "_required", "_shape", "_type")

    def __init__(self, message: type[M]) -> None:
        self._type = message
        self._decode: Callable[[bytes], M] = msgspec.json.Decoder(message, strict=False).decode
        self._shape = shape_of(message)
        self._required = tuple(
            field.name for field in msgspec.structs.fields(message) if field.required and field.type in (str, "str")
        )

    def read(self, body: bytes) -> M:
        """The message in a JSON body; an empty body is an empty object.

        Raises ``InvalidParameter`` with MLflow's text for a missing or ill-typed field, ``BadRequest`` for what is no
        JSON object or is too deep or too long.
        """
        if len(body) > 2 * MAX_VALUES:  # each takes two bytes
            check_bounds(body)
        elif len(body) < _SMALL and _OLD_NAME in body:
            # What mlflow's own client sends: both names with one value.
            body = _OLD_PAIR.sub(b"", body, 1) if b'"run_id"' in body else body.replace(_OLD_NAME, b'"run_id"', 1)
        try:
            message = self._decode(body)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            return self.read_fields(parse_object(body))
        if b"\\" in body and _ESCAPED_NUL in body:  # a single byte is found fifty times faster
            check_texts(message)
        if self._required:
            self._check_given(message)
        return message

    def read_usual(self, body: bytes) -> M | None:
        """The message in a body of the usual form, which takes a thousandth of a second for 256 kB; None for any other.

        What is None here may take `read` ten times as long, whether it is a message or not.
        """
        if _ESCAPED_NUL in body:
            return None
        try:
            message = self._decode(body)
        except (ValueError, RecursionError):
            return None
        self._check_given(message)
        return message

    def read_fields(self, fields: dict[str, Any], path: Mapping[str, str] | None = None) -> M:
        """The message of decoded fields under any spelling, and of arguments in the path, which count more."""
        tidy = self._shape.tidy(fields)
        if path:
            tidy.update(path)
        check_texts(tidy)
        try:
            message = msgspec.convert(tidy, self._type, strict=False)
        except msgspec.ValidationError as error:
            raise _refusal(str(error), tidy) from None
        self._check_given(message)
        return message

    def read_query(self, query: bytes, path: Mapping[str, str] | None = None) -> M:
        """The message of a query string, and of arguments in the path, which count more."""
        fields: dict[str, Any] = {}
        for name, text in parse_query(query):
            field = self._shape.spellings.get(name)
            if field is None:
                continue
            if field.is_list:
                fields.setdefault(name, []).append(text)
            elif name not in fields:
                fields[name] = _boolean(text) if field.is_boolean else text
        return self.read_fields(fields, path)

    def _check_given(self, message: M) -> None:
        for name in self._required:
            if getattr(message, name) == "":
                raise missing_value(name)


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON body as a dictionary, with Python's own reader, which takes ``NaN`` and ``Infinity`` as MLflow does."""
    if not body.strip():
        return {}
    check_bounds(body)
    value = _parse(body)
    if isinstance(value, str):  # very old clients encode twice
        inner = value.encode("utf-8", "surrogatepass")
        check_bounds(inner)
        value = _parse(inner)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"The body must be a JSON object, not {_KINDS.get(type(value), 'a number')}.")
    return value


def parse_query(query: bytes) -> list[tuple[str, str]]:
    """The arguments of a query string, percent-decoded."""
    try:
        return [
            (_unquoted(name), _unquoted(value))
            for name, _, value in (part.partition(b"=") for part in query.split(b"&") if part)
        ]
    except UnicodeDecodeError:
        raise BadRequest("The query string is not valid UTF-8.") from None


def encode_reply(message: msgspec.Struct) -> bytes:
    """A reply as JSON. A metric's value that is not a number is the text MLflow writes for it."""
    data = _encode(message)
    # Only metrics have a number under this name; stores hold no infinity.
    return data.replace(_NULL_VALUE, b'"value":"NaN"') if _NULL_VALUE in data else data


def encode_request(message: msgspec.Struct) -> bytes:
    """A request as JSON; values that are not finite numbers are ``NaN``, ``Infinity`` and ``-Infinity`` as texts."""
    data = _encode(message)
    return _encode(_with_named_numbers(msgspec.to_builtins(message))) if _NULL_VALUE in data else data


def encode_query(message: Message, leave_out: tuple[str, ...] = ()) -> str:
    """A message as a query string: lists repeat their key, booleans are ``true`` and ``false``, nulls are left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in msgspec.to_builtins(message).items():
        if name not in leave_out and value is not None:
            pairs.extend((name, _argument(item)) for item in (value if isinstance(value, list) else [value]))
    return urlencode(pairs)


def encode_call(endpoint: Endpoint, message: Message) -> tuple[str, str, bytes | None]:
    """What a client sends for a message: the row's first method, path with query, and body (None where there is none)."""
    method = endpoint.methods[0]
    path, named = fill_path(endpoint.paths[0], message)
    if method == "GET":
        query = encode_query(message, named)
        return method, f"{path}?{query}" if query else path, None
    return method, path, encode_request(message)


def fill_path(template: str, message: Message) -> tuple[str, tuple[str, ...]]:
    """A path with its arguments filled in and quoted, and their names."""
    if "{" not in template:
        return template, ()
    named: list[str] = []

    def fill(match: re.Match[str]) -> str:
        named.append(match.group(1))
        return quote(str(getattr(message, match.group(1))), safe="/" if match.group(2) else "")

    return re.sub(r"\{(\w+)(\*?)\}", fill, template), tuple(named)


def decode_reply(reply: type[M], body: bytes) -> M:
    """The reply in a server's answer; what a newer server added is passed over."""
    try:
        return msgspec.json.decode(body or b"{}", type=reply, strict=False)
    except (ValueError, RecursionError):
        try:
            return msgspec.convert(shape_of(reply).tidy(parse_object(body)), reply, strict=False)
        except (ValueError, ModelyardError) as error:
            raise ModelyardError(f"The server's answer is not a {reply.__name__}: {error}") from None


_KINDS = {list: "a list", bool: "a boolean", str: "a text"}


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_int=_integer)
    except UnicodeDecodeError:
        raise BadRequest("The body is not valid UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error.msg} at character {error.pos}.") from None


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadRequest(f"The body holds an integer of more than {MAX_DIGITS} digits.")
    return int(digits)


def _refusal(text: str, fields: dict[str, Any]) -> InvalidParameter:
    """MLflow's message for what msgspec found wrong with the fields."""
    missing = _MISSING.match(text)
    if missing:
        name, inside = missing.group(1), missing.group(2)
        return missing_value(f"{inside}.{name}" if inside else name)
    at = _AT.search(text)
    path = at.group(1) if at else ""
    value: Any = fields
    for name, index in _STEP.findall(path):
        value = value[name] if name else value[int(index)]
    return InvalidParameter(
        f"Invalid value {_shown(value)} for parameter '{path}' supplied:  Hint: Value was of type"
        f" '{type(value).__name__}'.{SEE_DOCS}"
    )


def _shown(value: Any) -> str:
    """A value as JSON with sorted names, cut where it becomes long; what is cut off is not looked at."""
    pieces: list[str] = []
    room = _SHOWN
    for piece in _pieces(value):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            return "".join(pieces)[:_SHOWN] + "…"
    return "".join(pieces)


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        names = islice(value, _SHOWN) if len(value) > _SHOWN else sorted(value)
        for at, name in enumerate(names):
            yield "," if at else "{"
            yield from _pieces(name)
            yield ":"
            yield from _pieces(value[name])
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield "," if at else "["
            yield from _pieces(item)
        yield "]" if value else "[]"
    else:
        yield json.dumps(value[: _SHOWN + 1] if isinstance(value, str) else value, default=str)


def _unquoted(text: bytes) -> str:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return (unquote_to_bytes(text) if b"%" in text else text).decode()


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise InvalidParameter(f"Invalid boolean value: {text}, must be 'true' or 'false'.")
    return lowered == "true"


def _argument(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _with_named_numbers(value: Any) -> Any:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _with_named_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_named_numbers(item) for item in value]
    return value
