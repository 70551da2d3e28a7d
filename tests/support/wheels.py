"""A package index in a folder: small wheels made on the spot, and copies of what is installed here."""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path


def settings(folder: Path) -> dict[str, str]:
    """What makes installers take packages from a folder, and from nowhere else."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(folder),
    }


def make(folder: Path, name: str, version: str) -> Path:
    """The wheel of a package that has its version and nothing else."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(f"{name}.py", f"__version__ = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        _record(wheel, info)
    return file


def copied(folder: Path, name: str) -> Path:
    """The wheel that a package here was installed from, put together again; only of packages without programs."""
    here = importlib.metadata.distribution(name)
    told = here.read_text("WHEEL") or ""
    tags = [line.removeprefix("Tag: ") for line in told.splitlines() if line.startswith("Tag: ")]
    file = folder / f"{here.name.replace('-', '_')}-{here.version}-{tags[0]}.whl"
    left_out = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    with zipfile.ZipFile(file, "w") as wheel:
        for each in here.files or ():
            path = Path(str(here.locate_file(each)))
            if ".." not in each.parts and each.suffix != ".pyc" and each.name not in left_out and path.is_file():
                wheel.write(path, str(each))
                if each.name == "METADATA":
                    info = each.parent
        _record(wheel, str(info))
    return file


def _record(wheel: zipfile.ZipFile, info: str) -> None:
    lines = [f"{name},," for name in (*wheel.namelist(), f"{info}/RECORD")]
    wheel.writestr(f"{info}/RECORD", "\n".join(lines) + "\n")
