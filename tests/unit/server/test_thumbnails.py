"""Small copies of images."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from modelyard.core.errors import InvalidParameter, TooLarge
from modelyard.core.wire.messages.previews import MAX_IMAGE_PIXELS
from modelyard.server.views.thumbnails import shrink


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (400, 200), **more: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, 1 if mode in ("1", "L", "P", "I;16") else (200, 30, 30, 128)[: len(mode)]).save(
        made, kind, **more
    )
    return made.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int) -> bytes:
    """A PNG that promises pixels and has hardly any bytes."""
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_becomes_smaller_and_keeps_its_form(kind: str) -> None:
    with Image.open(io.BytesIO(shrink(encoded(kind), 100))) as small:
        assert (small.format, small.size) == ("PNG", (100, 50))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_taken(mode: str) -> None:
    with Image.open(io.BytesIO(shrink(encoded("PNG", mode), 64))) as small:
        assert small.size == (64, 32)


def test_a_small_image_is_not_made_larger() -> None:
    with Image.open(io.BytesIO(shrink(encoded("PNG", size=(10, 5)), 256))) as small:
        assert small.size == (10, 5)


def test_nothing_that_was_written_beside_the_pixels_is_kept() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "<script>alert(1)</script>")
    data = encoded("PNG", pnginfo=words)
    assert b"<script>" in data
    assert b"<script>" not in shrink(data, 64)


@pytest.mark.parametrize("side", [8_000, 20_000, 60_000])
def test_an_image_of_too_many_pixels_is_refused_before_they_are_read(side: int) -> None:
    assert side * side > MAX_IMAGE_PIXELS
    with pytest.raises(TooLarge):
        shrink(png_of(side, side), 64)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        encoded("PNG")[:-40],
        encoded("JPEG")[:200],
        encoded("GIF")[:30],
        encoded("WEBP")[:40],
        encoded("BMP"),
        encoded("TIFF"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        png_of(0, 10),
    ],
)
def test_what_is_broken_or_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidParameter):
        shrink(data, 64)
