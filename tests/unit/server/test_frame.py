"""The frame for HTML out of files: what its policies allow, before anything is sent."""

from __future__ import annotations

import base64
import hashlib
import re
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.server.frame import FRAMES, direct


def answered(name: str) -> tuple[str, dict[str, list[str]]]:
    """The document, and the rules of its policy."""
    found: dict[str, Any] = {}

    def reply(status: int, body: bytes, *, content_type: bytes, policy: bytes) -> None:
        found.update(status=status, body=body.decode(), content_type=content_type, policy=policy.decode())

    request: Any = SimpleNamespace(reply=reply)
    direct()[name](request, SimpleNamespace(endpoint=SimpleNamespace(name=name)))
    assert found["status"] == 200
    assert found["content_type"] == b"text/html; charset=utf-8"
    rules = found["policy"].splitlines()[0].partition(": ")[2].split(";")
    return found["body"], {rule.split()[0]: rule.split()[1:] for rule in rules}


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row.name)
def test_the_document_has_an_origin_of_its_own_and_fetches_nothing(row: Any) -> None:
    _, rules = answered(row.name)
    assert rules["sandbox"] == ["allow-scripts"]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'"]
    assert all(
        not re.search(r"'self'|https?:|\*", " ".join(rules[name])) for name in rules if name != "frame-ancestors"
    )


def test_the_only_script_is_ours_unless_somebody_asked_for_those_of_the_file() -> None:
    document, rules = answered("pages.frame")
    (script,) = re.findall(r"<script>(.*)</script>", document)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == [f"'sha256-{digest}'"]
    assert "'unsafe-inline'" in answered("pages.frame_scripts")[1]["script-src"]


def test_the_document_listens_to_the_page_around_it_alone() -> None:
    for row in FRAMES:
        assert "if(event.source!==parent)return" in answered(row.name)[0]
