"""What can be searched and ordered by, as one table per kind of thing: `RUNS`, `EXPERIMENTS` and so on.

A table names attributes with their types and other spellings; metrics, parameters and tags have free keys and one type
each. Which operators a field takes follows from its type alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.predicate import Field, Kind, Op


class ValueType(Enum):
    """How a field's values are written in a filter, and how they are ordered."""

    NUMBER = "number"
    TEXT = "text"
    DIGITS = "digits"  # a text that is a number (the id of an experiment): compared as text, ordered as a number


_EQUALITY = (Op.EQ, Op.NE)
_MEMBERSHIP = (Op.IN, Op.NOT_IN)
_NULLNESS = (Op.IS_NULL, Op.IS_NOT_NULL)
_NUMBER_OPS = (*_EQUALITY, Op.GT, Op.GE, Op.LT, Op.LE, Op.BETWEEN, *_MEMBERSHIP)
_TEXT_OPS = (*_EQUALITY, Op.LIKE, Op.ILIKE, Op.MATCHES, *_MEMBERSHIP)

_PREFIXES = {
    "metric": Kind.METRIC,
    "metrics": Kind.METRIC,
    "parameter": Kind.PARAM,
    "parameters": Kind.PARAM,
    "param": Kind.PARAM,
    "params": Kind.PARAM,
    "tag": Kind.TAG,
    "tags": Kind.TAG,
    "attribute": Kind.ATTRIBUTE,
    "attributes": Kind.ATTRIBUTE,
    "attr": Kind.ATTRIBUTE,
    "run": Kind.ATTRIBUTE,
    "dataset": Kind.DATASET,
    "datasets": Kind.DATASET,
}

_DATASET_KEYS = ("name", "digest", "context")


class Attribute(msgspec.Struct, frozen=True):
    """An attribute's type, its other spellings, and where it may be used."""

    type: ValueType = ValueType.TEXT
    aliases: tuple[str, ...] = ()
    filterable: bool = True
    orderable: bool = True
    quotable: bool = False  # a number that may be written in quotes, as MLflow allows for version_number


class OrderKey(msgspec.Struct, frozen=True):
    """One key of an order; the dataset narrows a logged model's metric to its values on that dataset."""

    field: Field
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class FieldTable(msgspec.Struct, frozen=True):
    """What of one kind of thing can be searched and ordered by."""

    name: str
    kinds: tuple[Kind, ...]
    attributes: Mapping[str, Attribute]
    default_order: tuple[OrderKey, ...]  # when nothing is asked for
    ties: tuple[OrderKey, ...]  # what follows the keys asked for; its last is unique
    order_kinds: tuple[Kind, ...] = (Kind.ATTRIBUTE,)
    assumed_tags: Mapping[str, str] = {}  # tags that count as having this value where they are missing

    def kind(self, prefix: str) -> Kind:
        """The kind a prefix stands for, as in ``params.depth``."""
        kind = _PREFIXES.get(prefix)
        if kind not in self.kinds:
            raise InvalidParameter(
                f"Invalid entity type '{prefix}'. Valid values are {[str(each) for each in self.kinds]}"
            )
        return kind

    def attribute(self, name: str, *, ordering: bool = False) -> Field:
        """The attribute of this name or other spelling."""
        for canonical, attribute in self.attributes.items():
            usable = attribute.orderable if ordering else attribute.filterable
            if usable and (name == canonical or name in attribute.aliases):
                return Field(Kind.ATTRIBUTE, canonical)
        valid = sorted(
            canonical
            for canonical, attribute in self.attributes.items()
            if (attribute.orderable if ordering else attribute.filterable)
        )
        raise InvalidParameter(f"Invalid attribute key '{name}' specified. Valid keys are {valid}")

    def field(self, kind: Kind, key: str, *, ordering: bool = False) -> Field:
        """The field of a kind and key, checked against the table."""
        if kind is Kind.ATTRIBUTE:
            return self.attribute(key, ordering=ordering)
        if kind is Kind.DATASET and key not in _DATASET_KEYS:
            raise InvalidParameter(f"Invalid dataset key '{key}' specified. Valid keys are {sorted(_DATASET_KEYS)}")
        return Field(kind, key)

    def type_of(self, field: Field) -> ValueType:
        """The type of a field's values."""
        if field.kind is Kind.ATTRIBUTE:
            return self.attributes[field.key].type
        return ValueType.NUMBER if field.kind is Kind.METRIC else ValueType.TEXT

    def operators(self, field: Field) -> tuple[Op, ...]:
        """The operators a field takes."""
        operators = _NUMBER_OPS if self.type_of(field) is ValueType.NUMBER else _TEXT_OPS
        return operators if field.kind in (Kind.METRIC, Kind.DATASET) else (*operators, *_NULLNESS)

    def whole_order(self, keys: tuple[OrderKey, ...]) -> tuple[OrderKey, ...]:
        """The keys asked for, or the default ones, followed by the tie-breakers they lack: a total order."""
        wanted = keys or self.default_order
        present = {key.field for key in wanted}
        return (*wanted, *(tie for tie in self.ties if tie.field not in present))


