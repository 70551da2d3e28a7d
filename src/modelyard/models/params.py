"""Parameters of a prediction: their schema, their defaults, and what of a caller's values fits them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from modelyard.core.errors import InvalidParameter
from modelyard.models.types import AnyType, Array, DataType, Object, as_type, read_type
from modelyard.models.values import enforce_value, infer_type, meant, plain


class ParamSpec(Struct, frozen=True):
    """A parameter: its name, type and default; ``shape`` is ``(-1,)`` for a list, None for one value.

    >>> ParamSpec("temperature", "double", 0.7)
    'temperature': double (default: 0.7)
    """

    name: str
    dtype: Any
    default: Any
    shape: Sequence[int] | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "name", str(self.name))
        force_setattr(self, "dtype", as_type(self.dtype))
        force_setattr(self, "shape", None if self.shape is None else tuple(self.shape))
        if not isinstance(self.dtype, DataType | Object) or self.dtype is DataType.binary:
            raise InvalidParameter(f"Parameter {self.name!r} cannot be of type {self.dtype!r}.")
        if self.shape not in (None, (-1,)):
            raise InvalidParameter(
                f"Parameter {self.name!r} has the shape {self.shape}; it may be (-1,) for a list or None for one value."
            )
        force_setattr(self, "default", self.enforce(self.default))

    def __repr__(self) -> str:
        shape = f" (shape: {self.shape})" if self.shape is not None else ""
        return f"{self.name!r}: {self.dtype!r} (default: {self.default}){shape}"

    def enforce(self, value: Any) -> Any:
        """The value as the parameter's type, by casts that lose nothing; ``InvalidParameter`` naming the parameter."""
        where = f"Parameter {self.name!r}"
        if self.shape is None:
            return enforce_value(self.dtype, plain(value), where, required=isinstance(self.dtype, Object))
        found = plain(value)
        if not isinstance(found, list | tuple):
            raise InvalidParameter(f"{where} is a list of {self.dtype!r}; a {type(value).__name__} was given.")
        return [
            enforce_value(self.dtype, plain(each), f"{where}, element {place}", required=False)
            for place, each in enumerate(found)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Its JSON, as MLflow writes it."""
        shape = None if self.shape is None else list(self.shape)
        return {"name": self.name, "default": _jsonable(self.default), "shape": shape, **self.dtype.to_dict()}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> ParamSpec:
        """The parameter a JSON object describes; MLflow's older key ``dtype`` is read too."""
        if "name" not in found or "default" not in found:
            raise InvalidParameter("The description of a parameter needs `name`, `type` and `default`.")
        described = {**found, "type": found.get("type") or found.get("dtype")}
        return cls(found["name"], read_type(described), found["default"], found.get("shape"))


def _jsonable(value: Any) -> Any:
    if isinstance(value, list):
        return [_jsonable(each) for each in value]
    if isinstance(value, dict):
        return {name: _jsonable(each) for name, each in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value


class ParamSchema(Struct, frozen=True):
    """The parameters a model takes.

    >>> ParamSchema([ParamSpec("k", "long", 5)])
    ['k': long (default: 5)]
    """

    params: list[ParamSpec]

    def __post_init__(self) -> None:
        if not all(isinstance(each, ParamSpec) for each in self.params):
            raise InvalidParameter("A ParamSchema is made of ParamSpec.")
        names = [each.name for each in self.params]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidParameter(f"Several parameters have the same name: {', '.join(twice)}.")
        force_setattr(self, "params", list(self.params))

    def __len__(self) -> int:
        return len(self.params)

    def __iter__(self) -> Iterator[ParamSpec]:
        return iter(self.params)

    def __repr__(self) -> str:
        return repr(self.params)

    def to_dict(self) -> list[dict[str, Any]]:
        """Its JSON, as MLflow writes it."""
        return [each.to_dict() for each in self.params]

    def to_json(self) -> str:
        """The text of its JSON, as it stands in an MLmodel file."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> ParamSchema:
        """The schema that ``to_json`` wrote, or MLflow."""
        try:
            return cls([ParamSpec.from_dict(each) for each in json.loads(text)])
        except RecursionError:
            raise InvalidParameter("The JSON of the parameters is nested too deeply.") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidParameter(f"The text of the parameters is no list of JSON objects: {error}.") from error


def enforce_params(schema: ParamSchema | None, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters of one prediction: the caller's by type, the others by default.

    >>> enforce_params(ParamSchema([ParamSpec("k", "long", 5), ParamSpec("t", "double", 0.5)]), {"t": 1})
    {'k': 5, 't': 1.0}
    """
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise InvalidParameter(f"Parameters are a dict; a {type(given).__name__} was given.")
    specs = {} if schema is None else {each.name: each for each in schema.params}
    for name in given:
        if str(name) not in specs:
            raise InvalidParameter(_unknown(str(name), list(specs)))
    named = {str(name): value for name, value in given.items()}
    return {name: spec.enforce(named[name]) if name in named else spec.default for name, spec in specs.items()}


def _unknown(name: str, known: list[str]) -> str:
    if not known:
        return (
            f"There is no parameter {name!r}: the model's signature names none. Log it with `params=` in its signature."
        )
    return f"There is no parameter {name!r}.{meant(name, known)}"


def infer_params(params: Mapping[str, Any]) -> ParamSchema:
    """The schema of parameters given by their defaults.

    >>> infer_params({"k": 5, "stop": ["a", "b"]})
    ['k': long (default: 5), 'stop': string (default: ['a', 'b']) (shape: (-1,))]
    """
    if not isinstance(params, Mapping):
        raise InvalidParameter(f"Parameters are a dict of name and default; a {type(params).__name__} was given.")
    return ParamSchema([_infer_param(str(name), value) for name, value in params.items()])


def _infer_param(name: str, value: Any) -> ParamSpec:
    found = infer_type(value, f"Parameter {name!r}")
    if isinstance(found, Array):
        return ParamSpec(name, found.dtype, value, (-1,))
    if isinstance(found, AnyType) and isinstance(value, list | tuple):
        return ParamSpec(name, DataType.string, list(value), (-1,))  # nothing in it tells more
    if isinstance(found, AnyType):
        raise InvalidParameter(f"Parameter {name!r} has no value to tell its type by; write a ParamSpec for it.")
    return ParamSpec(name, found, value)
