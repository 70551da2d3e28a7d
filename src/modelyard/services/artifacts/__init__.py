"""The files of runs and models."""
