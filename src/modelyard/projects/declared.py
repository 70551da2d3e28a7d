"""What a project's files say of its environment: read in MLflow's order, checked, and not yet made.

The files, the first of them that is there: ``python_env`` and ``conda_env`` of the MLproject file, ``python_env.yaml``,
``conda.yaml``, ``requirements.txt``, and the header of the script that runs (PEP 723).
"""

from __future__ import annotations

import re
import reprlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.projects.conda import TOOLS, Package, read_channels, read_package, rule
from modelyard.projects.requirements import Files, Line, Lines
from modelyard.projects.spec import EntryPoint, Project

PYTHON_ENVS = ("python_env.yaml", "python_env.yml")
CONDAS = ("conda.yaml", "conda.yml")
REQUIREMENTS = "requirements.txt"

_PINNED = re.compile(r"(?:={0,2})\s*(\d+)(?:\.(\d+))?(?:\.[\w*.]+)*")
_BEGIN, _END = re.compile(r"# /// script\s*"), re.compile(r"# ///\s*")


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """An environment as it is declared. ``python`` is a rule as PEP 440 writes it, ``asked`` the same as the file has it.

    ``packages`` are conda's own, without Python and its installers.
    """

    source: str
    kind: Literal["python_env", "conda", "requirements", "script"]
    lines: Lines
    asked: str = ""
    build: list[str] = []
    packages: list[Package] = []
    channels: list[str] = []

    @property
    def python(self) -> str:
        """The rule for Python's version; empty where the file has none."""
        return python_rule(self.asked)


def declared(project: Project, point: EntryPoint, *, allow_urls: bool = False) -> Declared | None:
    """What a project declares for one of its entry points; None where it declares nothing.

    Raises ``InvalidParameter`` naming the file, the line, and what is wrong with it.
    """
    files = Files(project.folder, allow_urls=allow_urls)
    if project.python_env:
        return _python_env(files, project.folder / project.python_env)
    if project.conda_env:
        return _conda(files, project.folder / project.conda_env, allow_urls=allow_urls)
    for name in PYTHON_ENVS:
        if (project.folder / name).is_file():
            return _python_env(files, project.folder / name)
    for name in CONDAS:
        if (project.folder / name).is_file():
            return _conda(files, project.folder / name, allow_urls=allow_urls)
    if (project.folder / REQUIREMENTS).is_file():
        file = project.folder / REQUIREMENTS
        return Declared(source=REQUIREMENTS, kind="requirements", lines=files.read(file))
    script = script_of(project, point)
    return None if script is None else _script(files, script)


def script_of(project: Project, point: EntryPoint) -> Path | None:
    """The Python file an entry point runs, where its command names one of the project."""
    words = ("".join(part.text for part in word.parts) for word in point.command.words if not word.spliced)
    paths = (project.folder / word for word in words if word.endswith(".py"))
    return next((path for path in paths if path.is_file()), None)


def python_rule(asked: str) -> str:
    """A version of Python as people write it, as a rule: a release stands for all of its minor version.

    >>> [python_rule(each) for each in ("3.8", "3.8.13", "=3.8", "==3.8.*", ">=3.9,<3.12", "3", "")]
    ['==3.8.*', '==3.8.*', '==3.8.*', '==3.8.*', '>=3.9,<3.12', '==3.*', '']
    """
    found = _PINNED.fullmatch(asked.strip())
    if found is None:
        return rule(asked)
    return f"=={found[1]}.{found[2]}.*" if found[2] else f"=={found[1]}.*"


def _python_env(files: Files, file: Path) -> Declared:
    where = files.shown(file)
    document = _yaml(files, file, known={"python", "build_dependencies", "dependencies", "name"})
    return Declared(
        source=where,
        kind="python_env",
        asked=_version(where, document.get("python")),
        lines=files.gather(_texts(where, "dependencies", document.get("dependencies")), file.parent),
        build=files.gather(
            _texts(where, "build_dependencies", document.get("build_dependencies")), file.parent
        ).requirements,
    )


