"""Interfaces beside each other: `python -m benches.ui`."""
