"""Where a project is: a folder of this machine, or a repository of Git, with a folder in it.

What is refused here never reaches git: texts that begin with ``-`` or hold control characters, transports that are not
encrypted or that run programs, and addresses with a password in them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn
from urllib.parse import urlsplit

from modelyard.client.uris import folder_of
from modelyard.core import keys
from modelyard.core.errors import InvalidParameter, NotFound

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(::|://|:/)")
_SCP = re.compile(r"(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>[^-].*)")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]+")
_WEB = re.compile(r"(www\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/[^/\s]+/[^/\s]+")
_VERSION = re.compile(r"[^-\s~^:?*\[\\][^\s~^:?*\[\\]*")


class Source(NamedTuple):
    """A project's place. ``address`` is what git is given; empty for a folder that is used where it is.

    ``uri`` is what is recorded; ``protocol`` is what git may speak; ``name`` is what the project is called when it does not say.
    """

    uri: str
    name: str
    folder: Path | None = None
    address: str = ""
    subfolder: str = ""
    protocol: Literal["", "file", "https", "ssh"] = ""


def source_of(uri: str, version: str | None = None) -> Source:
    """The place a URI names.

    Raises ``InvalidParameter`` for one that is refused, and ``NotFound`` for a folder that is not there.

    >>> source_of("https://host/me/wine.git#steps/train")
    Source(uri='https://host/me/wine.git#steps/train', name='train', folder=None, address='https://host/me/wine.git', ...)
    >>> source_of("ext::sh -c whoami")
    Traceback (most recent call last):
    modelyard.core.errors.InvalidParameter: ext:: is refused: ...
    """
    text = uri.strip("'\"") if len(uri) > 1 and uri[0] == uri[-1] else uri
    _refuse_odd("project", text)
    if version is not None:
        _check_version(version)
    base, hash_, inside = text.partition("#")
    if _SCP.fullmatch(
        base
    ):  # what is an address is none the less one where a folder has that name: ./git@host:wine is the folder
        return _scp(base, _subfolder(inside, hash_))
    scheme = _SCHEME.match(base)
    if scheme and scheme[1].lower() != "file":
        return _remote(base, scheme, _subfolder(inside, hash_))
    return _local(text, version)


def _local(text: str, version: str | None) -> Source:
    path, inside = text, ""
    if text.startswith("file:") or not os.path.exists(os.path.expanduser(text)):
        path, hash_, inside = text.partition("#")
        inside = _subfolder(inside, hash_)
    folder = folder_of(path)
    if not folder.exists():
        hint = f" To fetch it from there, write https://{path}." if _WEB.fullmatch(path) else ""
        raise NotFound(f"There is no project folder {os.fspath(folder)!r}.{hint}")
    if not folder.is_dir():
        raise InvalidParameter(
            f"{os.fspath(folder)!r} is a file. Give the folder it is in, and the file's name with -e: run"
            f" {os.fspath(folder.parent)} -e {folder.name}"
        )
    bare = _is_bare(folder)
    if version is None and not bare:
        place = folder / inside
        if not place.is_dir():
            raise NotFound(f"There is no folder {inside!r} in {os.fspath(folder)!r}.")
        return Source(os.fspath(place), place.name, place)
    root = folder.resolve() if bare else _root_of((folder / inside).resolve())
    if root is None:
        raise InvalidParameter(
            f"{os.fspath(folder)!r} is in no Git repository, so it has no version {version!r}. Leave -v out to run it as it is."
        )
    inside = inside if bare else (folder / inside).resolve().relative_to(root).as_posix().removeprefix(".")
    return _source(os.fspath(root), os.fspath(root), inside, "file")


def _remote(base: str, scheme: re.Match[str], inside: str) -> Source:
    name, mark = scheme[1].lower(), scheme[2]
    if mark == "::":
        raise InvalidParameter(
            f"{name}:: is refused: such a transport of git runs a program. Use https://, ssh:// or a path."
        )
    if name not in ("https", "ssh") or mark != "://":
        _refuse_scheme(base, name)
    try:
        parts = urlsplit(base)
        _ = parts.port
    except ValueError:
        raise InvalidParameter(f"{shown(base)!r} is no address: its host or port cannot be read.") from None
    if parts.password is not None or (name == "https" and parts.username is not None):
        raise InvalidParameter(
            f"{shown(base)!r} was given with a user name or password in it, which other programs of this machine could read."
            " Leave it out: git asks the credential helper you have configured, and ssh your agent and keys."
        )
    if parts.username is not None and not _USER.fullmatch(parts.username):
        raise InvalidParameter(f"{shown(base)!r} has no user name that ssh could take.")
    if not _HOST.fullmatch(parts.hostname or "") or not parts.path.strip("/") or parts.query:
        raise InvalidParameter(f"{shown(base)!r} names no repository: write {name}://host/path.")
    return _source(base, base, inside, "https" if name == "https" else "ssh")


def _scp(base: str, inside: str) -> Source:
    return _source(base, base, inside, "ssh")


def _source(address: str, uri: str, inside: str, protocol: Literal["file", "https", "ssh"]) -> Source:
    last = (inside or address.rstrip("/").replace(":", "/")).rpartition("/")[2]
    name = last if inside else last.removesuffix(".git")
    if not keys.is_allowed(name):
        name = "project"
    return Source(f"{uri}#{inside}" if inside else uri, name, None, address, inside, protocol)


def shown(text: str) -> str:
    """An address, or a message with addresses in it, without user names and passwords.

    >>> shown("fatal: unable to access 'https://me:secret@host/repo/'")
    "fatal: unable to access 'https://host/repo/'"
    """
    return re.sub(r"://[^/\s'\"]*@", "://", text)


def _subfolder(inside: str, hash_: str) -> str:
    if not hash_ or not inside.strip("/"):
        return ""
    folder = inside.strip("/")
    if not keys.is_allowed(folder) or ".git" in folder.lower().split("/"):
        raise InvalidParameter(f"#{inside} is no folder of a repository: write names joined by '/', without '..'.")
    return folder


def _refuse_odd(what: str, text: str) -> None:
    if not text:
        raise InvalidParameter(f"The {what} is an empty text.")
    if text.startswith("-"):
        raise InvalidParameter(f"The {what} {text!r} begins with '-', which programs take for an option.")
    if _CONTROL.search(text):
        raise InvalidParameter(f"The {what} {text!r} has control characters.")


def _check_version(version: str) -> None:
    _refuse_odd("version", version)
    if not _VERSION.fullmatch(version) or ".." in version or "@{" in version or len(version) > 255:
        raise InvalidParameter(f"The version {version!r} is no name of a branch, a tag or a commit.")


def _refuse_scheme(base: str, name: str) -> NoReturn:
    if name in ("http", "git"):
        raise InvalidParameter(
            f"{name}:// is refused: nobody could tell whose code arrives, as it is neither encrypted nor signed. Use https:// or"
            " ssh://."
        )
    raise InvalidParameter(
        f"{shown(base)!r} is no place of a project: give a folder, https://host/path, ssh://host/path or git@host:path, with"
        " #folder for a folder in it."
    )


def _is_bare(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _root_of(folder: Path) -> Path | None:
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
