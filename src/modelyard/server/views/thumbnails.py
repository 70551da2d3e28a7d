"""Small copies of images, made on threads within limits of bytes and pixels."""

from __future__ import annotations

import hashlib
import io
import os
from functools import partial
from typing import Any

from modelyard.core.errors import InvalidParameter, TooLarge
from modelyard.core.extras import require
from modelyard.core.wire.messages import previews as pre
from modelyard.server.routing import Route
from modelyard.server.views.files import read, read_small
from modelyard.server.views.places import Places
from modelyard.services.artifacts.contract import Download
from modelyard.web.pools import Pool
from modelyard.web.request import Request

SIZES = range(16, 1025)
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_PLAIN = ("L", "LA", "RGB", "RGBA")
POLICY = b"content-security-policy: sandbox; default-src 'none'; frame-ancestors 'none'\r\ncache-control: private, no-cache\r\n"


class Thumbnails:
    """Answers ``GET …/views/thumbnail``. A browser that has one asks whether the image is still the same."""

    def __init__(self, places: Places, previews: Pool) -> None:
        self._places = places
        self._previews = previews

    async def answer(self, request: Request, route: Route) -> None:
        """Send the small copy as PNG."""
        message: pre.GetThumbnail = route.read(request)
        known = request.headers.get(b"if-none-match", b"").strip()
        etag, body = await self._previews.run(partial(self.make, message, known))
        headers = b"etag: %s\r\ncontent-disposition: inline\r\n" % etag if etag else b""
        if body is None:
            request.reply(304, headers=headers, policy=POLICY)
        else:
            request.reply(200, body, content_type=b"image/png", headers=headers, policy=POLICY)

    def make(self, message: pre.GetThumbnail, known: bytes) -> tuple[bytes, bytes | None]:
        """The image's tag, and its small copy unless it is the ``known`` one."""
        if message.size not in SIZES:
            raise InvalidParameter(f"size is {message.size}; it is {SIZES[0]} to {SIZES[-1]} pixels.")
        with self._places.find(message).open(message.path) as download:
            etag = _etag(download, message.size)
            if etag and etag == known:
                return etag, None
            if not read(download, 0, 16).startswith(_MARKS):
                raise InvalidParameter(f"The file is no image of these kinds: {', '.join(FORMATS)}.")
            return etag, shrink(read_small(download, pre.MAX_IMAGE_BYTES, "The image"), message.size)


def shrink(data: bytes, size: int) -> bytes:
    """An image as PNG in which no side is longer than ``size`` pixels. A moving one stands still.

    Raises ``InvalidParameter`` for what is no image, and ``TooLarge`` for one of too many pixels, before they are read.
    """
    library = require("PIL.Image", what="Small copies of images", extra="server")
    try:
        with library.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image)
            image.draft("RGB", (size, size))  # of a JPEG no more is read than is needed
            plain = _plain(image)
            plain.thumbnail((size, size))
            made = io.BytesIO()
            plain.save(made, "PNG", icc_profile=None, exif=b"", pnginfo=None)
    except TooLarge:
        raise
    except (library.DecompressionBombError, library.DecompressionBombWarning):
        raise _too_many() from None
    except Exception:  # noqa: BLE001  # whatever a decoder makes of bytes that somebody else chose: it is no image
        raise InvalidParameter("The image cannot be read: it is broken, or of no kind that is known here.") from None
    return made.getvalue()


def _plain(image: Any) -> Any:
    """The image with eight bits for each colour."""
    if image.mode in _PLAIN:
        return image
    if image.mode.startswith("I"):  # sixteen bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if "transparency" in image.info else "RGB")


def _check_pixels(image: Any) -> None:
    width, height = image.size
    if width * height > pre.MAX_IMAGE_PIXELS:
        raise _too_many()


def _too_many() -> TooLarge:
    return TooLarge(f"The image has more than {pre.MAX_IMAGE_PIXELS:,} pixels.")


def _etag(download: Download, size: int) -> bytes:
    """What changes with the file; empty where the store does not tell."""
    descriptor = download.fileno()
    if descriptor is None:
        return b""
    facts = os.fstat(descriptor)
    told = f"{facts.st_dev} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {size}"
    return b'"%s"' % hashlib.sha256(told.encode()).hexdigest()[:32].encode()
