"""Scoring files: a model over tables of any size, in chunks that are written once."""

from modelyard.batch.options import BatchOptions
from modelyard.batch.run import Report, score_files

__all__ = ["BatchOptions", "Report", "score_files"]
