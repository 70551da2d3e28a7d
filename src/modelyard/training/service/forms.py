"""What a request asks for: from a query, JSON or a form to a training or a version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.training.request import DEFAULT_MODEL, DEFAULT_SEED, DEFAULT_TEST_SIZE, TrainRequest, checked
from modelyard.training.service.frames import Which
from modelyard.training.trainers.table import trainer

_OWN = ("target", "model", "params", "test_size", "seed", "name", "plots")
_TRUE, _FALSE = ("true", "1", "yes", ""), ("false", "0", "no")
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_MOST_FIELDS = 200


def query_of(raw: bytes) -> dict[str, str]:
    """The fields of a query, or of a body in the form of one."""
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, strict_parsing=False, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise BadRequest("The query, or the form, cannot be read.") from None
    return dict(pairs)


def json_of(body: bytes) -> dict[str, Any]:
    """The object in a JSON body; an empty body is an empty one."""
    if not body.strip():
        return {}
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidParameter("The body is no object of names and values.")
    return found


def train_request(fields: Mapping[str, Any], *, target: str, texts: bool) -> TrainRequest:
    """The training that fields ask for. Those that are not our own are params of the model.

    ``texts`` says that values are texts, as in a query or a form, where a number is written ``0.5`` and a list ``[64, 32]``.
    Raises ``InvalidParameter`` naming the field.
    """
    given = {key: _value(value) if texts else value for key, value in fields.items()}
    for key in ("target", "model", "name"):
        if key in fields:
            given[key] = fields[key]  # a text, also where it looks like a number
    params = given.get("params") or {}
    if not isinstance(params, dict):
        raise InvalidParameter("params is an object of names and values.")
    others = {key: value for key, value in given.items() if key not in _OWN}
    request = TrainRequest(
        target=_text(given, "target", target),
        model=_text(given, "model", DEFAULT_MODEL),
        params={**params, **others},
        test_size=given.get("test_size", DEFAULT_TEST_SIZE),
        seed=given.get("seed", DEFAULT_SEED),
        name=_text(given, "name", ""),
        plots=_switch("plots", given.get("plots", False)),
    )
    trainer(checked(request).model)
    return request


def which_of(fields: Mapping[str, str], default: str = "") -> Which:
    """The version a query names: ``model=wine``, ``model=wine/2``, ``model=wine@champion``, ``id=m-…``, ``version=``, ``alias=``.

    >>> which_of({"model": "wine", "version": "2"})
    Which(name='wine', version='2', alias='', model_id='')
    """
    named = fields.get("model") or fields.get("id") or ""
    which = parse_which(named) if named else Which()
    version, alias = fields.get("version", ""), fields.get("alias", "")
    if (version or alias) and not which.name:
        raise InvalidParameter("version and alias go with the name of a model: ?model=wine&version=2.")
    if bool(version) + bool(alias) + bool(which.version) + bool(which.alias) > 1:
        raise InvalidParameter("The version is named twice.")
    if version and not version.isdigit():
        raise InvalidParameter(f"version {version[:100]!r}: versions are numbers.")
    if version or alias:
        return Which(name=which.name, version=version, alias=alias)
    return parse_which(default) if default and not named else which


def parse_which(text: str) -> Which:
    """A version as people write it: a name, ``name/2``, ``name@alias`` or the id of a logged model.

    >>> parse_which("wine@champion").alias
    'champion'
    """
    text = text.strip().strip("/")
    if _MODEL_ID.fullmatch(text):
        return Which(model_id=text)
    name, at, alias = text.partition("@")
    if at and name and alias:
        return Which(name=name, alias=alias)
    name, slash, version = text.partition("/")
    if slash and name and version.isdigit():
        return Which(name=name, version=version)
    if not text or slash or at:
        raise InvalidParameter(f"{text[:100]!r} names no model: write wine, wine/2, wine@champion or the id of one.")
    return Which(name=text)


def check_known(fields: Mapping[str, str], known: Sequence[str]) -> None:
    """Refuse a field that would be passed over."""
    for name in fields:
        if name not in known:
            raise InvalidParameter(f"There is no option {name[:100]!r}. There are: {', '.join(known)}.")


def switch(fields: Mapping[str, str], key: str) -> bool:
    """Whether a query asks for something: ``?full`` or ``?full=true``."""
    return _switch(key, fields[key]) if key in fields else False


def _switch(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise InvalidParameter(f"{key} is true or false.")


def _text(given: Mapping[str, Any], key: str, default: str) -> str:
    value = given.get(key, default)
    if not isinstance(value, str):
        raise InvalidParameter(f"{key} is a text.")
    return value or default


def _value(text: Any) -> Any:
    """A value of a form: JSON where it is that, else the text.

    >>> _value("0.5"), _value("adam"), _value("[64, 32]")
    (0.5, 'adam', [64, 32])
    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
