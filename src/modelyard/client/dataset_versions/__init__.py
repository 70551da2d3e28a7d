"""Versions of named datasets: what is made one, and how it comes back to this disk."""
