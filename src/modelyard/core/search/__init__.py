"""The filter language: lexer, parser, predicate, fields, orders, and the evaluator that says what they mean."""

from modelyard.core.search.columns import Column, parse_column, parse_column_order, parse_columns
from modelyard.core.search.evaluate import DatasetFilter, DatasetUse, Measured, Record, matches, order_records
from modelyard.core.search.fields import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    FieldTable,
    OrderKey,
)
from modelyard.core.search.order import OrderObject, parse_order_by, parse_order_objects
from modelyard.core.search.parser import parse_filter
from modelyard.core.search.predicate import And, Compare, Field, Kind, Not, Op, Or, Predicate, both

__all__ = [
    "EXPERIMENTS",
    "LOGGED_MODELS",
    "MODEL_VERSIONS",
    "REGISTERED_MODELS",
    "RUNS",
    "And",
    "Column",
    "Compare",
    "DatasetFilter",
    "DatasetUse",
    "Field",
    "FieldTable",
    "Kind",
    "Measured",
    "Not",
    "Op",
    "Or",
    "OrderKey",
    "OrderObject",
    "Predicate",
    "Record",
    "both",
    "matches",
    "order_records",
    "parse_column",
    "parse_column_order",
    "parse_columns",
    "parse_filter",
    "parse_order_by",
    "parse_order_objects",
]
