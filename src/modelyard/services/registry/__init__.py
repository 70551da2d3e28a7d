"""Registered models, versions, aliases and stages."""
