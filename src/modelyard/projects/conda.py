"""Packages as conda's environment files name them: read, checked, and put as pip would say them where pip has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.projects.requirements import Line, parsed, shown

TOOLS = ("pip", "setuptools", "wheel")

_SPEC = re.compile(
    r"(?:(?P<channel>[A-Za-z0-9._/-]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)\s*"
    r"(?P<version>(?:===?|=|~=|!=|<=|>=|<|>|(?<=\s)(?=\d))[^=\s]*(?:\s*,\s*(?:==|~=|!=|<=|>=|<|>)\s*[^=\s,]+)*)?"
    r"(?:(?:=|\s+)(?P<build>[A-Za-z0-9_.*]+))?"
)
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_LONE = re.compile(r"={1,2}\s*(?P<version>[0-9][A-Za-z0-9.!+_-]*?)(?P<star>\.?\*)?")

_NOT_PYTHON = frozenset(
    "binutils blas boost c-compiler cairo compilers cpuonly cudatoolkit cudnn curl cxx-compiler ffmpeg fortran-compiler gcc"
    " gdal geos gfortran git glib graphviz gxx hdf5 icu intel-openmp jpeg libblas libffi libgcc libgcc-ng libgdal libgfortran"
    " libgomp liblapack libopenblas libpng libsndfile libstdcxx libstdcxx-ng libtiff libuv libxml2 llvm-openmp llvmdev magma make"
    " mamba maven mkl mkl-include nccl ncurses nodejs nomkl openblas openjdk openmpi openssl pkg-config poppler proj"
    " pytorch-cuda pytorch-mutex r-base readline ruby rust sqlite tesseract tk wget yarn zlib zstd".split()
)
"""Names that conda has programs and libraries under. Several are names of somebody else's package on an index."""

_NOT_PYTHON_BEGIN = ("_", "r-", "cuda-", "libcu", "gcc_", "gxx_", "binutils_", "gfortran_")

_KNOWN_AS: Mapping[str, str] = MappingProxyType(
    {
        "dask-core": "dask",
        "matplotlib-base": "matplotlib",
        "msgpack-python": "msgpack",
        "opencv": "opencv-python",
        "py-opencv": "opencv-python",
        "py-xgboost": "xgboost",
        "pytables": "tables",
        "python-graphviz": "graphviz",
        "pytorch": "torch",
        "seaborn-base": "seaborn",
    }
)
"""conda's name → the index's, where they differ and people meet it."""


class Package(msgspec.Struct, frozen=True):
    """A package of conda's: where it stands, its text, its name and what its version has to be."""

    line: Line
    name: str
    version: str = ""

    @property
    def is_python(self) -> bool:
        """Whether an index may have it: false for the programs and libraries that only conda brings."""
        return self.name not in _NOT_PYTHON and not self.name.startswith(_NOT_PYTHON_BEGIN)

    def for_pip(self) -> str:
        """The requirement that asks an index for the same."""
        return str(parsed(Line(self.line.where, f"{_KNOWN_AS.get(self.name, self.name)}{rule(self.version)}")))


def read_package(line: Line) -> Package:
    """A line such as ``numpy=1.26`` or ``conda-forge::numpy >=1.24,<2``; raises ``InvalidParameter`` for any other text."""
    found = _SPEC.fullmatch(line.text.strip())
    if found is None:
        raise InvalidParameter(f"{line.where}: {shown(line.text)!r} is no package of conda's: write it as numpy=1.26.")
    return Package(line, found["name"].lower(), (found["version"] or "").strip())


def read_channels(where: str, given: object, *, allow_urls: bool) -> list[str]:
    """The channels of a file, by name; addresses only where they are allowed."""
    if given is None:
        return ["conda-forge"]
    listed: Sequence[object] = given if isinstance(given, list) else [given]
    for channel in listed:
        if not isinstance(channel, str) or not (allow_urls or _CHANNEL.fullmatch(channel)):
            told = shown(str(channel))
            raise InvalidParameter(
                f"{where}: the channel {told!r} is no name; an address is taken only with --allow-urls."
            )
    return [str(channel) for channel in listed] or ["conda-forge"]


def rule(version: str) -> str:
    """What conda's ``=1.26`` says, as pip says it: any release that begins so.

    >>> [rule(each) for each in ("=1.26", "==1.26.4", ">=1.24,<2", "1.26.*", "")]
    ['==1.26.*', '==1.26.4', '>=1.24,<2', '==1.26.*', '']
    """
    text = version.replace(" ", "")
    if text[:1].isdigit():
        text = f"=={text}"
    found = _LONE.fullmatch(text)
    if found is None:
        return text
    prefix = found["star"] or not text.startswith("==")
    return f"=={found['version']}{'.*' if prefix else ''}"
