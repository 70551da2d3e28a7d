"""Profiles of training data: what is counted, what is kept, and that parts merge into the whole."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import decimal
import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.models.options import SaveOptions
from modelyard.models.profile import FILE, ColumnProfile, Profile, profile_of, read_profile, save
from modelyard.models.profile import chunks as chunking

np = pytest.importorskip("numpy", reason="numpy is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
pytest.importorskip("datasketches", reason="datasketches is not installed")

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
ROWS: list[dict[str, Any]] = [
    {"age": age, "city": city, "member": member, "since": since}
    for age, city, member, since in [
        (31, "Bern", True, NOON),
        (None, "Graz", False, NOON),
        (40, None, None, None),
        (25, "Bern", True, NOON + dt.timedelta(days=1)),
    ]
    * 3
]


def _column(profile: Profile, name: str) -> ColumnProfile:
    found = profile.column(name)
    assert found is not None
    return found


def _arrow(rows: list[dict[str, Any]]) -> Any:
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed").Table.from_pylist(rows)


def _polars(rows: list[dict[str, Any]]) -> Any:
    return pytest.importorskip("polars", reason="polars is not installed").DataFrame(rows)


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _nullable(rows: list[dict[str, Any]]) -> Any:
    return pd.DataFrame(rows).convert_dtypes()


TABLES = {
    "rows": list,
    "columns": _columns,
    "pandas": pd.DataFrame,
    "pandas nullable": _nullable,
    "pandas objects": lambda rows: pd.DataFrame(rows, dtype=object),
    "arrow": _arrow,
    "polars": _polars,
    "parts": lambda rows: iter([rows[:5], pd.DataFrame(rows[5:])]),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_library_gives_the_same_profile(table: Any) -> None:
    found = profile_of(table(ROWS))
    assert found.rows == 12
    assert [each.name for each in found.columns] == ["age", "city", "member", "since"]
    age, city = _column(found, "age"), _column(found, "city")
    assert (age.kind, age.count, age.missing, age.min, age.max, age.mean) == ("number", 9, 3, 25, 40, 32)
    assert age.std == pytest.approx(statistics.pstdev([31, 40, 25]))
    assert age.quantiles([0, 0.5, 1]) == [25, 31, 40]
    assert (city.kind, city.count, city.missing, city.distinct) == ("category", 9, 3, 2)
    assert city.shares() == {"Bern": pytest.approx(6 / 9)}, "Graz stands in three rows only"
    assert _column(found, "member").shares() == {"True": pytest.approx(6 / 9)}
    since = _column(found, "since")
    assert (since.kind, since.missing, since.min) == ("datetime", 3, NOON.timestamp())
    assert since.max == NOON.timestamp() + 86_400


def test_categories_are_texts_whatever_they_are_made_of() -> None:
    found = profile_of(pd.DataFrame({"grade": pd.Categorical([1, 2, 1, None] * 5)}))
    grade = _column(found, "grade")
    assert (grade.kind, grade.count, grade.missing, grade.shares()) == ("category", 15, 5, {"1": 2 / 3, "2": 1 / 3})


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (np.zeros((4, 3)), ["0", "1", "2"]),
        (np.zeros(4), ["values"]),
        (np.zeros((4, 2, 2)), ["values"]),
        (np.array(3.5), ["values"]),
        ([[1, 2], [3, 4], [5]], ["0", "1"]),
        ([np.zeros(2), np.ones(2)], ["0", "1"]),
        ([1.5, 2.5], ["values"]),
        ({"a": 1, "b": "x"}, ["a", "b"]),
        ({"a": np.zeros(3), "b": np.zeros((3, 2))}, ["a", "b"]),
        (pd.Series([1, 2], name="y"), ["y"]),
        ("text", ["values"]),
    ],
    ids=str,
)
def test_what_has_no_columns_still_has_a_profile(data: Any, names: list[str]) -> None:
    assert [each.name for each in profile_of(data).columns] == names


def test_a_sparse_matrix_counts_its_zeros() -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    found = profile_of(sparse.csc_matrix(([5.0, 7.0], ([0, 2], [0, 1])), shape=(4, 2)))
    assert found.rows == 4
    assert (_column(found, "0").count, _column(found, "0").mean) == (4, 1.25)


def test_a_dataset_is_profiled_by_what_it_holds() -> None:
    class Dataset:
        digest = "0123"
        df = pd.DataFrame({"a": [1, 2]})

    assert _column(profile_of(Dataset()), "a").mean == 1.5


def test_infinities_are_counted_and_left_out_of_the_statistics() -> None:
    found = _column(profile_of(np.array([1.0, np.inf, -np.inf, 3.0, np.nan])), "values")
    assert (found.count, found.missing, found.infinite, found.mean, found.max) == (4, 1, 2, 2.0, 3.0)


def test_numbers_too_large_for_a_mean_do_no_harm(tmp_path: Path) -> None:
    save(tmp_path, SaveOptions(training_data=np.array([1.7e308, 1.7e308, -1.0])))
    found = read_profile(tmp_path)
    assert found is not None
    assert (found.columns[0].max, found.columns[0].std) == (1.7e308, None)
    assert found.merge(found).rows == 6


def test_several_kinds_in_a_column_are_counted_and_no_more() -> None:
    for values in (["a", 1, None], [[1], [2], None], [b"x", b"y", None]):
        found = _column(profile_of({"x": values}), "x")
        assert (found.kind, found.count, found.missing, found.min) == ("other", 2, 1, None)
    parts = iter([{"x": [1, 2]}, {"x": ["a", None]}, {"x": [3, 4]}])
    found = _column(profile_of(parts), "x")
    assert (found.kind, found.count, found.missing, found.min, found.quantile_sketch) == ("other", 5, 1, None, None)


def test_money_and_numpys_scalars_are_numbers() -> None:
    found = profile_of([{"a": decimal.Decimal("1.5"), "b": np.float32(2)}, {"a": None, "b": np.int64(3)}])
    assert (_column(found, "a").mean, _column(found, "b").mean) == (1.5, 2.5)


def test_a_column_that_comes_late_or_ends_early_was_missing_meanwhile() -> None:
    found = profile_of(iter([[{"a": 1}] * 3, [{"b": "x"}] * 5]))
    assert (found.rows, _column(found, "a").missing, _column(found, "b").missing) == (8, 5, 3)
    merged = profile_of([{"a": 1}] * 3).merge(profile_of([{"b": "x"}] * 5))
    assert (merged.rows, _column(merged, "a").missing, _column(merged, "b").missing) == (8, 5, 3)


def test_only_common_values_are_written_down() -> None:
    emails = [f"person-{number}@example.org" for number in range(2000)]
    rare, common = ["rare-secret"] * 4, ["common"] * 200
    long = ["long-secret" * 30] * 500
    found = profile_of({"text": emails + rare + common + long})
    written = msgspec.json.encode(found).decode()
    assert "common" in written
    assert "person-" not in written
    assert "secret" not in written
    sketch = base64.b64decode(_column(found, "text").distinct_sketch or "")
    assert b"person-" not in sketch
    assert b"secret" not in sketch
    assert _column(found, "text").distinct == pytest.approx(2003, rel=0.1)


def test_no_more_columns_than_can_be_kept() -> None:
    found = profile_of(np.zeros((2, chunking.MOST_COLUMNS + 5)))
    assert len(found.columns) == chunking.MOST_COLUMNS
    assert "first 1000 columns" in found.notes[0]


def test_a_histogram_has_a_bin_more_than_edges() -> None:
    numbers = _column(profile_of(np.arange(100.0)), "values")
    assert numbers.histogram([0.0, 50.0, 90.0]) == [0.0, 0.5, 0.4, pytest.approx(0.1)]
    edges = numbers.edges(4)
    assert edges == [pytest.approx(25, abs=1), pytest.approx(50, abs=1), pytest.approx(75, abs=1)]
    assert sum(numbers.histogram(edges)) == pytest.approx(1)


def test_what_has_no_numbers_has_no_quantiles() -> None:
    with pytest.raises(InvalidParameter, match="no sketch of numbers for the column 'values' \\(category\\)"):
        _column(profile_of(["a", "b"]), "values").quantiles([0.5])
    with pytest.raises(InvalidParameter, match="edges of a histogram rise"):
        _column(profile_of([1.0]), "values").histogram([2.0, 1.0])


# ----------------------------------------------------------------------------------------------------------------------
# Parts and the whole


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(math.inf)), max_size=150),
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=150),
)
def test_merged_numbers_are_the_numbers_of_the_whole(one: list[float | None], other: list[float | None]) -> None:
    whole = profile_of({"x": one + other})
    merged = profile_of({"x": one}).merge(profile_of({"x": other})) if one and other else whole
    got, want = merged.column("x"), whole.column("x")
    assert (got is None) == (want is None)
    if got is None or want is None:
        return
    for name in ("kind", "count", "missing", "infinite", "min", "max"):
        assert getattr(got, name) == getattr(want, name), name
    assert (got.mean is None) == (want.mean is None)
    if want.mean is not None:
        assert got.mean == pytest.approx(want.mean, abs=1e-6)
        assert got.std == pytest.approx(want.std, rel=1e-6, abs=1e-3)
    if want.quantile_sketch:  # fewer than the sketch keeps: its answers are exact, however it was made
        present = [value for value in one + other if value is not None and math.isfinite(value)]
        for edge in present[:5]:
            assert got.histogram([edge])[0] == pytest.approx(sum(value < edge for value in present) / len(present))


@given(st.lists(st.sampled_from("abcdefgh"), max_size=120), st.lists(st.sampled_from("abcxyz"), max_size=120))
def test_merged_texts_are_the_texts_of_the_whole_within_the_bound(one: list[str], other: list[str]) -> None:
    if not one or not other:
        return
    merged = profile_of({"x": one}).merge(profile_of({"x": other})).column("x")
    assert merged is not None
    assert (merged.count, merged.distinct) == (len(one + other), len(set(one + other)))
    for each in merged.frequent:
        missed = sum(part.count(each.value) for part in (one, other) if part.count(each.value) < 5)
        assert (one + other).count(each.value) - missed <= each.count <= (one + other).count(each.value)


@pytest.mark.parametrize("parts", [2, 7])
def test_large_parts_merge_within_the_errors_of_the_sketches(parts: int) -> None:
    chance = np.random.default_rng(3)
    numbers = chance.lognormal(size=140_000)
    texts = chance.choice([f"t{number}" for number in range(3000)], size=140_000)
    texts[:30_000] = "many"
    split = list(zip(np.array_split(numbers, parts), np.array_split(texts, parts), strict=True))
    profiles = [profile_of({"n": n, "t": t.tolist()}) for n, t in split]
    merged = profiles[0]
    for each in profiles[1:]:
        merged = merged.merge(each)
    n, t = _column(merged, "n"), _column(merged, "t")
    assert n.mean == pytest.approx(numbers.mean())
    assert n.std == pytest.approx(numbers.std())
    for rank in (0.01, 0.25, 0.5, 0.75, 0.99):
        (value,) = n.quantiles([rank])
        assert (numbers < value).mean() == pytest.approx(rank, abs=0.04)
    assert t.distinct == pytest.approx(3001, rel=0.15)
    assert t.shares()["many"] == pytest.approx((texts == "many").mean(), abs=0.02)


def test_chunks_give_what_one_piece_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pd.DataFrame({"n": np.arange(1000.0), "t": ["a", "b"] * 500})
    whole = profile_of(data)
    monkeypatch.setattr(chunking, "ROWS", 64)
    found = profile_of(data)
    assert (found.rows, _column(found, "n").count) == (1000, 1000)
    assert _column(found, "n").std == pytest.approx(_column(whole, "n").std)
    assert _column(found, "t") == _column(whole, "t")


def test_without_datasketches_there_are_numbers_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = profile_of(ROWS)
    monkeypatch.setitem(sys.modules, "datasketches", None)
    found = profile_of(ROWS)
    assert "datasketches was not installed" in found.notes[0]
    age, city = _column(found, "age"), _column(found, "city")
    assert (age.mean, age.quantile_sketch, city.count, city.frequent) == (32, None, 9, [])
    with pytest.raises(InvalidParameter, match="no sketch of numbers"):
        age.quantiles([0.5])
    monkeypatch.undo()
    merged = _column(whole.merge(found), "age")
    assert (merged.count, merged.mean, merged.quantile_sketch) == (18, 32, None), "half a sketch would be a wrong one"


# ----------------------------------------------------------------------------------------------------------------------
# In the model folder


def test_training_data_are_profiled_before_the_example(tmp_path: Path) -> None:
    save(tmp_path, SaveOptions(training_data=pd.DataFrame({"a": [1, 2]}), input_example=pd.DataFrame({"b": [1]})))
    found = read_profile(tmp_path)
    assert found is not None
    assert (found.source, found.rows, [each.name for each in found.columns]) == ("training_data", 2, ["a"])
    assert json.loads((tmp_path / FILE).read_text())["columns"][0]["mean"] == 1.5, "numbers are readable"


def test_the_data_of_an_example_with_params_are_profiled(tmp_path: Path) -> None:
    save(tmp_path, SaveOptions(input_example=(pd.DataFrame({"b": [1.0]}), {"k": 3})))
    found = read_profile(tmp_path)
    assert found is not None
    assert (found.source, [each.name for each in found.columns]) == ("input_example", ["b"])


@pytest.mark.parametrize(
    "options",
    [SaveOptions(), SaveOptions(input_example=object()), SaveOptions(profile=False, training_data=[1.0])],
    ids=["no data", "an example nobody can count", "not wanted"],
)
def test_there_may_be_no_profile(tmp_path: Path, options: SaveOptions) -> None:
    save(tmp_path, options)
    assert read_profile(tmp_path) is None


def test_training_data_of_no_known_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"A profile cannot be made of a builtins\.object"):
        save(tmp_path, SaveOptions(training_data=object()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "is not JSON"),
        ("[]", "format None"),
        ('{"format": 2}', "is of format 2; this release reads 1"),
        ('{"format": 1, "columns": 3}', "is no profile"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InvalidParameter, match=message):
        read_profile(tmp_path)


@given(st.binary(max_size=200))
def test_a_sketch_that_somebody_made_up_is_refused_or_read(content: bytes) -> None:
    text = base64.b64encode(content).decode()
    column = ColumnProfile(name="x", kind="number", count=3, quantile_sketch=text)
    with contextlib.suppress(InvalidParameter):
        column.quantiles([0.5])


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_sketch_with_a_changed_byte_does_no_harm(place: int, value: int) -> None:
    column = _column(profile_of(np.arange(50.0)), "values")
    content = bytearray(base64.b64decode(column.quantile_sketch or ""))
    content[place % len(content)] = value
    changed = ColumnProfile(name="x", kind="number", count=50, quantile_sketch=base64.b64encode(content).decode())
    with contextlib.suppress(InvalidParameter):
        changed.quantiles([0.5])
