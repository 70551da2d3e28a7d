"""How many values and levels a body may have: texts do not count, wherever they lie."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.core.errors import BadRequest
from modelyard.core.wire.bounds import MAX_DEPTH, MAX_VALUES, check_bounds

STEP = 1 << 17  # bytes after which the check takes a breath
MANY = b"," * (MAX_VALUES + 1)


@pytest.mark.parametrize("missing", range(-3, 8))
@pytest.mark.parametrize("text", [b'\\"', b"\\\\", b"\\\\\\", b'\\\\\\"', b'"', b'\\\\"'])
def test_a_text_goes_on_where_a_step_ends(text: bytes, missing: int) -> None:
    """The quote that ends it is found, and no other is, at whatever place the next step begins."""
    start = b'{"x":"'
    body = start + b"a" * (STEP - len(start) - missing) + text
    ended = _is_ended(text)
    refused = BadRequest if ended else None
    for after in (MANY, b"[" * (MAX_DEPTH + 1)):
        if refused:
            with pytest.raises(BadRequest):
                check_bounds(body + after)
        else:
            check_bounds(body + b"a" + after)


def _is_ended(text: bytes) -> bool:
    return text.replace(b"\\\\", b"").replace(b'\\"', b"").endswith(b'"')


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[" + b"1," * MAX_VALUES + b"1]", "200000 values"),
        (b"[" + b'",",' * MAX_VALUES + b"1]", "200000 values"),
        (b"[" + b"{}," * MAX_VALUES + b"1]", "200000 values"),
        (b'"' * (2 * MAX_VALUES + 20) + b"[" * (MAX_DEPTH + 1), "200000 values"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "64 levels"),
        (b"[" * 20_000_000, "64 levels"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "64 levels"),
        (b"[" + b"[]," * 60_000 + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]", "64 levels"),
    ],
)
def test_what_is_too_much_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        check_bounds(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * (MAX_VALUES - 2) + b"1]",
        b'["' + b"[{,:" * MAX_VALUES + b'"]',
        b'["' + b'\\"[' * MAX_VALUES + b'"]',
        b'["' + b"\\\\" * MAX_VALUES + b'"]',
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" + b"[]," * 60_000 + b"[]]",
    ],
)
def test_what_fits_passes(body: bytes) -> None:
    json.loads(body)
    check_bounds(body)


@pytest.mark.parametrize("body", [b"]" * 20_000_000, b"\\" * 1_000_000 + b"[" * 70, b"[" * 60 + b"}" * 70 + b"[" * 70])
def test_what_is_no_json_may_pass(body: bytes) -> None:
    try:
        check_bounds(body)
    except BadRequest:
        return
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(body)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_levels_are_counted_as_they_are(data: st.DataObject) -> None:
    """Of any value, put at any depth: refused if and only if the whole is deeper than allowed."""
    inner = st.recursive(
        st.none() | st.integers() | st.text(st.sampled_from('[]{}",:\\a'), max_size=8),
        lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=3), below, max_size=4),
    )
    value = data.draw(inner)
    depth = data.draw(st.integers(MAX_DEPTH - 4, MAX_DEPTH + 1))
    body = b"[" * depth + json.dumps(value).encode() + b"]" * depth
    if depth + _depth(value) > MAX_DEPTH:
        with pytest.raises(BadRequest):
            check_bounds(body)
    else:
        check_bounds(body)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
