"""Loading and cleaning."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from _utils.data import clean, column_name, load


def test_bundled_data_have_a_target_and_words() -> None:
    table = load("wine")
    assert {"target", "notes"} <= set(table.columns)
    assert "high_alcohol" in table["notes"].iloc[0]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_is_read(kind: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "target": [0, 1]})
    path = tmp_path / f"data.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    assert load(str(path)).equals(table)


def test_cleaning_leaves_no_gap_and_no_duplicate() -> None:
    table = pd.DataFrame(
        {
            "Alcohol (%)": [12.0, 12.0, None, 14.0, 11.0],
            "notes": ["good", "good", None, "fair", "lost"],
            "target": [1.0, 1.0, 0.0, 1.0, None],
        }
    )
    cleaned = clean(table, "target")
    assert list(cleaned.columns) == ["alcohol", "notes", "target"]
    assert cleaned["alcohol"].tolist() == [12.0, 13.0, 14.0]
    assert cleaned["notes"].tolist() == ["good", "", "fair"]


def test_a_missing_target_is_named() -> None:
    with pytest.raises(SystemExit, match="no column 'price' to predict"):
        clean(pd.DataFrame({"a": [1]}), "price")


def test_column_names_are_plain() -> None:
    assert column_name(" od280/od315 of Wines ") == "od280_od315_of_wines"
