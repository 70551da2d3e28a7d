"""The files that say how to rebuild a model's environment: one set of facts, three formats.

``requirements.txt`` for pip, ``python_env.yaml`` for virtualenv and uv, ``conda.yaml`` for conda. Formats:
https://mlflow.org/docs/latest/ml/model/#storage-format
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.environments.requirements import canonical
from modelyard.models.options import PathLike

REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
PYTHON_ENV = "python_env.yaml"
CONDA = "conda.yaml"
_BUILD = ("pip", "setuptools", "wheel")
_CONSTRAINT, _REQUIREMENT = "-c", "-r"
_NAME_ENDS = "=<>!~[;@ "


def read_requirements(given: Sequence[str] | PathLike) -> list[str]:
    """The lines of a list, or of a requirements file; comments and empty lines are left out.

    Lines that name other files are given as they are. Raises ``InvalidParameter`` for a file that is not there.
    """
    if isinstance(given, str | os.PathLike):
        path = Path(given)
        if not path.is_file():
            raise InvalidParameter(f"There is no requirements file {os.fspath(given)!r}; give a list, or its path.")
        lines: Iterable[str] = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    else:
        lines = given
    stripped = (str(line).partition(" #")[0].strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]


def gather(given: Sequence[str] | PathLike) -> list[str]:
    """The same for whoever saves a model: what ``-r`` lines name stands in their place, ``-c`` lines have whole paths.

    ``write`` takes the constraints along. Paths are relative to the file that names them, as they are for pip.
    """
    is_file = isinstance(given, str | os.PathLike)
    return _gathered(given, Path(given).parent if is_file else Path(), ())  # type: ignore[arg-type]


def _gathered(given: Sequence[str] | PathLike, place: Path, inside: tuple[Path, ...]) -> list[str]:
    found = []
    for line in read_requirements(given):
        option, name = _file_named(line)
        if not name or "://" in name:
            found.append(line)
        elif option == _CONSTRAINT:
            found.append(f"{_CONSTRAINT} {(place / name).absolute()}")
        elif (file := (place / name).absolute()) in inside:
            raise InvalidParameter(f"The requirements file {os.fspath(file)!r} names itself.")
        else:
            found += _gathered(file, file.parent, (*inside, file))
    return found


def _file_named(line: str) -> tuple[str, str]:
    """``-c`` or ``-r`` and the file that such a line names; two empty texts for any other line."""
    for option, long in ((_CONSTRAINT, "--constraint"), (_REQUIREMENT, "--requirement")):
        for spelling in (long, option):
            if line.startswith(spelling):
                return option, line.removeprefix(spelling).lstrip(" =")
    return "", ""


def merge(found: Sequence[str], extra: Sequence[str]) -> list[str]:
    """Both lists as one; what ``extra`` says of a package replaces what was found."""
    named = {_name(line) for line in extra if not line.startswith("-")}
    return [line for line in found if line.startswith("-") or _name(line) not in named] + list(extra)


def write(folder: Path, requirements: Sequence[str], conda_env: Mapping[str, Any] | PathLike | None = None) -> None:
    """Write the three files. A conda environment decides instead of the requirements, where one is given.

    Constraints (``-c`` lines) of all files that are named become one file beside them.
    """
    given = read_conda(conda_env) if conda_env is not None else None
    place = Path(conda_env).parent if isinstance(conda_env, str | os.PathLike) else Path()
    lines = _with_constraints(folder, requirements if given is None else _gathered(_pip_part(given), place, ()))
    conda = _as_conda(lines) if given is None else _with_pip_part(given, lines)
    (folder / REQUIREMENTS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    write_yaml(folder / CONDA, conda)
    write_yaml(
        folder / PYTHON_ENV,
        {
            "python": _python_of(conda),
            "build_dependencies": _installed(_BUILD),
            "dependencies": [f"-r {REQUIREMENTS}"],
        },
    )


def python_recorded(folder: Path) -> str:
    """The version of Python a model folder was saved with, as its ``python_env.yaml`` has it; empty where it says none."""
    file = folder / PYTHON_ENV
    content = _yaml().safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    return str(content.get("python") or "") if isinstance(content, dict) else ""


def _with_constraints(folder: Path, lines: Sequence[str]) -> list[str]:
    """The lines with one file of constraints, which is in the folder, where they named any number of others."""
    kept, constraints = [], []
    for line in lines:
        option, name = _file_named(line)
        if option == _CONSTRAINT and "://" not in name:
            file = Path(name)
            constraints += _gathered(file, file.parent, (file,))
        else:
            kept.append(line)
    if not constraints:
        return kept
    (folder / CONSTRAINTS).write_text("".join(f"{line}\n" for line in dict.fromkeys(constraints)), encoding="utf-8")
    return [*kept, f"{_CONSTRAINT} {CONSTRAINTS}"]


def _as_conda(requirements: Sequence[str]) -> dict[str, Any]:
    dependencies = [f"python={platform.python_version()}", "pip", {"pip": list(requirements)}]
    return {"channels": ["conda-forge"], "dependencies": dependencies, "name": "mlflow-env"}


def read_conda(given: Mapping[str, Any] | PathLike) -> dict[str, Any]:
    """A conda environment, from a map or a file.

    Raises ``InvalidParameter`` for a file that is not there and for what is no such environment.
    """
    if isinstance(given, Mapping):
        content: Any = dict(given)
    else:
        path = Path(given)
        if not path.is_file():
            raise InvalidParameter(f"There is no conda environment file {os.fspath(given)!r}.")
        content = _yaml().safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("dependencies"), list):
        raise InvalidParameter("A conda environment is a map with a list of 'dependencies'.")
    return content


def _pip_part(conda: Mapping[str, Any]) -> list[str]:
    return [str(line) for entry in conda["dependencies"] if isinstance(entry, dict) for line in entry.get("pip") or ()]


def _with_pip_part(conda: Mapping[str, Any], lines: Sequence[str]) -> dict[str, Any]:
    """The environment with these lines where its own were; it stays as it is when it has no packages of pip."""
    entries = conda["dependencies"]
    if not any(isinstance(entry, dict) and "pip" in entry for entry in entries):
        return dict(conda)
    others = [entry for entry in entries if not (isinstance(entry, dict) and "pip" in entry)]
    return {**conda, "dependencies": [*others, {"pip": list(lines)}]}


def _python_of(conda: Mapping[str, Any]) -> str:
    for entry in conda["dependencies"]:
        if isinstance(entry, str) and _name(entry) == "python" and len(entry) > len("python"):
            return entry[len("python") :].lstrip("=<>!~ ")
    return platform.python_version()


def _installed(names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        try:
            found.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(name)
    return found


def _name(requirement: str) -> str:
    end = min((requirement.find(char) for char in _NAME_ENDS if char in requirement), default=len(requirement))
    return canonical(requirement[:end].strip())


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Write a map as YAML, in its own order."""
    path.write_text(_yaml().safe_dump(dict(content), sort_keys=False, default_flow_style=False), encoding="utf-8")


def _yaml() -> Any:
    return require("yaml", what="Saving a model", extra="models")
