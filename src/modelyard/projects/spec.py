"""What an ``MLproject`` file says: a project's entry points, their parameters and commands, and its environment.

Format: https://mlflow.org/docs/latest/ml/projects/ (the file's fields), read in both spellings of a parameter. A folder
without the file is a project too: each of its scripts is an entry point.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.extras import require
from modelyard.projects.command import Template, template_of, template_of_words

FILES = ("MLproject", "mlproject", "MLProject")
"""Names of the file, as people write it."""

ParameterType = Literal["string", "float", "int", "path", "uri"]

_ALIASES: Mapping[str, ParameterType] = {"str": "string", "integer": "int", "double": "float"}
_SCRIPTS: Mapping[str, tuple[str, ...]] = {".py": ("python",), ".sh": ("bash",), ".ipynb": ("notebook",)}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of an entry point; without a default it must be given. A default of ``0`` or ``""`` is one."""

    name: str
    type: ParameterType = "string"
    default: str | None = None
    description: str = ""


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a project can do: a command with the parameters it names."""

    name: str
    command: Template
    parameters: dict[str, Parameter] = {}
    kind: Literal["command", "notebook"] = "command"


class Docker(msgspec.Struct, frozen=True, kw_only=True):
    """An image to run in. ``environment`` has names whose values are copied, and (name, value) pairs that are set."""

    image: str
    volumes: list[str] = []
    environment: list[str | tuple[str, str]] = []


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project on this disk. ``python_env`` and ``conda_env`` are files in the folder, as the file names them."""

    folder: Path
    name: str
    entry_points: dict[str, EntryPoint] = {}
    python_env: str | None = None
    conda_env: str | None = None
    docker: Docker | None = None

    def entry_point(self, name: str) -> EntryPoint:
        """The entry point of a name, or the script of that file name.

        Raises ``NotFound`` listing the entry points there are.
        """
        if name in self.entry_points:
            return self.entry_points[name]
        script = self._script(name)
        if script is not None:
            return script
        raise NotFound(_unknown(name, self))

    def _script(self, name: str) -> EntryPoint | None:
        words = _SCRIPTS.get(Path(name).suffix)
        path = (self.folder / name).resolve()
        if not path.is_file() or not path.is_relative_to(self.folder.resolve()):
            return None
        if words == ("notebook",):
            return EntryPoint(name=name, command=template_of_words([name], ()), kind="notebook")
        if words is None and not path.stat().st_mode & 0o111:
            return None
        return EntryPoint(name=name, command=template_of_words([*(words or ()), name if words else str(path)], ()))


def read(folder: Path, *, name: str = "") -> Project:
    """The project in a folder; raises ``InvalidParameter`` naming the file and what is wrong in it.

    One that does not say its name has the one given, or its folder's.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise NotFound(f"There is no project folder {str(folder)!r}.")
    file = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if file is None:
        return Project(folder=folder, name=name or folder.name)
    document = _load(file)
    docker = document.get("docker_env")
    return Project(
        folder=folder,
        name=_text(file, "name", document.get("name")) or name or folder.name,
        entry_points={name: _entry_point(file, name, told) for name, told in _points(file, document)},
        python_env=_file(file, "python_env", document.get("python_env")),
        conda_env=_file(file, "conda_env", document.get("conda_env")),
        docker=None if docker is None else _docker(file, docker),
    )


def _load(file: Path) -> Mapping[str, Any]:
    yaml = require("yaml", what="A project's MLproject file", extra="projects")
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise InvalidParameter(f"{file}: expected fields such as 'name' and 'entry_points', not {document!r}.")
    known = {"name", "entry_points", "python_env", "conda_env", "docker_env", "spark_env", "databricks_spark_job"}
    for key in document:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise InvalidParameter(f"{file}: there is no field {key!r}.{hint}")
    return document


def _points(file: Path, document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    points = _mapping(file, "entry_points", document.get("entry_points"))
    for name, told in points.items():
        _check_key(f"{file}: entry point", name)
        yield str(name), _mapping(file, f"entry point {name!r}", told)


def _entry_point(file: Path, name: str, told: Mapping[str, Any]) -> EntryPoint:
    where = f"{file}: entry point {name!r}"
    unknown = set(map(str, told)) - {"command", "parameters"}
    if unknown:
        raise InvalidParameter(f"{where} has {min(unknown)!r}; it takes 'parameters' and 'command'.")
    listed = _mapping(file, f"parameters of {name!r}", told.get("parameters"))
    for each in listed:
        _check_key(f"{where}: parameter", each)
    parameters = {str(each): _parameter(where, str(each), about) for each, about in listed.items()}
    command = told.get("command")
    if isinstance(command, list) and command and all(isinstance(word, str | int | float) for word in command):
        return _point(name, template_of_words(list(map(str, command)), parameters), parameters)
    if not isinstance(command, str) or not command.strip():
        raise InvalidParameter(f'{where} has no command: write command: "python train.py {{alpha}}".')
    try:
        template = template_of(command, parameters)
    except InvalidParameter as error:
        raise InvalidParameter(f"{where}: {error.message}") from None
    return _point(name, template, parameters)


def _point(name: str, command: Template, parameters: dict[str, Parameter]) -> EntryPoint:
    """An entry point; one whose whole command is a notebook's name runs that, with its parameters."""
    text = "".join(part.text for part in command.words[0].parts) if len(command.words) == 1 else ""
    return EntryPoint(
        name=name,
        command=command,
        parameters=parameters,
        kind="notebook" if text.endswith(".ipynb") else "command",
    )


