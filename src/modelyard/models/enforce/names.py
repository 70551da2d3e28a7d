"""Which of the given columns a schema takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.schema import Schema

_MOST_SHOWN = 30


def pick(schema: Schema, given: Sequence[Any]) -> list[Any]:
    """The given names the schema takes, in its order; optional ones that are not there are left out.

    ``InvalidParameter`` names what is missing and what was given. Without names in the schema the first columns are taken.
    """
    if not schema.has_input_names():
        if len(given) < len(schema):
            raise InvalidParameter(
                f"The model takes {len(schema)} columns (its signature has no names for them); {len(given)} were given."
            )
        return list(given[: len(schema)])
    known = set(given)
    missing = [each.name for each in schema.inputs if each.required and each.name not in known]
    if missing:
        raise InvalidParameter(
            f"The data has no {'column' if len(missing) == 1 else 'columns'} {shown(missing)}, which the model requires; "
            f"given {'was' if len(given) == 1 else 'were'} {shown(given) or 'no columns'}."
        )
    names = [each.name for each in schema.inputs if each.name in known]
    if len(known) < len(given):
        for name in names:
            if list(given).count(name) > 1:
                raise InvalidParameter(f"The data has several columns {name!r}; rename or drop all but one.")
    return names


def shown(names: Sequence[Any]) -> str:
    """Names for a message, the first of many."""
    listed = ", ".join(map(repr, names[:_MOST_SHOWN]))
    return listed if len(names) <= _MOST_SHOWN else f"{listed} and {len(names) - _MOST_SHOWN} more"


def specs_of(schema: Schema, picked: Sequence[Any]) -> list[Any]:
    """The specs of the picked columns."""
    if not schema.has_input_names() or len(picked) == len(schema):
        return schema.inputs
    known = schema.input_dict()
    return [known[name] for name in picked]
