"""The input example that is saved with a model, in MLflow's files: the data, and the request that sends it to a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, optional
from modelyard.models.jsonable import jsonable, nulls_for_nan
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.params import infer_params
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.values import as_mapping
from modelyard.models.wire import read_column, read_value

EXAMPLE_FILE = "input_example.json"
SERVING_FILE = "serving_input_example.json"
# Requests to language models are sent as they are, not under "inputs".
_BARE = ("messages", "prompt", "input")


def split_example(example: Any) -> tuple[Any, dict[str, Any] | None]:
    """The data and the parameters of an example: a pair of data and dict has parameters, anything else has none.

    >>> split_example(([1, 2], {"k": 3}))
    ([1, 2], {'k': 3})
    >>> split_example([1, 2])
    ([1, 2], None)
    """
    if isinstance(example, tuple) and len(example) == 2 and isinstance(example[1], dict):
        return example
    return example, None


def save_example(folder: Path, example: Any) -> dict[str, Any]:
    """Write the example's two files into a model's folder; the answer is ``saved_input_example_info`` of its MLmodel file.

    The example is a table, an array, a dict of arrays, a sparse matrix, a dict, a list or a value, or a pair of that and a
    dict of parameters. Bytes are written as base64, dates in ISO form. ``InvalidParameter`` says what cannot be written.
    """
    data, params = split_example(example)
    if params is not None:
        infer_params(params)  # refuses what no signature could describe
    info, written, request = _encoded(data)
    info = {"artifact_path": EXAMPLE_FILE, **info, "serving_input_path": SERVING_FILE}
    if params is not None:
        info["params"] = "true"
        params = jsonable(params, "The parameters")
        written = {"inputs": written, "params": params}
        request = {**request, **params} if _is_bare(data) else {**request, "params": params}
    (folder / EXAMPLE_FILE).write_text(json.dumps(written), encoding="utf-8")
    (folder / SERVING_FILE).write_text(json.dumps(nulls_for_nan(request), indent=2), encoding="utf-8")
    return info


def serving_request(example: Any) -> dict[str, Any]:
    """The body of a request to ``/invocations`` that sends the example.

    >>> serving_request(([1, 2], {"k": 3}))
    {'inputs': [1, 2], 'params': {'k': 3}}
    """
    data, params = split_example(example)
    request = _encoded(data)[2]
    if params is not None:
        more = jsonable(params, "The parameters")
        request = {**request, **more} if _is_bare(data) else {**request, "params": more}
    found: dict[str, Any] = nulls_for_nan(request)
    return found


def _is_bare(data: Any) -> bool:
    found = as_mapping(data)
    return isinstance(found, Mapping) and any(key in found for key in _BARE)


def _encoded(data: Any) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """The type in the info, what is written, and the request."""
    kind = kind_of(data)
    if kind in ("pandas", "series", "polars", "polars-series", "arrow"):
        split = _split(kind, data)
        orient = "split" if "columns" in split else "values"
        return {"type": "dataframe", "pandas_orient": orient}, split, {"dataframe_split": split}
    if kind == "sparse":
        return _encoded_sparse(data)
    if kind == "ndarray":
        found = _array(data)
        return {"type": "ndarray"}, found, {"inputs": found}
    data = as_mapping(data)
    if (
        isinstance(data, Mapping)
        and (arrays := [kind_of(value) == "ndarray" for value in data.values()])
        and any(arrays)
    ):
        if not all(arrays):
            raise InvalidParameter(
                "The example is a dict of arrays and other values; make all of them arrays, or none."
            )
        found = {name: _array(value) for name, value in data.items()}
        return {"type": "ndarray"}, found, {"inputs": found}
    found = jsonable(data, "The example")
    return {"type": "json_object"}, found, found if _is_bare(data) else {"inputs": found}


def _encoded_sparse(data: Any) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    if data.format not in ("csr", "csc"):
        data = data.tocsr()
    found = {
        "data": _array(data.data),
        "indices": data.indices.tolist(),
        "indptr": data.indptr.tolist(),
        "shape": list(data.shape),
    }
    return {"type": f"sparse_matrix_{data.format}"}, found, {"inputs": _array(data.toarray())}


def _array(array: Any) -> Any:
    """An array as lists, NaN as null: MLflow reads it back as NaN by the signature's type."""
    return nulls_for_nan(jsonable(array, "The example"))


