"""Experiments, runs, params, tags, metrics, inputs and logged models."""