def _conda(files: Files, file: Path, *, allow_urls: bool) -> Declared:
    where = files.shown(file)
    document = _yaml(files, file, known={"name", "channels", "dependencies", "prefix", "variables", "platforms"})
    entries = document.get("dependencies") or []
    if not isinstance(entries, list):
        raise InvalidParameter(f"{where}: dependencies is {_shown(entries)}; write a list.")
    asked, packages, build, lines = "", list[Package](), list[str](), list[Line]()
    for entry in entries:
        if isinstance(entry, Mapping) and set(entry) == {"pip"}:
            lines += _texts(f"{where}, pip", "pip", entry["pip"])
            continue
        if not isinstance(entry, str):
            raise InvalidParameter(
                f"{where}: {_shown(entry)} is no dependency: write a package, or a list below 'pip:'."
            )
        package = read_package(Line(where, entry))
        if package.name == "python":
            asked = package.version.lstrip("= ")
        elif package.name in TOOLS:
            build += [package.for_pip()] if package.version else []
        else:
            packages.append(package)
    return Declared(
        source=where,
        kind="conda",
        asked=_version(where, asked),
        lines=files.gather(lines, file.parent),
        build=build,
        packages=packages,
        channels=read_channels(where, document.get("channels"), allow_urls=allow_urls),
    )


def _script(files: Files, script: Path) -> Declared | None:
    """What the header of a script says (https://peps.python.org/pep-0723/): a TOML document in comments."""
    text = files.text(script)
    if "# /// script" not in text:
        return None
    where = f"the header of {files.shown(script)}"
    blocks = list(_blocks(text))
    if len(blocks) > 1:
        raise InvalidParameter(f"{where} is there {len(blocks)} times; write one '# /// script' block.")
    if not blocks:
        return None
    try:
        document = tomllib.loads(blocks[0])
    except tomllib.TOMLDecodeError as error:
        raise InvalidParameter(f"{where} is no TOML: {error}.") from None
    return Declared(
        source=where,
        kind="script",
        asked=_version(where, document.get("requires-python")),
        lines=files.gather(_texts(where, "dependencies", document.get("dependencies")), script.parent),
    )


def _blocks(text: str) -> Iterator[str]:
    """The contents of ``# /// script`` … ``# ///`` blocks: comment lines without the sign that makes them comments."""
    inside: list[str] | None = None
    for line in text.splitlines():
        if inside is None:
            inside = [] if _BEGIN.fullmatch(line) else None
        elif _END.fullmatch(line):
            yield "\n".join(inside)
            inside = None
        elif line == "#" or line.startswith("# "):
            inside.append(line[2:])
        else:
            inside = None


def _yaml(files: Files, file: Path, *, known: set[str]) -> Mapping[str, Any]:
    """A document whose scalars are texts, as they are written: 3.10 is no number."""
    yaml = require("yaml", what="A project's environment", extra="projects")
    where = files.shown(file)
    try:
        document = yaml.load(files.text(file), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise InvalidParameter(f"{where}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, Mapping):
        raise InvalidParameter(f"{where}: expected fields such as 'dependencies', not {_shown(document)}.")
    for key in document:
        if key not in known:
            raise InvalidParameter(f"{where}: there is no field {_shown(key)}; it takes {', '.join(sorted(known))}.")
    return document


def _texts(where: str, field: str, given: object) -> list[Line]:
    if given in (None, ""):
        return []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise InvalidParameter(f"{where}: {field} is {_shown(given)}; write a list of requirements.")
    return [Line(where, text) for each in given if (text := re.sub(r"(^|\s)#.*", "", each).strip())]


def _version(where: str, given: object) -> str:
    text = "" if given is None else str(given).strip()
    packaging = require("packaging.specifiers", what="A project's environment", extra="projects")
    try:
        packaging.SpecifierSet(python_rule(text))
    except packaging.InvalidSpecifier:
        raise InvalidParameter(f"{where}: {text!r} is no version of Python: write 3.11, or >=3.11.") from None
    return text


def _shown(given: object) -> str:
    """A value of a document for a message: a part of it, for aliases can make it endless."""
    short = reprlib.Repr()
    short.maxlevel, short.maxstring = 2, 100
    return short.repr(given)[:200]
