"""A model's signature: what goes in, what comes out, which parameters a prediction takes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from modelyard.core.errors import InvalidParameter
from modelyard.models.constraints import Constraint, Constraints
from modelyard.models.infer import infer_schema
from modelyard.models.infer.hints import has_fields
from modelyard.models.infer.schema import whole_columns
from modelyard.models.params import ParamSchema, infer_params
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import AnyType

_logger = logging.getLogger(__name__)

__all__ = ["ModelSignature", "infer_signature"]


class ModelSignature(Struct, frozen=True):
    """The schemas of a model's inputs, outputs and parameters; at least one of them is given.

    ``inputs`` and ``outputs`` may be dataclasses or pydantic models. ``constraints`` are rules for the values of input columns
    beyond their types; MLflow leaves them alone.

    >>> signature = ModelSignature(Schema([ColSpec("double", "age")]), Schema([ColSpec("long")]))
    >>> signature.to_dict()["outputs"]
    '[{"type": "long", "required": true}]'
    """

    inputs: Any = None
    outputs: Any = None
    params: ParamSchema | None = None
    constraints: Constraints | None = None

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            force_setattr(self, name, _schema(getattr(self, name), name))
        if self.params is not None and not isinstance(self.params, ParamSchema):
            raise InvalidParameter(f"`params` is a ParamSchema, not a {type(self.params).__name__}.")
        if self.inputs is None and self.outputs is None and self.params is None:
            raise InvalidParameter("A signature needs inputs, outputs or params.")
        if self.constraints:
            self._check_constraints(self.constraints)

    def _check_constraints(self, constraints: Constraints) -> None:
        names = [] if self.inputs is None else self.inputs.input_names()
        for name in constraints.columns:
            if name not in names:
                raise InvalidParameter(
                    f"There is a constraint for {name!r}, but the inputs are {', '.join(map(repr, names))}."
                )

    def __repr__(self) -> str:
        return f"inputs: \n  {self.inputs!r}\noutputs: \n  {self.outputs!r}\nparams: \n  {self.params!r}\n"

    def to_dict(self) -> dict[str, Any]:
        """The ``signature`` of an MLmodel file: each schema as the text of its JSON, or None."""
        found = {
            "inputs": self.inputs.to_json() if self.inputs else None,
            "outputs": self.outputs.to_json() if self.outputs else None,
            "params": self.params.to_json() if self.params else None,
        }
        return {**found, "constraints": self.constraints.to_json()} if self.constraints else found

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> ModelSignature:
        """The signature that ``to_dict`` wrote, or MLflow.

        >>> ModelSignature.from_dict({"inputs": '[{"type": "long"}]'}).inputs
        [long (required)]
        """
        inputs, outputs = found.get("inputs"), found.get("outputs")
        params, constraints = found.get("params"), found.get("constraints")
        return cls(
            Schema.from_json(inputs) if inputs else None,
            Schema.from_json(outputs) if outputs else None,
            ParamSchema.from_json(params) if params else None,
            Constraints.from_json(constraints) if constraints else None,
        )


def _schema(found: Any, what: str) -> Schema | None:
    if found is None or isinstance(found, Schema):
        return found
    kind = found if isinstance(found, type) else type(found)
    if has_fields(kind):
        return infer_schema(kind)
    raise InvalidParameter(f"`{what}` is a Schema or a dataclass, not a {type(found).__name__}.")


def infer_signature(
    model_input: Any = None,
    model_output: Any = None,
    params: Mapping[str, Any] | None = None,
    *,
    constraints: Constraints | Mapping[str, Constraint] | None = None,
) -> ModelSignature:
    """The signature of a model, from its input, its output and the defaults of its parameters.

    Data is a table (pandas, Polars, Arrow), an array or dict of arrays, a list of dicts, a dict, a list or a value. Categorical
    columns become texts; ``constraints=infer_constraints(data)`` says that no other values may come. ``InvalidParameter`` names
    the input column that has no type; output without one is ``AnyType``, with a warning in the log, for nothing depends on it.

    >>> signature = infer_signature([{"age": 31.0}], [0.5], {"threshold": 0.5})
    >>> signature.inputs, signature.outputs, signature.params
    (['age': double (required)], [double (required)], ['threshold': double (default: 0.5)])
    """
    inputs = None if model_input is None else infer_schema(model_input)
    if inputs is not None and (names := whole_columns(inputs)):
        warnings.warn(
            f"The model's input has columns of whole numbers ({', '.join(map(str, names[:10]))}). Where values are missing, most "
            "tables hold such a column as floats, which the signature then refuses. If that can happen, infer the signature from "
            "data with missing values, or convert these columns to float64 first.",
            stacklevel=2,
        )
    return ModelSignature(
        inputs,
        None if model_output is None else _outputs(model_output),
        infer_params(params) if params else None,
        constraints if isinstance(constraints, Constraints) or constraints is None else Constraints(constraints),
    )


def _outputs(data: Any) -> Schema:
    try:
        return infer_schema(data)
    except InvalidParameter as error:
        _logger.warning("The signature says nothing of the model's output: %s", error)
        return Schema([ColSpec(AnyType())])
