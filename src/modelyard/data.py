"""``modelyard.data``: datasets that runs record with ``log_input``."""

from modelyard.client.datasets.arrays import NumpyDataset, from_numpy
from modelyard.client.datasets.dataset import Dataset
from modelyard.client.datasets.frames import PandasDataset, from_pandas
from modelyard.client.datasets.source import CodeSource, DatasetSource, HttpSource, UriSource

__all__ = [
    "CodeSource",
    "Dataset",
    "DatasetSource",
    "HttpSource",
    "NumpyDataset",
    "PandasDataset",
    "UriSource",
    "from_numpy",
    "from_pandas",
]
