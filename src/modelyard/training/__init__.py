"""Training models on tables: ``train``, and the train/predict service."""

from modelyard.training.result import Training
from modelyard.training.train import train

__all__ = ["Training", "train"]
