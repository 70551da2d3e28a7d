"""The views over SQL."""
