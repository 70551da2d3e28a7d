"""Fetch the data, and keep them as they came."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import write_table
from _utils.data import load


def go(args: argparse.Namespace) -> None:
    """Fetch a table and make it an artifact."""
    with modelyard.start_run():
        table = load(args.file_url)
        write_table(table, args.artifact_name, kind=args.artifact_type, description=args.artifact_description)
        modelyard.log_metrics({"rows": len(table), "columns": table.shape[1]})


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file_url", required=True, help="name, path or URL of the data")
    parser.add_argument("--artifact_name", default="raw_data.parquet", help="name of the artifact to make")
    parser.add_argument("--artifact_type", default="raw_data", help="its type")
    parser.add_argument("--artifact_description", default="Data as downloaded", help="what it is")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
