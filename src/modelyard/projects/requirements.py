"""The lines of a project's requirements: each is read as PEP 508 says and written anew, or refused.

What pip would take from elsewhere than the index its user chose (addresses, folders, editable installs, options that name
indexes) is taken only where the caller allows it. ``-r`` and ``-c`` name files inside of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from modelyard.core.errors import InvalidParameter, first_line
from modelyard.core.extras import require
from modelyard.environments.requirements import OWN, canonical

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LARGEST = 1 << 20
"""The most bytes of a file that is read here."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HASH = re.compile(r"\s--hash[= ](sha256|sha384|sha512):([0-9a-f]{64,128})(?=\s|$)")
_NAMES_FILE = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(.+)")
_EDITABLE = re.compile(r"(-e|--editable)(?:\s*=\s*|\s+|(?<=-e))(.+)")
_ELSEWHERE = re.compile(r"(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host|--no-index)\b")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@|\.{0,2}/|\.\Z|.*\.(whl|zip|tar\.gz)\Z|[^;]*@\s*\S+:")
_PASSWORD = re.compile(r"(\A|://)[^/\s@]+@")


class Line(msgspec.Struct, frozen=True):
    """A line and where it stands, for messages: ``requirements.txt, line 3``."""

    where: str
    text: str


class Lines(msgspec.Struct, frozen=True):
    """What a project asks for. ``own`` are the lines that ask for this package."""

    requirements: list[str] = []
    constraints: list[str] = []
    own: list[str] = []


class Files:
    """The files of one project that lines may name, below its folder."""

    def __init__(self, folder: Path, *, allow_urls: bool = False) -> None:
        self._folder = folder.resolve()
        self._allow_urls = allow_urls

    def text(self, file: Path) -> str:
        """A file of the project; raises ``InvalidParameter`` for one outside of it, and one that is no text."""
        shown = self.shown(file)
        if not file.resolve().is_relative_to(self._folder):
            raise InvalidParameter(f"{shown!r} lies outside of the project.")
        try:
            with file.open("rb") as opened:
                content = opened.read(LARGEST + 1)
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise InvalidParameter(f"{shown} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise InvalidParameter(f"{shown} is no text.") from None
        if len(content) > LARGEST:
            raise InvalidParameter(f"{shown} is larger than 1 MB.")
        return text

    def shown(self, file: Path) -> str:
        """Its path from the project's folder."""
        found = Path(file).resolve()
        return found.relative_to(self._folder).as_posix() if found.is_relative_to(self._folder) else str(file)

    def read(self, file: Path) -> Lines:
        """What a requirements file asks for, with the files it names."""
        return self.gather(self._lines(file), file.parent, inside=(file.resolve(),))

    def gather(self, lines: Iterable[Line], place: Path, *, inside: tuple[Path, ...] = ()) -> Lines:
        """What lines ask for, with the files they name, which lie from the folder ``place``."""
        found = Lines()
        for line in lines:
            self._take(line, place, inside, found)
        return found

    def _take(self, line: Line, place: Path, inside: tuple[Path, ...], found: Lines) -> None:
        if named := _NAMES_FILE.fullmatch(line.text):
            file = place / named[2].strip()
            if "://" in named[2]:
                raise InvalidParameter(f"{line.where}: {shown(line.text)!r} names an address, no file of the project.")
            if file.resolve() in inside:
                raise InvalidParameter(f"{line.where}: the file names itself.")
            below = self.gather(self._lines(file), file.parent, inside=(*inside, file.resolve()))
            if named[1] in ("-c", "--constraint"):
                found.constraints.extend([*below.requirements, *below.constraints])
            else:
                found.requirements.extend(below.requirements)
                found.constraints.extend(below.constraints)
                found.own.extend(below.own)
            return
        text = self._checked(line, place)
        own = canonical(text.partition("[")[0].strip()) == OWN or re.match(rf"{OWN}\b(?![-_.])", text, re.IGNORECASE)
        (found.own if own else found.requirements).append(text)

    def _checked(self, line: Line, place: Path) -> str:
        """The line as it is handed on."""
        text = line.text
        if _CONTROLS.search(text):
            raise InvalidParameter(f"{line.where} has control characters.")
        elsewhere = (
            _EDITABLE.fullmatch(text) or _ELSEWHERE.match(text) or (not text.startswith("-") and _ADDRESS.match(text))
        )
        if elsewhere and self._allow_urls:
            return _absolute(text, place)
        if elsewhere:
            raise InvalidParameter(_refused(line))
        if text.startswith("-"):
            raise InvalidParameter(f"{line.where}: {shown(text)!r} is an option of pip's; only -r and -c are taken.")
        hashes = "".join(f" --hash={kind}:{digest}" for kind, digest in _HASH.findall(text))
        requirement = parsed(Line(line.where, _HASH.sub("", text).strip()))
        if requirement.url and not self._allow_urls:
            raise InvalidParameter(_refused(line))
        return f"{requirement}{hashes}"

    def _lines(self, file: Path) -> Iterator[Line]:
        text, number, begun, first = self.text(file), 0, "", 0
        for number, raw in enumerate(text.splitlines(), 1):
            first = first if begun else number
            begun += raw
            if begun.endswith("\\"):
                begun = begun[:-1] + " "
                continue
            line, begun = begun, ""
            content = re.sub(r"(^|\s)#.*", "", line).strip()
            if content:
                yield Line(f"{self.shown(file)}, line {first}", content)
        if begun.strip():
            yield Line(f"{self.shown(file)}, line {first}", begun.strip())


def parsed(line: Line) -> Requirement:
    """A line as PEP 508 reads it; raises ``InvalidParameter`` saying where it stands and what is wrong."""
    packaging = require("packaging.requirements", what="A project's requirements", extra="projects")
    try:
        found: Requirement = packaging.Requirement(line.text)
    except packaging.InvalidRequirement as error:
        raise InvalidParameter(f"{line.where}: {shown(line.text)!r} is no requirement: {first_line(error)}.") from None
    return found


def shown(text: str) -> str:
    """A line for a message: no password, and not all of a long one."""
    return _PASSWORD.sub(r"\1****@", text)[:200]


def _refused(line: Line) -> str:
    return (
        f"{line.where}: {shown(line.text)!r} is fetched from elsewhere than the package index (an address, a folder, an editable"
        " install or another index). That is taken only with --allow-urls."
    )


def _absolute(text: str, place: Path) -> str:
    """A line that may name a folder, which is found from where the line stands: installers work elsewhere."""
    if editable := _EDITABLE.fullmatch(text):
        return f"-e {_absolute(editable[2].strip(), place)}"
    name = text.partition("[")[0]
    path = place / name
    return (
        f"{path.resolve()}{text[len(name) :]}"
        if not text.startswith("-") and "://" not in text and path.exists()
        else text
    )
