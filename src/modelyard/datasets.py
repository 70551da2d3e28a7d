"""``modelyard.datasets``: named datasets, their versions, and who made and used them."""

from modelyard.client.fluent.datasets import (
    dataset_lineage,
    delete_dataset_alias,
    get_dataset,
    list_dataset_versions,
    log_dataset,
    search_datasets,
    set_dataset_alias,
    use_dataset,
)
from modelyard.core.entities.dataset_version import DatasetTag, DatasetUse, DatasetVersion, NamedDataset

__all__ = [
    "DatasetTag",
    "DatasetUse",
    "DatasetVersion",
    "NamedDataset",
    "dataset_lineage",
    "delete_dataset_alias",
    "get_dataset",
    "list_dataset_versions",
    "log_dataset",
    "search_datasets",
    "set_dataset_alias",
    "use_dataset",
]
