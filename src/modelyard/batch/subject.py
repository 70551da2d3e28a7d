"""What a batch is about: the model behind an address, and which columns of the input it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.batch.arrow import arrow, arrow_csv
from modelyard.batch.options import BatchOptions, Format, names_in
from modelyard.batch.read import Position, Reader
from modelyard.batch.rows import Wanted
from modelyard.batch.scorer import Recipe
from modelyard.client.active import PROCESS
from modelyard.client.artifacts.locate import version_of
from modelyard.client.artifacts.references import parse_model
from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import PYFUNC
from modelyard.models.enforce.names import pick
from modelyard.models.mlmodel import Model
from modelyard.models.trust import digest, private_folder
from modelyard.models.types import DataType

_DELIMITERS = {",": ",", ";": "';'", "\t": r"$'\t'", "|": "'|'"}
"""What may stand between values, and how a shell is told of it."""


class Source(NamedTuple):
    """A model: its folder on this disk, what its MLmodel file says, its digest, and its version where it is registered."""

    folder: Path
    model: Model
    digest: str
    version: str


def source_of(address: str) -> Source:
    """The model at an address; nothing of it runs."""
    given = Path(address)
    folder = private_folder(given if given.is_dir() else fetch_model(address))
    model = Model.load(folder)
    if PYFUNC not in model.flavors:
        raise InvalidParameter(
            f'Model does not have the "{PYFUNC}" flavor: it cannot predict. It has: {", ".join(model.flavors)}.'
        )
    return Source(folder, model, digest(folder), _version(address))


def recipe_of(source: Source, reader: Reader, options: BatchOptions, *, form: Format, output: Format) -> Recipe:
    """How chunks are scored; ``InvalidParameter`` where the input lacks a column the model requires."""
    names = tuple(reader.names)
    kept = options.kept
    if names:
        for name in kept or ():
            if name not in names:
                raise InvalidParameter(
                    f"The input has no column {name!r}, named by --columns. It has: {_listed(names)}."
                )
    try:
        features = _features(source.model, names)
    except InvalidParameter as error:
        raise InvalidParameter(error.message + _other_delimiter(names, form)) from None
    if form == "csv":
        features = _typed(reader, names, features, options.delimiter)
    verbatim = form == output == "csv" and kept is None
    return Recipe(
        folder=source.folder,
        trust=options.trust,
        form=form,
        names=names,
        delimiter=options.delimiter,
        wanted=Wanted(features, kept, verbatim),
        prediction_column=options.prediction_column,
        outputs=names_in(options.outputs),
        params=dict(options.params),
    )


def _features(model: Model, names: Sequence[str]) -> Mapping[str, Any] | None:
    """The model's columns with their types, by the signature; None where it takes whatever there is."""
    schema = model.get_input_schema()
    if schema is None:
        return None
    if names:
        pick(schema, list(names))
    if schema.is_tensor_spec():
        wanted = schema.input_names() if schema.has_input_names() else names
        return dict.fromkeys(wanted, DataType.double) or None
    types = [each.type for each in schema.inputs]
    if schema.has_input_names():
        return dict(zip(schema.input_names(), types, strict=True))
    return dict(zip(names, types, strict=False)) or None


def _other_delimiter(names: Sequence[str], form: Format) -> str:
    """A hint for CSV whose header seems to be one name, because something else stands between its values."""
    found = [sign for sign in _DELIMITERS if form == "csv" and len(names) == 1 and sign in names[0]]
    return f" If {found[0]!r} stands between its values: --delimiter {_DELIMITERS[found[0]]}" if found else ""


def _typed(
    reader: Reader, names: Sequence[str], features: Mapping[str, Any] | None, delimiter: str
) -> Mapping[str, Any]:
    """The types in which columns of CSV are read: the signature's, else those of the first rows (whole numbers as floats)."""
    if features is not None:
        return features
    first = next(iter(reader.chunks(Position())), None)
    if first is None or not first.data.data.strip():
        return dict.fromkeys(names, DataType.double)
    library = arrow_csv()
    seen = library.read_csv(
        arrow().BufferReader(first.data.data),
        read_options=library.ReadOptions(column_names=list(names), block_size=len(first.data.data) + 1024),
        parse_options=library.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda _: "skip"
        ),
    ).schema
    return {field.name: _plain(field.type) for field in seen}


def _plain(of: Any) -> DataType:
    types = arrow().types
    if types.is_integer(of) or types.is_floating(of):
        return DataType.double
    return DataType.boolean if types.is_boolean(of) else DataType.string


def _version(address: str) -> str:
    reference = parse_model(address)
    if reference is None or not reference.name:
        return ""
    registry = PROCESS.connect(PROCESS.current_registry_uri(None)).registry
    return f"{reference.name}/{version_of(reference, registry)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:20]))
