"""The contract suite of stores of named datasets."""

from modelyard.testing.datasets.contract import DatasetStoreContract
from modelyard.testing.datasets.steps import Runs

__all__ = ["DatasetStoreContract", "Runs"]
