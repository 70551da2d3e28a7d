"""ONNX graphs beside the models they are of."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelyard.models import catalog
from modelyard.models.convert import graphs
from modelyard.models.infer import infer_schema
from modelyard.models.schema import Schema
from modelyard.models.twin import Binding, predictor


def graph(obj: Any, data: Any, *, method: str = "predict", schema: Schema | None = None) -> Any:
    """The first graph of a model, as a function that predicts."""
    flavor = catalog.flavor_of(obj).name
    schema = schema or infer_schema(data)
    found = next(graphs(obj, flavor=flavor, schema=schema, method=method))
    run = predictor(found.proto, Binding(inputs=found.inputs, output=found.output))
    return lambda rows: np.asarray(run(rows, None)).squeeze()


def furthest(expected: Any, found: Any) -> float:
    """The largest difference of two arrays of numbers."""
    return float(np.abs(np.asarray(expected, "float64").reshape(-1) - np.asarray(found, "float64").reshape(-1)).max())
