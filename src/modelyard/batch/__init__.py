"""Scoring files: a model over tables of any size, in chunks that are written once."""
