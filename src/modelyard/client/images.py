"""Images: what can be logged as one, and the small copy a page shows."""

from __future__ import annotations

import warnings
from typing import Any

from modelyard.core.extras import loaded, require

COMPRESSED_SIZE = 256
_KINDS = {"b": "bool", "i": "signed integer", "u": "unsigned integer", "f": "floating"}
_WHAT = "Logging images"


class Image:
    """An image from an array, a list of rows, a file or a PIL image; ``log_image`` and ``log_table`` take it."""

    def __init__(self, image: Any) -> None:
        pillow = require("PIL.Image", what=_WHAT, extra="images")
        self.image: Any
        if isinstance(image, str):
            self.image = pillow.open(image)
        elif isinstance(image, pillow.Image):
            self.image = image
        elif isinstance(image, list) or _is_array(image):
            numpy = require("numpy", what=_WHAT, extra="images")
            self.image = from_array(numpy.array(image))
        else:
            raise TypeError(
                f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, PIL.Image.Image,"
                " or a filepath to an image."
            )
        self.size: tuple[int, int] = self.image.size

    def to_list(self) -> list[Any]:
        """The pixels, row after row."""
        return list(self.image.getdata())

    def to_array(self) -> Any:
        """The image as a numpy array."""
        return require("numpy", what=_WHAT, extra="images").array(self.image)

    def to_pil(self) -> Any:
        """The image as a PIL image."""
        return self.image

    def save(self, path: str) -> None:
        """Write the image to a file."""
        self.image.save(path)

    def resize(self, size: tuple[int, int]) -> Image:
        """A copy of another size."""
        return Image(self.image.resize(size))


def to_pil(image: Any) -> Any:
    """A PIL image from anything that can be logged as an image; ``TypeError`` for anything else."""
    if _is_array(image):
        return from_array(image)
    convert = getattr(image, "to_pil", None)  # ours and MLflow's
    if callable(convert):
        return convert()
    pillow = require("PIL.Image", what=_WHAT, extra="images")
    if not isinstance(image, pillow.Image):
        raise TypeError(
            f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, PIL.Image.Image, and"
            " modelyard.Image."
        )
    return image


def small_copy(image: Any) -> Any:
    """The image scaled to fit a square, its proportions kept."""
    width, height = image.size
    if width > height:
        size = (COMPRESSED_SIZE, max(1, int(height * COMPRESSED_SIZE / width)))
    else:
        size = (max(1, int(width * COMPRESSED_SIZE / height)), COMPRESSED_SIZE)
    return image.resize(size)


def from_array(array: Any) -> Any:
    """A PIL image from an array of height x width, with 1, 3 or 4 channels where there is a third dimension.

    Integers are pixels from 0 to 255, floats from 0 to 1; floats beyond are scaled, with a warning.
    """
    pillow = require("PIL.Image", what=_WHAT, extra="images")
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"Invalid array data type: '{array.dtype}'. Must be one of {list(_KINDS.values())}")
    if array.ndim not in (2, 3):
        raise ValueError(f"`image` must be a 2D or 3D array but got image shape: {array.shape}")
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4):
        raise ValueError(f"Invalid channel length: {array.shape[2]}. Must be one of [1, 3, 4]")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return pillow.fromarray(_as_bytes(array))


def _as_bytes(array: Any) -> Any:
    low, high = array.min(), array.max()
    if array.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise ValueError(f"Integer pixel values out of acceptable range [0, 255]. Found {low} to {high}.")
        return array.astype("uint8")
    if low < 0 or high > 1:
        warnings.warn(
            f"Float pixel values out of acceptable range [0.0, 1.0]. Found {low} to {high}; they are scaled.",
            stacklevel=6,
        )
        array = (array - low) / (high - low)
    return (array * 255).astype("uint8")


def _is_array(image: Any) -> bool:
    numpy = loaded("numpy")
    return numpy is not None and isinstance(image, numpy.ndarray)