def _key(name: str, *, ascending: bool = True) -> OrderKey:
    return OrderKey(Field(Kind.ATTRIBUTE, name), ascending=ascending)


_NUMBER = Attribute(ValueType.NUMBER)
_TEXT = Attribute()
_ALL_KINDS = (Kind.METRIC, Kind.PARAM, Kind.TAG, Kind.ATTRIBUTE, Kind.DATASET)
_PROMPT_TAG = {"mlflow.prompt.is_prompt": "false"}

RUNS = FieldTable(
    name="run",
    kinds=_ALL_KINDS,
    attributes={
        "run_id": _TEXT,
        "run_name": Attribute(aliases=("run name", "Run name", "Run Name")),
        "status": _TEXT,
        "artifact_uri": _TEXT,
        "user_id": _TEXT,
        "start_time": Attribute(ValueType.NUMBER, aliases=("created", "Created")),
        "end_time": _NUMBER,
        "experiment_id": Attribute(ValueType.DIGITS),
    },
    default_order=(),
    ties=(_key("start_time", ascending=False), _key("run_id")),
    order_kinds=(Kind.METRIC, Kind.PARAM, Kind.TAG, Kind.ATTRIBUTE),
)

EXPERIMENTS = FieldTable(
    name="experiment",
    kinds=(Kind.ATTRIBUTE, Kind.TAG),
    attributes={
        "name": _TEXT,
        "experiment_id": Attribute(ValueType.DIGITS),
        "creation_time": _NUMBER,
        "last_update_time": _NUMBER,
    },
    default_order=(_key("creation_time", ascending=False), _key("experiment_id")),
    ties=(_key("experiment_id", ascending=False),),
)

REGISTERED_MODELS = FieldTable(
    name="registered model",
    kinds=(Kind.ATTRIBUTE, Kind.TAG),
    attributes={
        "name": _TEXT,
        "creation_timestamp": Attribute(ValueType.NUMBER, filterable=False),
        "last_updated_timestamp": Attribute(ValueType.NUMBER, aliases=("timestamp",), filterable=False),
    },
    default_order=(),
    ties=(_key("name"),),
    assumed_tags=_PROMPT_TAG,
)

MODEL_VERSIONS = FieldTable(
    name="model version",
    kinds=(Kind.ATTRIBUTE, Kind.TAG),
    attributes={
        "name": _TEXT,
        "version_number": Attribute(ValueType.NUMBER, quotable=True),
        "run_id": Attribute(orderable=False),
        "source_path": Attribute(orderable=False),
        "creation_timestamp": Attribute(ValueType.NUMBER, filterable=False),
        "last_updated_timestamp": Attribute(ValueType.NUMBER, filterable=False),
    },
    default_order=(),
    ties=(_key("name"), _key("version_number", ascending=False)),
    assumed_tags=_PROMPT_TAG,
)

LOGGED_MODELS = FieldTable(
    name="logged model",
    kinds=(Kind.METRIC, Kind.PARAM, Kind.TAG, Kind.ATTRIBUTE),
    attributes={
        "name": _TEXT,
        "model_id": _TEXT,
        "model_type": _TEXT,
        "status": _TEXT,
        "source_run_id": _TEXT,
        "creation_timestamp": Attribute(ValueType.NUMBER, aliases=("creation_time",)),
        "last_updated_timestamp": Attribute(ValueType.NUMBER, aliases=("last_updated_time",)),
    },
    default_order=(),
    ties=(_key("creation_timestamp", ascending=False), _key("model_id")),
    order_kinds=(Kind.METRIC, Kind.ATTRIBUTE),
)
