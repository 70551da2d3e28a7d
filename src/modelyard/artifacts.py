"""``modelyard.artifacts``: list, download and load artifacts by address."""

from modelyard.client.reading import download_artifacts, list_artifacts, load_dict, load_image, load_text

__all__ = ["download_artifacts", "list_artifacts", "load_dict", "load_image", "load_text"]
