"""Artifacts from the client's side: where an address leads, and moving files there and back."""
