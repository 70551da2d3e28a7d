"""Tables of every type a signature knows, with missing values, and what it means that two are the same."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# No example of these is wrong for being slow: the machine may be busy.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

names = st.text(alphabet="abcdefgh_ éß", min_size=1, max_size=6)
_days = st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))
_moments = st.datetimes(dt.datetime.fromisoformat("1700-01-01"), dt.datetime.fromisoformat("2200-01-01"))
_texts = st.text(max_size=5)
scalars: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "string": _texts,
    "binary": st.binary(max_size=5),
    "date": _days,
    "datetime": _moments,
}
nested: dict[str, st.SearchStrategy[Any]] = {
    "array": st.lists(st.integers(-5, 5), max_size=3),
    "object": st.fixed_dictionaries({"a": st.integers(-5, 5)}, optional={"b": _texts}),
    "arrays of objects": st.lists(
        st.fixed_dictionaries({"role": _texts}, optional={"n": st.integers(0, 3)}), max_size=2
    ),
}


@st.composite
def columns(
    draw: st.DrawFn, kinds: dict[str, st.SearchStrategy[Any]], *, gaps: bool = True
) -> dict[str, tuple[str, list[Any]]]:
    """Name → (kind, values) of one to four columns of the same length."""
    rows = draw(st.integers(1, 5))
    found: dict[str, tuple[str, list[Any]]] = {}
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from(sorted(kinds)))
        values = kinds[kind] if not gaps else st.one_of(st.none(), kinds[kind])
        found[name] = (kind, draw(st.lists(values, min_size=rows, max_size=rows)))
    return found


def same(left: Any, right: Any) -> bool:
    """Equal, where missing equals missing and the order of keys counts for nothing."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)
