"""Every format that a release ever wrote is read."""

from __future__ import annotations

import pytest

from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.packing import unpack
from modelyard.services.tracking.sql.metrics.parts import Part, unpack_parts
from modelyard.services.tracking.sql.metrics.points import of_all_keys, of_key, of_keys
from modelyard.services.tracking.sql.metrics.position import Position
from tests.unit.services.tracking.metrics import formats


def flat(table):  # type: ignore[no-untyped-def]
    return [
        pytest.param(bytes.fromhex(text), held, id=f"format {form}")
        for form, some in table.items()
        for text, held in some
    ]


@pytest.mark.parametrize(("packed", "held"), flat(formats.PACKED))
def test_a_series_of_any_release_is_read(packed: bytes, held: Columns) -> None:
    assert repr(unpack(packed)) == repr(held)


@pytest.mark.parametrize(("packed", "held"), flat(formats.SEGMENTS))
def test_a_segment_of_any_release_is_read(packed: bytes, held: dict[int, Columns]) -> None:
    assert repr(of_all_keys(packed)) == repr(held)
    assert {key: repr(of_key(packed, key)) for key in held} == {key: repr(columns) for key, columns in held.items()}
    assert of_key(packed, 12_345) is None
    assert repr(of_keys(packed, [7, 12_345])) == repr({7: held[7]})


@pytest.mark.parametrize(("packed", "held"), flat(formats.SUMMARIES))
def test_a_summary_of_any_release_is_read(packed: bytes, held: list[Part]) -> None:
    assert repr(unpack_parts(packed)) == repr(held)


@pytest.mark.parametrize(("token", "place"), formats.TOKENS)
def test_a_page_token_of_any_release_is_read(token: str, place: tuple[int, int, float]) -> None:
    assert Position.from_token(token) == place


@pytest.mark.parametrize("read", [of_all_keys, unpack_parts, lambda packed: of_key(packed, 7)])
def test_a_format_of_the_future_is_refused_with_its_number(read) -> None:  # type: ignore[no-untyped-def]
    for length in (28, 60):  # 28 is what follows the number in a segment of one point
        with pytest.raises(StoreDamaged, match="format 99"):
            read(b"\x63" + bytes(length))
