"""Schemas: the columns or tensors that go into a model or come out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import optional
from modelyard.models.libraries import numpy
from modelyard.models.types import DataType, as_type, read_type


class ColSpec(Struct, frozen=True):
    """A column: its type, its name if it has one, whether it must be there.

    >>> ColSpec("double", "age")
    'age': double (required)
    """

    type: Any
    name: Any = None
    required: bool = True

    def __post_init__(self) -> None:
        force_setattr(self, "type", as_type(self.type))

    def __repr__(self) -> str:
        named = "" if self.name is None else f"{self.name!r}: "
        return f"{named}{self.type!r} ({'required' if self.required else 'optional'})"

    def to_dict(self) -> dict[str, Any]:
        """Its JSON, as MLflow writes it."""
        named = {} if self.name is None else {"name": self.name}
        return {**self.type.to_dict(), **named, "required": self.required}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> ColSpec:
        """The column a JSON object describes."""
        required = found.get("required")
        return cls(read_type(found), found.get("name"), True if required is None else bool(required))


class TensorSpec(Struct, frozen=True):
    """A tensor: its numpy data type, its shape with -1 for what varies, its name if it has one.

    >>> TensorSpec("float32", (-1, 28, 28))
    Tensor('float32', (-1, 28, 28))
    """

    type: Any
    shape: Sequence[int]
    name: str | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "type", tensor_type(self.type))
        force_setattr(self, "shape", tuple(int(size) for size in self.shape))

    @property
    def required(self) -> bool:
        """Tensors are never optional."""
        return True

    @property
    def type_name(self) -> str:
        """The data type by name."""
        return self.type if isinstance(self.type, str) else str(self.type.name)

    def __repr__(self) -> str:
        named = "" if self.name is None else f"{self.name!r}: "
        return f"{named}Tensor({self.type_name!r}, {self.shape!r})"

    def to_dict(self) -> dict[str, Any]:
        """Its JSON, as MLflow writes it."""
        spec = {"type": "tensor", "tensor-spec": {"dtype": self.type_name, "shape": list(self.shape)}}
        return spec if self.name is None else {"name": self.name, **spec}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> TensorSpec:
        """The tensor a JSON object describes."""
        try:
            spec = found["tensor-spec"]
            return cls(spec["dtype"], spec["shape"], found.get("name"))
        except (KeyError, TypeError) as error:
            raise InvalidParameter(f"The description of a tensor is not complete: {error}.") from error


def tensor_type(given: Any) -> Any:
    """The numpy data type without the length of texts; its name where numpy is not installed, to be shown and kept."""
    library = optional("numpy")
    if library is None:
        return str(given)
    try:
        found = library.dtype(given)
    except TypeError as error:
        raise InvalidParameter(f"{given!r} is no numpy data type.") from error
    return library.dtype({"U": "str", "S": "bytes"}[found.kind]) if found.kind in "US" else found


class Schema(Struct, frozen=True):
    """The inputs or outputs of a model: columns or tensors, all named or none.

    >>> Schema([ColSpec("double", "age"), ColSpec("string", "city", required=False)])
    ['age': double (required), 'city': string (optional)]
    """

    inputs: list[Any]

    def __post_init__(self) -> None:
        if not isinstance(self.inputs, list | tuple):
            raise InvalidParameter(f"A Schema is made of a list, not of a {type(self.inputs).__name__}.")
        specs = list(self.inputs)
        force_setattr(self, "inputs", specs)
        if not specs:
            raise InvalidParameter("A Schema needs at least one column or tensor.")
        if len({type(each) for each in specs}) > 1 or not isinstance(specs[0], ColSpec | TensorSpec):
            raise InvalidParameter("A Schema is made of ColSpec or of TensorSpec, not of both or of something else.")
        _check_names(specs)

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inputs)

    def __repr__(self) -> str:
        return repr(self.inputs)

    def is_tensor_spec(self) -> bool:
        """Whether it is made of tensors."""
        return isinstance(self.inputs[0], TensorSpec)

    def has_input_names(self) -> bool:
        """Whether its columns or tensors have names."""
        return self.inputs[0].name is not None

    def input_names(self) -> list[Any]:
        """The names, or 0, 1, … where there are none."""
        return [each.name or place for place, each in enumerate(self.inputs)]

    def required_input_names(self) -> list[Any]:
        """The names of what must be there."""
        return [each.name or place for place, each in enumerate(self.inputs) if each.required]

    def optional_input_names(self) -> list[Any]:
        """The names of what may be left out."""
        return [each.name or place for place, each in enumerate(self.inputs) if not each.required]

    def input_types(self) -> list[Any]:
        """The type of each column or tensor."""
        return [each.type for each in self.inputs]

    def input_types_dict(self) -> dict[Any, Any]:
        """Name → type."""
        return {name: each.type for name, each in self.input_dict().items()}

    def input_dict(self) -> dict[Any, Any]:
        """Name → column or tensor."""
        if not self.has_input_names():
            raise InvalidParameter("This schema has no names; use `inputs`.")
        return {each.name: each for each in self.inputs}

    def numpy_types(self) -> list[Any]:
        """The numpy data type of each."""
        if self.is_tensor_spec():
            return [numpy().dtype(each.type) for each in self.inputs]
        return [each.to_numpy() for each in self._scalars()]

    def pandas_types(self) -> list[Any]:
        """The data type of each column in pandas."""
        if self.is_tensor_spec():
            raise InvalidParameter("Tensors have numpy types only; use `numpy_types()`.")
        return [each.to_pandas() for each in self._scalars()]

    def _scalars(self) -> list[DataType]:
        for each in self.inputs:
            if not isinstance(each.type, DataType):
                raise InvalidParameter(f"Column {each.name!r} is of type {each.type!r}, which is no scalar.")
        return self.input_types()

    def to_dict(self) -> list[dict[str, Any]]:
        """Its JSON, as MLflow writes it."""
        return [each.to_dict() for each in self.inputs]

    def to_json(self) -> str:
        """The text of its JSON, as it stands in an MLmodel file."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Schema:
        """The schema that ``to_json`` wrote, or MLflow.

        >>> Schema.from_json('[{"type": "long", "name": "a", "required": true}]')
        ['a': long (required)]
        """
        try:
            found = json.loads(text)
            if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
                raise InvalidParameter("A schema's JSON is a list of objects.")
            return cls([_read(each) for each in found])
        except RecursionError:
            raise InvalidParameter("A schema's JSON is nested too deeply.") from None
        except ValueError as error:
            raise InvalidParameter(f"A schema's text is no JSON: {error}.") from error


def _read(found: Mapping[str, Any]) -> ColSpec | TensorSpec:
    return TensorSpec.from_dict(found) if found.get("type") == "tensor" else ColSpec.from_dict(found)


def _check_names(specs: Sequence[ColSpec | TensorSpec]) -> None:
    unnamed = [each for each in specs if each.name is None]
    if not unnamed:
        return
    if len(unnamed) < len(specs):
        raise InvalidParameter("In a Schema either all columns have names or none has.")
    if isinstance(specs[0], TensorSpec) and len(specs) > 1:
        raise InvalidParameter("A Schema of several tensors needs a name for each.")
    if not all(each.required for each in specs):
        raise InvalidParameter("Optional columns need names: without one nobody can tell which is missing.")
