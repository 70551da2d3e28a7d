"""The classes of a classifier, as arrays of numbers or texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy


class Labels(msgspec.Struct, frozen=True):
    """The label of each class, in the framework's order."""

    values: Any

    def of(self, places: Any) -> Any:
        """The labels at places."""
        return self.values.take(places, axis=0)

    def arrays(self) -> dict[str, Any]:
        """Texts that were held as objects are written as texts, under a name that tells."""
        if self.values.dtype.kind != "O":
            return {"labels": self.values}
        return {"labels.objects": numpy().array(self.values.tolist(), dtype="str")}


def labels_of(classes: Any) -> Labels | None:
    """The labels of an estimator; None where they are other things than numbers and texts, or would change when written."""
    library = numpy()
    if not isinstance(classes, library.ndarray) or classes.ndim != 1 or not len(classes):
        return None
    if classes.dtype.kind != "O":
        return Labels(classes) if classes.dtype.kind in "iufbU" else None
    values = classes.tolist()
    are_texts = all(type(value) is str and not value.endswith("\0") for value in values)
    return Labels(classes) if are_texts else None


def open_labels(arrays: Mapping[str, Any], count: int) -> Labels | None:
    """The labels that ``Labels.arrays`` wrote, None where there are none; there must be one for each of ``count`` classes."""
    values = arrays.get("labels")
    if values is None and "labels.objects" in arrays:
        values = arrays["labels.objects"].astype(object)
    if values is None:
        return None
    if values.shape != (count,):
        raise InvalidParameter(f"There are {count} classes and labels of shape {values.shape}.")
    return Labels(values)