def _split(kind: str, data: Any) -> dict[str, Any]:
    """A table as columns and rows; the columns are left out when they are only counted."""
    if kind in ("series", "polars-series"):
        data = data.to_frame()
    if kind in ("pandas", "series"):
        columns: list[Any] = data.columns.tolist()
        values = [data.iloc[:, place].tolist() for place in range(len(columns))]
    elif kind == "arrow":
        columns = list(data.schema.names)
        values = [column.to_pylist() for column in data.columns]
    else:
        columns = list(data.columns)
        values = [column.to_list() for column in data.iter_columns()]
    encoded = [
        nulls_for_nan(jsonable(column, f"Column {name!r} of the example"))
        for name, column in zip(columns, values, strict=True)
    ]
    rows = [list(row) for row in zip(*encoded, strict=True)]
    return {"data": rows} if columns == list(range(len(columns))) else {"columns": columns, "data": rows}


# ----------------------------------------------------------------------------------------------------------------------
# Back again


def load_example(folder: Path, info: Mapping[str, Any], *, schema: Schema | None = None) -> Any:
    """The data of the example in a model's folder; with the schema of the model's inputs its types are those of the data saved.

    Without one, bytes stay base64 texts and dates ISO texts. Tables are read as pandas data frames.
    """
    written = _read(folder, info)
    if info.get("params"):
        written = written["inputs"]
    match info.get("type"):
        case "dataframe":
            return _read_frame(written, schema)
        case "ndarray":
            return _read_arrays(written, schema)
        case "sparse_matrix_csr" | "sparse_matrix_csc":
            return _read_sparse(written, str(info["type"]))
        case "json_object":
            return _read_object(written, schema)
    raise InvalidParameter(
        f"This release cannot read an input example of type {info.get('type')!r}; load the model without it."
    )


def load_example_params(folder: Path, info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The parameters of the example, or None."""
    return dict(_read(folder, info)["params"]) if info.get("params") else None


def load_serving_request(folder: Path, info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The saved body of a request that sends the example, or None where there is none."""
    name = info.get("serving_input_path")
    if not name:
        return None
    found: dict[str, Any] = json.loads((folder / Path(str(name)).name).read_text(encoding="utf-8"))
    return found


def _read(folder: Path, info: Mapping[str, Any]) -> Any:
    # Only the name counts: an MLmodel file is somebody else's text, and must not point out of its folder.
    path = folder / Path(str(info.get("artifact_path", EXAMPLE_FILE))).name
    return json.loads(path.read_text(encoding="utf-8"))


def _read_frame(written: Mapping[str, Any], schema: Schema | None) -> Any:
    library = pandas("The input example of a table")
    rows, names = written["data"], written.get("columns")
    names = list(range(len(rows[0]) if rows else 0)) if names is None else names
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    if schema is None or schema.is_tensor_spec():
        return library.DataFrame({name: list(values) for name, values in columns.items()}, columns=names)
    known = schema.input_dict() if schema.has_input_names() else dict(enumerate(schema.inputs))
    read = {}
    for place, (name, values) in enumerate(columns.items()):
        spec = known.get(name, known.get(place) if not schema.has_input_names() else None)
        read[name] = list(values) if spec is None else read_column(spec.type, values, f"Column {name!r}")
    return library.DataFrame(read, columns=names)


def _read_arrays(written: Any, schema: Schema | None) -> Any:
    specs = schema.inputs if schema is not None and schema.is_tensor_spec() else []
    if isinstance(written, dict):
        types = {each.name: each.type for each in specs}
        return {name: _read_array(values, types.get(name)) for name, values in written.items()}
    return _read_array(written, specs[0].type if specs else None)


def _read_array(values: Any, of: Any) -> Any:
    library = numpy("The input example of a tensor")
    if of is not None:
        return library.array(values, dtype=of)
    found = library.array(values)
    if found.dtype.kind != "O":
        return found
    try:
        return library.array(values, dtype="float64")  # numbers with null for NaN
    except (TypeError, ValueError):
        return found


def _read_sparse(written: Mapping[str, Any], kind: str) -> Any:
    sparse = loaded("scipy.sparse") or optional("scipy.sparse")
    if sparse is None:
        raise InvalidParameter("The input example is a sparse matrix; install scipy to read it.")
    make = sparse.csr_matrix if kind.endswith("csr") else sparse.csc_matrix
    values = _read_array(written["data"], None)
    return make((values, written["indices"], written["indptr"]), shape=tuple(written["shape"]))


def _read_object(written: Any, schema: Schema | None) -> Any:
    if schema is None or schema.is_tensor_spec():
        return written
    if not schema.has_input_names():
        of = schema.inputs[0].type
        if isinstance(written, list):
            return [read_value(of, each, "The example") for each in written]
        return read_value(of, written, "The example")
    if isinstance(written, list):
        return [_read_row(schema, row) for row in written]
    return _read_row(schema, written)


def _read_row(schema: Schema, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    types = {each.name: each.type for each in schema.inputs if isinstance(each, ColSpec)}
    return {
        name: read_value(types[name], value, f"Column {name!r}") if name in types else value
        for name, value in row.items()
    }
