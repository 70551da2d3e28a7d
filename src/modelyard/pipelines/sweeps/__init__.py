"""Sweeps: many runs of one project or pipeline, with a value for each param, kept as runs."""
