"""Split the data: some to train with, some to test with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import modelyard
from sklearn.model_selection import train_test_split

sys.path.append(str(Path(__file__).resolve().parents[1]))  # src, where _utils is
from _utils.artifacts import read_table, write_table


def go(args: argparse.Namespace) -> None:
    """Draw the rows to test with, the same ones for the same seed; classes keep their shares."""
    with modelyard.start_run():
        table = read_table(args.input_artifact)
        classes = table[args.target] if args.task == "classification" else None
        train, test = train_test_split(table, test_size=args.test_size, random_state=args.random_seed, stratify=classes)
        write_table(train, args.train_artifact, kind="train_data", description="What the model learns from")
        write_table(test, args.test_artifact, kind="test_data", description="What the model is judged by")
        modelyard.log_metrics({"train_rows": len(train), "test_rows": len(test)})


def parse() -> argparse.Namespace:
    """The parameters, as MLproject hands them over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input_artifact", required=True, help="the data to split")
    parser.add_argument("--target", default="target", help="the column to predict")
    parser.add_argument("--task", default="classification", help="classification or regression")
    parser.add_argument("--test_size", type=float, default=0.25, help="the share of rows to test with")
    parser.add_argument("--random_seed", type=int, default=42, help="what rows are drawn by")
    parser.add_argument("--train_artifact", default="train_data.parquet", help="name of the artifact to train with")
    parser.add_argument("--test_artifact", default="test_data.parquet", help="name of the artifact to test with")
    return parser.parse_args()


if __name__ == "__main__":
    go(parse())