def _check_key(what: str, key: object) -> None:
    if isinstance(key, bool) or key is None:  # how YAML reads no, yes, on, off, null
        raise InvalidParameter(f"{what} {key!r}: YAML has a meaning of its own for this name; write it in quotes.")


def _parameter(where: str, name: str, told: object) -> Parameter:
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"{where}: {name!r} is no name of a parameter: letters, digits, '_' and '-', at most 64."
        )
    if isinstance(told, str):
        return Parameter(name=name, type=_type(where, name, told))
    if told is None:
        return Parameter(name=name)
    if not isinstance(told, Mapping):
        raise InvalidParameter(
            f"{where}: parameter {name!r} is {told!r}; write 'float', or {{type: float, default: 0.1}}."
        )
    unknown = set(map(str, told)) - {"type", "default", "description"}
    if unknown:
        raise InvalidParameter(
            f"{where}: parameter {name!r} has {min(unknown)!r}; it takes type, default, description."
        )
    default = told.get("default")
    return Parameter(
        name=name,
        type=_type(where, name, told.get("type", "string")),
        default=None if default is None else str(default),
        description=str(told.get("description") or ""),
    )


def _type(where: str, name: str, told: object) -> ParameterType:
    text = str(told).strip().lower()
    known: tuple[ParameterType, ...] = get_args(ParameterType)
    found = _ALIASES.get(text) or next((each for each in known if each == text), None)
    if found is None:
        raise InvalidParameter(f"{where}: parameter {name!r} has the type {told!r}. Known: {', '.join(known)}.")
    return found


def _docker(file: Path, told: object) -> Docker:
    fields = _mapping(file, "docker_env", told)
    image = fields.get("image")
    if not isinstance(image, str) or not image:
        raise InvalidParameter(f"{file}: docker_env has no image.")
    try:
        return msgspec.convert({**fields, "image": image}, Docker)
    except msgspec.ValidationError as error:
        raise InvalidParameter(f"{file}: docker_env: {error}") from None


def _file(file: Path, field: str, told: object) -> str | None:
    name = _text(file, field, told)
    if not name:
        return None
    path = (file.parent / name).resolve()
    if not path.is_relative_to(file.parent.resolve()):
        raise InvalidParameter(f"{file}: {field} {name!r} lies outside of the project.")
    if not path.is_file():
        raise NotFound(f"{file}: {field} names {name!r}, which is not there.")
    return name


def _text(file: Path, field: str, told: object) -> str:
    if told is None:
        return ""
    if isinstance(told, list | Mapping) or not _PLAIN.fullmatch(str(told)):
        raise InvalidParameter(f"{file}: {field} is {told!r}; write a text.")
    return str(told)


def _mapping(file: Path, what: str, told: object) -> Mapping[str, Any]:
    if told is None:
        return {}
    if not isinstance(told, Mapping):
        raise InvalidParameter(f"{file}: {what} is {told!r}; write its fields below it.")
    return told


def _unknown(name: str, project: Project) -> str:
    known = ", ".join(project.entry_points) or "none"
    close = difflib.get_close_matches(name, project.entry_points, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"The project {project.name!r} has no entry point {name!r}, and no script of that name. Entry points: {known}.{hint}"
