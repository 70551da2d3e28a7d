"""Page tokens: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.db.page_token import decode_token, encode_token, fingerprint

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1)
entries = st.one_of(
    st.tuples(st.just(str), st.tuples(st.just(0), texts)),
    st.tuples(st.just(float), st.tuples(st.just(0), numbers)),
    st.tuples(st.sampled_from((str, float)), st.tuples(st.sampled_from((1, 2)), st.none())),
)


@given(st.lists(entries, max_size=4), st.text(max_size=5))
def test_a_position_survives_its_token(found: list[tuple[type, tuple[int, str | float | None]]], search: str) -> None:
    position = tuple(entry for _, entry in found)
    token = encode_token(fingerprint(search), position)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert decode_token(token, fingerprint(search), tuple(kind for kind, _ in found)) == position


def made_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "not a token",
        "é",
        "a",
        made_of({"offset": 7}),
        made_of([]),
        made_of([2, "f", [[0, "x"], [0, 1]]]),
        made_of([1, "f", [[0, "x"]]]),
        made_of([1, "f", [[0, 1], [0, 1]]]),
        made_of([1, "f", [[0, "x"], [0, "1"]]]),
        made_of([1, "f", [[0, "x"], [0, math.nan]]]),
        made_of([1, "f", [[0, "x"], [0, 2**64]]]),
        made_of([1, "f", [[0, "x"], [0, True]]]),
        made_of([1, "f", [[0, "x"], [3]]]),
        made_of([1, "f", [[0, "x"], [1, 1]]]),
        made_of([1, "f", [[0, "x\0"], [0, 1]]]),
        made_of([1, "f", [[0, "\ud800"], [0, 1]]]),
        made_of([1, "f", "ab"]),
        base64.b64encode(b"[" * 50_000).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        "A" * 300_000,
    ],
)
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^Invalid page token, "):
        decode_token(token, "f", (str, float))


@given(st.binary(max_size=40))
def test_no_bytes_make_decoding_fail_otherwise(raw: bytes) -> None:
    with pytest.raises(InvalidParameter, match=r"^Invalid page token, "):
        decode_token(base64.urlsafe_b64encode(raw).decode(), "f", (str,))


def test_searches_have_different_fingerprints() -> None:
    assert len({fingerprint("run", 1), fingerprint("run", "1"), fingerprint("run1"), fingerprint("run", 1, None)}) == 4
