"""Composite models: one predict function, any number of models, and the code between them, as one model."""

from modelyard.models.composite.model import CompositeModel

__all__ = ["CompositeModel"]
