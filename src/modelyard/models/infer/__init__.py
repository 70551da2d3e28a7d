"""The schema of data, found by looking at it."""

from modelyard.models.infer.schema import infer_schema

__all__ = ["infer_schema"]
