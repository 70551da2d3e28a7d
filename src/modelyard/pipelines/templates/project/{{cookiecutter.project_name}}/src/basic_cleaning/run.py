"""Give columns plain names, and remove duplicates and gaps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import read_table, write_table
from _utils.data import clean


def go(args: argparse.Namespace) -> None:
    """Clean a table and make what is left an artifact."""
    with modelyard.start_run():
        table = read_table(args.input_artifact)
        cleaned = clean(table, args.target)
        description = "Data without duplicates and gaps"
        write_table(cleaned, args.output_artifact, kind="clean_data", description=description)
        modelyard.log_metrics(
            {
                "rows": len(cleaned),
                "rows_removed": len(table) - len(cleaned),
                "gaps_filled": int(table.dropna(subset=[args.target]).isna().sum().sum()),
            }
        )


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input_artifact", required=True, help="the data as downloaded")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--output_artifact", default="clean_data.parquet", help="name of the artifact to make")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
