"""A kernel's arrays as bytes, for the way from a worker to the front, which does not trust it."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy

LIMIT = 1 << 30
_MEMBERS = 64


def pack(arrays: Mapping[str, Any]) -> bytes:
    """The arrays in numpy's own ``npz`` format, not compressed and without pickles."""
    file = io.BytesIO()
    numpy().savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(data: bytes) -> dict[str, Any]:
    """The arrays of ``pack``, as views of its bytes that cannot be written.

    Raises ``InvalidParameter`` for what is no such file. No array is larger than the bytes it is made of.
    """
    if len(data) > LIMIT:
        raise InvalidParameter(f"A fast path of {len(data):,} bytes is larger than {LIMIT:,}, the most there may be.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = file.infolist()
            if len(members) > _MEMBERS or any(each.compress_type != zipfile.ZIP_STORED for each in members):
                raise InvalidParameter("The arrays of a fast path are not packed as they should be.")
            return {each.filename.removesuffix(".npy"): _array(file.read(each)) for each in members}
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        SyntaxError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise InvalidParameter(f"These are no packed arrays: {type(error).__name__}.") from error


def _array(data: bytes) -> Any:
    library = numpy()
    file = io.BytesIO(data)
    if library.lib.format.read_magic(file) != (1, 0):
        raise InvalidParameter("An array of a fast path is of an unknown version.")
    shape, is_fortran, dtype = library.lib.format.read_array_header_1_0(file)
    content = memoryview(data)[file.tell() :]
    if dtype.hasobject or dtype.kind not in "iufbUc" or math.prod(shape) * dtype.itemsize != len(content):
        raise InvalidParameter("An array of a fast path has another size than it says.")
    if not math.prod(shape):
        return library.empty(shape, dtype)
    return library.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
