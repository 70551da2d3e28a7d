"""The pages: the built interface as files, and one document for every address a person may open.

Files are looked up in a list of what was built, so that no part of an address becomes a path. They are read when they are
asked for: a browser asks once, since a file's name changes with its content, and the server keeps no memory for it.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from modelyard.core.errors import NotFound
from modelyard.core.wire.endpoint import Endpoint, Need
from modelyard.core.wire.messages.message import Empty, Message
from modelyard.server.routing import Direct, Route
from modelyard.server.streaming import answering
from modelyard.web.pools import Pool
from modelyard.web.request import Request
from modelyard.web.tasks import Tasks

STATIC = Path(__file__).parent / "static"
NAMES = ("experiments", "runs", "compare", "models", "datasets", "settings")
NOT_BUILT = "The pages of this server were not built: run 'make ui' in the source tree, or install the wheel."

POLICY = (
    b"content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"
    b" img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-src 'self' blob:;"
    b" media-src 'self' blob:; base-uri 'self'; form-action 'none'; frame-ancestors 'none';"
    b" require-trusted-types-for 'script'; trusted-types 'none'\r\n"
)
_PAGE = POLICY + b"cache-control: no-cache\r\n"
_FILE = POLICY + b"cache-control: public, max-age=31536000, immutable\r\nvary: accept-encoding\r\n"
_ICON = POLICY + b"cache-control: public, max-age=86400\r\n"
_HTML = b"text/html; charset=utf-8"
_INDEX, _ICON_FILE, _ASSETS = "index.html", "icon.svg", "assets"

_TYPES = {
    "js": b"text/javascript; charset=utf-8",
    "mjs": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "wasm": b"application/wasm",
    "json": b"application/json",
    "svg": b"image/svg+xml",
    "png": b"image/png",
    "woff2": b"font/woff2",
}
_PACKED = {".br": b"br", ".gz": b"gzip"}
_PREFERRED = (b"br", b"gzip")
_BASE = re.compile(r"<base\b[^>]*>\s*", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


class Address(Message, frozen=True, kw_only=True):
    """What follows the first word of a page's address; the page's own script reads it."""

    rest: str = ""


def _row(verb: str, path: str, prefixes: tuple[str, ...]) -> Endpoint:
    return Endpoint(
        name=f"pages.{verb}",
        methods=("GET",),
        path=path,
        request=Address,
        reply=Empty,
        need=Need.PUBLIC,
        on="server:",
        scope="",
        prefixes=prefixes,
    )


PAGES = (
    _row("page", "", ("", "/", *(f"/{name}" for name in NAMES))),
    _row("page_below", "/{rest*}", tuple(f"/{name}" for name in NAMES)),
    _row("file", f"/{_ASSETS}/{{rest*}}", ("",)),
    _row("icon", f"/{_ICON_FILE}", ("",)),
)
"""Rows of the server beside the endpoint table: addresses for people, which no client calls."""


class File(NamedTuple):
    """A file that was built, and what it is compressed as."""

    content_type: bytes
    by_encoding: Mapping[bytes, Path]


class Built(NamedTuple):
    """What is in the folder of built pages: the document, as it is sent, and the files it asks for."""

    stamp: tuple[int, int]
    document: bytes
    etag: bytes
    files: Mapping[str, File]


def is_built(folder: Path = STATIC) -> bool:
    """Whether there are pages to serve."""
    return (folder / _INDEX).is_file()


class Pages:
    """Answers the addresses of pages."""

    def __init__(self, files: Pool, tasks: Tasks, prefix: str = "", folder: Path = STATIC) -> None:
        self._tasks = tasks
        self._pool = files
        self._prefix = prefix
        self._folder = folder
        self._built: Built | None = None

    def direct(self) -> dict[str, Direct]:
        """Row name → what answers it."""
        return {
            "pages.page": answering(self._tasks, self._page),
            "pages.page_below": answering(self._tasks, self._page),
            "pages.file": answering(self._tasks, self._file),
            "pages.icon": answering(self._tasks, self._icon),
        }

    async def _page(self, request: Request, _: Route) -> None:
        built = await self._pool.run(self._current)
        if built is None:
            request.reply(501, _plain(NOT_BUILT), content_type=_HTML, policy=_PAGE)
            return
        headers = b"etag: %s\r\n" % built.etag
        known = request.headers.get(b"if-none-match", b"")
        if built.etag in (each.strip().removeprefix(b"W/") for each in known.split(b",")):
            request.reply(304, headers=headers, policy=_PAGE)
        else:
            request.reply(200, built.document, content_type=_HTML, headers=headers, policy=_PAGE)

    async def _file(self, request: Request, _: Route) -> None:
        built = await self._pool.run(self._current)
        name = (request.arguments or {}).get("rest", "")
        file = built.files.get(name) if built is not None else None
        if file is None:
            raise NotFound(f"The pages have no file {name[:200]!r}.")
        encoding, body = await self._pool.run(partial(_read, file, request.headers.get(b"accept-encoding", b"")))
        headers = b"content-encoding: %s\r\n" % encoding if encoding else b""
        request.reply(200, body, content_type=file.content_type, headers=headers, policy=_FILE)

    async def _icon(self, request: Request, _: Route) -> None:
        file = self._folder / _ICON_FILE
        if not await self._pool.run(file.is_file):
            raise NotFound("The pages have no icon.")
        request.reply(200, await self._pool.run(file.read_bytes), content_type=_TYPES["svg"], policy=_ICON)

    def _current(self) -> Built | None:
        """What is built now: looked up anew when somebody has built it since."""
        try:
            facts = (self._folder / _INDEX).stat()
        except FileNotFoundError:
            return None
        stamp = (facts.st_mtime_ns, facts.st_size)
        if self._built is None or self._built.stamp != stamp:
            document = placed((self._folder / _INDEX).read_text(encoding="utf-8"), self._prefix).encode()
            etag = b'"%s"' % hashlib.sha256(document).hexdigest()[:32].encode()
            self._built = Built(stamp, document, etag, _listed(self._folder / _ASSETS))
        return self._built


def placed(document: str, prefix: str) -> str:
    """The document for a server behind a prefix: relative addresses begin there, and its script is told by an element.

    >>> placed('<head><base href="/" /></head>', "/lab")
    '<head><base href="/lab/"><meta name="modelyard-prefix" content="/lab"></head>'
    """
    told = html.escape(prefix, quote=True)
    words = f'<base href="{told}/"><meta name="modelyard-prefix" content="{told}">'
    document = _BASE.sub("", document)
    return _HEAD.sub(lambda match: match[0] + words, document, count=1)


def best_encoding(accepted: bytes, there: Mapping[bytes, Path]) -> bytes:
    """The smallest form of a file that a browser takes; empty for the file as it is.

    >>> best_encoding(b"gzip, deflate, br;q=0.5", {b"br": Path(), b"gzip": Path()})
    b'br'
    >>> best_encoding(b"br;q=0, identity", {b"br": Path()})
    b''
    """
    taken = set()
    for each in accepted.lower().split(b","):
        name, _, quality = each.partition(b";")
        if quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            taken.add(name.strip())
    return next((each for each in _PREFERRED if each in taken and each in there), b"")


def _read(file: File, accepted: bytes) -> tuple[bytes, bytes]:
    encoding = best_encoding(accepted, file.by_encoding)
    if encoding in file.by_encoding:
        return encoding, file.by_encoding[encoding].read_bytes()
    return b"", gzip.decompress(file.by_encoding[b"gzip"].read_bytes())  # the package has it in this form alone


def _listed(folder: Path) -> dict[str, File]:
    """The files below a folder that have a type a browser needs, and their compressed forms."""
    forms: dict[str, dict[bytes, Path]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        encoding = _PACKED.get(path.suffix, b"")
        name = path.relative_to(folder).as_posix()
        forms.setdefault(name.removesuffix(path.suffix) if encoding else name, {})[encoding] = path
    found = {}
    for name, by_encoding in forms.items():
        content_type = _TYPES.get(name.rpartition(".")[2])
        if content_type is not None and (b"" in by_encoding or b"gzip" in by_encoding):
            found[name] = File(content_type, by_encoding)
    return found


def _plain(sentence: str) -> bytes:
    words = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>modelyard</title></head><body><h1>modelyard</h1>'
    told = "The server itself is at work: clients need no pages."
    return f"{words}<p>{html.escape(sentence)}</p><p>{told}</p></body></html>\n".encode()
