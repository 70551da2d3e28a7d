"""Shell scripts in the place of the programs that make environments."""

from __future__ import annotations

import stat
import sys
import textwrap
from pathlib import Path

import pytest

INSTALLER = """
    echo "$@" >> {told}
    case "$1" in
      venv)
        for target; do :; done
        mkdir -p "$target/bin"; ln -s {python} "$target/bin/python" ;;
      pip)
        place=environment/lib/python{minor}/site-packages
        for name in cloudpickle cryptography msgspec numpy pandas pyyaml; do
          mkdir -p "$place/$name-1.dist-info"; echo "Name: $name" > "$place/$name-1.dist-info/METADATA"
        done ;;
    esac
"""
"""What ``uv`` does, without packages in what it installs."""


def program(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a shell script in a program's place; it may tell the file that is answered."""
    told = folder / f"{name}.told"
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    text = script.format(told=told, python=sys.executable, minor=minor)
    file.write_text(f"#!/bin/sh\n{textwrap.dedent(text)}")
    file.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{file.parent}:/usr/bin:/bin")
    return told
