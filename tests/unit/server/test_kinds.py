"""What a file is, told by its ending as far as its first bytes agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.server.views.kinds import HEAD, is_text, kind_of, whole

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("log.txt", b"line\n", "text"),
        ("no ending", b"line\n", "text"),
        ("colours.log", b"\x1b[31mred\x1b[0m\n", "text"),
        ("empty", b"", "text"),
        ("a.JSON", b'{"a": 1}', "json"),
        ("README.md", b"# Wine", "markdown"),
        ("rows.csv", b"a,b\n", "table"),
        ("rows.tsv", b"a\tb\n", "table"),
        ("rows.parquet", b"PAR1\x15\x04", "table"),
        ("rows.bin", b"PAR1\x15\x04", "table"),
        ("page.html", b"<html>", "html"),
        ("plot.svg", b"<svg>", "image"),
        ("plot.png", PNG, "image"),
        ("plot", PNG, "image"),
        ("photo.jpeg", b"\xff\xd8\xff\xe0", "image"),
        ("move.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image"),
        ("paper.pdf", b"%PDF-1.7\n", "pdf"),
        ("voice.wav", b"RIFF\x10\0\0\0WAVEfmt ", "audio"),
        ("film.mp4", b"\0\0\0\x18ftypmp42", "video"),
    ],
)
def test_a_file_is_what_its_ending_and_its_bytes_say(name: str, head: bytes, kind: str) -> None:
    assert kind_of(name, head).kind == kind


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.md", "a.csv", "a.html", "a.svg", "a.png", "a.mp3", "a.parquet"])
@pytest.mark.parametrize("head", [b"\0", b"abc\0def", b"\xff\xfe\xfd", b"\x80abc", b"MZ\x90\0", b"\x7fELF\x02\x01"])
def test_binary_that_poses_as_something_is_binary(name: str, head: bytes) -> None:
    assert kind_of(name, head).kind == "binary"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.mp4", "a.wav", "a.pdf", "a.parquet", "a.exe"])
def test_text_that_poses_as_something_is_text(name: str) -> None:
    assert kind_of(name, b"<script>alert(1)</script>").kind == "text"


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a"])
def test_sounds_are_told_by_their_ending_too(name: str) -> None:
    assert kind_of(name, b"ID3\x04\0").kind == "binary"


@given(st.text(min_size=1), st.integers(0, 3))
def test_a_text_that_is_cut_within_a_character_is_whole_before_it(text: str, cut: int) -> None:
    data = text.encode()
    piece = data[: max(0, len(data) - cut)]
    assert data.startswith(piece[: whole(piece)])
    assert text.startswith(piece[: whole(piece)].decode())
    assert len(piece) - whole(piece) <= 3


def test_a_long_text_is_one_wherever_its_beginning_ends() -> None:
    for shift in range(4):
        head = ("x" * shift + "€" * HEAD).encode()[:HEAD]
        assert is_text(head)
