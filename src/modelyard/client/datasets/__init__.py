"""Datasets as runs record them: identity, source, schema and profile, in MLflow's JSON."""
