"""The document and the files of the pages, before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.server.pages import POLICY, best_encoding, is_built, placed


@pytest.mark.parametrize(
    ("accepted", "there", "chosen"),
    [
        (b"gzip, deflate, br, zstd", (b"br", b"gzip", b""), b"br"),
        (b"gzip", (b"br", b"gzip", b""), b"gzip"),
        (b"br;q=0, gzip;q=0.5", (b"br", b"gzip", b""), b"gzip"),
        (b"br; q=0.000", (b"br", b""), b""),
        (b"BR", (b"br", b""), b"br"),
        (b"", (b"br", b"gzip", b""), b""),
        (b"brotli, x-gzip", (b"br", b"gzip", b""), b""),
        (b"br", (b"gzip", b""), b""),
    ],
)
def test_the_smallest_form_that_is_taken_is_chosen(accepted: bytes, there: tuple[bytes, ...], chosen: bytes) -> None:
    assert best_encoding(accepted, dict.fromkeys(there, Path())) == chosen


def test_a_prefix_is_told_by_an_element_and_every_base_is_ours() -> None:
    document = '<html><HEAD lang="en"><base href="/"/><title>x</title><BASE href="//evil"></HEAD></html>'
    assert placed(document, "/lab") == (
        '<html><HEAD lang="en"><base href="/lab/"><meta name="modelyard-prefix" content="/lab">'
        "<title>x</title></HEAD></html>"
    )


def test_a_prefix_is_text_in_the_document() -> None:
    assert '"><script>' not in placed("<head></head>", '/a"><script>alert(1)</script>')


def test_the_policy_allows_no_script_or_style_in_the_document() -> None:
    rules = {rule.split()[0]: rule.split()[1:] for rule in POLICY.decode().partition(": ")[2].strip().split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert rules["style-src"] == ["'self'"]
    assert rules["frame-ancestors"] == rules["form-action"] == ["'none'"]
    assert rules["require-trusted-types-for"] == ["'script'"]
    assert "unsafe-inline" not in POLICY.decode()
    assert "'unsafe-eval'" not in POLICY.decode()


def test_a_folder_without_a_document_was_not_built(tmp_path: Path) -> None:
    assert not is_built(tmp_path)
    (tmp_path / "index.html").write_text("<head></head>")
    assert is_built(tmp_path)
